"""The number of the newest step of the database's shape."""

from __future__ import annotations

from typing import Final

HEAD: Final = "0003"
"""The newest step in `store/migrations/versions`."""
