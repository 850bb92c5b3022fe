"""What the site has decided: the frozen shape of everything the config says that rules may ask.

Made by `mailgate.settings` from config.toml, or from nothing in tests (`Policy()` is a desk with sensible defaults). Doors, keys and
paths are not here: rules never open anything. Next: `service.py` for categories and clocks, `rule.py` for rules and timers, `hours.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from rules.facts.hours import ALWAYS, Hours
from rules.facts.rule import Matcher, Rule, Timer
from rules.facts.service import CHANNELS, ROLES, Category, Channel, Clock, DeviceModel, Report, Role, Severity, Type
from rules.facts.terms import Level, Priority, address_key
from rules.frozen import dataclass

DEVICES = "dev"
"""Local part of the addresses of devices: `dev+SN123@`."""

_IN_ADDRESS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_/.")
_MOST_BASES = 256

Rate = tuple[tuple[int, timedelta], ...]
"""At most so many within each span, all of them at once; empty means no limit (`off`)."""


class Mode(StrEnum):
    """run: the desk does its work. watch: it reads and routes all, and mails only the admin."""

    run = "run"
    watch = "watch"


class Unknown(StrEnum):
    """What becomes of mail from people whom neither staff nor a contract has made known."""

    accept = "accept"
    approve = "approve"
    contract_only = "contract-only"
    refuse = "refuse"


class ArchivedReply(StrEnum):
    """What a reply to an archived ticket does."""

    new = "new"
    reopen = "reopen"
    answer = "answer"


class AgentNames(StrEnum):
    """How customers see who works for them."""

    first = "first"
    full = "full"
    group = "group"


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A picture that stands beside the desk's name in mails to customers."""

    type: str
    content: bytes = field(repr=False)
    width: int
    """CSS pixels, as `height`."""
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who the desk is to the world."""

    name: str = "Support"
    address: str = "support@desk.example"
    aliases: tuple[str, ...] = ()
    """Further addresses that reach the desk; answers still come from `address`."""
    domains: tuple[str, ...] = ()
    """Domains whose mail is ours, that of `address` first."""
    admin: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en", "de", "fi", "cs")
    """The first is used where nothing is known of the reader."""
    timezone: str = "UTC"
    number: str = "T{seq}"
    subaddress: str = "+"
    """What stands between a local part and a token in addresses; empty where the mail system has no such thing."""
    header: str = ""
    footer: str = ""
    colour: str = ""
    """Of buttons and links in mails, as `#rrggbb`; empty for the design's own."""
    logo: Logo | None = None
    mode: Mode = Mode.run

    @property
    def domain(self) -> str:
        """Domain of the desk's own address, in compared form."""
        return address_key(self.address).rpartition("@")[2]

    @property
    def control(self) -> str:
        """Where mails of many commands go."""
        return f"control@{self.domain}"

    def reference(self, seq: int, at: datetime) -> str:
        """The reference of ticket number `seq` opened at `at`, by the number mask; the date is the desk's local one."""
        if not any(sign in self.number for sign in ("{y", "{m", "{d")):  # most masks have no date
            return self.number.format(seq=seq)
        day = at.astimezone(ZoneInfo(self.timezone))
        return self.number.format(seq=seq, yy=f"{day:%y}", yyyy=f"{day:%Y}", mm=f"{day:%m}", dd=f"{day:%d}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of what; `known` correspondents are believed at level 1 or were entered by staff."""

    acks_known: Rate = ((5, timedelta(hours=1)), (20, timedelta(days=1)))
    acks_unknown: Rate = ((1, timedelta(days=1)),)
    acks_total: Rate = ((200, timedelta(hours=1)),)
    tickets_known: Rate = ((60, timedelta(hours=1)),)
    tickets_unknown: Rate = ((10, timedelta(hours=1)),)
    pair: Rate = ((10, timedelta(hours=1)),)
    """Mails that one correspondent may cause us to exchange with him before automatic answers stop."""
    same_subject: Rate = ()
    """Automatic answers to one correspondent's mails of one subject, numbers and tags aside."""
    per_ip: int | None = 10
    """SMTP connections at a time from one address outside `[trust] networks`."""
    connections: int | None = 100
    """SMTP connections at a time altogether."""
    recipients: int | None = 100
    """Recipients of one mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whose word counts."""

    authserv_ids: tuple[str, ...] = ()
    """Servers whose Authentication-Results are believed (RFC 8601 section 2.5), lower case."""
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Hops in here are believed to be what they say they are; they give nobody a level."""
    verify_dkim: bool = True
    levels: Mapping[str, Level] = field(default_factory=lambda: MappingProxyType({}))
    """What the config says of single verbs, for staff and customers; each verb declares its own level for where nothing is said."""
    customer_levels: Mapping[str, Level] = field(default_factory=lambda: MappingProxyType({}))
    """What the config says of customers' verbs alone."""

    def is_near(self, ip: str) -> bool:
        """Whether an IP address, written as a text, is in one of the networks; nonsense isn't."""
        try:
            address = ip_address(ip)
        except ValueError:
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self.networks if network.version == address.version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Whether an event is mailed, and to whom instead of those that the table of notices names."""

    on: bool = True
    to: tuple[str, ...] = ()
    """`requester watchers assignee group manager admin`, agents' names, `@groups` or addresses; empty for the table's own.
    Owners of a ticket are told of status and reminders whatever stands here."""


ACTIVE_TYPES = tuple(
    "exe com scr pif bat cmd ps1 vbs vbe js jse wsf wsh hta msi msp jar lnk iso img one url website desktop xll html htm shtml svg xhtml xht docm dotm xlsm xltm pptm"
    " reg chm application/x-msdownload application/javascript text/javascript text/html application/xhtml+xml image/svg+xml application/hta".split()
)
"""Endings and content types that may run when opened: named in our mails, not attached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Which events are mailed, and what may be attached."""

    events: Mapping[str, Told] = field(default_factory=lambda: MappingProxyType({"read": Told(on=False)}))
    """By template name; an event that isn't here is as the table of notices says."""
    digest_every: str = ""
    """Five cron fields in the desk's zone: when each agent gets his work list; empty for never."""
    new_to: tuple[str, ...] = ()
    """Told of every new ticket, apart from all others."""
    closing: bool = True
    """Whether customers are told that their ticket was closed, unless the command says so itself."""
    attach_max_bytes: int = 10_000_000
    active_types: tuple[str, ...] = ACTIVE_TYPES

    def told(self, event: str) -> Told | None:
        """What the config says of an event, None if nothing."""
        return self.events.get(event)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Switches of the desk's way of working."""

    second_level: bool = False
    """Two desks: partners close towards the end customer, headquarters towards the partner."""
    second_level_group: str = ""
    """The group of headquarters; empty: the category's, else the one above the group that hands a ticket over."""
    assign_category_group: bool = True
    """The group of the main category becomes the handler; off: nobody does, and mail goes only to the category's own address."""
    auto_read: bool = True
    """Tickets that staff opens on the command line count as read at once; mailed ones never do."""
    auto_assign: bool = False
    """Tickets that staff opens belong to whoever opened them."""
    reclassify_closed: bool = False
    archived_reply: ArchivedReply = ArchivedReply.new
    reopen_for: timedelta = timedelta(days=30)
    """How long after closing a reply reopens the same ticket."""
    importance_cap: Priority = Priority.normal
    """The highest priority that a sender's `Importance` or `X-Priority` header may give a new ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spam:
    """What is held as spam, unanswered."""

    hold: bool = True
    scl: int = 5
    """`X-MS-Exchange-Organization-SCL` from here on is spam."""
    headers: tuple[str, ...] = ("X-Spam-Flag",)
    """Fields whose value `yes` marks spam."""
    dmarc_fail: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Privacy:
    """What people learn of each other."""

    agent_names: AgentNames = AgentNames.first
    agent_figures: bool = False
    read_times: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """When closed tickets leave the lists, and when their contents go for good; None is never."""

    after: timedelta | None = timedelta(days=30)
    purge_after: timedelta | None = None


def _none() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All of it. Swapped as a whole when the config is read again; nobody keeps a part of it."""

    desk: Desk = Desk()
    limits: Limits = Limits()
    unknown: Unknown = Unknown.accept
    notify: Notify = Notify()
    trust: Trust = Trust()
    options: Options = Options()
    clock: Clock = field(default_factory=Clock)
    hours: Mapping[str, Hours] = field(default_factory=_none)
    categories: Mapping[str, Category] = field(default_factory=_none)
    """By key, in the order of the config."""
    types: Mapping[str, Type] = field(default_factory=_none)
    severities: Mapping[str, Severity] = field(default_factory=_none)
    """From mild to bad."""
    channels: Mapping[str, Channel] = field(default_factory=lambda: CHANNELS)
    roles: Mapping[str, Role] = field(default_factory=lambda: ROLES)
    device_models: Mapping[str, DeviceModel] = field(default_factory=_none)
    rules: tuple[Rule, ...] = ()
    timers: tuple[Timer, ...] = ()
    reports: tuple[Report, ...] = ()
    spam: Spam = Spam()
    privacy: Privacy = Privacy()
    archive: Archive = Archive()
    hold: timedelta = timedelta(seconds=30)
    """How long an agent's answer waits before it leaves."""
    aliases: Mapping[str, str] = field(default_factory=_none)
    """Other words for verbs, from the desk's languages: word -> verb."""
    _categories: Mapping[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)
    _own: frozenset[str] = field(init=False, repr=False, compare=False, default=frozenset())
    _sorted: tuple[Matcher, ...] = field(init=False, repr=False, compare=False, default=())
    """Of addresses of ours that a rule names with an asterisk."""
    _bases: dict[str, str] = field(init=False, repr=False, compare=False, default_factory=dict)
    """What `own_base` said of the addresses that it was asked for last: those of one mail come a dozen times."""
    _devices: bool = field(init=False, repr=False, compare=False, default=True)
    """Whether `dev@` is free for devices: a site may have called its desk or a category so."""

    def __post_init__(self) -> None:
        """Index the addresses once: they are asked for every recipient of every mail."""
        by_address = {address_key(c.address): c.key for c in self.categories.values() if c.address}
        said = {address_key(each) for each in (self.desk.address, *self.desk.aliases, *by_address)}
        object.__setattr__(self, "_devices", f"{DEVICES}@{self.desk.domain}" not in said)
        named = [self.desk.address, *self.desk.aliases, self.desk.control, *by_address]
        local = address_key(self.desk.address).rpartition("@")[0]
        domains = (*self.desk.domains, self.desk.domain)
        named += [f"{name}@{domain}" for domain in domains for name in (local, "control", DEVICES)]
        sorted_by = [pattern for rule in self.rules for condition in rule.when if condition.word == "to" for pattern in condition.patterns]
        # `sales@` is that name at each of our domains.
        ours = [each for each in sorted_by if not each.text.startswith("@") and address_key(each.text).rpartition("@")[2] in {*domains, ""}]
        literal = [address_key(each.text) for each in ours if "*" not in each.text and "@" in each.text]
        named += [key + domain for key in literal for domain in (domains if key.endswith("@") else ("",))]
        object.__setattr__(self, "_sorted", tuple(each.matcher for each in ours if "*" in each.text and not each.text.endswith("@")))
        object.__setattr__(self, "_categories", by_address)
        object.__setattr__(self, "_own", frozenset(address_key(address) for address in named))

    @property
    def languages(self) -> tuple[str, ...]:
        """The desk's languages, its own first."""
        return self.desk.languages

    @property
    def own(self) -> frozenset[str]:
        """Every address of ours in compared form, without sub-addresses."""
        return self._own

    def own_base(self, address: str) -> str:
        """The address of ours that this one is, or is a sub-address of (`support+x@` -> `support@`); empty if it isn't ours."""
        base = self._bases.get(address)
        if base is None:
            if len(self._bases) >= _MOST_BASES:
                self._bases.clear()
            forms = _forms(address, self.desk.subaddress)
            base = next((form for form in forms if form in self._own or any(each.search(form) for each in self._sorted)), "")
            self._bases[address] = base
        return base

    def is_own(self, address: str) -> bool:
        """Whether mail to this address comes to us: the desk's, a category's, a rule's or control's, sub-addressed or not."""
        return bool(self.own_base(address))

    def detail(self, address: str) -> str:
        """What stands behind the separator in an address of ours, as written there; empty if it isn't ours or has none."""
        base = self.own_base(address)
        key = address_key(address)
        if not base or key == base:
            return ""
        local = address.strip().rpartition("@")[0]
        return local[len(base.rpartition("@")[0]) + len(self.desk.subaddress) :]

    def device_of_address(self, address: str) -> str:
        """The serial number in the address of a device (`dev+SN123@`), as written there; empty if it is none."""
        return self.detail(address) if self._devices and self.own_base(address).partition("@")[0] == DEVICES else ""

    @property
    def has_device_addresses(self) -> bool:
        """Whether a device can be written to; where it can't, its link carries a tag in the subject."""
        return self._devices and bool(self.desk.subaddress)

    def device_address(self, serial: str) -> str:
        """The address that a mail about a device goes to; empty where the desk has no sub-addressing, or the serial number can't stand in one."""
        can = self.has_device_addresses and not set(serial) - _IN_ADDRESS
        return f"{DEVICES}{self.desk.subaddress}{serial}@{self.desk.domain}" if can else ""

    def category_of_address(self, address: str) -> str:
        """Key of the category that an address belongs to, sub-addressed or not; empty if to none."""
        if not self._categories:
            return ""
        return next((self._categories[form] for form in _forms(address, self.desk.subaddress) if form in self._categories), "")

    def device_model(self, name: str) -> DeviceModel | None:
        """The model that a device says it is of, in upper or lower case; None if the desk has none of that name."""
        return self.device_models.get(name.strip().lower())

    @property
    def default_category(self) -> str:
        """Key of the category of requests that name none; empty if such requests have none."""
        return next((each.key for each in self.categories.values() if each.default), "")

    def address_of(self, category: str) -> str:
        """The address that a category answers from: its own, its parent's, or the desk's."""
        found = self.categories.get(category)
        while found is not None:
            if found.address:
                return found.address
            found = self.categories.get(found.parent)
        return self.desk.address

    def hours_of(self, key: str) -> Hours:
        """The calendar of that name; day and night if there is none."""
        return self.hours.get(key, ALWAYS)


def _forms(address: str, separator: str) -> Iterator[str]:
    """The address and, longest first, what it is a sub-address of (RFC 5233 section 1)."""
    key = address_key(address)
    yield key
    local, _, domain = key.rpartition("@")
    if not separator:
        return
    cut = len(local)
    while (cut := local.rfind(separator, 0, cut)) > 0:
        yield f"{local[:cut]}@{domain}"
