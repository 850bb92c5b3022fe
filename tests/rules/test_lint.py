"""Rules that stand in each other's way are found, and rules that don't are left alone."""

from __future__ import annotations

from rules.facts.policy import Spam
from rules.facts.rule import Bound
from rules.lint import lint
from tests.rules.arrivals import condition, policy, rule


def found(*rules, **more):
    return [(finding.kind, finding.rule, finding.by) for finding in lint(policy(*rules, **more))]


def test_nothing_is_asked_behind_a_stop_for_all():
    """Rules were added below the catch-all and never fired."""
    assert found(rule("all", stop=True), rule("late", condition("subject", "x"), then=["prio high"])) == [("shadowed", "late", "all")]


def test_a_narrower_rule_behind_a_stop_is_shadowed():
    """One of a domain's people behind the whole domain, a literal behind one that it contains, a size within a size."""
    assert found(
        rule("domain", condition("from", "@big.example", "@other.example"), stop=True),
        rule("anna", condition("from", "anna@big.example"), then=["prio high"]),
    ) == [("shadowed", "anna", "domain")]
    assert found(
        rule("vpn", condition("subject", "vpn"), stop=True),
        rule("vpn down", condition("subject", "VPN down"), condition("spam", False), then=["prio high"]),
    ) == [("shadowed", "vpn down", "vpn")]
    assert found(
        rule("big", condition("size", Bound(limit=10)), condition("list", True), stop=True),
        rule("bigger", condition("size", Bound(limit=20)), condition("list", "users.example"), then=["prio low"]),
    ) == [("shadowed", "bigger", "big")]


def test_what_may_still_match_is_not_called_shadowed():
    """A false alarm makes people stop reading."""
    assert (
        found(
            rule("anna", condition("from", "anna@big.example"), stop=True),
            rule("domain", condition("from", "@big.example"), then=["prio high"]),
        )
        == []
    )
    assert (
        found(rule("vpn", condition("subject", "^vpn$"), stop=True), rule("vpn x", condition("subject", "vpn x"), then=["prio high"])) == []
    )
    assert (
        found(
            rule("both", condition("subject", "a"), condition("body", "b"), stop=True),
            rule("one", condition("subject", "a"), then=["prio low"]),
        )
        == []
    )
    assert found(rule("no stop"), rule("next", condition("subject", "a"), then=["prio low"])) == [("idle", "no stop", "")]
    assert found(rule("auto", condition("auto", True), stop=True), rule("lists", condition("auto", "list"), then=["prio low"])) == []


def test_rules_that_say_the_opposite_of_the_same_mail_contradict():
    """Two colleagues, two rules, and the first one never counts."""
    assert found(
        rule("mine", condition("subject", "vpn"), then=["category network", "tag vpn"]),
        rule("yours", condition("subject", "VPN"), then=["cat hardware", "tag net"]),
    ) == [("contradicting", "yours", "mine")]


def test_a_special_case_below_a_general_one_is_no_contradiction():
    """That is how rules are meant to be written."""
    assert found(rule("all", then=["prio low"]), rule("vpn", condition("subject", "vpn"), then=["prio high"])) == []
    assert (
        found(rule("vpn", condition("subject", "vpn"), then=["prio high"]), rule("mail", condition("body", "mail"), then=["prio low"]))
        == []
    )
    assert (
        found(rule("one", condition("subject", "a"), then=["prio high"]), rule("same", condition("subject", "a"), then=["prio high"])) == []
    )


def test_rules_that_can_not_match_are_told_apart():
    """A rule for spam sees none of it while spam is held."""
    assert found(rule("spam", condition("spam", True), then=["prio low"])) == [("never", "spam", "")]
    assert found(rule("spam", condition("spam", True), then=["prio low"]), spam=Spam(hold=False)) == []
    assert found(rule("small", condition("size", Bound(limit=0, at_least=False)), then=["prio low"])) == [("never", "small", "")]
    assert found(rule("sure", condition("trust", Bound(limit=5)), then=["prio low"])) == [("never", "sure", "")]
    assert found(rule("odd", condition("party", False), condition("contract", "gold"), then=["prio low"])) == [("never", "odd", "")]
    assert found(rule("list", condition("list", False), condition("auto", "list"), then=["prio low"])) == [("never", "list", "")]


def test_a_finding_names_both_rules_and_their_lines():
    """`rules lint` sends the operator to two places."""
    (finding,) = lint(policy(rule("all", stop=True, line=10), rule("late", then=["prio high"], line=20)))
    assert (finding.place, finding.by_place) == ("config.toml:20", "config.toml:10")
    assert "never asked" in finding.what
