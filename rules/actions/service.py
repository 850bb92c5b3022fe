"""Verbs about the service itself: canned answers, service orders and what is reported on them, time, level, contract, end customer, language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from rules import levels, records
from rules.actions.amounts import Effort, When
from rules.actions.asides import Beside, moment
from rules.actions.base import Action, Aside, Ask, Draft, Effect, Filled, Refused, Scene, value, verb
from rules.actions.posts import Reply
from rules.actions.values import Choice, Flag, Keyed, Rest, Word
from rules.actions.whom import Holder
from rules.facts.mail import Part
from rules.facts.people import Role
from rules.facts.terms import Level, PostKind, Status, Visibility
from rules.facts.ticket import ServiceOrder, Ticket
from rules.frozen import replace


@verb("canned")
class Canned(Beside):
    """Answer with a text of the desk's own: `#canned toner-howto`; what you write besides comes first. `#canned save NAME` keeps your text."""

    save: bool = value(Flag("save", ("speichern", "tallenna", "uložit")), default=False)
    name: str = value(Word("missing-name"))
    text: str = value(Rest(), default="")
    quoted: str = ""
    parts: tuple[Part, ...] = ()
    mail: int | None = None

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if self.save:
            if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,60}", self.name):
                raise Refused("not-a-name", word=self.name)
            if not self.text.strip():
                raise Refused("no-text", verb=self.verb)
            return Effect(ticket=ticket, asks=(Ask(what="canned-save", about=f"{self.name}\n{self.text}"),))
        found = scene.canned(self.name, ticket, scene.who) if scene.canned is not None else Filled()
        if not found.text:
            raise Refused("unknown-canned", near=tuple(f"canned {n}" for n in found.near)[:3], word=self.name)
        if ticket.visibility is Visibility.internal:
            raise Refused("internal-ticket")
        text = "\n\n".join(t for t in (self.text.strip("\n"), found.text) if t)
        if scene.who.role is Role.system:
            # no person has answered: the clocks go on and nobody holds the ticket
            author = replace(scene.who.address, name=scene.policy.desk.name, address=scene.policy.desk.address)
            return Effect(
                ticket=ticket,
                posts=(Draft(kind=PostKind.public, author=author, direction="out", subject=found.title, text=text),),
            )
        return Reply(text=text, quoted=self.quoted, parts=self.parts, mail=self.mail).effect(ticket, scene)


@verb("order")
class MakeOrder(Beside):
    """Order work at the customer's: `#order tech:petr when:"fri 9"`, what is to be done above it or behind it. The technician gets the ticket's facts."""

    reads_records: ClassVar[bool] = True
    tech: str = value(Keyed("tech", Holder(), ("technician", "techniker")), default="")
    when: str = value(Keyed("when", When(), ("wann",)), default="")
    text: str = value(Rest(), default="")
    quoted: str = ""
    parts: tuple[Part, ...] = ()
    mail: int | None = None

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        technician = scene.who.name if self.tech == "me" else self.tech or ticket.assignee
        if technician not in scene.directory.agents:
            raise Refused("unknown-agent", near=tuple(f"order tech:{a}" for a in scene.directory.agents)[:3], word=technician)
        ref = records.next_ref(ticket.ref, "-", scene.records.orders)
        made = ServiceOrder(
            ref=ref,
            technician=technician,
            text=self.text,
            when_at=moment(self.when, scene, ends=False),
            by=scene.who.name,
            created_at=scene.at,
        )
        draft = self.drafted(scene, PostKind.note, "out", (technician,)) if self.text or self.parts else None
        return Effect(
            ticket=ticket,
            posts=(draft,) if draft else (),
            records=(records.changed("order", None, made),),
            asides=(ordered(made, (technician,), draft),),
        )


def ordered(order: ServiceOrder, to: tuple[str, ...], draft: Draft | None = None, *, by: str = "") -> Aside:
    """The mail with an order, to its technician; or, with what was reported `by` somebody, to whoever gave it."""
    card = {"order": {"ref": order.ref, **records.values(order)}, "by": by}
    return Aside(
        template="order", to=to, draft=draft, about=f"order:{order.ref}", card=card, by_hand=False, reason="answered" if by else "order"
    )


