"""Requests for access as lists show them and as one is looked up. Next: `store.access`, which writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from rules.facts.access import Request, request
from store import plain

if TYPE_CHECKING:
    from store.plain import Reading


def requests(tx: Reading, refs: Iterable[str]) -> dict[str, Request]:
    """Those of the requests that there are, by reference (`A7`)."""
    ids = [int(ref[1:]) for ref in refs if ref[1:].isdecimal() and len(ref) < 19]
    values: dict[str, Any] = {}
    wanted = plain.any_of("id", ids, values)
    rows = plain.rows(tx, "access_request", f"SELECT * FROM access_request WHERE {wanted}", values) if ids else ()  # noqa: S608 - words of ours
    return {made.ref: made for made in map(_request, rows)}


def listed(tx: Reading, *, party: str = "", state: str = "") -> list[Request]:
    """Requests, the latest first."""
    values = {name: said for name, said in (("party", party), ("state", state)) if said}
    wanted = " AND ".join(["1 = 1", *(f"{name} = :{name}" for name in values)])
    return [
        _request(row)
        for row in plain.rows(tx, "access_request", f"SELECT * FROM access_request WHERE {wanted} ORDER BY id DESC", values)  # noqa: S608
    ]


def _request(row: Mapping[Any, Any]) -> Request:
    return request(f"A{row['id']}", {k: v for k, v in row.items() if k != "id"})
