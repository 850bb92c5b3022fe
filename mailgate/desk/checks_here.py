"""Checks that need nobody but this machine: config, store, people, mail that is stuck, disk, clock, programs."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from mailgate.desk.call import Call
from mailgate.desk.findings import Finding
from rules.facts.terms import address_key, domain_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from rules.facts.people import Directory, Party
    from rules.facts.things import Things
    from store.engine import Store

CONFIG, STORE, MAIL, PEOPLE, MACHINE = "Config", "Store", "Mail", "People", "Machine"
STALE = timedelta(minutes=15)
LITTLE, VERY_LITTLE = 1_000_000_000, 200_000_000
"""Bytes of free disk that are worth a warning, and too few."""
ENDS_SOON = timedelta(days=14)
SOUND = {(3, 11): 15, (3, 12): 13, (3, 13): 13, (3, 14): 3}
"""Python releases in which header lines can't be smuggled through encoded words (CVE-2024-6923, CVE-2026-1299)."""


LIBRARIES = {
    "aiosmtpd": ((1, 4, 6), "older ones let mail be smuggled in (CVE-2024-27305)"),
    "aiosmtplib": ((5, 1, 3), "older ones let an address speak SMTP"),
    "jinja2": ((3, 1, 6), "in older ones a template leaves its sandbox (CVE-2025-27516)"),
    "dkimpy": ((1, 1, 8), "older ones take endless time for some signatures"),
    "mail-parser": ((4, 8, 0), "older ones read some senders otherwise"),
}
"""Libraries that strangers' bytes go through: the oldest release that may be used, and why."""


def all_of(desk: Call) -> list[Finding]:
    """All of them; with a config that can't be read there is nothing else to look at."""
    from mailgate.config.mistakes import BadConfig

    try:
        settings = desk.reread()
    except BadConfig as bad:
        return [
            Finding(area=CONFIG, check="config", level="broken", what=str(mistake), mend=f"edit {mistake.path}", code="E-CONFIG")
            for mistake in bad.mistakes
        ]
    found = [Finding(area=CONFIG, check="config", what=f"{settings.path} is sound")]
    found += [
        Finding(area=CONFIG, check=each.key or "config", level="warning", what=each.what, mend=f"line {each.line} of {each.path.name}")
        for each in settings.cautions
    ]
    found += _rules(desk)
    found += _secret(desk)
    found += _texts(desk)
    found += _store(desk)
    found += _machine(desk)
    return found


def _rules(desk: Call) -> Iterator[Finding]:
    from rules.lint import lint

    policy = desk.settings.policy
    flaws = lint(policy)
    for flaw in flaws:
        yield Finding(
            area=CONFIG, check=f"rule {flaw.rule}", level="warning", what=flaw.what, mend=f"see {flaw.place}; mailgate rules lint"
        )
    if policy.rules and not flaws:
        yield Finding(area=CONFIG, check="rules", what=f"{len(policy.rules)}, none in another's way")


def _secret(desk: Call) -> Iterator[Finding]:
    from mailgate.trust import keys

    path = desk.settings.secret_file
    if not path.exists():
        yield Finding(area=CONFIG, check="secret", what=f"{path} is made at the first start")
        return
    try:
        ring = keys.load(path)
    except (keys.BadKeys, OSError) as why:
        yield Finding(
            area=CONFIG,
            check="secret",
            level="broken",
            what=str(why),
            mend="a copy of the file is in your backup; without it old tokens are void",
        )
        return
    yield Finding(area=CONFIG, check="secret", what=f"{len(ring)} key{'s' if len(ring) > 1 else ''} in {path}")


def _tokens(desk: Call, store: Store) -> Iterator[Finding]:
    """Whether the tokens of the mails that are out there can still be proved."""
    from mailgate.trust import keys
    from rules.facts.sent import BUTTON_LIFE

    path = desk.settings.secret_file
    try:
        ring = keys.load(path) if path.exists() else {0: bytes(16)}  # none of them is of that key
    except (keys.BadKeys, OSError):
        return  # told by _secret
    if lost := keys.unknown_to(ring, store, desk.at - BUTTON_LIFE):
        what = f"{path} {'is not that by which' if path.exists() else 'is gone, by which'} {_counted(lost, 'mail')} of the last 30 days were signed: their buttons and reply addresses prove nothing"
        yield Finding(area=CONFIG, check="tokens", level="broken", what=what, mend=keys.BACK if path.exists() else "put it back from your backup before anything else runs")  # fmt: skip


