"""The command line: global options, which may stand anywhere, the commands by name, and what each way to end is for the shell.

Only the module of the noun that is named gets loaded; the rest of the table is names and one line each. Next: `mailgate/desk/`.
"""

from __future__ import annotations

import functools
import gc
import importlib
import io
import keyword
import logging
import os
import select
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mailgate.desk.call import Call
from mailgate.desk.ends import Failed, Misused, NoSuch, NotMail
from mailgate.doors import hangups
from rules.frozen import dataclass

if TYPE_CHECKING:
    from typer import Typer

WORK, MAIL, PEOPLE, RULES, RUN = "Tickets", "Mail", "People", "Rules and texts", "Running the desk"


@dataclass(frozen=True, slots=True)
class Noun:
    """One word after `mailgate`: where its commands are and what help says of it."""

    name: str
    module: str
    help: str
    panel: str
    is_group: bool = True


NOUNS = (
    Noun("init", "starting", "Write a commented config.toml, ready to serve.", RUN, is_group=False),
    Noun("serve", "running", "Run the desk until it is told to stop.", RUN, is_group=False),
    Noun("tick", "running", "Do once all that is due now: fetch, handle, timers, deliver.", RUN, is_group=False),
    Noun("demo", "running", "A guided tour in a folder of its own.", RUN, is_group=False),
    Noun("doctor", "health", "Check the whole desk; every finding says its mend.", RUN, is_group=False),
    Noun("config", "config", "check, show, schema", RUN),
    Noun("db", "db", "status, upgrade, backup, restore, sending, check", RUN),
    Noun("report", "report", "Figures of a period: by category, channel, party …; send mails them.", RUN),
    Noun("export", "portable", "The whole desk as mail and plain files.", RUN, is_group=False),
    Noun("import", "portable", "An export into an empty database.", RUN, is_group=False),
    Noun("erase", "erase", "Take a person out of everything: shows first, --yes does it.", RUN, is_group=False),
    Noun("archive", "archive", "run, list", RUN),
    Noun("audit", "audit", "verify, key", RUN),
    Noun("metrics", "metrics", "Figures for Prometheus.", RUN, is_group=False),
    Noun("completion", "completion", "The completion script of bash, zsh or fish.", RUN, is_group=False),
    Noun("ticket", "ticket", "list, show, history, new, do, edit, reply, note, print, export, delete", WORK),
    Noun("task", "task", "list, show, add, edit, done, remove", WORK),
    Noun("order", "order", "list, show, add, edit, remove", WORK),
    Noun("mail", "mail", "in, read, list, show, raw, fates, retry, release, drop", MAIL),
    Noun("board", "board", "status, sync", MAIL),
    Noun("outbox", "outbox", "list, show, raw, retry, drop", MAIL),
    Noun("adopt", "adopt", "Take over an existing shared mailbox: preview first, then --yes.", MAIL, is_group=False),
    Noun("why", "why", "Why a mail was routed as it was, or would be.", RULES, is_group=False),
    Noun("rehearse", "rehearse", "What past mail would become under these rules, or others.", RULES, is_group=False),
    Noun("rules", "rules", "list, lint", RULES),
    Noun("faq", "faq", "list, show, search, check", RULES),
    Noun("canned", "canned", "list, show, search, check", RULES),
    Noun("link", "link", "mailto", RULES),
    Noun("text", "text", "list, preview, check", RULES),
    Noun("agent", "agent", "list, show, add, edit, away, passwd, remove", PEOPLE),
    Noun("group", "group", "list, show, add, edit, remove", PEOPLE),
    Noun("party", "party", "list, show, history, add, edit, remove", PEOPLE),
    Noun("contract", "contract", "list, show, add, edit, remove", PEOPLE),
    Noun("project", "project", "list, show, add, edit, remove", PEOPLE),
    Noun("device", "device", "list, show, add, edit, remove", PEOPLE),
    Noun("access", "access", "list, show, add, approve, deny, remove", PEOPLE),
    Noun("person", "person", "list, show, add, edit, merge, remove", PEOPLE),
)

OK, FAILED, WRONG, MISSING, INTERRUPTED = 0, 1, 2, 3, 130
EX_DATAERR, EX_TEMPFAIL, EX_CONFIG = 65, 75, 78
"""What `mail in` says to an MTA that pipes into it (sysexits.h)."""

WATCHED = frozenset({"list", "fates", "status", "show", "doctor"})
"""Commands that only look, which `--watch` shows again and again."""

log = logging.getLogger("mailgate.cli")


def run() -> None:
    """The console script."""
    # Else pydantic looks through every installed package for plugins, which is a tenth of a short command.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    if "serve" in sys.argv[1:]:
        hangups.hold()  # who rereads a config often must not end a daemon that has just been started
    else:
        # What a short command loads stays to its end: looking for rubbish in it takes a twentieth of the time.
        gc.set_threshold(300_000, 20, 20)
    standing()
    sys.exit(main(sys.argv[1:]))


