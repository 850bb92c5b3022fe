"""From the sections of a config to the policy that rules ask: clocks filled in from above, days measured, rules given their places."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType

from mailgate.config.calendars import Holidays
from mailgate.config.places import Path
from mailgate.config.reading import Reading
from mailgate.config.schema import desk, doors, service
from rules.facts import policy as p
from rules.facts import service as s
from rules.facts.amounts import read_duration
from rules.facts.hours import ALWAYS, Hours
from rules.facts.rule import Condition, Rule, Timer
from rules.facts.service import Clock
from rules.facts.terms import Priority, Status, address_key
from rules.frozen import replace


def build(reading: Reading) -> p.Policy:
    """The policy of what could be read; whole and sound if there were no mistakes."""
    zone = (reading.get(desk.Desk, "desk") or desk.Desk.model_construct(timezone="UTC")).timezone
    hours = {str(at[1]): _hours(str(at[1]), each, zone) for at, each in reading.all(service.Hours, "hours")}
    base = replace(_clock(reading.get(service.Clock, "clock"), Clock(), hours), own=())  # nothing stands above it
    relay = reading.get(doors.Relay, "relay")
    unknown = reading.get(desk.Unknown, "unknown")
    channels = {each.key: s.Channel(key=each.key, title=each.title or each.key) for _, each in reading.all(service.Channel, "channel")}
    types = MappingProxyType({each.key: _type(each, base, hours) for _, each in reading.all(service.Type, "type")})
    roles = {each.key: _role(each) for _, each in reading.all(service.Role, "role")}
    return p.Policy(
        desk=_desk(reading.get(desk.Desk, "desk")),
        limits=_limits(reading.get(desk.Limits, "limits")),
        unknown=p.Unknown(unknown.policy) if unknown else p.Unknown.accept,
        notify=_notify(reading.get(desk.NotifySection, "notify")),
        trust=_trust(reading.get(desk.Trust, "trust")),
        options=_options(reading.get(desk.Options, "options")),
        clock=base,
        hours=MappingProxyType(hours),
        categories=_categories(reading, base, hours),
        types=types,
        severities=MappingProxyType({each.key: _severity(each, base, hours) for _, each in reading.all(service.Severity, "severity")}),
        channels=MappingProxyType({**s.CHANNELS, **channels}),
        roles=MappingProxyType(dict(s.ROLES) | roles),
        device_models=MappingProxyType({each.key: _model(each, types) for _, each in reading.all(service.DeviceModel, "device_model")}),
        rules=tuple(_rule(reading, at, each) for at, each in reading.all(service.Rule, "rule")),
        timers=tuple(_timer(reading, at, each, base, hours) for at, each in reading.all(service.Timer, "timer")),
        reports=tuple(
            s.Report(name=each.name, by=each.by, every=each.every, to=each.to) for _, each in reading.all(service.Report, "report")
        ),
        spam=_spam(reading.get(desk.Spam, "spam")),
        privacy=_privacy(reading.get(desk.Privacy, "privacy")),
        archive=_archive(reading.get(desk.Archive, "archive")),
        hold=relay.hold if relay else timedelta(seconds=30),
    )


# --- the desk -----------------------------------------------------------------------------------------------------------------


def _desk(said: desk.Desk | None) -> p.Desk:
    if said is None:
        return p.Desk()
    own = address_key(said.address).rpartition("@")[2]
    return p.Desk(
        name=said.name,
        address=said.address,
        aliases=said.aliases,
        domains=tuple(dict.fromkeys((own, *(address_key(f"@{domain}")[1:] for domain in said.domains)))),
        admin=said.admin,
        languages=tuple(dict.fromkeys(said.languages)),
        timezone=said.timezone,
        number=said.number,
        subaddress=said.subaddress,
        header=said.header,
        footer=said.footer,
        colour=said.colour,
        mode=p.Mode(said.mode),
    )


def _limits(said: desk.Limits | None) -> p.Limits:
    return p.Limits() if said is None else p.Limits(**{name: getattr(said, name) for name in desk.Limits.model_fields})


def _notify(said: desk.NotifySection | None) -> p.Notify:
    if said is None:
        return p.Notify()
    told = {event: getattr(said, event.replace("-", "_")) for event in desk.EVENTS}
    return p.Notify(
        events=MappingProxyType(dict(p.Notify().events) | {event: each for event, each in told.items() if each is not None}),
        digest_every=said.digest_every or "",
        new_to=said.new_to,
        closing=said.closing,
        attach_max_bytes=said.attach_max,
        active_types=tuple(word.lower().lstrip(".") for word in said.active_types),
    )


def _trust(said: desk.Trust | None) -> p.Trust:
    if said is None:
        return p.Trust()
    return p.Trust(
        authserv_ids=tuple(each.lower() for each in said.authserv_ids),
        networks=said.networks,
        verify_dkim=said.verify_dkim,
        levels=MappingProxyType(said.levels),
        customer_levels=MappingProxyType(said.customer_levels),
    )


def _options(said: desk.Options | None) -> p.Options:
    if said is None:
        return p.Options()
    return p.Options(
        second_level=said.second_level,
        second_level_group=said.second_level_group,
        assign_category_group=said.assign_category_group,
        auto_read=said.auto_read,
        auto_assign=said.auto_assign,
        reclassify_closed=said.reclassify_closed,
        archived_reply=p.ArchivedReply(said.archived_reply),
        reopen_for=said.reopen_for or timedelta(),
        importance_cap=Priority(said.importance_cap),
    )


def _spam(said: desk.Spam | None) -> p.Spam:
    return p.Spam() if said is None else p.Spam(hold=said.hold, scl=said.scl, headers=said.headers, dmarc_fail=said.dmarc_fail)


def _privacy(said: desk.Privacy | None) -> p.Privacy:
    if said is None:
        return p.Privacy()
    return p.Privacy(agent_names=p.AgentNames(said.agent_names), agent_figures=said.agent_figures, read_times=said.read_times)


def _archive(said: desk.Archive | None) -> p.Archive:
    return p.Archive() if said is None else p.Archive(after=said.after, purge_after=said.purge_after)


# --- the service --------------------------------------------------------------------------------------------------------------


def _hours(key: str, said: service.Hours, zone: str) -> Hours:
    calendar = said.holidays.name if isinstance(said.holidays, Holidays) else ""
    return Hours(key=key, zone=said.timezone or zone, week=said.week, holidays=said.holidays, calendar=calendar)


def _clock(said: service.ClockPart | None, base: Clock, hours: Mapping[str, Hours]) -> Clock:
    """A clock with what is said, and with what stands above it where nothing is. Days are those of the calendar it ends up with."""
    if said is None:
        return base
    key = base.hours if said.hours is None else said.hours
    calendar = hours.get(key, ALWAYS)

    def limit(written: str | None, above: timedelta | None) -> timedelta | None:
        if written is None:
            return above
        return None if written == "off" else read_duration(written, calendar)

    return Clock(
        take=limit(said.take, base.take),
        answer=limit(said.answer, base.answer),
        idle=limit(said.idle, base.idle),
        solve=limit(said.solve, base.solve),
        hours=key,
        remind=base.remind if said.remind is None else said.remind,
        escalate_to=base.escalate_to if said.escalate_to is None else said.escalate_to,
        pause_on=base.pause_on if said.pause_on is None else tuple(Status(each) for each in said.pause_on),
        promise=base.promise if said.promise is None else said.promise,
        own=tuple(name for name in sorted(said.model_fields_set) if getattr(said, name) is not None),
    )


def _categories(reading: Reading, base: Clock, hours: Mapping[str, Hours]) -> Mapping[str, s.Category]:
    """In the order of the file. A sub-category has from its parent what it doesn't say, wherever in the file that stands."""
    said: dict[str, service.Category] = {}
    for _, each in reading.all(service.Category, "category"):
        said.setdefault(each.key, each)
    made: dict[str, s.Category] = {}

    def category(key: str) -> s.Category | None:
        if key not in said or key in made:
            return made.get(key)
        here = said[key]
        above = category(key.rpartition("/")[0]) or s.Category(key="", clock=base)
        how, _, agent = (here.assign or "").partition(":")
        made[key] = s.Category(
            key=key,
            title=here.title or key.rpartition("/")[2],
            address=here.address or "",
            group=above.group if here.group is None else here.group,
            notify=above.notify if here.notify is None else here.notify,
            public=above.public if here.public is None else here.public,
            assign=s.AssignHow(how) if how else above.assign,
            agent=agent.strip() if how else above.agent,
            clock=_clock(here.clock, above.clock, hours),
            default=here.default,
        )
        return made[key]

    return MappingProxyType({key: found for key in said if (found := category(key))})


