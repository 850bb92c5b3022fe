"""What readers said of the desk's articles, as lists show it. Next: `store.feedback`, which counts it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from store import plain

if TYPE_CHECKING:
    from store.plain import Reading


def helped(tx: Reading) -> Mapping[str, tuple[int, int]]:
    """Article -> how many it helped and how many not; articles of which nobody said anything are left out."""
    found: dict[str, tuple[int, int]] = {}
    for row in plain.rows(tx, "counter", "SELECT name, value FROM counter WHERE name LIKE 'faq:%'"):
        article, _, what = row["name"].removeprefix("faq:").rpartition(":")
        yes, no = found.get(article, (0, 0))
        found[article] = (yes + row["value"], no) if what == "helped" else (yes, no + row["value"])
    return found
