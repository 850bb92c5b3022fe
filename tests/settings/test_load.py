"""A config becomes the policy and the doors that it says, with defaults that harm nobody."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from mailgate import settings
from rules.facts.hours import Opening
from rules.facts.policy import Limits, Notify, Options, Policy, Told
from rules.facts.service import AssignHow
from rules.facts.terms import Level, Status
from tests.settings.desk import DESK, load, secret

HOUR = timedelta(hours=1)
REPOSITORY = Path(settings.__file__).parents[1]


def test_the_smallest_config_is_the_policy_of_no_config_at_all(tmp_path):
    """Defaults stand in two places, the schema and the policy: tests and a real desk must not differ."""
    policy = load(tmp_path).policy
    assert policy.limits == Limits()
    assert policy.notify == Notify()
    assert policy.options == Options()
    for name in ("unknown", "trust", "clock", "channels", "roles", "spam", "privacy", "archive", "hold", "rules", "timers"):
        assert getattr(policy, name) == getattr(Policy(), name), name


def test_a_section_that_is_there_but_empty_changes_nothing(tmp_path):
    """The example has `[options]` with all keys commented out."""
    empty = load(tmp_path, "[limits]\n[notify]\n[options]\n[spam]\n[privacy]\n[archive]\n[trust]\n[clock]\n[unknown]\n")
    assert empty.policy == load(tmp_path).policy


def test_nothing_is_promised_and_no_door_is_open_by_itself(tmp_path):
    """A desk without `[clock]` must not tell customers times; one without `[smtp]` must not listen."""
    made = load(tmp_path)
    assert not made.policy.clock.runs
    assert (made.smtp, made.submission, made.lmtp, made.imap, made.board, made.metrics) == (None, None, None, (), None, None)
    assert made.relay.kind == "maildir"


def test_paths_count_from_the_config_not_from_where_one_stands(tmp_path, monkeypatch):
    """A cron job in another folder would otherwise start a second, empty desk."""
    monkeypatch.chdir("/")
    (tmp_path / "texts").mkdir()
    path = tmp_path / "config.toml"
    path.write_text(DESK + 'texts = "texts"\n[lmtp]\nlisten = "unix:var/lmtp.sock"\n[store]\nurl = "sqlite:///var/desk.db"\n')
    made = settings.load(path, {})
    assert made.store.url == f"sqlite:///{tmp_path}/var/desk.db"
    assert made.relay.path == tmp_path / "var/sent"
    assert made.secret_file == tmp_path / "var/secret"
    assert made.texts == tmp_path / "texts"
    assert made.lmtp is not None
    assert made.lmtp.listen.path == f"{tmp_path}/var/lmtp.sock"


def test_an_absolute_store_stays_where_it_is(tmp_path):
    """`sqlite:////srv/desk.db` is /srv/desk.db."""
    assert load(tmp_path, '[store]\nurl = "sqlite:////srv/desk.db"\n').store.url == "sqlite:////srv/desk.db"


def test_limits_are_read_and_may_be_off(tmp_path):
    """`off` that became zero would hold every mail."""
    limits = load(tmp_path, '[limits]\nacks_known = "5/h 20/d"\ntickets_known = "off"\nper_ip = "off"\n').policy.limits
    assert limits.acks_known == ((5, HOUR), (20, timedelta(days=1)))
    assert limits.tickets_known == ()
    assert limits.per_ip is None


def test_days_in_clocks_are_working_days_of_their_calendar(tmp_path):
    """`idle = "3d"` over office hours is three working days; in a category around the clock it is 72 hours."""
    policy = load(
        tmp_path,
        '[clock]\ntake = "4h"\nidle = "3d"\nhours = "office"\n[hours.office]\nweek = {mon-fri = "08:00-16:00"}\n[hours.oncall]\nweek = {mon-sun = "00:00-24:00"}\n'
        '[[category]]\nkey = "lift"\nclock = {idle = "3d", take = "off", hours = "oncall"}\n[[category]]\nkey = "desk"\n',
    ).policy
    assert policy.clock.idle == 24 * HOUR
    assert policy.categories["desk"].clock == policy.clock
    assert policy.categories["lift"].clock.idle == 72 * HOUR
    assert policy.categories["lift"].clock.take is None
    assert policy.hours_of("office").week[0] == (Opening(start=datetime(1, 1, 1, 8).time(), end=datetime(1, 1, 1, 16).time()),)


def test_hours_know_holidays_and_the_desk_s_zone(tmp_path):
    """Independence Day in Finland is no service day, nor is the day the company is shut."""
    text = 'timezone = "Europe/Helsinki"\n[hours.office]\nweek = {mon = "22:00-02:00"}\nholidays = ["FI", "2026-12-24"]\n'
    office = load(tmp_path, text).policy.hours_of("office")
    assert office.zone == "Europe/Helsinki"
    assert office.calendar == "FI 2026-12-24"
    assert date(2026, 12, 6) in office.holidays
    assert date(2026, 12, 24) in office.holidays
    assert date(2026, 12, 7) not in office.holidays
    assert [len(day) for day in office.week] == [1, 1, 0, 0, 0, 0, 0]


def test_a_sub_category_has_what_it_does_not_say_from_above(tmp_path):
    """The printer's group is the hardware group, wherever in the file that stands."""
    policy = load(
        tmp_path,
        '[[category]]\nkey = "hardware/printer"\ntitle = "Printers"\n[[category]]\nkey = "hardware"\naddress = "hw@desk.example"\ngroup = "hw"\npublic = false\n'
        'notify = "boss@desk.example"\nassign = "agent:anna"\n[[category]]\nkey = "hardware/disk"\ngroup = "storage"\npublic = true\nassign = "none"\n',
    ).policy
    printer, disk = policy.categories["hardware/printer"], policy.categories["hardware/disk"]
    assert (printer.group, printer.public, printer.notify, printer.assign, printer.agent) == (
        "hw",
        False,
        ("boss@desk.example",),
        AssignHow.agent,
        "anna",
    )
    assert (disk.group, disk.public, disk.assign, disk.agent) == ("storage", True, AssignHow.none, "")
    assert list(policy.categories) == ["hardware/printer", "hardware", "hardware/disk"]
    assert printer.address == ""
    assert policy.address_of("hardware/printer") == "hw@desk.example"