def standing() -> None:
    """See to it that the three standard streams are there and can carry what is said.

    A stream that the caller closed leads nowhere, else the next file that is opened, such as the database, would take its number. Where the locale
    can't spell a sign, a plain one stands for it.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            with suppress(OSError):
                taken = os.open(os.devnull, os.O_RDWR)
                if taken != number:
                    os.dup2(taken, number)
            stream = open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - for as long as the process lives
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)
    for each in (sys.stdout, sys.stderr):
        if isinstance(each, io.TextIOWrapper) and each.encoding.lower().replace("-", "") != "utf8":
            import codecs

            codecs.register_error("mailgate-plain", _plainer)
            each.reconfigure(errors="mailgate-plain")


_PLAINER = str.maketrans(
    {
        "●": "o",
        "▲": "!",
        "■": "#",
        "◆": "*",
        "✓": "v",
        "✗": "x",
        "→": ">",
        "–": "-",
        "—": "-",
        "─": "-",
        "…": ".",
        "·": ".",
        "’": "'",
        "“": '"',
        "”": '"',
        "„": '"',
    }
)
"""Signs of our own, and what stands for them in a locale that doesn't have them."""


def _plainer(fault: UnicodeError) -> tuple[str, int]:
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    import unicodedata

    signs = fault.object[fault.start : fault.end].translate(_PLAINER)
    bare = (unicodedata.normalize("NFKD", sign)[:1] for sign in signs)
    return "".join(sign if sign.isascii() else "?" for sign in bare), fault.end


def main(argv: Sequence[str], *, environment: dict[str, str] | None = None) -> int:
    """Carry out one command line; gives the exit code. Nothing but KeyboardInterrupt gets past it."""
    env = dict(os.environ) if environment is None else environment
    call = Call(config=Path(env.get("MAILGATE_CONFIG") or "config.toml"), clock=lambda: datetime.now(UTC), environment=env)
    words: list[str] = []
    # A command says in its own words what went wrong; only serve and tick have a log (mailgate.desk.logs).
    logging.getLogger().addHandler(logging.NullHandler())
    try:
        if "_MAILGATE_COMPLETE" in env:
            _completing(env, call)
        words = asked(global_options(argv, call))
        if words == ["--version"]:
            from importlib.metadata import version

            print(f"mailgate {version('mailgate')}")
            return OK
        if call.watch:
            return watched(words, call, env)
        code = application(*named(words, env)).main(words, prog_name="mailgate", standalone_mode=False, obj=call)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has seen enough, which Typer takes for a reason to exit; Python would complain once more when it closes stdout.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
        return OK
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as fault:  # noqa: BLE001 - the last one who can say it in words
        return answered(fault, call, pipes="mail in" in " ".join(words[:2]))
    return code if isinstance(code, int) else OK


def _completing(env: dict[str, str], call: Call) -> None:
    """Take `--config` out of the line that the shell wants completed: what stands behind it is looked for in that desk."""
    from mailgate.desk import completion

    place = env.get("COMP_CWORD", "")
    line, at, config = completion.line(env.get("COMP_WORDS", ""), int(place) if place.isdigit() else 0)
    if config:
        call.config = Path(config).expanduser()
        for name, value in (("COMP_WORDS", line), ("COMP_CWORD", str(at))):
            env[name] = os.environ[name] = value  # Typer reads the process's own


def asked(words: list[str]) -> list[str]:
    """`help`, `help ticket` and `help ticket new` as they are understood: the same as with `--help` behind it."""
    return [*words[1:], "--help"] if words[:1] == ["help"] else words


def global_options(argv: Sequence[str], call: Call) -> list[str]:
    """Take `--config`, `--json`, `--now` and `--watch[=SECONDS]` from wherever they stand before `--`; gives the other words. Raises Misused."""
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        name, sign, value = word.partition("=")
        if word == "--":
            return [*rest, word, *words]
        if word == "--json":
            call.as_json = True
        elif name == "--watch":
            call.watch = _seconds(value)
        elif name in {"--config", "--now"}:
            value = value if sign else next(words, "")
            if not value:
                raise Misused(f"{name} needs a value")
            if name == "--now":
                call.now = value
            else:
                call.config = Path(value)
        else:
            rest.append(word)
    return rest


def _seconds(written: str) -> float:
    """How often `--watch` looks; raises Misused."""
    try:
        seconds = float(written or 2)
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= 3600:
        raise Misused(f"--watch={written} is no number of seconds from 0.1 to 3600")
    return seconds


def watched(words: Sequence[str], call: Call, environment: dict[str, str]) -> int:
    """Show a list anew until Ctrl-C; on a terminal each time from its top. Raises Misused for a command that does something."""
    if call.as_json or not WATCHED & set(words[:2]):
        raise Misused(f"--watch is for people who look at a list: {', '.join(sorted(WATCHED))}")
    clear = "\x1b[H\x1b[2J\x1b[3J" if sys.stdout.isatty() else ""
    # An exception out of the blue may end in a destructor, where it is lost, and an event waits for ever if it is set while it is looked at;
    # what is in a pipe is seen at the end of the look.
    ended, end = os.pipe()
    signal.signal(signal.SIGINT, lambda *_: os.write(end, b"."))
    while True:
        look = Call(config=call.config, now=call.now, clock=call.clock, environment=environment)
        sys.stdout.write(clear)
        code = application(*named(words, environment)).main(words, prog_name="mailgate", standalone_mode=False, obj=look)
        if isinstance(code, int) and code == WRONG:
            return code
        sys.stdout.write(f"\n{look.clock().astimezone(look.zone):%H:%M:%S}, every {call.watch:g} s; Ctrl-C ends it\n")
        sys.stdout.flush()
        if select.select([ended], [], [], call.watch)[0]:
            return INTERRUPTED


