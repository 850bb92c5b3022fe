"""What is wrong with the words of a command line, said as people would; Typer's sentences name Python's types."""

from __future__ import annotations

import re
from typing import Any

from mailgate.desk.examples import EXAMPLES

_NUMBER = {
    r"Input should be a valid integer.*": "{value} is no whole number",
    r"Input should be a valid number.*": "{value} is no number",
    r"Input should be greater than or equal to (?P<bound>\S+)": "{bound} is the least",
    r"Input should be less than or equal to (?P<bound>\S+)": "{bound} is the most",
    r"(?:Value error, )?(?P<value>'.*') is not one of (?P<all>.*)\.": "{value} is none of {all}",
    r"Value error, (?P<rest>.*)": "{rest}",
}


def said(fault: Any) -> tuple[str, tuple[str, ...]]:  # noqa: ANN401 - a TyperException
    """The sentence for a command line that Typer refuses, and what may have been meant."""
    message = (fault.format_message() or "see mailgate --help").strip()
    if found := re.fullmatch(r"No such option: (\S+?)(?:\s*\(Possible options: (.*)\)|\s*Did you mean (.*)\?)?\.?", message):
        near = re.findall(r"--?[\w-]+", found[2] or found[3] or "")
        return f"there is no option {found[1]}{_at(fault)}", tuple(each for each in near if each != "--help")
    if found := re.fullmatch(r"No such command '(.*)'\.?(?: Did you mean (.*)\?)?", message):
        return f"there is no command {found[1]!r}{_at(fault)}", tuple(re.findall(r"'([^']*)'", found[2] or ""))
    if found := re.fullmatch(r"Missing (?:argument|option) '([^']*)'.*", message, re.DOTALL):
        name = found[1] if found[1].startswith("-") else found[1].upper().strip("[]")
        return f"{name} is missing{_as_in(fault)}", ()
    if found := re.fullmatch(r"Got unexpected extra arguments?(?:\(s\))? \((.*)\)", message):
        return f"too much on the line: {found[1]} (a text of several words stands in quotes)", ()
    if found := re.fullmatch(r"Invalid value for '(.*?)': (.*)", message, re.DOTALL):
        return f"{found[1]}: {_value(found[2])}", ()
    if found := re.fullmatch(r"Option '(.*)' requires an argument\.", message):
        return f"{found[1]} needs a value", ()
    return message, ()


def _value(why: str) -> str:
    for pattern, sentence in _NUMBER.items():
        if found := re.fullmatch(pattern, why.strip(), re.DOTALL):
            return sentence.format(**{"value": "that", **found.groupdict()})
    return why


def _command(fault: Any) -> str:  # noqa: ANN401
    path = getattr(getattr(fault, "ctx", None), "command_path", "") or ""
    return str(path).removeprefix("mailgate").strip()


def _at(fault: Any) -> str:  # noqa: ANN401
    command = _command(fault)
    return f": see mailgate {command} --help" if command else ": see mailgate --help"


def _as_in(fault: Any) -> str:  # noqa: ANN401
    lines = EXAMPLES.get(_command(fault), ())
    return f", as in: {lines[0]}" if lines else ""
