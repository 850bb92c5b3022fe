"""Twelve days of a desk with three groups, told from a seed: what everybody writes, minute by minute, and what left.

Nothing is asserted here; `test_fortnight.py` reckons afterwards. Clocks tick every half hour by day, mails come in between.
"""

from __future__ import annotations

import email
import email.policy
import html as markup
import os
import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from mailgate.clock import clerk
from rules.facts.people import Agent, Group
from store import engine, people
from store.lists import mail as mails
from tests.desk.customers import account, enter_party, enter_person, proves
from tests.desk.office import Desk
from tests.desk.staff import login

HELSINKI = ZoneInfo("Europe/Helsinki")
BEGIN = datetime(2026, 10, 19, 0, 0, tzinfo=HELSINKI).astimezone(UTC)
"""A Monday; summer time ends on the Sunday between the two weeks."""
DAYS = 12
WORKDAYS = [n for n in range(DAYS) if n not in {5, 6}]
MAILS = int(os.environ.get("FORTNIGHT_MAILS", "110"))
"""How much mail the desk gets; the reckoning is the same for more, `make fortnight` takes 500."""
GROUPS = {"hw": "en", "net": "fi", "erp": "de"}
"""Groups and the language of their agents; the first agent of each leads it and reads Czech."""
DOMAINS = [f"firm{n}.example" for n in range(8)]
KNOWN = DOMAINS[:6]
"""Of these staff has entered a party; the people of the other two are strangers."""
WORDS = {
    "en": "Hello, the machine is broken and we have work to do. Can you help, please?",
    "de": "Guten Tag, das Gerät ist kaputt und wir haben zu tun. Können Sie uns bitte helfen?",
    "fi": "Hei, laite on rikki ja meillä on kiire. Voitteko auttaa, kiitos?",
    "cs": "Dobrý den, přístroj je rozbitý a my máme práci. Prosím o pomoc.",
}
CONFIG = """
[limits]
acks_known = "off"
acks_unknown = "off"
acks_total = "off"
tickets_known = "off"
tickets_unknown = "off"
[clock]
take = "2h"
answer = "4h"
idle = "2d"
solve = "5d"
hours = "office"
[hours.office]
week = {"mon-fri" = "08:00-16:00"}
holidays = ["FI", "2026-10-22"]
[hours.oncall]
week = {"mon-sun" = "00:00-24:00"}
holidays = ["2026-10-28"]
[hours.prague]
week = {"mon-thu" = "08:00-12:00 13:00-17:00", fri = "08:00-12:00"}
holidays = "CZ"
timezone = "Europe/Prague"
[[category]]
key = "hw"
group = "hw"
address = "hw@desk.example"
assign = "round-robin"
[[category]]
key = "net"
group = "net"
address = "net@desk.example"
assign = "least-busy"
clock = {take = "1h", answer = "3h", idle = "30h", solve = "100h", hours = "oncall"}
[[category]]
key = "erp"
group = "erp"
address = "erp@desk.example"
clock = {take = "3h", answer = "6h", hours = "prague"}
[[severity]]
key = "minor"
[[severity]]
key = "blocking"
clock = {answer = "1h", solve = "8h"}  # in the calendar of the category
"""


@dataclass(frozen=True, slots=True)
class Left:
    """A mail that left, read as far as everybody needs it."""

    raw: bytes
    message_id: str
    to: str
    template: str
    ref: str
    """Empty where it is about no ticket."""
    others: int
    """How many more addresses stand in To and Cc."""
    text: str
    """All that can be read in it: headers, bodies and files, decoded."""

    @classmethod
    def read(cls, raw: bytes) -> Left:
        mail = email.message_from_bytes(raw)
        to, *others = [address for _, address in email.utils.getaddresses([*mail.get_all("To", []), *mail.get_all("Cc", [])])]
        bodies = [part.get_payload(decode=True) for part in mail.walk() if not part.is_multipart()]
        heads = [str(make_header(decode_header(value))) for value in map(str, mail.values())]
        text = "\n".join([*heads, *(body.decode("utf-8", "replace") for body in bodies if isinstance(body, bytes))])
        return cls(
            raw, mail["Message-ID"], to, mail["X-Mailgate-Template"], mail["X-Mailgate-Ticket"] or "", len(others), markup.unescape(text)
        )

    def opened(self) -> EmailMessage:
        """As the client has it that answers it."""
        message: EmailMessage = email.message_from_bytes(self.raw, policy=email.policy.default)  # type: ignore[assignment]
        return message


