"""The words of a rule's `when`, one small function each: what it looks at in a mail, and whether that is what the rule wants.

To add one: a function in this file, its line in `WORDS`, its key in `mailgate/config/schema/when.py`. Patterns come compiled and are linear in
the text; what they are given is capped all the same. Next: `routing.py`, which walks the rules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from types import MappingProxyType

from rules.facts.mail import Envelope, Machine, Mail
from rules.facts.policy import Policy
from rules.facts.rule import Condition
from rules.facts.terms import Level, MachineKind, address_key
from rules.frozen import dataclass

MOST_TEXT = 64 * 1024
"""Characters of a text that a pattern is tried on; what stands behind them no rule sees."""
MOST_SHOWN = 200
"""Characters of a value in a trace."""
MOST_VALUES = 200
"""Recipients, header fields, files of one mail that are looked at."""

_BRACKETED = re.compile(r"\[([^\[\]]{1,200})\]")
_MARKING = ("yes", "true", "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A mail on its way to a ticket, with what is known of its sender."""

    mail: Mail
    envelope: Envelope
    policy: Policy
    machine: Machine = field(default_factory=Machine)
    level: Level = Level.claimed
    party: str = ""
    """Key of the sender's party, empty if he has none."""
    contracts: tuple[str, ...] = ()
    """Keys of that party's contracts that are in force."""
    device: str = ""
    """Serial number of the device whose address was written to, empty if none was."""
    model: str = ""
    """That device's model."""
    language: str = ""
    bytes: int = 0
    """Size of the raw mail; 0 where only its parts are known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saw:
    """What a condition found."""

    value: str
    """What it looked at, capped and on one line."""
    holds: bool


def ask(condition: Condition, arrival: Arrival) -> Saw:
    """Look, and tell. Raises KeyError for a word that doesn't exist, which the config refuses."""
    return WORDS[condition.word](condition, arrival)


# --- words --------------------------------------------------------------------------------------------------------------------


def _to(wanted: Condition, arrival: Arrival) -> Saw:
    """Every recipient, of the envelope and of To and Cc; a sub-address of ours also counts as the address itself."""
    mail = arrival.mail
    written = (*arrival.envelope.recipients, *(a.address for a in mail.to), *(a.address for a in mail.cc))
    keys = dict.fromkeys(address_key(each) for each in written[:MOST_VALUES] if each)
    bases = dict.fromkeys(base for key in keys if (base := arrival.policy.own_base(key)))
    return _any(wanted, list(keys | bases))


def _from(wanted: Condition, arrival: Arrival) -> Saw:
    """The From that people see. Whether it is true is what `trust` asks."""
    return _any(wanted, [arrival.mail.sender.key])


def _subject(wanted: Condition, arrival: Arrival) -> Saw:
    return _any(wanted, [arrival.mail.subject])


def _tag(wanted: Condition, arrival: Arrival) -> Saw:
    return _any(wanted, [found.strip() for found in _BRACKETED.findall(arrival.mail.subject[:2000])])


def _body(wanted: Condition, arrival: Arrival) -> Saw:
    return _any(wanted, [arrival.mail.text])


def _header(wanted: Condition, arrival: Arrival) -> Saw:
    return _any(wanted, list(arrival.mail.header_all(wanted.header)))


def _size(wanted: Condition, arrival: Arrival) -> Saw:
    size = arrival.bytes or sum(part.bytes for part in arrival.mail.parts) + len(arrival.mail.text)
    return Saw(value=f"{size} bytes", holds=wanted.bound is not None and wanted.bound.holds(size))


def _list(wanted: Condition, arrival: Arrival) -> Saw:
    name = arrival.mail.header("List-Id")
    is_list = bool(name) or arrival.machine.kind is MachineKind.list
    return _flag_or_any(wanted, is_list, [name.strip(), name.rpartition("<")[2].strip("> ")] if name else [])


def _auto(wanted: Condition, arrival: Arrival) -> Saw:
    """Whatever a program wrote. A person's mail over a list is none."""
    machine = arrival.machine
    kinds = [machine.kind.value] + (["generated"] if machine.generated else [])
    is_auto = machine.generated or machine.kind not in {MachineKind.human, MachineKind.list}
    if wanted.flag is not None:
        return Saw(value=" ".join(kinds), holds=is_auto is wanted.flag)
    return _any(wanted, kinds)


