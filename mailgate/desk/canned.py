"""Canned answers: the texts of the site's folder `canned/LANGUAGE/NAME.md` that one command sends."""

from __future__ import annotations

from mailgate.desk import shelves

app = shelves.made("canned")
