"""Verbs by which staff writes to somebody beside the conversation with the customer: ask, fyi, private, send; and the answers to these.

Each takes the text of the mail it stands in. Who is meant is said in the line; the mails themselves are made in `rules.asides`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, ClassVar

from rules.actions import moments
from rules.actions.amounts import When
from rules.actions.base import Action, Aside, Draft, Effect, Refused, Scene, WakeUp, value, verb
from rules.actions.values import Choice, Keyed, Rest
from rules.actions.whom import People
from rules.facts.mail import Part
from rules.facts.terms import Level, PostKind
from rules.facts.ticket import Ticket

SHOWN = Choice(("last", "first", "none"), needed=True)
"""What of the conversation goes along: staff gets the customer's latest words unless something else is said, outsiders get none."""


FARTHEST = timedelta(days=3660)
"""No line reaches farther ahead."""


def moment(said: str, scene: Scene, *, ends: bool) -> datetime | None:
    """The instant that was said, None for an empty text; raises Refused as `ahead` does."""
    return ahead(said, scene, ends=ends) if said else None


def ahead(said: str, scene: Scene, *, ends: bool) -> datetime:
    """The instant that was said; raises Refused for words that mean none, for one that has passed, and for one too far away."""
    hours = scene.policy.hours_of(scene.policy.clock.hours)
    try:
        found = moments.resolve(said, scene.at, scene.policy.desk.timezone, hours, ends=ends)
    except OverflowError:
        raise Refused("too-far", word=said) from None
    if found is None:
        raise Refused("not-a-time", word=said)
    if found <= scene.at:
        raise Refused("in-the-past", word=said)
    if found - scene.at > FARTHEST:
        raise Refused("too-far", word=said)
    return found


class Beside(Action):
    """What these verbs share: the text, and how much of the line the history needs."""

    takes_body: ClassVar[bool] = True
    text: str
    quoted: str
    parts: tuple[Part, ...]
    mail: int | None

    def drafted(self, scene: Scene, kind: PostKind, direction: str, to: tuple[str, ...], about: int | None = None) -> Draft:
        """The post that keeps what was written."""
        return Draft(
            kind=kind,
            author=scene.who.address,
            agent=scene.who.name if scene.who.is_agent else "",
            direction=direction,
            text=self.text,
            quoted=self.quoted,
            parts=self.parts,
            mail=self.mail,
            to=to,
            about=about,
        )

    def noted(self) -> str:
        """The line without the text, which stands in the post."""
        line = self.spell()
        return line.removesuffix(self.text).rstrip() if self.text else line


@verb("ask")
class AskOpinion(Beside):
    """Ask somebody for an opinion; the answer comes to you alone: `#ask anna by:fri`, the question above it or behind it."""

    by: str = value(Keyed("by", When(), ("bis",)), default="")
    show: str = value(Keyed("show", SHOWN), default="")
    who: tuple[str, ...] = value(People())
    text: str = value(Rest(), default="")
    quoted: str = ""
    parts: tuple[Part, ...] = ()
    mail: int | None = None

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        until = moment(self.by, scene, ends=True)
        draft = self.drafted(scene, PostKind.opinion, "out", self.who)
        card = {"asker": scene.who.name, "question": self.text, "by": until.isoformat() if until else "", "late": False}
        aside = Aside(
            template="opinion-asked", to=self.who, draft=draft, card=card, excerpt=self.show or "last", outside=self.show, reason="asked"
        )
        wakes = (WakeUp(kind="opinion", at=until, line=", ".join(self.who)),) if until else ()
        return Effect(ticket=ticket, posts=(draft,), asides=(aside,), wakes=wakes)


@verb("fyi")
class Fyi(Beside):
    """Let somebody know; no answer is expected: `#fyi anna`, a word of yours above it or behind it."""

    show: str = value(Keyed("show", SHOWN), default="")
    who: tuple[str, ...] = value(People())
    text: str = value(Rest(), default="")
    quoted: str = ""
    parts: tuple[Part, ...] = ()
    mail: int | None = None

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        draft = self.drafted(scene, PostKind.note, "out", self.who) if self.text or self.parts else None
        card = {"asker": scene.who.name, "text": self.text}
        aside = Aside(
            template="fyi", to=self.who, draft=draft, card=card, excerpt=self.show or "last", outside=self.show, reason="informed"
        )
        return Effect(ticket=ticket, posts=(draft,) if draft else (), asides=(aside,))


@verb("private", level=Level.both)
class Private(Beside):
    """Write to exactly these, inside or outside; nobody else reads it: `#private to:anna, @hardware`."""

    who: tuple[str, ...] = value(People())
    text: str = value(Rest(), default="")
    quoted: str = ""
    parts: tuple[Part, ...] = ()
    mail: int | None = None

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if not self.text.strip() and not self.parts:
            raise Refused("no-text", verb=self.verb)
        draft = self.drafted(scene, PostKind.private, "out", self.who)
        aside = Aside(template="private-message", to=self.who, draft=draft, reason="private")
        return Effect(ticket=ticket, posts=(draft,), asides=(aside,))


@verb("send", level=Level.both)
class Send(Beside):
    """Write to somebody outside beside the customer: `#send to:parts@supplier.example`. The answer comes to you, the customer sees neither."""

    who: tuple[str, ...] = value(People())
    text: str = value(Rest(), default="")
    quoted: str = ""
    parts: tuple[Part, ...] = ()
    mail: int | None = None
    about: int | None = None

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if not self.text.strip() and not self.parts:
            raise Refused("no-text", verb=self.verb)
        own = next((w for w in self.who if "@" in w[1:] and scene.policy.is_own(w)), "")
        if own:
            raise Refused("own-address", word=own)
        draft = self.drafted(scene, PostKind.third_party, "out", self.who, self.about)
        return Effect(ticket=ticket, posts=(draft,), asides=(Aside(template="message", to=self.who, draft=draft),))


@verb("aside", customers=True, customer_level=Level.claimed)
class SideReply(Beside):
    """What somebody answers to a question or a private message; nobody says it in a line."""

    takes_body: ClassVar[bool] = False
    who: tuple[str, ...] = value(People(needed=False), default=())
    text: str = value(Rest(), default="")
    quoted: str = ""
    parts: tuple[Part, ...] = ()
    mail: int | None = None
    kind: PostKind = PostKind.private
    about: int | None = None
    template: str = "private-message"
    card: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        draft = self.drafted(scene, self.kind, "in", self.who, self.about)
        to = self.who or ("owner",)
        reason = "asker" if self.template == "opinion-given" else "answered"
        return Effect(
            ticket=ticket, posts=(draft,), asides=(Aside(template=self.template, to=to, draft=draft, card=self.card, reason=reason),)
        )

    def noted(self) -> str:
        """The kind of what was answered."""
        return self.kind.value