def _texts(desk: Call) -> Iterator[Finding]:
    """The site's own texts; ours are tested where they are made."""
    site = desk.settings.texts
    if site is None:
        return
    if not site.is_dir():
        yield Finding(
            area=CONFIG, check="texts", level="warning", what=f"{site} is not there", mend="make the folder, or take [desk] texts away"
        )
        return
    from templates import render, samples

    broken = 0
    for path in sorted(site.glob("*/*.j2")):
        name, language = path.stem, path.parent.name
        try:
            render.render(name, language, samples.sample(name, language), site=site)
        except (render.Unrenderable, KeyError) as why:
            broken += 1
            yield Finding(
                area=CONFIG,
                check=f"text {language}/{name}",
                level="warning",
                what=str(why),
                mend="ours is sent instead; mailgate text check",
            )
    if not broken:
        yield Finding(area=CONFIG, check="texts", what=f"all in {site} render")


def _store(desk: Call) -> Iterator[Finding]:
    from store import engine, migrate

    try:
        with desk.store(prepared=False) as store:
            status = migrate.status(store)
            if status.shape is migrate.Shape.empty:
                yield Finding(area=STORE, check="database", what=f"{store.url} is empty; the first start makes its tables")
                return
            if status.shape is not migrate.Shape.current:
                yield Finding(
                    area=STORE,
                    check="migrations",
                    level="broken",
                    what=str(migrate.NotCurrent(status)),
                    mend="install the newer Mailgate again" if status.shape is migrate.Shape.ahead else "mailgate db upgrade",
                )
                return
            facts = engine.facts(store)
            yield Finding(area=STORE, check="database", what=f"{facts.dialect} {facts.version}, step {status.current}; {facts.why}")
            for worry in facts.worries:
                yield Finding(area=STORE, check="durability", level="warning", what=worry, mend="see what it asks for")
            yield from _within(desk, store)
    except (engine.Busy, engine.Unfit, OSError) as why:
        yield Finding(
            area=STORE,
            check="database",
            level="broken",
            what=str(why),
            mend="check [store] url, and that the database is up and ours to write",
        )
    except engine.Fault as why:
        from mailgate.desk import faults

        sentence = faults.explained(why)[0][0]
        yield Finding(
            area=STORE, check="database", level="broken", what=sentence, mend="check [store] url; mailgate db restore brings a backup back"
        )


def _within(desk: Call, store: Store) -> Iterator[Finding]:
    from store import engine, people, things

    with engine.reading(store) as tx:
        staff, parties = people.directory(tx), people.parties(tx)
        yield from _people(desk, staff)
        yield from _keys(desk, tx)
        yield from _things(desk, things.every(tx), staff, parties)
        yield from _ticket_trick(desk, staff, parties)
        yield from _sending(desk, tx)
        yield from _stuck(desk, tx)
        yield from _clock(desk, tx)
    yield from _tokens(desk, store)


def _sending(desk: Call, tx: Connection) -> Iterator[Finding]:
    from store import sending

    since = sending.off_since(tx)
    if since is not None:
        what = f"nothing leaves since {since.astimezone(desk.zone):%Y-%m-%d %H:%M}: the database was restored, or somebody switched it off"
        yield Finding(
            area=MAIL, check="sending", level="warning", what=what, mend="look at mailgate outbox list, then mailgate db sending on"
        )


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _people(desk: Call, staff: Directory) -> Iterator[Finding]:
    from mailgate.config import names

    settings = desk.settings
    if staff.agents:
        yield Finding(area=PEOPLE, check="agents", what=f"{_counted(len(staff.agents), 'agent')} in {_counted(len(staff.groups), 'group')}")
    else:
        yield Finding(
            area=PEOPLE, check="agents", level="warning", what="nobody works here", mend="mailgate agent add NAME --address ADDRESS"
        )
    for what, name, place in names.absent(settings.path, settings.raw, staff.groups, staff.agents):
        word = what.partition(" ")[0]
        yield Finding(
            area=PEOPLE,
            check=f"{word} {name}",
            level="warning",
            what=f"{place} counts on it, and it isn't there",
            mend=f"mailgate {word} add {name}",
        )
    for group in {g for a in staff.agents.values() for g in a.groups} - set(staff.groups):
        yield Finding(
            area=PEOPLE,
            check=f"group {group}",
            level="warning",
            what="agents are in it, and it isn't there",
            mend=f"mailgate group add {group}",
        )
    for key in settings.groups_named():
        if key in staff.groups and not staff.members(key):
            yield Finding(
                area=PEOPLE,
                check=f"group {key}",
                level="warning",
                what="has no agents: its tickets reach nobody",
                mend=f"mailgate agent edit NAME --group +{key}",
            )


