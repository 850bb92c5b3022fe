"""The tables of verbs in the guides, made from the verbs themselves. `python -m tests.house.verbs` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path

from rules import lexicon
from rules.actions.all import VERBS
from rules.facts.people import Directory
from rules.facts.policy import Policy
from templates import languages

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide"
FAMILIES = {
    "posts": "Writing",
    "asides": "Writing to others",
    "state": "How it stands",
    "triage": "What it is about",
    "people": "Who is concerned",
    "opening": "New requests",
    "moving": "Joining, parting, putting away",
    "later": "Time",
    "tasks": "Tasks",
    "service": "Service",
    "questions": "Asking",
    "feedback": "Stars",
    "undo": "Taking back",
    "access": "What customers' people may do",
}
TO_CUSTOMERS = {
    "rate": "Say from 1 to 5 how it went, with a word if you like: `#rate 4 quick, thank you`.",
    "take": "Say that your side works on it now.",
    "close": "Say that it is done.",
    "reopen": "Say that it is not done after all.",
    "cc": "Let somebody follow your request, or no longer: `#cc eva@customer.example`, `#cc -eva@customer.example`.",
    "mute": "Get answers and the end alone, no mails between.",
    "status": "How your request stands.",
    "history": "What happened so far.",
    "list": "Your requests.",
    "faq": "What the desk knows: `#faq paper jam`; without words, every title.",
    "help": "What you can write.",
    "register": "Register your address: a mail comes back, answer it. `REGISTER` to the address for commands does the same.",
    "confirm": "What the button of that mail says.",
    "adduser": "Name a colleague who shall have access: `#adduser anna@asg.fi role:reporter`. For those who speak for their organisation.",
    "grant": "Give rights: `#grant create,follow,close lang:fi` in answer to a request for access, else `#grant anna@asg.fi close`.",
    "approve": "Agree to a request for access: `#approve A7`, or its button.",
    "deny": "Refuse a request for access: `#deny A7`.",
    "lang": "The language of the desk's mails to you: `#lang fi`.",
}
"""Said to customers in their words; the verbs' own are for agents."""
OTHERS = tuple(code for code in languages.LANGUAGES if code != "en")
_PLACE = re.compile(r"(<!-- verbs of (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def of_staff() -> str:
    """Every verb that agents may write, a table for each family."""
    said = set(lexicon.words(Policy(), Directory()).verbs.values())
    tables = []
    for family in dict.fromkeys([*FAMILIES, *(_family(v) for v in VERBS)]):
        names = [verb for verb in VERBS if _family(verb) == family and verb in said]
        if names:
            tables.append(f"### {FAMILIES.get(family, family.capitalize())}\n\n{_table(names)}")
    return "\n\n".join(tables)


def of_customers() -> str:
    """Every verb that customers may write."""
    said = set(lexicon.customer_words(Policy(), Directory()).verbs.values())
    rows = [f"| line | what it does | also {', '.join(OTHERS)} |", "|---|---|---|"]
    for verb in (verb for verb in VERBS if verb in said):
        shown = verb.rstrip("?")
        rows.append(f"| `#{shown}` | {TO_CUSTOMERS[shown]} | {', '.join(_aliases(verb))} |")
    return "\n".join(rows)


def _family(verb: str) -> str:
    return VERBS[verb].__module__.rpartition(".")[2]


def _table(names: list[str]) -> str:
    rows = [f"| verb | what it does | also {', '.join(OTHERS)} |", "|---|---|---|"]
    rows += [f"| `#{verb}` | {_first(verb)} | {', '.join(_aliases(verb))} |" for verb in names]
    return "\n".join(rows)


def _first(verb: str) -> str:
    paragraph = (VERBS[verb].__doc__ or "").strip().split("\n\n")[0]
    return " ".join(paragraph.split()).replace("|", "\\|")


def _aliases(verb: str) -> list[str]:
    english = languages.verb_aliases(["en"])
    found: list[str] = []
    for code in OTHERS:
        words = [alias for alias, meant in languages.verb_aliases([code]).items() if meant == verb and alias not in english]
        found += words[:1]
    return [f"`#{word}`" for word in dict.fromkeys(found)]


def written(text: str) -> str:
    """A guide with its tables as they have to be."""
    tables = {"staff": of_staff, "customers": of_customers}
    return _PLACE.sub(lambda found: f"{found[1]}\n{tables[found[2]]()}\n\n{found[3]}", text)


if __name__ == "__main__":
    for path in GUIDE.glob("*.md"):
        path.write_text(written(path.read_text()))