def reported(order: ServiceOrder, ticket: Ticket, scene: Scene) -> Aside:
    """The mail that tells whoever gave an order, and whoever has the ticket, what was reported on it."""
    told = tuple(dict.fromkeys(name for name in (order.by, ticket.assignee) if name in scene.directory.agents))
    return ordered(order, told or ("owner",), by=scene.who.name)


@verb("hours")
class ReportHours(Action):
    """Report on a service order: `#hours 1.5 parts:2xSN-4711,hose changed the pump`."""

    reads_records: ClassVar[bool] = True
    order: str = value(Keyed("order", Word("missing-ref")), default="")
    parts: str = value(Keyed("parts", Word("missing-parts"), ("teile",)), default="")
    minutes: int = value(Effort(in_hours=True))
    text: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        after = replace(ticket, minutes=max(0, ticket.minutes + self.minutes))
        found = _order(self.order, ticket, scene)
        if found is None:
            return Effect(ticket=after)
        entry = {"at": scene.at.isoformat(), "who": scene.who.name, "minutes": self.minutes, "text": self.text}
        done = replace(found, hours=(*found.hours, entry), parts=(*found.parts, *parts(self.parts)))
        return Effect(ticket=after, records=(records.changed("order", found, done),), asides=(reported(done, ticket, scene),))


@verb("parts")
class ReportParts(Action):
    """Report material of a service order: `#parts 2xSN-4711, hose`."""

    reads_records: ClassVar[bool] = True
    order: str = value(Keyed("order", Word("missing-ref")), default="")
    what: str = value(Rest(needed=True))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        found = _order(self.order, ticket, scene)
        if found is None:
            raise Refused("no-order", ref=ticket.ref)
        done = replace(found, parts=(*found.parts, *parts(self.what)))
        return Effect(ticket=ticket, records=(records.changed("order", found, done),), asides=(reported(done, ticket, scene),))


def _order(ref: str, ticket: Ticket, scene: Scene) -> ServiceOrder | None:
    """The order that is meant: the one named, else the actor's latest open one, else the latest; None if there is none. Raises Refused."""
    orders = scene.records.orders
    if ref:
        bare = ref.strip("[]#.,;:").upper()
        found = orders.get(f"{ticket.ref}-{bare}" if bare.isdigit() else bare)
        if found is None:
            raise Refused("no-such-order", near=tuple(orders)[:3], word=ref)
        return found
    latest = list(orders.values())[::-1]
    mine = [o for o in latest if o.technician == scene.who.name and o.state != "done"]
    return next(iter([*mine, *(o for o in latest if o.state != "done"), *latest]), None)


_AMOUNT = re.compile(r"(\d{1,5}(?:[.,]\d{1,3})?)\s*(?:x|×|\*)\s*(.+)", re.IGNORECASE)
_NUMBERED = re.compile(r"(?=[^\s]*\d)[\w./-]{2,40}")


def parts(said: str) -> tuple[Mapping[str, Any], ...]:
    """Material as it is written: `2xSN-4711, hose` is two of the article SN-4711 and one hose."""
    out: list[Mapping[str, Any]] = []
    for piece in (p.strip() for p in said.split(",")):
        if not piece:
            continue
        found = _AMOUNT.fullmatch(piece)
        amount, name = (float(found[1].replace(",", ".")), found[2].strip()) if found else (1.0, piece)
        number, _, rest = name.partition(" ")
        is_number = _NUMBERED.fullmatch(number) is not None
        text = rest.strip() if is_number else name
        out.append(MappingProxyType({"number": number if is_number else "", "text": text, "amount": amount, "unit": ""}))
    return tuple(out)


@verb("time")
class ReportTime(Action):
    """Note how long you worked: `#time 25m`, `#time 1h30m called the supplier`."""

    minutes: int = value(Effort())
    text: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=replace(ticket, minutes=max(0, ticket.minutes + self.minutes)))


