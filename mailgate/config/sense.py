"""What each section may say for itself and makes no sense beside the others: two doors in one place, a mailbox read twice, a rule that does nothing."""

from __future__ import annotations

from urllib.parse import urlsplit

from mailgate.config import places
from mailgate.config.doors import Listen
from mailgate.config.reading import Reading
from mailgate.config.schema import desk, doors, service
from mailgate.config.schema.base import Section
from rules.facts.terms import address_key


def check(reading: Reading) -> None:
    """All of it; mistakes go into the reading."""
    _doors(reading)
    _mailboxes(reading)
    _admins(reading)
    _kinds(reading)
    _doing(reading)


def _doors(reading: Reading) -> None:
    """No two doors can listen at one place; port 0 is a free one each time."""
    seen: list[tuple[str, Listen]] = []
    for name, model in (("smtp", doors.Smtp), ("submission", doors.Submission), ("lmtp", doors.Lmtp), ("metrics", doors.Metrics)):
        at = getattr(reading.get(model, name), "listen", None)
        if name not in reading.raw or at is None:
            continue
        other = next((said for said, place in seen if _same_place(at, place)), "")
        if other:
            reading.wrong((name, "listen"), f"{at} is where [{other}] listens, line {reading.line((other, 'listen'))}; take another port")
        seen.append((name, at))
    relay = _relay(reading)
    own = next((said for said, place in seen if relay is not None and _same_place(relay, place)), "")
    if own:
        line = reading.line((own, "listen"))
        what = f"{relay} is where [{own}] listens, line {line}: the desk would write to itself; write the server that carries mail on"
        reading.wrong(("relay", "url"), what)


def _relay(reading: Reading) -> Listen | None:
    """Where the relay listens, if that is on this machine by a name that says so."""
    relay = reading.get(doors.Relay, "relay")
    url = urlsplit(relay.url if relay is not None else "")
    if url.scheme not in {"smtp", "smtps"} or not url.hostname:
        return None
    port = url.port or (465 if url.scheme == "smtps" else 25)
    place = Listen(host="127.0.0.1" if url.hostname == "localhost" else url.hostname, port=port)
    return place if place.is_local else None


def _same_place(one: Listen, other: Listen) -> bool:
    if one.path or other.path:
        return one.path == other.path
    return one.port == other.port != 0 and (one.host == other.host or not one.host or not other.host)


def _mailboxes(reading: Reading) -> None:
    seen: dict[tuple[str, int | None, str, str], places.Path] = {}
    for at, box in reading.all(doors.Imap, "imap"):
        key = (box.host.casefold(), box.port, box.user, _folder(box.folder))
        if key in seen:
            reading.wrong(at, f"is folder {box.folder} of {box.user} at {box.host} again, first in line {reading.line(seen[key])}")
        seen.setdefault(key, at)
        if _folder(box.done.removeprefix("move:")) == _folder(box.folder) and box.done.startswith("move:"):
            reading.wrong((*at, "done"), f"moves mail into {box.folder}, which it is read from; write another folder, or leave")
        if box.junk and _folder(box.junk) == _folder(box.folder):
            reading.wrong((*at, "junk"), f"is {box.folder}, which is read; its mail can't be left alone, too")


def _folder(name: str) -> str:
    """INBOX is one folder whatever its case (RFC 9051 section 5.1)."""
    return "INBOX" if name.strip().upper() == "INBOX" else name.strip()


def _admins(reading: Reading) -> None:
    own = reading.get(desk.Desk, "desk")
    if own is None:
        return
    ours = {address_key(each): each for each in (own.address, *own.aliases)}
    ours |= {
        address_key(category.address): category.address for _, category in reading.all(service.Category, "category") if category.address
    }
    for position, admin in enumerate(own.admin):
        if address_key(admin) in ours:
            at: places.Path = ("desk", "admin", position) if isinstance(reading.raw["desk"]["admin"], list) else ("desk", "admin")
            reading.wrong(at, f"{admin} is the desk itself, which would write to itself; write a person's address")


def _kinds(reading: Reading) -> None:
    for at, kind in reading.all(service.Type, "type"):
        yellow, red = kind.light.yellow, kind.light.red
        if type(yellow) is type(red) and yellow > red:  # type: ignore[operator]  # both shares, or both spans
            written = reading.raw["type"][at[1]].get("light", {})
            reading.wrong((*at, "light"), f"turns red at {written.get('red', '100%')}, before yellow at {written.get('yellow', '50%')}")
        names: set[str] = set()
        for position, field in enumerate(kind.fields):
            if field.name.lower() in names:
                reading.wrong((*at, "fields", position), f"{field.name!r} stands twice in this list")
            names.add(field.name.lower())


def _doing(reading: Reading) -> None:
    for at, rule in reading.all(service.Rule, "rule"):
        if not rule.then and not rule.stop and not _written(reading, at).get("then") and _all_known(reading, at, service.Rule):
            reading.wrong(_said(reading, at, "then"), 'does nothing; write what follows, such as then = ["prio high"], or stop = true')
    for at, timer in reading.all(service.Timer, "timer"):
        if not timer.then and not _written(reading, at).get("then"):
            reading.wrong(_said(reading, at, "then"), 'is empty; write what follows, such as then = ["close"]')
    privacy = reading.get(desk.Privacy, "privacy")
    for at, report in reading.all(service.Report, "report"):
        if report.by == ("agent",) and privacy is not None and not privacy.agent_figures:
            reading.wrong((*at, "by"), "counts by agent, which [privacy] agent_figures = true would have to allow")


def _all_known(reading: Reading, at: places.Path, model: type[Section]) -> bool:
    """Whether no key of a table is misspelled: what it means to say isn't missing then."""
    return all(key in model.model_fields for key in _written(reading, at))


def _written(reading: Reading, at: places.Path) -> dict[str, object]:
    """A table of a list as it stands in the file."""
    table: dict[str, object] = reading.raw[str(at[0])][at[1]]
    return table


def _said(reading: Reading, at: places.Path, key: str) -> places.Path:
    """The path of a key where it is written, else that of its table."""
    return (*at, key) if key in _written(reading, at) else at