def _keys(desk: Call, tx: Connection) -> Iterator[Finding]:
    """Keys by which signed mail is believed: those that end, and what is missing to look at them."""
    from mailgate.trust import pgp, smime
    from store import signing

    kept = signing.every(tx)
    for kind, here, mend in (("pgp", pgp.is_here, 'pip install "mailgate[pgp]"'), ("smime", smime.is_here, "apt install openssl")):
        if any(key.kind == kind for _, key in kept) and not here():
            yield Finding(area=PEOPLE, check=f"{kind} keys", level="warning", what="signatures can't be looked at here", mend=mend)
    for owner, key in kept:
        if key.ends_at is not None and key.ends_at < desk.at + ENDS_SOON:
            what = f"{key.kind} {key.fingerprint[-16:]} {'ended' if key.ends_at <= desk.at else 'ends'} on {key.ends_at:%Y-%m-%d}"
            mend = "put the new key on file: mailgate agent edit NAME --key FILE, or person edit"
            yield Finding(area=PEOPLE, check=f"key of {owner}", level="warning", what=what, mend=mend)


def _things(desk: Call, every: Things, staff: Directory, parties: tuple[Party, ...]) -> Iterator[Finding]:
    """What contracts, projects and devices count on, and isn't there."""
    policy = desk.settings.policy
    known = {party.key for party in parties}
    named = [("contract", each.key, each.party) for each in every.contracts] + [
        ("project", each.key, each.party) for each in every.projects
    ]
    named += [("device", each.serial, each.party) for each in every.devices]
    wrong = [
        (what, key, f"its party {party} isn't there", f"--party, or mailgate party add {party}")
        for what, key, party in named
        if party and party not in known
    ]
    wrong += [
        ("contract", each.key, f"there is no [hours.{hours}]: its clocks run day and night", "--hours")
        for each in every.contracts
        for hours in (each.hours, each.oncall)
        if hours and hours not in policy.hours
    ]
    fleets = sorted({each.fleet for each in every.devices if each.fleet} - set(staff.groups))
    for what, key, why, mend in wrong:
        yield Finding(area=PEOPLE, check=f"{what} {key}", level="warning", what=why, mend=f"mailgate {what} edit {key} {mend}")
    for fleet in fleets:
        yield Finding(
            area=PEOPLE,
            check=f"fleet {fleet}",
            level="warning",
            what="devices are in it, and no group has this name",
            mend=f"mailgate group add {fleet}",
        )


def _ticket_trick(desk: Call, staff: Directory, parties: tuple[Party, ...]) -> Iterator[Finding]:
    """Whoever may write to `support@company` and read the answers can sign up at places that trust any address at `company`."""
    own = desk.settings.policy.desk.domain
    addresses = [a for agent in staff.agents.values() for a in agent.addresses]
    domains = {domain_of(a) for a in addresses} | {d for p in parties if p.kind == "internal" for d in p.domains}
    shared = sorted(d for d in domains if d and (d == own or d.endswith("." + own)))
    if shared:
        yield Finding(
            area=PEOPLE,
            check="desk's domain",
            level="warning",
            what=f"{own} is also where staff has its addresses: services that trust everybody at {shared[0]} can be signed up to through tickets",
            mend=f"give the desk a domain of its own, such as help.{address_key('@' + own)[1:]}, or keep such services away from it",
            code="W-TICKET-TRICK",
        )