def test_addresses_are_ours_in_every_spelling_and_with_details(tmp_path):
    """A token in an address, a capital, a second domain: each must reach the desk, and nothing else may."""
    policy = load(
        tmp_path, 'domains = ["desk.fi"]\naliases = ["help@old.example"]\n[[category]]\nkey = "hw"\naddress = "hw@desk.example"\n'
    ).policy
    for address in (
        "Support@Desk.Example",
        "support+T42.abc@desk.example",
        "support@desk.fi",
        "control@desk.fi",
        "help@old.example",
        "hw+x@desk.example",
    ):
        assert policy.is_own(address), address
    for address in (
        "suppor@desk.example",
        "support@desk.example.evil.example",
        "supportx@desk.example",
        "+x@desk.example",
        "anna@desk.fi",
        "",
        "support",
    ):
        assert not policy.is_own(address), address
    assert policy.category_of_address("HW+order@desk.example") == "hw"
    assert policy.category_of_address("support@desk.example") == ""
    assert policy.detail("support+AbC-1@desk.example") == "AbC-1"
    assert policy.desk.domains == ("desk.example", "desk.fi")


def test_without_sub_addresses_a_plus_is_just_a_letter(tmp_path):
    """Where the mail system knows no `+`, support+x is somebody else's mailbox."""
    assert not load(tmp_path, 'subaddress = ""\n').policy.is_own("support+x@desk.example")


def test_trust_is_what_the_config_says(tmp_path):
    """A level that got lost would let a forged From close tickets."""
    trust = load(
        tmp_path,
        '[trust]\nlevels = {close = 3}\ncustomer_levels = {rate = 0}\nnetworks = ["10.0.0.0/8"]\nauthserv_ids = ["MX.Desk.Example"]\n',
    ).policy.trust
    assert trust.levels == {"close": Level.both}
    assert trust.customer_levels == {"rate": Level.claimed}
    assert trust.networks == (ip_network("10.0.0.0/8"),)
    assert trust.is_near("10.1.2.3")
    assert trust.is_near("::ffff:10.1.2.3")
    assert not trust.is_near("11.1.2.3")
    assert not trust.is_near("nonsense")
    assert trust.authserv_ids == ("mx.desk.example",)


