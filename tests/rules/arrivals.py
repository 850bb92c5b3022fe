"""Mails on their way to a ticket, and policies with rules, each in a line."""

from __future__ import annotations

from mailgate.config import patterns
from rules import routing
from rules.conditions import Arrival
from rules.facts.mail import Envelope, Machine, Mail, Part
from rules.facts.people import Actor, Role
from rules.facts.policy import Policy
from rules.facts.rule import Bound, Condition, Rule
from rules.facts.service import Category, Type
from rules.facts.terms import Address, Level

CUSTOMER = Actor(role=Role.customer, name="kim@client.example", address=Address(address="kim@client.example"), level=Level.domain)
AGENT = Actor(role=Role.agent, name="anna", level=Level.both)
_KINDS = {"to": patterns.address, "from": patterns.address, "subject": patterns.regex, "body": patterns.regex, "header": patterns.regex}


def condition(word, *wanted, header=""):
    """`condition("subject", "vpn")`, `condition("list", True)`, `condition("size", Bound(limit=5))`."""
    match wanted[0]:
        case bool():
            return Condition(word=word, wanted=str(wanted[0]).lower(), flag=wanted[0])
        case Bound():
            return Condition(word=word, wanted=str(wanted[0].limit), bound=wanted[0])
        case _:
            compiled = tuple(_KINDS.get(word, patterns.word)(each) for each in wanted)
            return Condition(word=word, wanted=" | ".join(wanted), header=header.lower(), patterns=compiled)


def rule(name, *when, then=(), stop=False, line=0):
    return Rule(name=name, when=tuple(when), then=tuple(then), stop=stop, place=f"config.toml:{line}")


def mail(subject="", sender="kim@client.example", *, to=("support@desk.example",), cc=(), text="", headers=(), parts=(), **more):
    return Mail(
        subject=subject,
        sender=Address(address=sender),
        identity=sender,
        to=tuple(Address(address=each) for each in to),
        cc=tuple(Address(address=each) for each in cc),
        text=text,
        headers=tuple(headers),
        parts=tuple(Part(path="1", name=name, type=type_, bytes=size, sha256="", inline=inline) for name, type_, size, inline in parts),
        **more,
    )


def arrival(of=None, *, recipients=(), policy=None, **more):
    return Arrival(mail=of or mail(), envelope=Envelope(door="smtp", recipients=tuple(recipients)), policy=policy or Policy(), **more)


def policy(*rules, categories=(), types=(), **more):
    return Policy(
        rules=tuple(rules),
        categories={each.key: each for each in categories},
        types={each.key: each for each in types},
        **more,
    )


def category(key, address="", *, public=True, group=""):
    return Category(key=key, address=address, public=public, group=group)


def kind(key, *, public=True):
    return Type(key=key, public=public)


def route(of, under, *, actor=CUSTOMER, recipients=(), machine=None, **more):
    return routing.route(of, Envelope(door="smtp", recipients=tuple(recipients)), under, actor=actor, machine=machine or Machine(), **more)