def _stuck(desk: Call, tx: Connection) -> Iterator[Finding]:
    from store.lists import mail
    from store.queries import figures

    account = mail.account(tx, desk.at, STALE)
    if account.stale:
        what = f"{account.stale} mails wait for longer than 15 minutes"
        yield Finding(
            area=MAIL,
            check="waiting",
            level="broken",
            what=what,
            mend="is mailgate serve running? else mailgate tick; mailgate mail list --fate waiting",
        )
    elif not account.adds_up:
        yield Finding(area=MAIL, check="account", level="broken", what="received mails and fates don't add up", mend="mailgate db check")
    else:
        yield Finding(area=MAIL, check="account", what=f"{account.received} received, every one accounted for")
    found = figures.read(tx, desk.at)
    if found.undecided:
        yield Finding(
            area=MAIL,
            check="held",
            level="warning",
            what=f"{found.undecided} mails are held or parked",
            mend="mailgate mail list --fate held,parked; then mail release, mail retry or mail drop",
        )
    if found.oldest_due > STALE.total_seconds():
        what = f"{found.outbox['due']} mails wait to leave, the oldest for {timedelta(seconds=int(found.oldest_due))}"
        yield Finding(
            area=MAIL, check="outbox", level="warning", what=what, mend="mailgate outbox list --state due shows the relay's last answer"
        )
    lost = found.outbox["failed"] + found.outbox["unknown"]
    if lost:
        yield Finding(
            area=MAIL,
            check="outbox",
            level="warning",
            what=f"{lost} mails could not be delivered",
            mend="mailgate outbox list --state failed,unknown",
        )


def _clock(desk: Call, tx: Connection) -> Iterator[Finding]:
    from store.queries import figures

    newest = figures.newest(tx)
    if newest is not None and newest - desk.at > timedelta(minutes=5):
        yield Finding(
            area=MACHINE,
            check="clock",
            level="broken",
            what=f"it is {desk.at:%Y-%m-%d %H:%M} UTC here, and the store knows of {newest:%Y-%m-%d %H:%M}",
            mend="set the clock (timedatectl set-ntp true): due times and tokens count on it",
        )


def _machine(desk: Call) -> Iterator[Finding]:
    if desk.at < datetime(2026, 1, 1, tzinfo=UTC):
        yield Finding(area=MACHINE, check="clock", level="broken", what=f"it can't be {desk.at:%Y-%m-%d}", mend="set the clock")
    for folder in _folders(desk):
        free = shutil.disk_usage(folder).free
        level = "broken" if free < VERY_LITTLE else "warning" if free < LITTLE else "ok"
        mend = "" if level == "ok" else "make room: without it mail is refused for now (452)"
        yield Finding(area=MACHINE, check="disk", level=level, what=f"{free / 1e9:.1f} GB free at {folder}", mend=mend)
    have = sys.version_info[:3]
    safe = SOUND.get(have[:2])
    if safe is not None and have[2] < safe:
        yield Finding(
            area=MACHINE,
            check="python",
            level="ok",
            what=f"{'.'.join(map(str, have))}: its own mail library can smuggle header lines; ours doesn't use it for sending ({have[0]}.{have[1]}.{safe} has the mend)",
        )
    yield from _libraries()


def _folders(desk: Call) -> list[Path]:
    """Where the desk writes: its own folder, and those of the database and of sent mail where they lie on other disks."""
    from mailgate.doors.front import database_file

    database, relay = database_file(desk.settings), desk.settings.relay
    wanted = [desk.settings.root, *([database.parent] if database else []), *([relay.path] if relay.kind == "maildir" else [])]
    there = [next(each for each in (folder, *folder.parents) if each.exists()) for folder in wanted]
    found: dict[int, Path] = {}
    for folder in there:
        found.setdefault(_device(folder), folder)
    return list(found.values())


def _device(folder: Path) -> int:
    return folder.stat().st_dev


def _libraries() -> Iterator[Finding]:
    for name, (least, why) in LIBRARIES.items():
        said = version(name)
        have = tuple(int(n) for n in re.findall(r"\d+", said)[:3])
        if have < least:
            wanted = ".".join(map(str, least))
            what = f"{said}: {why}"
            yield Finding(area=MACHINE, check=name, level="warning", what=what, mend=f'pip install "{name}>={wanted}"')