def test_rules_keep_their_order_their_places_and_their_lines(tmp_path):
    """`why` sends the operator to a line; it must be the right one, also in a table over several lines."""
    policy = load(
        tmp_path,
        '\n[[rule]]\nname = "vpn"\nthen = ["#prio high"]\nstop = true\n[rule.when]\nsubject = "vpn"\nheader = {X-Shop = "order", X-Zone = ["a", "b"]}\n\n[[rule]]\nname = "all"\nthen = ["prio low"]\n',
    ).policy
    assert [(rule.name, rule.place, rule.stop, rule.then) for rule in policy.rules] == [
        ("vpn", "config.toml:4", True, ("prio high",)),
        ("all", "config.toml:12", False, ("prio low",)),
    ]
    assert [(c.word, c.header, c.wanted, c.place) for c in policy.rules[0].when] == [
        ("subject", "", "vpn", "config.toml:9"),
        ("header", "x-shop", "X-Shop: order", "config.toml:10"),
        ("header", "x-zone", "X-Zone: a | b", "config.toml:10"),
    ]


def test_types_have_lights_fields_and_a_workflow(tmp_path):
    """A type that forgot its workflow would let everybody close anything."""
    policy = load(
        tmp_path,
        '[[type]]\nkey = "fault"\nlight = {yellow = "40%", red = "2h"}\nfields = ["serial", {name = "floor", required = false, words = ["1", "2"]}]\n'
        'workflow = {new = ["assigned"], working = [{to = "closed", roles = ["manager"]}]}\n',
    ).policy
    fault = policy.types["fault"]
    assert (fault.yellow, fault.red) == (40, 2 * HOUR)
    assert [(f.name, f.required, f.words) for f in fault.fields] == [("serial", True, ()), ("floor", False, ("1", "2"))]
    assert [step.to for step in fault.steps(Status.new)] == [Status.assigned]
    assert fault.steps(Status.working)[0].roles == ("manager",)
    assert fault.steps(Status.closed) == ()


def test_events_may_be_switched_off_or_sent_elsewhere(tmp_path):
    """`overdue = ["@leads"]` is for the leads, `taken = false` for nobody."""
    notify = load(
        tmp_path, '[notify]\ntaken = false\nnew-in-group = true\noverdue = ["@leads", "boss@desk.example"]\nactive_types = [".HTML"]\n'
    ).policy.notify
    assert notify.told("taken") == Told(on=False)
    assert notify.told("overdue") == Told(to=("@leads", "boss@desk.example"))
    assert notify.told("new-in-group") == Told()
    assert notify.told("read") == Told(on=False)
    assert notify.told("closed") is None
    assert notify.active_types == ("html",)


