"""A day's mail in small: good, broken, bounced, automatic, doubled, and mail with commands; the same for the same seed."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.load import Item

AGENT = "anna@staff.example"


@dataclass(slots=True)
class Day:
    """The mails in their order, and what has to come of them."""

    items: list[Item] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)

    @property
    def receptions(self) -> int:
        """How many mails the desk has to keep: each pair of bytes and envelope once."""
        return len({(item.raw, item.sender, item.recipient) for item in self.items})


def a_day(seed: int, count: int) -> Day:
    """So many mails of all kinds."""
    dice = random.Random(seed)
    day = Day()
    kinds = list(_KINDS)
    for n in range(count):
        kind = dice.choices(kinds, weights=[_WEIGHTS[kind] for kind in kinds])[0] if n >= len(kinds) else kinds[n]
        if kind in {"again", "other path"} and not day.kinds["good"]:
            kind = "good"
        day.items.append(_KINDS[kind](dice, f"{kind.replace(' ', '-')}-{seed}-{n}", day))
        day.kinds[kind] += 1
    return day


def _mail(name: str, text: str, *, sender: str = "", envelope: str | None = None, **fields: str) -> Item:
    sender = sender or f"{name}@client.example"
    head = {"From": sender, "To": "support@desk.example", "Subject": f"About {name}", "Message-ID": f"<{name}@client.example>"}
    head |= {key.replace("_", "-"): value for key, value in fields.items()}
    raw = "".join(f"{key}: {value}\r\n" for key, value in head.items()) + f"\r\n{text}\r\n"
    return Item(message_id=head["Message-ID"], raw=raw.encode("utf-8", "surrogateescape"), sender=sender if envelope is None else envelope)


def _good(dice: random.Random, name: str, day: Day) -> Item:
    return _mail(name, "The printer blinks.\r\n" * dice.randrange(1, 200))


def _broken(dice: random.Random, name: str, day: Day) -> Item:
    mail = _mail(name, "x")
    ways: list[Callable[[], bytes]] = [
        lambda: dice.randbytes(dice.randrange(1, 4000)).replace(b"\r", b"").replace(b"\n", b"") + b"\r\n",
        lambda: mail.raw.replace(b"\r\n\r\n", b"\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n--\r\n", 1),
        lambda: mail.raw.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n====\xff\xfe", 1),
        lambda: mail.raw.replace(b"From: ", b"From: \x00\xff<", 1),
        lambda: mail.raw.replace(b"\r\n\r\n", b"\r\nContent-Type: text/plain; charset=nonsense-9\r\n\r\n\x80\x81", 1),
        lambda: b"\r\n\r\n" + name.encode() + b"\r\n",
        lambda: mail.raw[: len(mail.raw) // 2] + b"\r\n",
        lambda: b"From: a@b.example\r\nFrom: c@d.example\r\n" + mail.raw,
    ]
    return Item(message_id="", raw=dice.choice(ways)() + name.encode() + b"\r\n", sender=mail.sender)


def _bounce(dice: random.Random, name: str, day: Day) -> Item:
    text = (
        "--b\r\nContent-Type: text/plain\r\n\r\nYour mail came back.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.client.example\r\n\r\nFinal-Recipient: rfc822; {name}@client.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--"
    )
    return _mail(
        name, text, sender="mailer-daemon@client.example", envelope="", MIME_Version="1.0",
        Content_Type="multipart/report; report-type=delivery-status; boundary=b",
    )  # fmt: skip


def _automatic(dice: random.Random, name: str, day: Day) -> Item:
    return _mail(name, "I am away.", Auto_Submitted="auto-replied", Subject="Out of office")


def _list(dice: random.Random, name: str, day: Day) -> Item:
    return _mail(name, "This week's news.", List_Id="<news.client.example>", Precedence="bulk")


def _commands(dice: random.Random, name: str, day: Day) -> Item:
    verb = dice.choice(("#close", "#assign anna", "#prio high", "#nonsense", "#take\r\n#note all well"))
    return _mail(name, verb, sender=AGENT, Subject=f"Re: something [T{dice.randrange(1, 30)}]")


def _asks(dice: random.Random, name: str, day: Day) -> Item:
    return _mail(name, dice.choice(("#status", "#list", "#help", "#close")), Subject=f"Re: [T{dice.randrange(1, 30)}]")


def _again(dice: random.Random, name: str, day: Day) -> Item:
    """A relay that missed our answer."""
    old = dice.choice([item for item in day.items if item.message_id.startswith("<good")])
    return Item(message_id=old.message_id, raw=old.raw, sender=old.sender)


def _other_path(dice: random.Random, name: str, day: Day) -> Item:
    """The same mail by a list, with another envelope."""
    old = dice.choice([item for item in day.items if item.message_id.startswith("<good")])
    return Item(message_id=old.message_id, raw=old.raw, sender=f"list-bounces+{name}@lists.example")


_KINDS: dict[str, Callable[[random.Random, str, Day], Item]] = {
    "good": _good,
    "broken": _broken,
    "bounce": _bounce,
    "automatic": _automatic,
    "list": _list,
    "commands": _commands,
    "asks": _asks,
    "again": _again,
    "other path": _other_path,
}
_WEIGHTS = {"good": 8, "broken": 3, "bounce": 2, "automatic": 2, "list": 1, "commands": 3, "asks": 2, "again": 2, "other path": 1}
