"""The sections that say how the desk treats people and mail: [desk] [trust] [limits] [unknown] [notify] [options] [spam] [privacy] [archive]."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from mailgate.config import values
from mailgate.config.addresses import Domains, FieldNames, Languages, Mailbox, Mailboxes, Networks, Recipients, Zone, recipient
from mailgate.config.masks import Cron, Mask
from mailgate.config.mistakes import Wrong, gather
from mailgate.config.schema.base import Section, says
from mailgate.config.values import Count, Limit, Reads, Size, SpanOrOff, Words
from rules.facts.policy import ACTIVE_TYPES, Told
from rules.facts.terms import Level
from templates import colours


def _colour(value: object) -> str:
    written = values.text(value).strip().lower()
    if not written:
        return ""
    if not colours.WRITTEN.fullmatch(written):
        raise Wrong(f"{written!r} is no colour; write it as #0b5a60")
    if (ratio := colours.contrast(written, "#ffffff")) < 4.5:
        raise Wrong(f"{written} is too light: white on it has a contrast of {ratio:.1f}, and people need 4.5; take a darker one")
    return written


def _name(value: object) -> str:
    if not (written := values.plain(value)).strip():
        raise Wrong("must not be empty")
    return written


Colour = Annotated[str, values.kind_of(_colour, "#0b5a60")]


class Desk(Section):
    """Who the desk is."""

    name: Annotated[str, Reads(_name, {"type": "string", "minLength": 1})] = says("Name in the From line of the desk's mails.", "Support")
    address: Mailbox = says("The desk's own address: mail to it becomes tickets, and answers come from it.")
    aliases: Mailboxes = says("Further addresses that reach the desk.", [])
    domains: Domains = says(
        "Domains whose mail is ours; the desk's address and control@ work at each. The domain of the address always is.", []
    )
    admin: Mailboxes = says("Who is told when something needs a person.", [])
    alarm: str = says("Command to run when mail can't leave; it gets the reason on its standard input.", "")
    languages: Languages = says("Languages of the mails, the desk's own first.", ["en", "de", "fi", "cs"])
    timezone: Zone = says("Zone of all times shown and of calendars that name none.", "UTC")
    number: Mask = says(
        "How references are made: {seq}, also {seq:04}, {yy}, {yyyy}, {mm}, {dd}. Old references stay valid after a change.", "T{seq}"
    )
    secret_file: str = says(
        "Key that tokens are signed with; made at first start, readable by its owner alone.", "var/secret", min_length=1
    )
    subaddress: Literal["+", "-", ""] = says(
        "What your mail system puts between a name and a detail, as in support+x@; empty if it has no such thing.", "+"
    )
    header: str = says("Text on top of every mail, Markdown.", "")
    footer: str = says("Text at the end of every mail, Markdown.", "")
    colour: Colour = says("Colour of buttons and links in mails, as #0b5a60; dark enough to carry white.", "")
    logo: str = says(
        "Picture beside the desk's name in mails to customers: PNG, JPEG or GIF, shown up to 160 x 40. Mail programs mark such mails with a paperclip.",
        "",
    )
    texts: str = says("Folder with your own mail texts, FAQ and canned answers; they come before the built-in ones.", "")
    mode: Literal["run", "watch"] = says("watch: read and route all mail, but write to the admin only.", "run")


def _levels(value: object) -> dict[str, Level]:
    if not isinstance(value, dict):
        raise Wrong(f"must be a table such as {{close = 2}}, not {values.kind(value)}")
    return {str(verb).lower(): level for verb, level in gather(value.items(), _level)}


def _level(value: object) -> Level:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 4:
        raise Wrong(f"must be a level from 0 to 4, not {values.kind(value)}")
    return Level(value)


Levels = Annotated[
    dict[str, Level],
    Reads(_levels, {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0, "maximum": 4}}),
]


class Trust(Section):
    """Who is believed."""

    authserv_ids: Words = says("Servers whose Authentication-Results are believed.", [])
    networks: Networks = says(
        "Networks of your own mail hops: their Received and Authentication-Results count, and they are not limited per address. Unless any is"
        " named, this machine is believed.",
        [],
    )
    verify_dkim: bool = says("Check DKIM signatures ourselves.", default=True)
    levels: Levels = says("Least level of trust for single verbs, such as {close = 2}.", {})
    customer_levels: Levels = says("The same for customers' verbs alone.", {})


class Limits(Section):
    """How much of what, each a rate such as 5/h 20/d, or off. Known correspondents passed DKIM or were entered by staff."""

    acks_known: Limit = says("Automatic answers to one known correspondent.", "5/h 20/d")
    acks_unknown: Limit = says("Automatic answers to one unknown correspondent.", "1/d")
    acks_total: Limit = says("Automatic answers altogether.", "200/h")
    tickets_known: Limit = says("New tickets of one known correspondent; more are held.", "60/h")
    tickets_unknown: Limit = says("New tickets of one unknown correspondent; more are held.", "10/h")
    pair: Limit = says("Mails exchanged with one correspondent before automatic answers to him stop.", "10/h")
    same_subject: Limit = says("Automatic answers to one correspondent and subject, numbers and tags aside.", "off")
    per_ip: Count = says("SMTP connections at a time from one address.", 10)
    connections: Count = says("SMTP connections at a time altogether.", 100)
    recipients: Count = says("Recipients of one mail.", 100)


class Unknown(Section):
    """Mail from people nobody made known."""

    policy: Literal["accept", "approve", "contract-only", "refuse"] = says(
        "accept: a ticket like any other; approve: held until an agent says yes; contract-only: only parties with a contract; refuse: a polite no.",
        "accept",
    )


def _told(value: object) -> Told:
    if isinstance(value, bool):
        return Told(on=value)
    if isinstance(value, str | list):
        return Told(to=values.several(recipient)(value))
    raise Wrong(f"must be true, false or a list of recipients, not {values.kind(value)}")


EventSwitch = Annotated[
    Told | None,
    Reads(_told, {"anyOf": [{"type": "boolean"}, {"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]

EVENTS = tuple(
    "received appended read taken status closed reopened rate assigned new-in-group new-in-category not-started due-soon overdue opinion-given"
    " task crossing bounced access-asked access-decided digest welcome".split()
)
"""Events that a site may switch off or send elsewhere; what one person says to another is none of them."""


class NotifySection(Section):
    """Which events are mailed; each may be true, false or a list of recipients instead of the usual ones."""

    new_to: Recipients = says("Told of every new ticket, apart from all others.", [])
    digest_every: Cron | None = says(
        "When each agent gets the list of his work, as five cron fields in the desk's zone, such as 30 7 * * mon-fri; nothing for never.",
        None,
    )
    closing: bool = says("Tell customers that their ticket was closed; a close command may say otherwise.", default=True)
    attach_max: Size = says("Larger files are named with a button that sends them, not attached.", "10MB")
    active_types: Words = says("Endings and content types of files that are named, never attached.", list(ACTIVE_TYPES))


_SWITCHES: dict[str, Any] = {
    event.replace("-", "_"): (EventSwitch, Field(default=None, alias=event, description=f"Mail {event}: true, false, or who gets it."))
    for event in EVENTS
}
Notify: type[NotifySection] = create_model("Notify", __base__=NotifySection, __doc__=NotifySection.__doc__, **_SWITCHES)


class Options(Section):
    """The desk's way of working."""

    second_level: bool = says("Two desks: partners close towards the end customer, headquarters towards the partner.", default=False)
    second_level_group: str = says("The group of headquarters; empty for the category's, else the one above the partner's group.", "")
    assign_category_group: bool = says(
        "The main category's group becomes the handler; off: nobody, and only the category's address is told.", default=True
    )
    auto_read: bool = says("Tickets that staff opens on the command line count as read.", default=True)
    auto_assign: bool = says("Tickets that staff opens belong to whoever opened them.", default=False)
    reclassify_closed: bool = says("Closed tickets may still change their category and type.", default=False)
    archived_reply: Literal["new", "reopen", "answer"] = says(
        "A reply to an archived ticket opens a linked one, reopens it, or is answered politely.", "new"
    )
    reopen_for: SpanOrOff = says("How long after closing a reply reopens the ticket.", "30d")
    importance_cap: Literal["low", "normal", "high"] = says("Highest priority that a sender's Importance header may give.", "normal")


class Spam(Section):
    """Marked mail is held, unanswered."""

    hold: bool = says("Hold mail that is marked as spam.", default=True)
    scl: int = says("X-MS-Exchange-Organization-SCL from here on is spam.", 5, ge=0, le=10)
    headers: FieldNames = says("Header fields whose value yes or true marks spam.", ["X-Spam-Flag"])
    dmarc_fail: bool = says("A failed DMARC check counts as a mark.", default=True)


class Privacy(Section):
    """What people learn of each other."""

    agent_names: Literal["first", "full", "group"] = says("How customers see agents: first name, full name, or the group's name.", "first")
    agent_figures: bool = says("Reports may count by agent.", default=False)
    read_times: bool = says("Customers may see when their mail was read.", default=False)


class Archive(Section):
    """When closed tickets leave the lists and when they go for good."""

    after: SpanOrOff = says("Archive so long after closing, or off.", "30d")
    purge_after: SpanOrOff = says("Remove the contents of archived tickets so long after closing, or off.", "off")
