"""How many examples are made up for a property: few in a run of all tests, `EXAMPLES` times as many in `make fuzz`."""

from __future__ import annotations

import os

TIMES = int(os.environ.get("EXAMPLES", "1"))


def about(count: int) -> int:
    """So many in short, and as many more as this run was told to take."""
    return count * TIMES
