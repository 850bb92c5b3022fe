"""What is said beside the results: to stderr, which may be a log on a full disk, or gone.

Whoever talks must not fail for want of a listener: what can't be written is dropped, and nothing waits in a buffer to fail later.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress


class Aside:
    """A stream to stderr that never raises; `logging` writes to it."""

    def write(self, text: str) -> int:
        """Say it if it can be said."""
        stream = sys.stderr
        with suppress(OSError, ValueError):
            if stream is not None and stream is not sys.__stderr__:
                return stream.write(text)
            octets = text.encode("utf-8", "backslashreplace")
            while octets and stream is not None:
                octets = octets[os.write(stream.fileno(), octets) :]
        return len(text)

    def flush(self) -> None:
        """Nothing is kept back."""
