"""Verbs by which customers settle among themselves who may do what: register, adduser, grant, approve, deny.

Nothing of it belongs to a ticket. Who may approve is looked up before (`Scene.admission`); what is given takes effect at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rules.actions.base import Action, Aside, Ask, Change, Effect, Refused, Scene, value, verb
from rules.actions.folding import fold
from rules.actions.values import Keyed, Rest, Word
from rules.actions.whom import Mailbox
from rules.facts import access
from rules.facts.access import ALIASES, FUNCTIONS, OFFICES, PRESETS, Admission, Request
from rules.facts.terms import Level, address_key
from rules.facts.ticket import Ticket
from rules.frozen import replace

WORDS = (*FUNCTIONS, *OFFICES)
REGISTER = "register"
"""Template of the mail with the token, and label of its tokens."""


@verb("register", customers=True, customer_level=Level.claimed, needs_ticket=False, changes=False)
class Register(Action):
    """Ask to be registered with the desk: `#register`. A mail with a token comes back; answer it."""

    name: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        if scene.who.is_agent:
            raise Refused("for-customers", verb=self.verb)
        return Effect(ticket=ticket, asks=(Ask(what="register", about=self.name),))


@verb("confirm", customers=True, customer_level=Level.token, needs_ticket=False, changes=False)
class Confirm(Action):
    """Register the address that the token was sent to; said by answering that mail."""

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        address = _admission(scene).confirms
        if not address or address_key(address) not in _mine(scene):
            raise Refused("wrong-token")
        now = scene.at.isoformat()
        after = {"confirmed_at": now, "name": scene.who.address.name, "known": False, "created_at": now}
        return Effect(
            ticket=ticket,
            records=(Change(kind="person", ref=address, before=None, after=after),),
            asks=(_said("registered", address),),
        )


@verb("adduser", customers=True, needs_ticket=False)
class AddUser(Action):
    """Name a user of your organisation: `#adduser anna@asg.fi role:reporter`. Those who approve for you are asked."""

    role: str = value(Keyed("role", Word("missing-role"), ("rolle", "rooli")), default="")
    functions: str = value(Keyed("functions", Word("missing-function"), ("rights", "rechte", "oikeudet", "prava")), default="")
    lang: str = value(Keyed("lang", Word("missing-language"), ("language", "sprache", "kieli", "jazyk")), default="")
    categories: str = value(Keyed("categories", Word("missing-category"), ("category", "kategorie", "kategoriat")), default="")
    who: str = value(Mailbox())
    note: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        role = fold(self.role) or "reporter"
        if role not in PRESETS:
            raise Refused("unknown-role", near=tuple(PRESETS)[:3], word=self.role)
        wanted = functions(self.functions) if self.functions else PRESETS[role]
        return _asked(self.verb, self.who, wanted, self.note, ticket, scene, role=role, lang=self.lang, categories=self.categories)


_KEYS = re.compile(r"\s*\b(lang|language|categories|category|role)\s*:\s*(\S+)", re.IGNORECASE)


@verb("grant", customers=True, needs_ticket=False)
class Grant(Action):
    """Say what somebody may: in answer to a request `#grant create,follow,close lang:fi categories:hvac`, else `#grant anna@asg.fi close`."""

    what: str = value(Rest(needed=True))

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        keys = {k.lower(): v for k, v in _KEYS.findall(self.what)}
        rest = _KEYS.sub(" ", self.what).split()
        lang = keys.get("lang") or keys.get("language") or ""
        categories = keys.get("categories") or keys.get("category") or ""
        if rest and "@" in rest[0]:
            wanted = functions(",".join(rest[1:]))
            known = _admission(scene).people.get(address_key(rest[0]))
            kept = tuple(f for f in known.may if f in FUNCTIONS) if known is not None and known.limited else ()
            return _asked(
                self.verb, rest[0], tuple(dict.fromkeys((*kept, *wanted))), "", ticket, scene, role="", lang=lang, categories=categories
            )
        ref = rest.pop(0) if rest and re.fullmatch(r"[Aa]\d{1,9}", rest[0]) else ""
        found, mine = _open(ref, scene)
        wanted = functions(",".join(rest)) if rest else found.functions
        given = replace(
            found,
            functions=wanted,
            language=_language(lang, scene) or found.language,
            categories=_categories(categories, scene) or found.categories,
        )
        if _is_wider(given, found):
            # the others agreed to less: they are asked anew
            given = replace(given, approved=())
        return _settled(found, replace(given, approved=_with(given.approved, mine)), ticket, scene)


@verb("approve", customers=True, needs_ticket=False)
class Approve(Action):
    """Agree to access that was asked for: `#approve A7`, or the button of the mail that asks."""

    ref: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        found, mine = _open(self.ref, scene)
        return _settled(found, replace(found, approved=_with(found.approved, mine), denied=_without(found.denied, mine)), ticket, scene)


@verb("deny", customers=True, needs_ticket=False)
class Deny(Action):
    """Refuse access that was asked for: `#deny A7 he has left us`."""

    ref: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        ref, _, why = self.ref.strip().partition(" ")
        found, mine = _open(ref, scene)
        after = replace(found, denied=_with(found.denied, mine), approved=_without(found.approved, mine), note=why or found.note)
        return _settled(found, after, ticket, scene)


@verb("decline", customers=True, customer_level=Level.claimed, needs_ticket=False, changes=False)
class Decline(Action):
    """Tell somebody why something was not done; nobody says it in a line."""

    code: str = value(Word("missing-word"))
    line: str = value(Word("missing-word"), default="")
    about: str = value(Rest(), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        return Effect(ticket=ticket, asks=(_said(self.code, self.about or self.line, self.line),))


def functions(said: str) -> tuple[str, ...]:
    """The functions of a list such as `create,follow,close`; raises Refused with those there are."""
    found: list[str] = []
    for word in re.split(r"[,;+\s]+", said.strip()):
        name = fold(word)
        name = ALIASES.get(name, name)
        if not name:
            continue
        if name not in WORDS:
            raise Refused("unknown-function", near=WORDS, word=word)
        found.append(name)
    if not found:
        raise Refused("unknown-function", near=WORDS, word=said)
    return tuple(dict.fromkeys(found))


def decided(before: Request, after: Request, scene: Scene) -> tuple[tuple[Change, ...], tuple[Aside, ...]]:
    """The rows and the mails of a decision: the person as he is from now on, told to him and to whoever asked."""
    changes: list[Change] = [Change(kind="access", ref=after.ref, before=access.values(before), after=access.values(after))]
    if after.state == "granted":
        known = _admission(scene).people.get(address_key(after.person))
        offices = [f for f in known.may if f not in FUNCTIONS] if known is not None else []
        given: dict[str, Any] = {
            "may": list(dict.fromkeys((*after.functions, *offices))),
            "limited": True,
            "categories": list(after.categories),
            "party": after.party,
            "known": True,
            "role": after.role,
            "created_at": scene.at.isoformat(),
        }
        given |= {"name": after.name} if after.name else {}
        given |= {"language": after.language} if after.language else {}
        changes.append(Change(kind="person", ref=after.person, before=None, after=given))
    to = tuple(dict.fromkeys(a for a in (after.person if after.state == "granted" else "", after.asker) if a))
    if after.state == "denied" and address_key(after.person) != address_key(after.asker):
        to = (after.person, *to)
    card = {"request": access.values(after) | {"ref": after.ref}}
    languages = _languages(to, scene) | ({address_key(after.person): after.language} if after.language else {})
    return tuple(changes), (Aside(template="access-decided", to=to, card=card, by_hand=False, customers=True, languages=languages),)


def _asked(
    verb: str, who: str, wanted: tuple[str, ...], note: str, ticket: Ticket, scene: Scene, *, role: str, lang: str, categories: str
) -> Effect:
    """A request for access, put to those who decide for the organisation."""
    given = _admission(scene)
    person = scene.who.person
    if person is None or verb not in person.may:
        raise Refused("not-entitled", verb=verb)
    if given.party is None:
        raise Refused("no-party", verb=verb)
    if scene.policy.is_own(who) or scene.directory.agent_of(who) is not None:
        raise Refused("own-address", word=who)
    known = given.people.get(address_key(who))
    if known is not None and known.party not in {"", given.party.key}:
        raise Refused("not-yours", word=who)
    approvers = given.approvers or scene.policy.desk.admin
    needed = given.party.approvals if given.approvers else 1
    made = Request(
        ref=given.next_ref,
        party=given.party.key,
        asker=scene.who.address.address,
        person=who,
        name=known.name if known is not None else "",
        role=role,
        functions=wanted,
        categories=_categories(categories, scene),
        language=_language(lang, scene) or (known.language if known is not None else ""),
        note=note,
        approvers=approvers,
        needed=max(1, min(needed or len(approvers), len(approvers))),
        created_at=scene.at,
    )
    return Effect(
        ticket=ticket,
        records=(Change(kind="access", ref=made.ref, before=None, after=access.values(made)),),
        asides=(asking(made, made.approvers, scene),),
        asks=(_said("asked", made.ref, who),),
    )


def asking(request: Request, to: tuple[str, ...], scene: Scene) -> Aside:
    """The mail that asks some of the approvers, with two buttons."""
    party = _admission(scene).party
    card = {
        "request": access.values(request) | {"ref": request.ref},
        "party": (party.name or party.key) if party is not None else request.party,
    }
    return Aside(
        template="access-asked",
        to=to,
        card=card,
        about=f"access:{request.ref}",
        by_hand=False,
        customers=True,
        reason="approver",
        languages=_languages(to, scene),
        buttons=(("approve", f"approve {request.ref}"), ("deny", f"deny {request.ref}")),
    )


def _languages(to: Iterable[str], scene: Scene) -> dict[str, str]:
    """The language of each who is told, as far as it is known."""
    known = {address_key(a): _admission(scene).people.get(address_key(a)) for a in to}
    return {key: person.language for key, person in known.items() if person is not None and person.language}


def _open(ref: str, scene: Scene) -> tuple[Request, str]:
    """The request that is meant and the address by which the actor is asked about it; raises Refused."""
    given = _admission(scene)
    wanted = ref.strip().strip("[]#.,;:").upper() or given.answered
    found = given.requests.get(wanted)
    mine = found.concerns(_mine(scene)) if found is not None else ""
    if found is None or not mine:
        raise Refused("not-approver", word=wanted)
    if found.state != "asked":
        raise Refused("was-decided", word=wanted)
    return found, mine


def _settled(before: Request, after: Request, ticket: Ticket, scene: Scene) -> Effect:
    """What follows from a voice: the decision, or that more of them are needed."""
    if len(after.approved) >= after.needed:
        after = replace(after, state="granted", decided_at=scene.at)
    elif not after.may_still_be:
        after = replace(after, state="denied", decided_at=scene.at)
    if after.state != "asked":
        changes, asides = decided(before, after, scene)
        return Effect(ticket=ticket, records=changes, asides=asides)
    changes = (Change(kind="access", ref=after.ref, before=access.values(before), after=access.values(after)),)
    again = tuple(a for a in before.approved if not access.agreed(a, after.approved)) if _is_wider(after, before) else ()
    asides = (asking(after, again, scene),) if again else ()
    return Effect(ticket=ticket, records=changes, asides=asides, asks=(_said("voted", after.ref, after.person),))


def _is_wider(after: Request, before: Request) -> bool:
    """Whether more is given than the others were asked about."""
    return bool(set(after.functions) - set(before.functions)) or (
        bool(before.categories) and (not after.categories or bool(set(after.categories) - set(before.categories)))
    )


def _with(said: tuple[str, ...], mine: str) -> tuple[str, ...]:
    return said if access.agreed(mine, said) else (*said, mine)


def _without(said: tuple[str, ...], mine: str) -> tuple[str, ...]:
    return tuple(a for a in said if address_key(a) != address_key(mine))


def _mine(scene: Scene) -> frozenset[str]:
    """Compared forms of the actor's addresses."""
    agent = scene.directory.agents.get(scene.who.name) if scene.who.is_agent else None
    person = scene.who.person
    every = (scene.who.address.address, *(agent.addresses if agent else ()), *(person.addresses if person else ()))
    return frozenset(address_key(a) for a in every if a)