def _field(said: service.Field) -> s.Field:
    return s.Field(
        name=said.name,
        title=said.title or said.name,
        required=said.required,
        pattern=said.pattern.matcher if said.pattern else None,
        words=said.words,
    )


def _type(said: service.Type, base: Clock, hours: Mapping[str, Hours]) -> s.Type:
    steps = said.workflow
    workflow = {
        Status(before): tuple(s.Step(to=Status(step.to), roles=step.roles) for step in after) for before, after in (steps or {}).items()
    }
    return s.Type(
        key=said.key,
        title=said.title or said.key,
        public=said.public,
        yellow=said.light.yellow,
        red=said.light.red,
        fields=tuple(map(_field, said.fields)),
        workflow=None if steps is None else MappingProxyType(workflow),
        closed=said.closed,
        clock=_clock(said.clock, base, hours) if said.clock else None,
    )


def _severity(said: service.Severity, base: Clock, hours: Mapping[str, Hours]) -> s.Severity:
    within = replace(base, hours=said.hours) if said.hours else base
    clock = _clock(said.clock, within, hours) if said.clock else None
    return s.Severity(key=said.key, title=said.title or said.key, hours=said.hours or "", clock=clock)


def _role(said: service.Role) -> s.Role:
    return s.Role(
        key=said.key,
        title=said.title or said.key,
        may=said.may,
        may_not=said.may_not,
        see=s.Reach(said.see),
        categories=said.categories,
    )