@dataclass
class Diary:
    """What happened, for reckoning."""

    ticks: list[datetime] = field(default_factory=list)
    taken: int = 0
    """Mails that were handed over."""
    accounts: list[tuple[int, mails.Account]] = field(default_factory=list)
    """At each midnight: how many mails had been handed over, and the desk's own account."""
    sent: list[Left] = field(default_factory=list)
    entitled: dict[str, frozenset[str]] = field(default_factory=dict)
    """Secret word -> addresses that may read it."""
    named: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Ticket -> people outside to whom an agent wrote about it."""
    held: list[int] = field(default_factory=list)


class Fortnight:
    """The story: `told` lives it through and gives the diary."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk, self.chance, self.diary = desk, random.Random(seed), Diary()
        self.agents: list[Agent] = []
        self.customers: list[tuple[str, str]] = []
        self.boxes: dict[str, list[Left]] = defaultdict(list)
        self._secrets = 0

    def told(self) -> Diary:
        """All of it, from Monday's midnight to Saturday's."""
        self._people()
        for day, count in self._shares():
            self._day(day, count)
        return self.diary

    # -- people ---------------------------------------------------------------------------------------------------------------------

    def _people(self) -> None:
        self.desk.at = BEGIN
        with engine.transaction(self.desk.office.store) as tx:
            for key, language in GROUPS.items():
                people.put_group(tx, Group(key=key, title=key.upper()))
                for n in range(4):
                    name = f"{key}{n}"
                    lead = {"manager_of": (key,), "language": "cs"} if n == 0 else {"language": language}
                    agent = Agent(name=name, addresses=(f"{name}@staff.example",), full_name=name.upper(), groups=(key,), **lead)  # type: ignore[arg-type]
                    people.put_agent(tx, agent, BEGIN)
                    self.agents.append(agent)
        for domain in KNOWN:
            enter_party(self.desk, domain.partition(".")[0], domain)
        for n in range(40):
            address = f"person{n}@{DOMAINS[n % len(DOMAINS)]}"
            self.customers.append((address, list(WORDS)[n % 4]))
            if n % 3 == 0 and DOMAINS[n % len(DOMAINS)] in KNOWN:
                enter_person(self.desk, address, name=f"Person {n}")

    # -- days -----------------------------------------------------------------------------------------------------------------------

    def _shares(self) -> Iterator[tuple[int, int]]:
        for day in range(DAYS):
            yield day, MAILS // len(WORKDAYS) if day in WORKDAYS else 0

    def _day(self, day: int, mails: int) -> None:
        morning = (BEGIN.astimezone(HELSINKI) + timedelta(days=day)).astimezone(UTC)
        evening = (BEGIN.astimezone(HELSINKI) + timedelta(days=day + 1)).astimezone(UTC)
        # most write by day, some at night
        whens = sorted(self._moment(morning, is_day=self.chance.random() < 0.9) for _ in range(mails))
        at = morning
        while at < evening:
            # by night and at weekends the desk is looked at every two hours: what was due meanwhile is told late, and once
            later = at + timedelta(minutes=30 if mails and 7 <= at.astimezone(HELSINKI).hour < 18 else 120)
            for when in [w for w in whens if at < w < later]:
                self.desk.at = when
                self._somebody_writes()
            at = min(later, evening)
            self._tick(at)
        self.diary.accounts.append((self.diary.taken, account(self.desk)))

    def _moment(self, morning: datetime, *, is_day: bool) -> datetime:
        hour = self.chance.randint(8, 16) if is_day else self.chance.randint(0, 23)
        return morning + timedelta(hours=hour, minutes=self.chance.choice([m for m in range(60) if m % 30]))

    def _tick(self, at: datetime) -> None:
        self.desk.at = at
        clerk.all_due(self.desk.office, at)
        self.diary.ticks.append(at)
        for raw in self.desk.left():
            mail = Left.read(raw)
            self.diary.sent.append(mail)
            self.boxes[mail.to].append(mail)

    # -- who writes -----------------------------------------------------------------------------------------------------------------

    def _somebody_writes(self) -> None:
        kinds = {
            self._request: 34,
            self._follow_up: 18,
            self._answer: 22,
            self._order: 16,
            self._among_staff: 10,
            self._machine: 4,
            self._again: 2,
        }
        act = self.chance.choices(list(kinds), weights=list(kinds.values()))[0]
        act()

    def _took(self, received_id: int) -> None:
        self.diary.taken += 1
        if self.desk.fate(received_id) == "held":
            self.diary.held.append(received_id)

    def _request(self) -> None:
        address, language = self.chance.choice(self.customers)
        domain = address.partition("@")[2]
        to = self.chance.choice(["support", *GROUPS, *GROUPS, *GROUPS]) + "@desk.example"
        headers = {"Cc": self.chance.choice([a for a, _ in self.customers if a.endswith(domain)])} if self.chance.random() < 0.3 else {}
        write = proves if self.chance.random() < 0.8 else Desk.write
        self._took(
            write(self.desk, f"Person <{address}>", WORDS[language], to=to, subject=f"Request {self.diary.taken}", headers=headers)  # type: ignore[operator]
        )

    def _follow_up(self) -> None:
        full = [a for a, _ in self.customers if self.boxes[a]]
        if not full:
            return self._request()
        address = self.chance.choice(full)
        mail = self.chance.choice(self.boxes[address][-4:]).opened()
        text = self.chance.choice(["Still broken, what now?", "Danke, das hilft.", "Kiitos!", "#status", "Another question: when?"])
        self._took(proves(self.desk, address, text, answer=mail, quote=self.chance.random() < 0.7))
        return None

    def _mail_of_an_agent(self, *templates: str) -> tuple[Agent, EmailMessage] | None:
        order = self.chance.sample(self.agents, len(self.agents))
        for agent in order:
            found = [m for m in self.boxes[agent.addresses[0]][-12:] if m.template in templates]
            if found:
                return agent, self.chance.choice(found).opened()
        return None

    def _answer(self) -> None:
        found = self._mail_of_an_agent("new-in-group", "new-in-category", "assigned", "appended")
        if found is None:
            return self._request()
        agent, mail = found
        end = self.chance.choice(["", "", "", "\n\n#close", "\n\n#wait 2d", "\n\n#wait"])
        text = f"We have looked at it and will come.{end}"
        self._took(self.desk.write(agent.addresses[0], text, answer=mail, quote=self.chance.random() < 0.7))
        return None

    def _order(self) -> None:
        found = self._mail_of_an_agent("new-in-group", "assigned", "appended", "due-soon", "not-started", "overdue")
        if found is None:
            return self._request()
        agent, mail = found
        colleague = self.chance.choice(self.agents).name
        line = self.chance.choice(
            [
                "#take",
                "#take",
                f"#assign {colleague}",
                f"#category {self.chance.choice(list(GROUPS))}",
                "#severity blocking",
                "#severity minor",
                "#prio high",
                "#wait 1d",
                "#status working",
                "#close",
                "#reopen",
            ]
        )
        self._took(self.desk.write(agent.addresses[0], line, answer=mail, quote=self.chance.random() < 0.5))
        return None

    def _among_staff(self) -> None:
        refs = [t.ref for t in self.desk.tickets()]
        if not refs:
            return self._request()
        agent, other = self.chance.sample(self.agents, 2)
        ref = self.chance.choice(refs[-40:])
        staff = frozenset({a.addresses[0] for a in self.agents} | {"root@desk.example"})
        two = frozenset({agent.addresses[0], other.addresses[0]})
        kind = self.chance.choice(["note", "private", "ask", "send"])
        if kind == "note":
            text = self._secret(staff)
        elif kind == "private":
            text = f"#private to:{other.name}\n{self._secret(two)}"
        elif kind == "ask":
            text = f"#ask {other.name}\n{self._secret(staff)}"
        else:
            text = f"#send to:parts@supplier.example\n{self._secret(staff | {'parts@supplier.example'})}"
            self.diary.named[ref].add("parts@supplier.example")
        self._took(self.desk.write(agent.addresses[0], text, subject=f"[{ref}]", envelope=login(agent.name)))
        return None

    def _secret(self, readers: frozenset[str]) -> str:
        """Words that stand nowhere else, so that any piece of the text shows."""
        words = []
        for _ in range(6):
            self._secrets += 1
            word = f"zq{self._secrets:04}{self.chance.getrandbits(32):08x}"
            self.diary.entitled[word] = readers
            words.append(word)
        return f"{words[0]} {words[1]} is what I found.\n{words[2]} {words[3]}\n\n{words[4]} and {words[5]}"

    def _machine(self) -> None:
        full = [a for a, _ in self.customers if self.boxes[a]]
        address = self.chance.choice(full) if full else "shop@firm0.example"
        mail = self.boxes[address][-1].opened() if full else None
        headers = {"Auto-Submitted": self.chance.choice(["auto-replied", "auto-generated"])}
        self._took(self.desk.write(address, "I am away until Monday.", answer=mail, headers=headers))

    def _again(self) -> None:
        """The same mail by two ways: one by us and one by a list, say."""
        address, language = self.chance.choice(self.customers)
        before = self.diary.taken
        raw = (
            f"From: {address}\r\nTo: support@desk.example\r\nSubject: Twice {before}\r\nMessage-ID: <twice.{before}@mail.example>\r\n"
            f"Date: {self.desk.at:%a, %d %b %Y %H:%M:%S +0000}\r\n\r\n{WORDS['fi' if language == 'fi' else 'en']}\r\n"
        ).encode()
        self._took(self.desk.take(raw))
        self._took(self.desk.take(b"Received: from elsewhere by mx.desk.example; Mon, 19 Oct 2026 08:00:00 +0000\r\n" + raw))