def test_doors_are_ready_to_open(tmp_path):
    """Ports, TLS and logins stand in the values; nothing is worked out a second time where they are opened."""
    for name in ("cert.pem", "key.pem", "imap", "dkim.pem"):
        secret(tmp_path, name)
    made = load(
        tmp_path,
        '[smtp]\nlisten = "*:25"\nmax_size = "30MB"\ntls_cert = "cert.pem"\ntls_key = "key.pem"\n[submission]\nlisten = "[::1]:5870"\n'
        '[[imap]]\nhost = "a.example"\nuser = "u"\npassword_file = "imap"\nsince = 2026-11-01\n[[imap]]\nhost = "b.example"\nuser = "v"\nsecurity = "starttls"\n'
        'password_env = "IMAP_B"\nname = "second"\ndone = "move:Done"\nevery = "5m"\n'
        '[relay]\nurl = "smtps://smtp.example"\nuser = "me"\npassword_file = "imap"\nrate = "30/min"\ncopy = "imap:Sent Items"\n'
        'dkim = {selector = "s", domain = "desk.example", key_file = "dkim.pem"}\n[metrics]\nlisten = "127.0.0.1:9101"\n[log]\nlevel = "debug"\n',
        env={"IMAP_B": "battery"},
    )
    assert made.smtp is not None
    assert (made.smtp.listen.host, made.smtp.listen.port, str(made.smtp.listen), made.smtp.max_size_bytes) == ("", 25, "*:25", 30_000_000)
    assert made.smtp.tls is not None
    assert made.smtp.tls.key == tmp_path / "key.pem"
    assert made.submission is not None
    assert (made.submission.listen.host, made.submission.listen.is_local, str(made.submission.listen)) == ("::1", True, "[::1]:5870")
    first, second = made.imap
    assert (first.name, first.port, first.since) == ("u@a.example", 993, "2026-11-01")
    assert first.password is not None
    assert first.password.reveal() == "correct horse"
    assert (second.name, second.port, second.done, second.every) == ("second", 143, "move:Done", timedelta(minutes=5))
    assert second.password is not None
    assert second.password.reveal() == "battery"
    relay = made.relay
    assert (relay.kind, relay.host, relay.port, relay.security, relay.copy, relay.rate) == (
        "smtp", "smtp.example", 465, "tls", "Sent Items", ((30, timedelta(minutes=1)),)
    )  # fmt: skip
    assert relay.dkim is not None
    assert relay.dkim.key_file == tmp_path / "dkim.pem"
    assert made.log.level == "DEBUG"
    assert made.metrics is not None
    assert made.metrics.port == 9101


@pytest.mark.parametrize(
    ("mask", "reference"),
    [("T{seq}", "T42"), ("TS{yy}{mm}-{seq:04}", "TS2612-0042"), ("D{yyyy}.{dd}.{seq:06}", "D2026.01.000042")],
)
def test_numbers_follow_the_mask_in_the_desk_s_zone(tmp_path, mask, reference):
    """At 23:30 UTC on the last of November it is December in Helsinki."""
    desk = load(tmp_path, f'timezone = "Europe/Helsinki"\nnumber = "{mask}"\n').policy.desk
    assert desk.reference(42, datetime(2026, 11, 30, 23, 30, tzinfo=UTC)) == reference


def test_lines_are_read_by_whoever_knows_the_vocabulary(tmp_path):
    """A desk with another vocabulary still has its rules checked."""
    text = '[[rule]]\nname = "x"\nthen = ["frobnicate 1"]\n'
    assert load(tmp_path, text, read_action=lambda line: None).policy.rules[0].then == ("frobnicate 1",)
    with pytest.raises(settings.BadConfig, match=r"config.toml:5: rule.0.then.0: not today"):
        load(tmp_path, text, read_action=lambda line: "not today")


def test_agents_and_groups_are_named_with_their_places(tmp_path):
    """A group that doesn't exist yet is a warning with a line, not a reason not to start."""
    made = load(
        tmp_path,
        '[clock]\nescalate_to = "boss"\n[notify]\noverdue = ["manager", "@leads"]\n[[category]]\nkey = "hw"\ngroup = "hardware"\nassign = "agent:anna"\n'
        'notify = ["x@y.example", "petr"]\n[[rule]]\nname = "r"\nthen = ["assign @network", "assign eva now please", "prio high"]\n',
    )
    assert made.groups_named() == {"leads": "config.toml:6", "hardware": "config.toml:9", "network": "config.toml:14"}
    assert made.agents_named() == {"boss": "config.toml:4", "anna": "config.toml:10", "petr": "config.toml:11", "eva": "config.toml:14"}


def test_sizes_and_times_of_notify_are_nobodys_names(tmp_path):
    """`mailgate agent add 10MB` was offered to whoever set a size."""
    made = load(tmp_path, '[notify]\nattach_max = "10MB"\ndigest_every = "0 8 * * *"\nactive_types = ["exe"]\nnew_to = ["petr"]\n')
    assert set(made.agents_named()) == {"petr"}


