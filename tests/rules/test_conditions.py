"""Each word of `when` asks exactly one thing of a mail, and tells what it saw."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailgate.config import patterns
from mailgate.config.mistakes import Wrong
from mailgate.config.schema.when import When
from rules import conditions
from rules.conditions import MOST_SHOWN, MOST_TEXT, WORDS, ask
from rules.facts.mail import Machine, Verified
from rules.facts.policy import Policy, Spam
from rules.facts.rule import Bound
from rules.facts.terms import Level, MachineKind
from tests.rules.arrivals import arrival, category, condition, mail, policy


def holds(asked, of=None, **more):
    return ask(asked, arrival(of, **more)).holds


@pytest.mark.parametrize(
    ("wanted", "address", "fits"),
    [
        ("kim@client.example", "Kim@Client.Example.", True),
        ("kim@client.example", "kim@client.example.evil.example", False),
        ("kim@client.example", "xkim@client.example", False),
        ("k.m@client.example", "kim@client.example", False),
        ("@client.example", "kim@client.example", True),
        ("@client.example", "kim@sub.client.example", False),
        ("*@*.client.example", "kim@sub.client.example", True),
        ("kim+*@client.example", "kim+x@client.example", True),
        ("Complaints@", "complaints@client.example", True),
        ("complaints@", "no-complaints@client.example", False),
        ("complaints@", "complaints@client.example.evil.example", True),
        (".*@(client|other)\\.example$", "kim@other.example", True),
        ("^kim@", "akim@client.example", False),
        ("@müller.example", "kim@xn--mller-kva.example", True),
        ("kim@xn--mller-kva.example", "KIM@MÜLLER.EXAMPLE", True),
    ],
)
def test_addresses_are_written_in_full_by_domain_or_as_a_pattern(wanted, address, fits):
    """A rule for one customer must not catch whoever chose a similar domain."""
    assert holds(condition("from", wanted), mail(sender=address)) is fits
    assert holds(condition("to", wanted), mail(to=("other@x.example", address))) is fits
    assert holds(condition("to", wanted), mail(cc=(address,))) is fits
    assert holds(condition("to", wanted), mail(), recipients=(address,)) is fits


def test_a_token_in_our_address_does_not_hide_it():
    """Buttons and replies come to support+token@; the rule says support@."""
    assert holds(condition("to", "support@desk.example"), mail(to=()), recipients=("support+T42.abc@desk.example",))
    assert not holds(condition("to", "support@desk.example"), mail(to=()), recipients=("support+x@other.example",))


def test_the_subject_and_the_body_are_searched_whatever_their_case():
    """People write VPN, Vpn and vpn, and Tulostin with umlauts in capitals."""
    assert holds(condition("subject", "vpn|tunneli"), mail("Ongelma: VPN"))
    assert holds(condition("body", "häiriö"), mail(text="Vakava HÄIRIÖ\nlaitteessa"))
    assert not holds(condition("subject", "^vpn$"), mail("vpn problem"))
    assert not holds(condition("body", "vpn"), mail("vpn"))


def test_tags_are_what_stands_in_brackets():
    """`tag = "urgent"` must not fire on the word in a sentence."""
    assert holds(condition("tag", "urgent"), mail("[Urgent] printer"))
    assert holds(condition("tag", "cat:hardware/*"), mail("x [cat:hardware/printer] y"))
    assert not holds(condition("tag", "urgent"), mail("urgent printer [not so urgent]"))


def test_every_field_of_a_name_counts():
    """A second X-Shop field must not slip past the rule for the first."""
    two = mail(headers=(("X-Shop", "news"), ("x-shop", "Order 7")))
    assert holds(condition("header", "order", header="X-Shop"), two)
    assert not holds(condition("header", "order", header="X-Other"), two)


def test_sizes_and_levels_have_a_side():
    """`>5MB` is not from 5 MB on; `trust = 2` is."""
    assert holds(condition("size", Bound(limit=101)), mail(), bytes=101)
    assert not holds(condition("size", Bound(limit=101)), mail(), bytes=100)
    assert holds(condition("size", Bound(limit=100, at_least=False)), mail(parts=(("a.bin", "x/y", 90, False),), text="123456789"))
    assert holds(condition("trust", Bound(limit=2)), level=Level.token)
    assert not holds(condition("trust", Bound(limit=2, at_least=False)), level=Level.token)


def test_lists_are_known_by_their_field_or_their_kind():
    """Mail of a list must not be answered by a rule with a canned text."""
    listed = mail(headers=(("List-Id", "The Users <users.lists.example>"),))
    assert holds(condition("list", True), listed)
    assert holds(condition("list", True), machine=Machine(kind=MachineKind.list))
    assert holds(condition("list", False))
    assert holds(condition("list", "users.lists.example"), listed)
    assert holds(condition("list", "*users*"), listed)
    assert not holds(condition("list", "users"), listed)


def test_automatic_is_what_a_program_wrote():
    """Alarms of the monitoring may be sorted, a colleague's mail over a list is no alarm."""
    alarm, reply = Machine(kind=MachineKind.human, generated=True), Machine(kind=MachineKind.auto_reply)
    assert holds(condition("auto", True), machine=alarm)
    assert holds(condition("auto", "generated"), machine=alarm)
    assert holds(condition("auto", "auto-reply", "bounce"), machine=reply)
    assert not holds(condition("auto", "bounce"), machine=reply)
    assert holds(condition("auto", False))
    assert holds(condition("auto", False), machine=Machine(kind=MachineKind.list))


