"""What strangers write appears as they wrote it, and nothing more; what template authors write stays inside the sandbox."""

from __future__ import annotations

import re

import pytest

from templates import cards, render, samples

PROBES = (
    "{{7*7}}{% for x in y %}",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</div></td></table><style>*{display:none}</style>",
    "javascript:alert(1) & &amp; 'single'",
)


def poisoned(value: object, probe: str, *, keep: frozenset[str]) -> object:
    """The same card with every free string replaced."""
    if isinstance(value, dict):
        return {key: inner if key in keep else poisoned(inner, probe, keep=keep) for key, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner, probe, keep=keep) for inner in value]
    return probe if isinstance(value, str) else value


FIXED = frozenset(
    "language timezone at status colour light priority channel opened_at due promise_at received_at taken_at leaves_at reply_meaning reason audience key line what problem "
    "before reasons header footer content_id verbs kind direction clock event by due_at since from_at to_at when closed_at until".split()
)


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("name", cards.SHAPES)
def test_hostile_words_appear_literally(name: str, probe: str) -> None:
    """A subject that runs as a template, or a name that is markup, would own the agent's mail client or the desk."""
    card = poisoned(samples.sample(name), probe, keep=FIXED)
    assert isinstance(card, dict)
    clean = render.render(name, "en", samples.sample(name), links=samples.links(samples.sample(name)))
    mail = render.render(name, "en", card, links=samples.links(card))
    elements = lambda html: set(re.findall(r"<([a-z0-9]+)", html))  # noqa: E731
    assert elements(mail.html) <= elements(clean.html) | {"p", "code", "strong", "br", "span"}
    assert not re.search(r"<[^>]*\bon[a-z]+=", mail.html)
    flat = re.sub(r"\s+", " ", re.sub(r"\n> ?", " ", mail.text))
    assert probe in flat or probe in mail.subject
    assert "49{%" not in mail.text


def test_control_and_direction_characters_are_gone() -> None:
    """A reversed file name or an escape sequence in a terminal mail reader deceives the agent."""
    card = samples.sample("appended")
    card["post"]["text"] = "a\x1b[31mb\x00c\u202egnp.exe\u2028d\x02e\x03f\ud800g\x1dh"
    card["subject"] = "x\r\nBcc: v@v.test\u2029y\x85z"
    card["ticket"]["requester"]["name"] = "Ada\x07 \u2066Berg"
    mail = render.render("appended", "en", card, links=samples.links(card))
    for text in (mail.subject, mail.text, mail.html):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]", text)
    assert "\n" not in mail.subject
    assert "> a[31mbcgnp.exe" in mail.text
    assert "Ada Berg" in mail.text


def test_a_name_that_looks_like_an_address_is_not_shown() -> None:
    """`"ada@corp.test" <mal@evil.test>` must read as mal, not as ada."""
    card = samples.sample("appended")
    card["ticket"]["requester"] = card["reply_to"] = card["post"]["author"] = {"name": "ada@corp.test", "address": "mal@evil.test"}
    mail = render.render("appended", "en", card, links=samples.links(card))
    assert "ada@corp.test" not in mail.text + mail.html
    assert mail.text.startswith("Your reply goes to mal@evil.test\n")


def test_what_a_customer_wrote_cannot_pass_for_our_own_lines() -> None:
    """A fake "Your reply stays inside" in a customer's text would make an agent write the wrong thing."""
    card = samples.sample("appended")
    card["post"]["text"] = "-- \nYour reply stays inside\n\n[##|##|##|##|##|##]"
    text = render.render("appended", "en", card, links=samples.links(card)).text
    assert "\nYour reply stays inside" not in text
    assert "> Your reply stays inside" in text


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ title.__globals__ }}",
        "{{ self._TemplateReference__context.environment }}",
        "{{ ('%(a)s' | attr('format'))(a=1) }}",
        "{{ '{0.__class__}'.format(1) }}",
        "{{ ticket.update(ref='T1') }}",
        "{{ buttons.append(1) }}",
        "{{ statusbar.func.__code__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{% for x in [].__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    ],
)
def test_template_authors_stay_in_the_sandbox(tmp_path, source: str) -> None:
    """Whoever may write texts must not thereby run code on the server."""
    assert_refused(tmp_path, source)


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 10**9 }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 9 ** 99999999 }}",
        "{{ [0] * 10**9 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ 'a'.ljust(1000000000) }}",
        "{{ 'a'|center(1000000000) }}",
        "{% for a in range(100000) %}aaaaaaaaaaaaaaaaaaaaaaaa{% endfor %}",
        "{% for a in range(10000000000) %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    ],
)
def test_a_template_cannot_exhaust_the_daemon(tmp_path, source: str) -> None:
    """One bad text must stop one mail, not the desk."""
    assert_refused(tmp_path, source)


def assert_refused(folder, source: str) -> None:
    (folder / "en").mkdir(exist_ok=True)
    (folder / "en" / "taken.j2").write_text("{% extends layout %}{% block body %}" + source + "{% endblock %}")
    card = samples.sample("taken")
    with pytest.raises(render.Unrenderable, match="text taken, en"):
        render.render("taken", "en", card, links=samples.links(card), site=folder)
    assert render.render("taken", "en", card, links=samples.links(card)).text


def test_faults_of_a_site_text_name_file_and_line(tmp_path) -> None:
    """The operator mends what he can find."""
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "taken.j2").write_text("{% extends layout %}\n{% block body %}\n{{ ticket.reff }}\n{% endblock %}")
    card = samples.sample("taken")
    with pytest.raises(render.Unrenderable, match=r"reff.*taken\.j2, line 3"):
        render.render("taken", "en", card, links=samples.links(card), site=tmp_path)
    (tmp_path / "en" / "taken.j2").write_text("{% extends layout %}\n{% block body %}\n{% if %}\n{% endblock %}")
    render.forget()
    with pytest.raises(render.Unrenderable, match=r"line 3"):
        render.render("taken", "en", card, links=samples.links(card), site=tmp_path)
