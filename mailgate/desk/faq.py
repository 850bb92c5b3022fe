"""Answers to frequent questions: the articles of the site's folder `faq/LANGUAGE/NAME.md`."""

from __future__ import annotations

from mailgate.desk import shelves

app = shelves.made("faq")