def test_cautions_never_keep_the_desk_from_starting(tmp_path):
    """A password in clear over the network is said, and the operator decides."""
    secret(tmp_path, "password")
    made = load(
        tmp_path,
        'mode = "watch"\n[submission]\nlisten = "*:587"\nrequire_auth = false\n[[imap]]\nhost = "imap.example"\nuser = "u"\npassword_file = "password"\nsecurity = "none"\n'
        '[relay]\nurl = "smtp://smtp.example"\nuser = "u"\npassword_file = "password"\ndkim = {selector = "s", domain = "other.example", key_file = "password"}\n',
    )
    assert {caution.key for caution in made.cautions} == {
        "submission.require_auth",
        "imap.0.security",
        "relay.security",
        "relay.dkim",
        "desk.mode",
        "desk.admin",
    }


def test_a_missing_file_says_how_to_get_one(tmp_path):
    """The very first start in an empty folder."""
    with pytest.raises(settings.BadConfig, match=r"config.toml: can't be read: No such file or directory; mailgate init writes one"):
        settings.load(tmp_path / "config.toml", {})


def test_line_ends_and_the_mark_of_windows_are_nothing_special(tmp_path):
    """Notepad writes a byte order mark and CRLF."""
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbf" + DESK.replace("\n", "\r\n").encode() + b'[[rule]]\r\nname = "x"\r\nthen = []\r\nstop = true\r\n')
    assert settings.load(path, {}).policy.rules[0].place == "config.toml:3"


def test_reading_costs_little(tmp_path):
    """SIGHUP and every command read the config; 200 rules must not be felt."""
    rules = "".join(
        f'[[rule]]\nname = "rule {i}"\nwhen = {{subject = "word{i}|other{i}", from = "@domain{i}.example"}}\nthen = ["prio high"]\n'
        for i in range(200)
    )
    load(tmp_path, rules)
    began = time.process_time()
    load(tmp_path, rules)
    assert time.process_time() - began < 0.5


def test_importing_settings_loads_no_models():
    """Commands that need no config shouldn't pay for its reader."""
    code = "import sys, mailgate.settings; print(sorted({m.partition('.')[0] for m in sys.modules} & {'pydantic', 're2', 'holidays'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=REPOSITORY, env={**os.environ})
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("written", "exempt"),
    [("", True), ('[trust]\nnetworks = ["10.0.0.0/8"]\n', False), ("[limits]\nper_ip = 3\n", False)],
)
def test_this_machine_is_limited_where_the_site_named_its_hops_or_a_limit(tmp_path, written, exempt):
    """A limit that somebody wrote down would hold for all but the machine that he tries it from."""
    from mailgate.doors.front import door_settings

    site = load(tmp_path, f'[smtp]\nlisten = "127.0.0.1:2525"\n{written}')
    assert door_settings(site, site.smtp).limits.loopback_is_exempt is exempt


def test_an_address_that_few_can_answer_is_said(tmp_path):
    """Umlauts before the @ look harmless, and keep the mail of everybody whose mail system knows no SMTPUTF8."""
    path = tmp_path / "config.toml"
    path.write_text('[desk]\naddress = "hilfe-für-alle@münchen.example"\nadmin = ["root@desk.example"]\n')
    assert [caution.key for caution in settings.load(path, {}).cautions] == ["desk.address"]
    path.write_text('[desk]\naddress = "hilfe@münchen.example"\nadmin = ["root@desk.example"]\n')
    assert settings.load(path, {}).cautions == ()


@pytest.mark.parametrize(
    ("archive", "keys"),
    [
        ('purge_after = "1d"', {"archive.purge_after"}),
        ('purge_after = "60d"', set()),
        ('after = "off"\npurge_after = "60d"', {"archive.purge_after"}),
    ],
)
def test_emptying_what_is_not_archived_yet_is_said(tmp_path, archive, keys):
    """Contents would stay a month longer than somebody promised, or for ever."""
    path = tmp_path / "config.toml"
    path.write_text(f'[desk]\naddress = "support@desk.example"\nadmin = ["root@desk.example"]\n[archive]\n{archive}\n')
    assert {caution.key for caution in settings.load(path, {}).cautions} == keys