def _admission(scene: Scene) -> Admission:
    return scene.admission or Admission()


def _language(said: str, scene: Scene) -> str:
    code = said.strip().lower()[:2]
    if said and code not in scene.policy.languages:
        raise Refused("unknown-language", near=scene.policy.languages, word=said)
    return code if said else ""


def _categories(said: str, scene: Scene) -> tuple[str, ...]:
    found: list[str] = []
    for word in (w for w in re.split(r"[,;+]+", said) if w.strip()):
        key = next((k for k, c in scene.policy.categories.items() if fold(word) in {fold(k), fold(c.title)}), "")
        if not key:
            raise Refused("unknown-category", near=tuple(scene.policy.categories)[:5], word=word)
        found.append(key)
    return tuple(dict.fromkeys(found))


def _said(what: str, value: str, line: str = "") -> Ask:
    return Ask(what="access", about=f"{what}\n{value}\n{line}")


def after(given: Admission | None, changes: tuple[Change, ...]) -> Admission | None:
    """What is known after changes of the same mail: further lines build on the earlier ones."""
    mine = [c for c in changes if c.kind == "access" and c.after is not None]
    if given is None or not mine:
        return given
    told: Mapping[str, Request] = {c.ref: access.request(c.ref, c.after or {}) for c in mine}
    return replace(given, requests={**given.requests, **told})
