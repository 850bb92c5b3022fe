"""Why a mail was routed as it was, or would be: every question that was asked, what it saw, and what followed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, assert_never

import typer

from mailgate.desk import call, mail_views, screen, shapes
from mailgate.desk.call import Call
from mailgate.desk.ends import Failed

if TYPE_CHECKING:
    from rules.facts.mail import Mail
    from rules.verdict import Verdict

SIGNS = {True: ("✓", "green"), False: ("✗", "dim"), None: ("·", "")}


def why(
    context: typer.Context,
    what: Annotated[str, typer.Argument(metavar="ID|FILE", help="A number of mail list, a Message-ID, or a file.", show_default=False)],
    *,
    to: Annotated[
        list[str] | None, typer.Option("--to", metavar="ADDR", help="Envelope recipient, for a file.", show_default=False)
    ] = None,
    from_: Annotated[str, typer.Option("--from", metavar="ADDR", help="Envelope sender, for a file.", show_default=False)] = "",
    as_: Annotated[str, typer.Option("--as", metavar="AGENT", help="As if vouched for, for a file.", show_default=False)] = "",
) -> None:
    """Each question that was asked about a mail, the value that it saw, its place in the config, and what followed."""
    desk = call.of(context)
    path = Path(what)
    shape = _would(desk, path, tuple(to or ()), from_, as_) if path.is_file() else _was(desk, what)
    if desk.as_json:
        screen.document(desk, shape)
        return
    sender = " ".join(filter(None, (shape["from"]["name"], f"<{shape['from']['address']}>" if shape["from"]["address"] else "")))
    screen.pairs((("From", sender), ("Subject", shape["subject"]), ("Mail", shape["id"] or shape["file"])))
    print()
    screen.show(screen.text(f"decision  {_decision(shape)}", "bold"))
    for row in shape["trace"]:
        _print(row)
    for line in shape["actions"]:
        screen.show(screen.text(f"  → {line}", "green"))
    for letter in shape["letters"]:
        print(screen.plain(f"  ✉ {letter['template']} → {letter['to']}" + (f" ({letter['state']})" if letter["state"] else "")))


def _was(desk: Call, what: str) -> dict[str, Any]:
    """What the trace of a received mail says."""
    from store.lists import mail as stored
    from store.lists import tickets

    with desk.reading() as tx:
        row = mail_views.find(tx, what)
        letters = stored.letters(tx, received_id=row["id"])
        steps = tickets.history(tx, row["ticket_id"]) if row["ticket_id"] else []
    mail = shapes.mail(row, desk.zone)
    done = [step["action"] for step in steps if step["received_id"] == row["id"]]
    return {
        "id": row["id"],
        "file": None,
        "from": mail["from"],
        "subject": mail["subject"],
        "decision": mail["fate"] or "waiting",
        "ticket": mail["ticket"],
        "why": mail["why"],
        "trust": mail["trust"],
        "trace": [step for step in mail["trace"] if step.get("step") != "action"],
        "actions": done,
        "letters": [{"template": each["template"], "to": each["recipient_address"], "state": each["state"]} for each in letters],
        "questions": list((row["hold"] or {}).get("questions", ())),
    }


def _would(desk: Call, path: Path, recipients: tuple[str, ...], sender: str, login: str) -> dict[str, Any]:
    """What would follow if this file came in now; nothing is stored and nobody told."""
    from mailgate.handling import gathering
    from mailgate.roster import Roster
    from rules.decide import decide
    from rules.facts.mail import Envelope, Mail
    from store import engine, inbox

    raw = path.read_bytes()
    envelope = Envelope(door="file", sender=sender.strip("<>"), recipients=recipients, login=login)
    waiting = inbox.Waiting(id=0, envelope=envelope, received_at=desk.at, attempts=0, silent=True, raw=raw)
    with desk.office(dns=True) as office:
        mail = office.reader.read([raw])[0]
        if not isinstance(mail, Mail):
            raise Failed(f"{path} can't be read as a mail: {mail}")
        mail = gathering.verified(office, waiting, mail)
        with engine.reading(office.store) as tx:
            facts = gathering.facts(tx, office, Roster.load(tx), waiting, mail, desk.at)
        verdict = decide(facts)
    return _shape(path, mail, verdict)


def _shape(path: Path, mail: Mail, verdict: Verdict) -> dict[str, Any]:
    from rules.verdict import Act, Bounced, Decided, Hold, Many, Settle, Spent

    actions: list[str] = []
    questions: list[dict[str, Any]] = []
    match verdict:
        case Act():
            decision, why = verdict.fate.value, verdict.why
            actions = [a.spell().split("\n")[0][:200] for a in (*verdict.after_opening, *verdict.actions)]
            if verdict.acknowledge:
                actions.append("acknowledge")
        case Many():
            decision, why = "executed", verdict.why
            actions = [f"{piece.ref} {piece.action.spell()}"[:200] for piece in verdict.pieces]
        case Hold():
            decision, why = "held", verdict.reason
            questions = [{"number": q.number, "line": q.line, "code": q.code, "near": list(q.near)} for q in verdict.questions]
        case Settle():
            decision, why = verdict.fate.value, verdict.why
        case Bounced():
            decision, why = "bounce", "; ".join(f"{f.address} {f.status}".strip() for f in verdict.failed)
        case Decided():
            decision, why = "executed", f"decides about mail {verdict.held}"
        case Spent():
            decision, why = "ignored", verdict.why
        case _:
            assert_never(verdict)
    ticket = getattr(verdict, "ticket", None)
    said = next((step["said"] for step in verdict.trace if step.get("step") == "trust"), None)
    return {
        "id": None,
        "file": str(path),
        "from": shapes.mailbox(mail.sender),
        "subject": mail.subject,
        "decision": decision,
        "ticket": ticket.ref if ticket else None,
        "why": why or None,
        "trust": int(said) if said and said.isdigit() else None,
        "trace": [dict(step) for step in verdict.trace],
        "actions": actions,
        "letters": [],
        "questions": questions,
    }


def _decision(shape: dict[str, Any]) -> str:
    ticket = f" {shape['ticket']}" if shape["ticket"] else ""
    return f"{shape['decision']}{ticket}" + (f"  ({shape['why']})" if shape["why"] else "")


def _print(row: dict[str, Any]) -> None:
    """One question: for a rule its condition, value and place."""
    if row.get("step") == "rule" and "condition" in row:
        sign, style = SIGNS[bool(row["matched"])]
        line = f"  {sign} {row['rule']}: {row['condition']} {row['wanted']}"
        tail = f"saw {row['saw']!r}" if row["saw"] else "saw nothing"
    elif row.get("step") == "rule":
        sign, style = SIGNS[True]
        line, tail = f"  {sign} {row['rule']}: {row['said']}", ""
    else:
        sign, style = SIGNS[None]
        line, tail = f"  {sign} {row['step']}: {row['said']}", str(row.get("saw", ""))
    place = f"  {row['place']}" if row.get("place") else ""
    shown = screen.text(line, style)
    shown.append(screen.plain(f"   {tail}" if tail else ""), style="dim")
    shown.append(screen.plain(place), style="dim")
    screen.show(shown)
