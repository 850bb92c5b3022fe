"""A config that was found sound is kept for the next command, and what was kept is the same config."""

from __future__ import annotations

import json
from datetime import date

import pytest

from mailgate import settings
from mailgate.config import kept
from tests.settings.desk import load, secret

EVERYTHING = """
timezone = "Europe/Helsinki"
logo = "logo.png"
texts = "texts"
[smtp]
listen = "127.0.0.1:2525"
[[imap]]
host = "a.example"
user = "u"
password_env = "IMAP"
since = 2026-11-01
[relay]
url = "smtps://smtp.example"
user = "me"
password_file = "relay"
rate = "30/min"
[trust]
networks = ["10.0.0.0/8", "fd00::/8"]
levels = {close = 3}
[limits]
acks_known = "off"
[notify]
taken = false
overdue = ["@leads"]
[clock]
take = "4h"
hours = "office"
[hours.office]
week = {mon-fri = "08:00-16:00"}
holidays = ["FI", "2026-12-24"]
[[category]]
key = "hardware"
clock = {take = "off"}
[[type]]
key = "fault"
light = {yellow = "40%", red = "2h"}
fields = ["serial", {name = "floor", required = false, words = ["1", "2"], pattern = "[0-9]+"}]
workflow = {new = ["assigned"], working = [{to = "closed", roles = ["manager"]}]}
[[device_model]]
key = "lift"
flows = [{key = "stuck", type = "fault"}]
[[rule]]
name = "vpn"
when = {subject = "vpn|tunnel", from = "*@firm.example", size = ">= 1MB", list = true, header = {X-Shop = "order"}}
then = ["prio high", "category hardware"]
[[rule]]
name = "sorted"
when = {to = "shop-*@desk.example"}
then = ["prio low"]
[[timer]]
name = "old"
when = {status = "waiting"}
after = "3d"
then = ["remind 1d look"]
"""
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf50000003010100c9fe92ef0000000049454e44ae426082"
)


def test_what_was_kept_is_the_config(tmp_path):
    """A rule, a calendar or a level that got lost on the way would be lost for every command but the first."""
    secret(tmp_path, "relay")
    (tmp_path / "logo.png").write_bytes(PICTURE)
    (tmp_path / "texts").mkdir()
    (tmp_path / "var").mkdir()
    env = {"IMAP": "battery"}
    made = load(tmp_path, EVERYTHING, env)
    kept.note(made, env)
    again = kept.noted(made.path, env)
    assert again is not None
    assert kept.packed(again) == kept.packed(made)
    assert (again.imap, again.relay, again.raw, again.cautions) == (made.imap, made.relay, made.raw, made.cautions)
    assert again.imap[0].password is not None
    assert again.imap[0].password.reveal() == "battery"
    policy = again.policy
    assert date(2026, 12, 6) in policy.hours_of("office").holidays
    assert date(2026, 12, 24) in policy.hours_of("office").holidays
    assert date(2026, 12, 7) not in policy.hours_of("office").holidays
    subject = next(each for each in policy.rules[0].when if each.word == "subject").patterns[0].matcher
    assert subject.search("My VPN is slow")
    assert not subject.search("My lift is slow")
    assert policy.is_own("shop-7@desk.example")
    assert dict(policy.aliases) == dict(made.policy.aliases)
    assert not list(tmp_path.glob("var/*battery*"))
    assert "battery" not in (tmp_path / "var/.config.toml.kept").read_text()


@pytest.mark.parametrize("change", ["config", "words", "name", "program"])
def test_what_was_kept_counts_only_while_nothing_changed(tmp_path, monkeypatch, change):
    """A rule that was added would never be asked, a name that was removed would be missed in the night."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "var").mkdir()
    env = {"RELAY": "hunter2"}
    made = load(tmp_path, 'texts = "texts"\n[relay]\nurl = "smtp://127.0.0.1:9"\nuser = "desk"\npassword_env = "RELAY"\n', env)
    kept.note(made, env)
    assert kept.noted(made.path, env) is not None
    match change:
        case "config":
            made.path.write_text(made.path.read_text() + "\n")
        case "words":
            (tmp_path / "texts/en").mkdir()
            (tmp_path / "texts/en/words.toml").write_text('[verbs]\nclose = ["shut"]\n')
        case "name":
            env = {}
        case _:
            monkeypatch.setattr("mailgate.config.notes.FORMAT", 0)
    assert kept.noted(made.path, env) is None


def test_a_password_in_the_config_is_not_kept(tmp_path):
    """It would lie in a second file that nobody thinks of."""
    (tmp_path / "var").mkdir()
    made = load(tmp_path, '[relay]\nurl = "smtps://smtp.firm.example"\nuser = "u"\npassword = "hunter2"\n')
    kept.note(made, {})
    assert not list((tmp_path / "var").iterdir())


def test_a_note_that_names_other_things_than_values_makes_nothing(tmp_path):
    """Whoever may write it may write the config, but a broken file should do no more than cost time."""
    (tmp_path / "var").mkdir()
    made = load(tmp_path)
    kept.note(made, {})
    place = tmp_path / "var/.config.toml.kept"
    said = json.loads(place.read_text())
    for classes in (["os:system"], ["mailgate.config.places:places"], ["rules.facts.terms:address_key"], ["rules.facts.nothing:Here"], []):
        place.write_text(json.dumps(said | {"classes": classes, "settings": [0, "true"]}))
        assert kept.noted(made.path, {}) is None
    assert settings.load(made.path, {}).policy == made.policy