def test_parties_contracts_and_languages_are_whole_words():
    """`party = "asg"` is not ASG-Holding."""
    assert holds(condition("party", "ASG"), party="asg")
    assert not holds(condition("party", "asg"), party="asg-holding")
    assert not holds(condition("party", "*"), party="")
    assert holds(condition("party", False))
    assert holds(condition("contract", True), contracts=("c1",))
    assert holds(condition("contract", "gold*"), contracts=("basic", "gold-24h"))
    assert holds(condition("language", "fi"), language="fi")
    assert not holds(condition("language", "fi"))


def test_attachments_are_files_not_pictures_of_a_signature():
    """Half of all mails carry a logo; `attachment = true` is about the invoice."""
    logo, invoice = ("logo.png", "image/png", 5, True), ("Invoice.PDF", "application/pdf", 5, False)
    assert not holds(condition("attachment", True), mail(parts=(logo,)))
    assert holds(condition("attachment", True), mail(parts=(logo, invoice)))
    assert holds(condition("attachment", "*.pdf"), mail(parts=(invoice,)))
    assert holds(condition("attachment", "application/*"), mail(parts=(invoice,)))
    assert not holds(condition("attachment", "image/*"), mail(parts=(logo, invoice)))


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (mail(headers=(("X-Spam-Flag", "YES"),)), "X-Spam-Flag: YES"),
        (mail(headers=(("X-Spam-Flag", "NO"),)), ""),
        (mail(headers=(("X-MS-Exchange-Organization-SCL", "5"),)), "SCL 5"),
        (mail(headers=(("X-MS-Exchange-Organization-SCL", "-1"),)), ""),
        (mail(headers=(("X-MS-Exchange-Organization-SCL", "4"),)), ""),
        (mail(headers=(("X-MS-Exchange-Organization-SCL", "⁵"),)), ""),
        (mail(verified=(Verified(method="dmarc", result="fail", domain="bank.example"),)), "DMARC fail bank.example"),
        (mail(verified=(Verified(method="dkim", result="fail"), Verified(method="dmarc", result="pass"))), ""),
    ],
)
def test_spam_is_what_somebody_marked(of, why):
    """The desk has no filter of its own; what the site's filter says must count, and nothing else."""
    assert conditions.spam(of, Policy()) == why
    assert holds(condition("spam", True), of) is bool(why)
    assert holds(condition("spam", False), of) is not bool(why)


def test_a_desk_that_does_not_hold_spam_may_still_sort_it():
    """`[spam] hold = false` with a rule of one's own."""
    lax = Policy(spam=Spam(hold=False))
    marked = mail(headers=(("X-Spam-Flag", "yes"),))
    assert conditions.spam(marked, lax) == ""
    assert holds(condition("spam", True), marked, policy=lax)


def test_the_trace_shows_what_was_seen_on_one_short_line():
    """A trace with a megabyte in it, or a line break, would be no trace."""
    saw = ask(condition("body", "nothing"), arrival(mail(text="line one\n\nline two " + "x" * 100_000)))
    assert saw.value.startswith("line one line two xxx")
    assert len(saw.value) <= MOST_SHOWN
    many = ask(condition("to", "@nobody.example"), arrival(mail(to=[f"{i}@x.example" for i in range(5000)])))
    assert len(many.value) <= MOST_SHOWN
    assert ask(condition("to", "@b.example"), arrival(mail(to=("a@a.example", "b@b.example")))).value == "b@b.example"


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "([a-z]+)*\\d", "(.*a){20}", "(?i)(x+x+)+y"])
def test_no_pattern_takes_long(pattern):
    """One rule of a careless colleague and one long mail must not stop the desk (1 MB of near-misses)."""
    asked = condition("body", pattern)
    hostile = mail(text=("a" * 1_000_000) + "!")
    began = time.process_time()
    for _ in range(5):
        ask(asked, arrival(hostile))
    assert time.process_time() - began < 0.5


def test_what_stands_behind_the_first_64_kib_no_rule_sees():
    """The bound is a fact that the manual states, so it is pinned."""
    assert holds(condition("body", "needle"), mail(text=" " * (MOST_TEXT - 6) + "needle"))
    assert not holds(condition("body", "needle"), mail(text=" " * MOST_TEXT + "needle"))


def test_half_a_character_is_searched_without_a_crash():
    """Headers may decode to a lone surrogate; a rule must not park the mail for it."""
    assert holds(condition("subject", "vpn"), mail("vpn \udce4"))


@given(st.text(max_size=60), st.text(max_size=200))
def test_any_pattern_is_compiled_or_refused_with_a_sentence(pattern, text):
    """Whatever is typed into a config or a subject, nothing else happens."""
    for compile_ in (patterns.regex, patterns.word, patterns.address):
        try:
            compiled = compile_(pattern)
        except Wrong:
            continue
        compiled.matcher.search(text)


@given(st.text(st.characters(exclude_characters="*", exclude_categories=("Cs",)), min_size=1, max_size=30).filter(str.strip))
def test_a_plain_word_matches_itself_and_nothing_around_it(word):
    """`party = "a.b"` has no hidden meaning."""
    assert patterns.word(word).matcher.search(word.strip())
    assert not patterns.word(word).matcher.search("x" + word.strip())


def test_the_words_of_the_schema_are_the_words_there_are():
    """A word that the config takes and no function asks would crash the first mail."""
    assert [field.alias or name for name, field in When.model_fields.items()] == list(WORDS)


def test_a_category_address_counts_as_ours_for_rules():
    """`to = "hw@desk.example"` also when a token stands in it."""
    desk = policy(categories=[category("hw", "hw@desk.example")])
    assert holds(condition("to", "hw@desk.example"), mail(to=("HW+x@desk.example",)), policy=desk)