def _model(said: service.DeviceModel, types: Mapping[str, s.Type]) -> s.DeviceModel:
    flows = tuple(_flow(flow, types) for flow in said.flows)
    return s.DeviceModel(key=said.key, title=said.title or said.key, flows=flows)


def _flow(said: service.Flow, types: Mapping[str, s.Type]) -> s.Flow:
    kind = said.type or (said.key if said.key in types else "")
    title = said.title or (types[kind].title if said.key == kind and kind in types else said.key)
    return s.Flow(key=said.key, title=title, type=kind, category=said.category or "", fields=tuple(map(_field, said.fields)))


# --- rules and timers ---------------------------------------------------------------------------------------------------------


def _rule(reading: Reading, at: Path, said: service.Rule) -> Rule:
    conditions: list[Condition] = []
    for name, field in type(said.when).model_fields.items():
        word = field.alias or name
        asked = getattr(said.when, name)
        place = reading.place((*at, "when", word))
        listed = asked if isinstance(asked, tuple) else () if asked is None else (asked,)
        conditions.extend(replace(each, word=word, place=place) for each in listed)
    return Rule(name=said.name, when=tuple(conditions), then=tuple(map(_line, said.then)), stop=said.stop, place=reading.place(at))


def _timer(reading: Reading, at: Path, said: service.Timer, base: Clock, hours: Mapping[str, Hours]) -> Timer:
    when = {name: value for name in type(said.when).model_fields if (value := getattr(said.when, name))}
    after = read_duration(said.after, hours.get(base.hours, ALWAYS))
    return Timer(name=said.name, when=MappingProxyType(when), after=after, then=tuple(map(_line, said.then)), place=reading.place(at))


def _line(written: str) -> str:
    """A command as the vocabulary has it: without the # that people write out of habit."""
    return written.strip().removeprefix("#")
