"""Writes the manual pages from the help of the commands: `python packaging/man_pages.py FOLDER`; look at one with `man -l FILE`.

mailgate.1 shows all nouns, mailgate-NOUN.1 a noun with its commands, options and examples. Nothing is written by hand, so that nothing
can differ from what the program says of itself.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cli  # the path comes first, so that it runs from anywhere
from mailgate.desk.examples import EXAMPLES

GLOBAL = (
    ("--config PATH", "The config; else $MAILGATE_CONFIG, else ./config.toml."),
    ("--json", "One JSON document on stdout and nothing else."),
    ("--now TIME", "Act as of that time, such as 2026-11-30T09:00+02:00."),
    ("--watch[=SECONDS]", "Show a list anew every two seconds, until Ctrl-C."),
)
EXITS = (
    ("0", "Done."),
    ("1", "Refused or failed; the reason is on stderr."),
    ("2", "Wrong usage or wrong configuration."),
    ("3", "No such thing."),
)


def pages() -> Iterator[tuple[str, str]]:
    """Name and text of every page."""
    nouns = "".join(f".TP\n.B {_plain(noun.name)}\n{_plain(noun.help)}\n" for noun in cli.NOUNS)
    also = ", ".join(f"mailgate-{noun.name}(1)" for noun in cli.NOUNS)
    yield (
        "mailgate.1",
        _head("mailgate", "turns an e-mail address into a help desk")
        + ".SH SYNOPSIS\n.B mailgate\n[\\-\\-config PATH] [\\-\\-json] [\\-\\-now TIME] COMMAND \\&...\n"
        + f".SH COMMANDS\n{nouns}"
        + _shared()
        + f".SH SEE ALSO\n{_plain(also)}\n",
    )
    for noun in cli.NOUNS:
        made = cli.application(noun.name).commands[noun.name]
        inner = dict(getattr(made, "commands", {}))
        body = _command(noun.name, made) if not inner or made.params else ""
        body += "".join(_command(f"{noun.name} {name}", each) for name, each in inner.items())
        synopsis = f".SH SYNOPSIS\n.B mailgate {_plain(noun.name)}\n{'COMMAND ' if inner else ''}[OPTION]\\&...\n"
        yield (
            f"mailgate-{noun.name}.1",
            _head(f"mailgate-{noun.name}", noun.help) + synopsis + body + _shared() + ".SH SEE ALSO\nmailgate(1)\n",
        )


def _head(name: str, what: str) -> str:
    return f'.TH {name.upper()} 1 "" "Mailgate"\n.SH NAME\n{_plain(name)} \\- {_plain(what)}\n'


def _command(spelling: str, command: Any) -> str:  # noqa: ANN401 - typer's click command
    said = inspect.cleandoc(command.help or "")
    arguments = " ".join(each.metavar or each.name.upper() for each in command.params if _is_argument(each))
    text = f".SH {_plain(spelling).upper()}\n.B mailgate {_plain(spelling)}\n{_plain(arguments)}\n.PP\n{_plain(said)}\n"
    for each in command.params:
        names = ", ".join(each.opts) if not _is_argument(each) else each.metavar or each.name.upper()
        if names != "--help, -h" and (shown := getattr(each, "help", None)):
            text += f".TP\n.B {_plain(names)}\n{_plain(shown)}\n"
    if lines := EXAMPLES.get(spelling):
        text += ".PP\nExamples:\n.EX\n" + "".join(f"  {_plain(line)}\n" for line in lines) + ".EE\n"
    return text


def _is_argument(parameter: Any) -> bool:  # noqa: ANN401
    return bool(parameter.param_type_name == "argument")


def _shared() -> str:
    options = "".join(f".TP\n.B {_plain(name)}\n{_plain(said)}\n" for name, said in GLOBAL)
    exits = "".join(f".TP\n.B {code}\n{_plain(said)}\n" for code, said in EXITS)
    return f".SH OPTIONS OF EVERY COMMAND\n{options}.SH EXIT STATUS\n{exits}"


def _plain(text: str) -> str:
    """Text for roff: its two signs escaped, no line that begins with a request."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("\u2026", "...")
    return "\n".join(f"\\&{line}" if line[:1] in ".'" else line for line in escaped.split("\n"))


def main() -> None:
    """Write all pages into the folder that is named."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "man")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages():
        (folder / name).write_text(text, encoding="utf-8")
    print(f"{len(list(folder.glob('*.1')))} pages in {folder}")


if __name__ == "__main__":
    main()
