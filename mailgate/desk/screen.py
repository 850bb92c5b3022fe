r"""What people see: tables, pairs, lines and times; and the one JSON document of `--json`.

Whatever comes from outside passes `plain` or `block`: control characters and bidirectional marks are shown as `\x1b` and the like, and
nothing is ever read as markup. Results go to stdout, talk to stderr.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from mailgate.desk.aside import Aside
from mailgate.desk.call import Call

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
"""C0 and C1 controls, DEL, line separators, marks that turn the direction of writing (Unicode TR 9) or aren't seen, lone surrogates."""
_PIPED_WIDTH = 160
"""Columns where the output isn't a terminal and nobody says how wide it is."""

_TELEPHONE = 60
"""Columns below which rows that don't fit are written under each other."""
_TIME = 16
"""Columns of a time."""

LIGHTS = {"red": ("■", "red"), "yellow": ("▲", "yellow"), "green": ("●", "green")}
"""Sign and colour of a light: three shapes, so that colours need not be told apart."""


def plain(text: object) -> str:
    """Foreign text as one line that a terminal can't be moved by."""
    return _UNSEEN.sub(_shown, str(text))


def block(text: str) -> str:
    """Foreign text of several lines, likewise; line breaks and tabs stay."""
    return "\n".join(plain(line).replace("\\x09", "\t") for line in text.split("\n"))


def _shown(found: re.Match[str]) -> str:
    number = ord(found[0])
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def local(call: Call, at: datetime | None) -> str:
    """A time in the desk's zone, to the minute; empty for none."""
    return f"{at.astimezone(call.zone):%Y-%m-%d %H:%M}" if at is not None else ""


def document(call: Call, value: Any) -> None:  # noqa: ANN401 - any JSON
    """Print the one JSON document of this call."""
    call.printed = True
    sys.stdout.write(json.dumps(value, ensure_ascii=True, indent=2 if sys.stdout.isatty() else None) + "\n")


def result(call: Call, value: Any, said: str) -> None:  # noqa: ANN401 - any JSON
    """The outcome of a change: the document for scripts, a sentence for people."""
    if call.as_json:
        document(call, value)
    else:
        print(plain(said))


def program(config: Path | None = None) -> str:
    """How this program is called from here, for commands that can be copied: by its path where the shell wouldn't find it, and with a config that is elsewhere."""
    called, found = Path(sys.argv[0]), shutil.which("mailgate")
    here = called.name == "mailgate" and called.exists() and (found is None or not called.samefile(found))
    name = shlex.quote(str(called)) if here else "mailgate"
    known = Path(os.environ.get("MAILGATE_CONFIG") or "config.toml")
    return name if config is None or config.resolve() == known.resolve() else f"{name} --config {shlex.quote(str(config))}"


def say(text: str) -> None:
    """A sentence beside the results, on stderr."""
    Aside().write(plain(text) + "\n")


def console(stream: TextIO | None = None) -> Console:
    """A rich console that reads no markup; coloured only on a terminal, and not where NO_COLOR is set."""
    from rich.console import Console

    out = stream or sys.stdout
    width = None if out.isatty() else int(os.environ.get("COLUMNS", "0") or 0) or _PIPED_WIDTH
    return Console(file=out, markup=False, emoji=False, highlight=False, width=width, legacy_windows=False)


def text(value: object, style: str = "") -> Text:
    """Foreign text for a console."""
    from rich.text import Text

    return Text(plain(value), style=style)


def show(*what: RenderableType) -> None:
    """Print to stdout."""
    out = console()
    with out.capture() as caught:
        for each in what:
            out.print(each)
    # Tables pad their cells; whoever copies a line wants no blanks at its end.
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in caught.get().splitlines()))


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, wide: Sequence[str] = (), right: Sequence[str] = ()) -> None:
    """Print an aligned table that fits the width. `wide` columns give way first; `right` ones hold numbers. Cells may be rich Text."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        made.add_column(
            Text(name),
            no_wrap=True,
            overflow="ellipsis",
            justify="right" if name in right else "left",
        )
    shown = [[each if isinstance(each, Text) else Text(plain(each)) for each in row] for row in rows]
    if not _narrow(made, columns, shown, wide):
        _stacked(columns, shown)
        return
    for row in shown:
        made.add_row(*row)
    show(made)


def _narrow(made: Any, columns: Sequence[str], rows: Sequence[Sequence[Text]], wide: Sequence[str]) -> bool:  # noqa: ANN401 - a rich Table
    """Give all that is missing to the wide columns, then to long words, so that references and times stay whole; False for a telephone."""
    widths = [max([len(name), *(row[n].cell_len for row in rows)]) for n, name in enumerate(columns)]
    screen = console().width
    room = screen - sum(widths) - 3 * (len(columns) - 1)  # two blanks, and one where rich would draw a line
    giving = [n for n, name in enumerate(columns) if name in wide]
    for which, least in ((giving, 12), ([n for n in range(len(columns)) if n not in giving], _TIME), (giving, 6)):
        for n in sorted(which, key=lambda n: -widths[n]):
            if room >= 0:
                break
            cut = min(-room, max(0, widths[n] - least))
            widths[n] -= cut
            made.columns[n].max_width = widths[n]
            room += cut
    return room >= 0 or screen >= _TELEPHONE


def _stacked(columns: Sequence[str], rows: Sequence[Sequence[Text]]) -> None:
    """Rows for a screen too narrow for a table, such as a telephone's: the names of the columns before what stands in them."""
    for n, row in enumerate(rows):
        if n:
            print()
        pairs((name, cell) for name, cell in zip(columns, row, strict=True) if cell.plain.strip())


def pairs(rows: Iterable[tuple[str, object]]) -> None:
    """Print names and values under each other; what has no value is left out."""
    from rich.table import Table
    from rich.text import Text

    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(style="bold", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in rows:
        if value not in {None, ""} if not isinstance(value, Text) else True:
            made.add_row(Text(name), value if isinstance(value, Text) else Text(block(str(value))))
    show(made)


@contextmanager
def progress(what: str, *, of: int | None = None, shown: bool = True) -> Iterator[Callable[[int], None]]:
    """A bar on stderr during long work, where somebody watches; gives what is told how many are done. `of` is how many there are, if that is known."""
    if not shown or not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console(sys.stderr), transient=True) as bar:
        task = bar.add_task(what, total=of)
        yield lambda done: bar.update(task, completed=done)


def record(shape: Mapping[str, Any]) -> None:
    """Print a JSON shape as names and values."""
    pairs((name.replace("_", " "), _worded(value)) for name, value in shape.items())


def _worded(value: Any) -> str:  # noqa: ANN401 - any JSON
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_worded(each) for each in value)
        case dict():
            return ", ".join(f"{name}: {_worded(each)}" for name, each in value.items() if each not in (None, ""))
        case _:
            return str(value)