@verb("level")
class SetLevel(Action):
    """Say who works on it: level 1, the first line, or 2, the specialists: `#level 2`. With two desks headquarters has it then, and its clocks start."""

    to: str = value(Choice(("1", "2"), needed=True))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        after = replace(ticket, level=int(self.to))
        stays = after.level == ticket.level and ticket.resolved_at is None and not self._is_with_first(ticket, scene)
        if not scene.policy.options.second_level or stays:
            return Effect(ticket=after)
        if after.level == 1:
            back = replace(after, group=ticket.first_group, assignee=ticket.first_assignee) if levels.first(ticket) else after
            return Effect(ticket=replace(back, level_at=None, resolved_at=None))
        return Effect(ticket=self._handed_up(after, scene))

    def _is_with_first(self, ticket: Ticket, scene: Scene) -> bool:
        """Whether a partner's request, the second level's from the beginning, lies with others, where its category put it."""
        agent = scene.directory.agents.get(scene.who.name)
        if self.to != "2" or ticket.origin != levels.PARTNER or ticket.level_at is not None:
            return False
        up = levels.second_group(ticket, agent.groups if agent is not None else (), scene.policy, scene.directory)
        return bool(up) and up != ticket.group

    def _handed_up(self, ticket: Ticket, scene: Scene) -> Ticket:
        """The ticket with headquarters: whoever had it stays the one who hears of it and closes it towards the end customer."""
        agent = scene.directory.agents.get(scene.who.name)
        again = ticket.resolved_at is not None
        mine = agent.groups if agent is not None else ()
        up = levels.second_group(replace(ticket, group=ticket.first_group) if again else ticket, mine, scene.policy, scene.directory)
        if not again and ticket.origin != levels.PARTNER:
            ticket = replace(
                ticket,
                first_group=ticket.group or (mine[0] if mine else ""),
                first_assignee=ticket.assignee if ticket.assignee in scene.directory.agents else agent.name if agent is not None else "",
            )
        status = ticket.status if ticket.status is Status.closed else Status.assigned
        return replace(
            ticket, group=up, assignee="", status=status, level_at=scene.at, resolved_at=None, taken_at=None, answered_at=None,
            read_at=ticket.read_at or scene.at, waiting_until=None,
        )  # fmt: skip


@verb("contract")
class SetContract(Action):
    """Say which contract covers the ticket: `#contract C1`; `#contract -` for none."""

    to: str = value(Word("missing-contract"))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=replace(ticket, contract=scene.key_of("contract", self.to, ticket)))


@verb("endcustomer", level=Level.both)
class SetEndCustomer(Action):
    """Say for whom a partner's request is: `#endcustomer "Jan Novak" jan@client.example +420 123 456`; `#endcustomer -` for nobody."""

    who: str = value(Rest(needed=True))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        text = self.who.strip()
        if text == "-":
            return Effect(ticket=replace(ticket, endcustomer=MappingProxyType({})))
        address = re.search(r"<?([^\s<>\"]+@[^\s<>\",;]+)>?", text)
        rest = text.replace(address[0], " ") if address else text
        phone = re.search(r"(?:tel:?\s*)?(\+?\d[\d ()/-]{4,}\d)", rest)
        name = " ".join((rest.replace(phone[0], " ") if phone else rest).replace('"', " ").split()).strip(",; ")
        found = {"name": name, "address": address[1].removeprefix("mailto:") if address else "", "phone": phone[1].strip() if phone else ""}
        if found["address"] and scene.policy.is_own(found["address"]):
            raise Refused("own-address", word=found["address"])
        return Effect(ticket=replace(ticket, endcustomer=MappingProxyType({k: v for k, v in found.items() if v})))


@verb("lang", customers=True)
class SetLanguage(Action):
    """Choose the language in which mails about the ticket are written: `#lang fi`."""

    to: str = value(Word("missing-language"))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        code = self.to.strip().lower().replace("_", "-").partition("-")[0]
        if code not in scene.policy.languages:
            raise Refused("unknown-language", near=tuple(f"lang {each}" for each in scene.policy.languages)[:4], word=self.to)
        return Effect(ticket=replace(ticket, language=code))


@verb("print", changes=False)
class Print(Action):
    """Get the ticket as a document by mail: `#print`, `#print order`."""

    template: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=ticket, asks=(Ask(what="print", about=self.template),))