def named(words: Sequence[str], environment: dict[str, str]) -> tuple[str, str]:
    """The noun of a command line, or of the one that the shell wants completed, and the command that follows at once; empty if there is none."""
    if "_MAILGATE_COMPLETE" in environment:
        return next((word for word in environment.get("COMP_WORDS", "").split()[1:] if not word.startswith("-")), ""), ""
    noun = next((word for word in words if not word.startswith("-")), "")
    return noun, words[1] if noun and len(words) > 1 and words[0] == noun else ""


@functools.cache  # it takes longer than most commands do, and `--watch` asks for it at every look
def application(noun: str, command: str = "") -> Any:  # noqa: ANN401 - typer's click command
    """The commands: all of them by name and in one line, those of the noun in full; the named one alone, if it has one of this name."""
    import typer

    from mailgate.desk import helping, nouns

    app = typer.Typer(
        name="mailgate",
        help="Turns an e-mail address into a help desk.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    for each in NOUNS:
        found = importlib.import_module(f"mailgate.desk.{each.module}") if each.name == noun else None
        if each.is_group:
            app.add_typer(nouns.of(found, command) if found else _closed(), name=each.name, help=each.help, rich_help_panel=each.panel)
        else:
            alone = getattr(found, f"{each.name}_" if keyword.iskeyword(each.name) else each.name) if found else _nothing
            app.command(each.name, help=None if found else each.help, rich_help_panel=each.panel)(alone)
    made: Any = typer.main.get_command(app)
    nouns.plainly()
    helping.plainly()
    # In the order of the table, which Typer changes; the options that install completion are what `completion` is for.
    made.commands = {each.name: made.commands[each.name] for each in NOUNS}
    for parameter in made.params:
        parameter.hidden = parameter.hidden or parameter.name.endswith("_completion")
    _teach(made, noun)
    return made


def _teach(made: Any, noun: str) -> None:  # noqa: ANN401 - typer's click command
    """Put examples under the help of the noun's commands."""
    if (named := made.commands.get(noun)) is None:
        return
    from mailgate.desk import examples

    named.epilog = examples.below(noun)
    order = [word.strip() for each in NOUNS if each.name == noun for word in each.help.split(",")]
    if hasattr(named, "commands") and set(named.commands) <= set(order):
        named.commands = {name: named.commands[name] for name in order if name in named.commands}
    for name, command in getattr(named, "commands", {}).items():
        command.epilog = examples.below(f"{noun} {name}")


def _root() -> None:
    """Turns an e-mail address into a help desk."""


def _nothing() -> None:
    """Stands for a command that wasn't named."""


def _closed() -> Typer:
    import typer

    app = typer.Typer()
    app.command("-", hidden=True)(_nothing)
    return app


def answered(fault: Exception, call: Call, *, pipes: bool) -> int:
    """Say what went wrong, on stderr and as the one document of `--json`; gives the exit code."""
    from mailgate.desk import screen

    reasons, near, code = explained(fault)
    log.debug("command failed", exc_info=fault)
    for reason in reasons:
        screen.say(f"mailgate: {reason}" if len(reasons) == 1 else reason)
    if near:
        screen.say(f"did you mean: {', '.join(near)}")
    if call.as_json and not call.printed:
        screen.document(call, {"error": "\n".join(reasons), "near": list(near)})
    if not pipes:
        return code
    if isinstance(fault, NotMail):
        return EX_DATAERR
    return EX_CONFIG if code == WRONG else EX_TEMPFAIL


def explained(fault: Exception) -> tuple[list[str], Sequence[str], int]:
    """The sentences for a fault, what may have been meant, and the exit code."""
    import typer

    match fault:
        case NoSuch():
            return [fault.reason], fault.near, MISSING
        case Misused():
            return [fault.reason], fault.near, WRONG
        case Failed():
            return [fault.reason], fault.near, FAILED
        case typer.TyperException():
            from mailgate.desk import misuse

            sentence, near = misuse.said(fault)
            return [sentence], near, fault.exit_code
        case typer.Abort():
            return ["stopped"], (), FAILED
        case _:
            return _from_below(fault)


def _from_below(fault: Exception) -> tuple[list[str], Sequence[str], int]:
    """What the rooms below raised, in their words; a plain sentence where even those can't be loaded."""
    try:
        from mailgate.desk import faults

        return faults.explained(fault)
    except Exception:  # noqa: BLE001 - a broken installation: the first fault is the one to tell
        return [f"this failed unexpectedly: {type(fault).__name__}: {fault}"], (), FAILED


if __name__ == "__main__":
    run()
