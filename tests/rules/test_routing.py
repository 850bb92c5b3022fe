"""Where a new mail goes: by the address it was written to, by the tags in its subject, by the rules; and how `why` can tell."""

from __future__ import annotations

from rules.facts.people import Party
from rules.facts.policy import Policy
from rules.facts.rule import Bound
from rules.facts.things import Device, Things
from tests.rules.arrivals import AGENT, category, condition, kind, mail, policy, route, rule

HARDWARE = [category("hardware", "hw@desk.example"), category("hardware/printer"), category("secret", "board@desk.example", public=False)]


def test_the_address_of_a_category_decides_it():
    """Mail to hw@ must not land in the common heap."""
    assert route(mail(to=("HW+x@desk.example",)), policy(categories=HARDWARE)).actions == ("category hardware",)
    assert route(mail(to=("support@desk.example",)), policy(categories=HARDWARE)).actions == ()


def test_the_envelope_counts_before_to_and_cc():
    """Of a mail to two of our addresses, each copy is of the one that it came by."""
    both = mail(to=("hw@desk.example",), cc=("board@desk.example",))
    assert route(both, policy(categories=HARDWARE), recipients=("board@desk.example",)).actions == ("category secret",)
    assert route(both, policy(categories=HARDWARE), recipients=("support@desk.example",)).actions == ("category hardware",)


def test_customers_may_name_what_is_public():
    """A customer sorts his own request; the board's category is not for him, nor is the priority."""
    desk = policy(categories=HARDWARE, types=[kind("fault"), kind("audit", public=False)])
    routed = route(mail("[cat:printer] [type:Fault] [prio:high] [sev:blocking] broken"), desk)
    assert routed.actions == ("category hardware/printer", "type fault")
    assert routed.wishes == ("prio:high", "sev:blocking")
    hidden = route(mail("[cat:secret] [type:audit] [internal] x"), desk)
    assert hidden.actions == ()
    assert hidden.wishes == ("cat:secret", "type:audit", "internal")


def test_customers_may_name_what_is_their_own():
    """[dev:SN1] of somebody else's lift must not link it."""
    desk = policy()
    theirs = Things(devices=(Device(serial="SN123"),))
    assert route(mail("[dev:sn123] [proj:P7] x"), desk, things=theirs).actions == ("device SN123",)
    assert route(mail("[dev:SN123] [proj:P7] x"), desk).wishes == ("dev:SN123", "proj:P7")


def test_staff_may_name_everything():
    """An agent who writes [prio:high] means it."""
    desk = policy(categories=HARDWARE)
    routed = route(mail("[cat:secret] [type:anything] [prio:high] [proj:P7] [dev:SN1] [internal] x"), desk, actor=AGENT)
    assert routed.actions == ("category secret", "type anything", "prio high", "project P7", "device SN1", "internal")
    assert route(mail("[cat:nowhere] [foo:bar] x"), desk, actor=AGENT).wishes == ("cat:nowhere", "foo:bar")


def test_tags_of_a_reply_are_not_obeyed():
    """Somebody's old subject must not move a new ticket."""
    assert route(mail("Re: [cat:hardware] x"), policy(categories=HARDWARE)).actions == ()


def test_rules_are_asked_in_order_and_later_ones_win():
    """The special rule stands below the general one; only one category may come of it."""
    desk = policy(
        rule("all", then=["category hardware", "prio low", "tag seen"]),
        rule("vpn", condition("subject", "vpn"), then=["category hardware/printer", "tag vpn"]),
        categories=HARDWARE,
    )
    assert route(mail("vpn"), desk).actions == ("prio low", "tag seen", "category hardware/printer", "tag vpn")
    assert route(mail("else"), desk).actions == ("category hardware", "prio low", "tag seen")


def test_a_tag_wins_over_the_address_and_a_rule_over_the_tag():
    """Three ways to a category, one ticket in one category."""
    desk = policy(rule("toner", condition("body", "toner"), then=["cat secret"]), categories=HARDWARE)
    to_hardware = {"to": ("hw@desk.example",)}
    assert route(mail("[cat:hardware/printer] x", **to_hardware), desk).actions == ("category hardware/printer",)
    assert route(mail("[cat:hardware/printer] x", text="toner", **to_hardware), desk).actions == ("cat secret",)


def test_stop_ends_the_walk_only_where_the_rule_matches():
    """Rules below a stop are for the others."""
    desk = policy(
        rule("key account", condition("from", "@big.example"), then=["assign anna"], stop=True),
        rule("rest", then=["prio low"]),
    )
    stopped = route(mail(sender="x@big.example"), desk)
    assert (stopped.actions, stopped.stopped_by) == (("assign anna",), "key account")
    assert [each.rule for each in stopped.asked] == ["key account"]
    other = route(mail(), desk)
    assert (other.actions, other.stopped_by) == (("prio low",), "")


def test_all_conditions_of_a_rule_must_hold_and_the_trace_ends_with_the_first_that_does_not():
    """`why` shows each test, the value it saw, and where in the config it stands."""
    desk = policy(
        rule(
            "vpn of asg",
            condition("subject", "vpn"),
            condition("party", "asg"),
            condition("trust", Bound(limit=1)),
            then=["prio high"],
            line=41,
        )
    )
    asked = [(each.condition, each.saw, each.matched, each.place) for each in route(mail("VPN down"), desk, party=Party(key="asg")).asked]
    assert asked == [
        ("subject", "VPN down", True, "config.toml:41"),
        ("party", "asg", True, "config.toml:41"),
        ("trust", "1", True, "config.toml:41"),
    ]
    nobody = route(mail("VPN down"), desk)
    assert [(each.condition, each.saw, each.matched) for each in nobody.asked] == [("subject", "VPN down", True), ("party", "", False)]
    assert nobody.actions == ()


def test_the_trace_is_ready_for_a_mail_s_own():
    """`mail show --json` carries it: plain values, and what followed from which line."""
    desk = policy(rule("vpn", condition("subject", "vpn"), then=["prio high"], stop=True, line=7), categories=HARDWARE)
    trace = route(mail("[cat:hardware] [prio:low] vpn", to=("hw@desk.example",)), desk).trace
    assert [(row["step"], row["said"], row["saw"]) for row in trace] == [
        ("address", "category hardware", "hw@desk.example"),
        ("tag", "category hardware", "cat:hardware"),
        ("tag", "a wish, not obeyed", "prio:low"),
        ("rule", "matched", "[cat:hardware] [prio:low] vpn"),
        ("rule", "followed: prio high; stop", ""),
    ]
    assert (trace[3]["rule"], trace[3]["place"], trace[3]["condition"], trace[3]["wanted"]) == ("vpn", "config.toml:7", "subject", "vpn")


def test_a_rule_about_the_language_takes_what_is_known():
    """Finnish mail goes to the Finnish group, by the person's language or by what the mail says of itself."""
    desk = policy(rule("fi", condition("language", "fi"), then=["assign @fi"]))
    assert route(mail(headers=(("Content-Language", "fi-FI"),)), desk).actions == ("assign @fi",)
    assert route(mail(), desk, language="fi").actions == ("assign @fi",)
    assert route(mail(), desk).actions == ()


def test_a_desk_without_anything_routes_nothing():
    """The smallest desk."""
    assert route(mail("[x:y] hello"), Policy()).actions == ()