def _party(wanted: Condition, arrival: Arrival) -> Saw:
    return _flag_or_any(wanted, bool(arrival.party), [arrival.party] if arrival.party else [])


def _contract(wanted: Condition, arrival: Arrival) -> Saw:
    return _flag_or_any(wanted, bool(arrival.contracts), list(arrival.contracts))


def _device(wanted: Condition, arrival: Arrival) -> Saw:
    return _flag_or_any(wanted, bool(arrival.device), [arrival.device] if arrival.device else [])


def _model(wanted: Condition, arrival: Arrival) -> Saw:
    return _flag_or_any(wanted, bool(arrival.model), [arrival.model] if arrival.model else [])


def _language(wanted: Condition, arrival: Arrival) -> Saw:
    return _any(wanted, [arrival.language] if arrival.language else [])


def _trust(wanted: Condition, arrival: Arrival) -> Saw:
    level = int(arrival.level)
    return Saw(value=str(level), holds=wanted.bound is not None and wanted.bound.holds(level))


def _attachment(wanted: Condition, arrival: Arrival) -> Saw:
    """Files, not the pictures of a signature; by name or by type."""
    files = [part for part in arrival.mail.parts if not part.inline][:MOST_VALUES]
    return _flag_or_any(wanted, bool(files), [text for part in files for text in (part.name, part.type)])


def _spam(wanted: Condition, arrival: Arrival) -> Saw:
    why = marked(arrival.mail, arrival.policy)
    return Saw(value=why or "not marked", holds=bool(why) is wanted.flag)


WORDS: Mapping[str, Callable[[Condition, Arrival], Saw]] = MappingProxyType(
    {
        "to": _to,
        "from": _from,
        "subject": _subject,
        "tag": _tag,
        "body": _body,
        "header": _header,
        "size": _size,
        "list": _list,
        "auto": _auto,
        "party": _party,
        "contract": _contract,
        "device": _device,
        "model": _model,
        "language": _language,
        "trust": _trust,
        "attachment": _attachment,
        "spam": _spam,
    }
)
"""Every word of `when`, in the order in which the schema lists them."""


# --- what they share ----------------------------------------------------------------------------------------------------------


def spam(mail: Mail, policy: Policy) -> str:
    """Why a mail counts as marked spam: the field or check that says so; empty if none does, or if the desk doesn't hold spam."""
    marks = policy.spam
    if not marks.hold:
        return ""
    return marked(mail, policy)


def marked(mail: Mail, policy: Policy) -> str:
    """The mark of spam on a mail, whether or not the desk holds such mail."""
    marks = policy.spam
    for name in marks.headers:
        if any(value.strip().lower().startswith(_MARKING) for value in mail.header_all(name)):
            return f"{name}: {shown(mail.header(name))}"
    for value in mail.header_all("X-MS-Exchange-Organization-SCL"):
        number = value.strip()
        if number.isascii() and number.isdigit() and int(number[:3]) >= marks.scl:
            return f"SCL {number[:3]}"
    failed = next((check for check in mail.verified if check.method == "dmarc" and check.result == "fail"), None)
    if marks.dmarc_fail and failed is not None:
        return shown(f"DMARC fail {failed.domain}".strip())
    return ""


def shown(value: str) -> str:
    """A value for a trace: one line, at most 200 characters."""
    line = " ".join(value[: MOST_SHOWN * 4].split())
    return line if len(line) <= MOST_SHOWN else line[: MOST_SHOWN - 1] + "…"


def _any(wanted: Condition, values: Iterable[str]) -> Saw:
    """Whether any value fits any pattern; the trace shows the one that did, else all of them."""
    looked = [value[:MOST_TEXT] for value in values]
    for value in looked:
        if any(pattern.matcher.search(value) for pattern in wanted.patterns):
            return Saw(value=shown(value), holds=True)
    return Saw(value=shown(", ".join(value[: MOST_SHOWN * 4] for value in looked[:20])), holds=False)


def _flag_or_any(wanted: Condition, there: bool, values: list[str]) -> Saw:  # noqa: FBT001 - read as a sentence with its values
    """A yes or no about whether there is such a thing, or patterns for what it is."""
    if wanted.flag is None:
        return _any(wanted, values)
    return Saw(value=shown(", ".join(values[:20])) if values else "yes" if there else "none", holds=there is wanted.flag)
