"""Where command lines are found in a text and what is left of it: first and last block, never fences, never what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.reading import commands

ROWS = st.lists(
    st.sampled_from(
        [
            "",
            " ",
            "#close",
            "  #prio high",
            "＃wait",
            "    #code",
            "##x",
            "# apt",
            "#5",
            "#fff",
            "```",
            "~~~",
            "text",
            "> #q",
            "\u200b#close",
            "#ab",
            "# ",
        ]
    )
    | st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=20),
    max_size=14,
)


def found(text: str) -> tuple[list[str], list[str], str]:
    """Lines at the ends, lines further in, and the rest."""
    made = commands.find(text)
    return [line.text for line in made.lines], [line.text for line in made.inside], made.body


@pytest.mark.parametrize(
    "line",
    ["# apt update", "#!/bin/sh", "#5", "#1 fan", "#fff", "#FFCC00", "#fff;", "##x", "#", "#-x", "a #close", "    #close", "\t#close"],
)
def test_what_only_looks_like_a_command_is_text(line: str) -> None:
    """A prompt, a colour or indented code in an answer would hold it."""
    assert found(f"{line}\n\ntext")[0] == []


@pytest.mark.parametrize(
    "line", ["#close", "  #close", "＃close", "\ufeff#close", "#\u200bclose", "\u00a0#close", "#close ", "#close\u00a0"]
)
def test_invisible_characters_and_full_width_signs_do_not_hide_a_command(line: str) -> None:
    """Phones and editors put them in; the line would go to the customer as text."""
    assert found(line) == (["close"], [], "")


@pytest.mark.parametrize("line", ["#Übernehmen", "#přidělit anna", "#ota", "#взять", "#担当"])
def test_a_letter_of_any_script_begins_a_command(line: str) -> None:
    """Verbs have names in every language of the desk."""
    assert found(line)[0] == [line[1:]]


def test_commands_stand_in_the_first_or_the_last_block() -> None:
    """A line in the middle is asked about, a line at the end was the agent's afterthought."""
    text = "#prio high\nHello,\n\nfirst\n\n#close\n\nlast\n#tag x"
    assert found(text) == (["prio high", "tag x"], ["close"], "Hello,\n\nfirst\n\n#close\n\nlast")


def test_numbers_are_those_of_the_authors_text() -> None:
    """The question about a line would name another one."""
    made = commands.find("\n\n#a1\ntext\n\n#b2\n\nend")
    assert [(line.number, line.text) for line in (*made.lines, *made.inside)] == [(3, "a1"), (6, "b2")]


def test_fenced_code_is_left_alone_and_an_open_fence_runs_to_the_end() -> None:
    """A script that is sent to a customer would be torn apart or executed."""
    assert found("```\n#close\n##x\n```") == ([], [], "```\n#close\n##x\n```")
    assert found("Hello\n\n~~~\n#close") == ([], [], "Hello\n\n~~~\n#close")
    assert found("```\n#a1\n~~~\n#b1\n```\n#close")[0] == ["close"]


@pytest.mark.parametrize(
    "line",
    [
        "*#close*",
        "**#close**",
        "_#close_",
        "`#close`",
        "- #close",
        "\u2022 #close",
        "1. #close",
        '"#close"',
        "\u201e#close\u201c",
        "(#close)",
    ],
)
def test_a_command_with_marks_around_it_may_be_meant(line: str) -> None:
    """Mail programs write bold as `*#close*`, our own mails print words in quotes; the customer read the line."""
    assert found(line) == ([], ["close"], line)
    assert found(f"Hello\n\n{line}\n\n#prio high")[:2] == (["prio high"], ["close"])


@pytest.mark.parametrize("line", ["\t#close", "      #close"])
def test_an_indented_command_may_be_meant_where_nothing_else_is_said(line: str) -> None:
    """It went to the customer alone; within an answer it is code."""
    assert found(line) == ([], ["close"], line)
    assert found(f"{line}\n#prio high")[:2] == (["prio high"], ["close"])
    assert found(f"Like this:\n\n{line}")[:2] == ([], [])


@pytest.mark.parametrize(
    "line", ["*# close*", "- #5", "* #fff", "- ##close", "Please #close", "http://x.example/#close", "> #close", "C#close"]
)
def test_a_sign_within_text_is_text(line: str) -> None:
    """Answers that speak of numbers, colours and links would all be asked about."""
    assert found(line)[:2] == ([], [])


def test_a_doubled_sign_is_a_single_one() -> None:
    """There would be no way to begin a line with a sign and a letter."""
    assert found("##close is a command")[2] == "#close is a command"


@given(rows=ROWS)
def test_every_line_is_a_command_or_text_and_none_is_lost(rows: list[str]) -> None:
    """A line that is neither would vanish from an answer."""
    text = "\n".join(rows)
    made = commands.find(text)
    numbers = {line.number for line in made.lines}
    assert numbers.isdisjoint(line.number for line in made.inside)
    kept = [row for n, row in enumerate(rows, 1) if n not in numbers]
    left = made.body.split("\n") if made.body else []

    def shown(row: str) -> bool:
        return bool(row.translate(commands._INVISIBLE).strip())  # what counts as blank is the reader's to say

    plain = [row for row in kept if shown(row)]

    def single(row: str) -> str:
        # fenced rows keep a doubled sign, others lose it; which is which is another test's
        return row.replace("##", "#", 1).replace("＃＃", "＃", 1)

    assert [single(row) for row in left if shown(row)] == [single(row) for row in plain]


@given(rows=ROWS)
def test_leaving_out_no_line_leaves_all_and_leaving_out_twice_is_the_same(rows: list[str]) -> None:
    """A held mail that runs again would lose lines each time."""
    text = "\n".join(rows)
    everything = set(range(1, len(rows) + 1))
    assert commands.without(text, everything) == ""
    assert commands.find(text).body.strip() == commands.without(text, {line.number for line in commands.find(text).lines}).strip()


@given(text=st.text(max_size=200))
def test_any_text_can_be_searched(text: str) -> None:
    """A mail that breaks the reader is parked, its customer unanswered."""
    made = commands.find(text)
    assert all(line.text for line in (*made.lines, *made.inside))
    commands.first_words(text)


@pytest.mark.parametrize(
    ("text", "word"), [("Stop!\n\nAnna", "Stop!"), ("\n\n  **send**  \nx", "send"), ("close.", "close"), ("", ""), ("4\ngood", "4")]
)
def test_the_first_words_of_an_answer_may_be_a_buttons(text: str, word: str) -> None:
    """Where links don't work, the word has to."""
    assert commands.first_words(text).rstrip("!") == word.rstrip("!")


def test_statuses_and_priorities_are_understood_in_every_language_of_the_desk() -> None:
    """A Finnish or Czech agent would have to learn English words to close a ticket."""
    from rules.actions.base import read
    from rules.facts.people import Directory
    from rules.facts.policy import Policy
    from rules.lexicon import words

    known = words(Policy(), Directory())
    for said, meant in {
        "status suljettu": "status closed",
        "status uzavřeno": "status closed",
        "status čeká": "status waiting",
        "prio kiireellinen": "prio high",
    }.items():
        assert read(said, known).spell() == meant


def test_commands_above_a_closing_formula_stand_at_the_end() -> None:
    """Whoever signs with a greeting would be asked every time whether he meant it."""
    for closing in ("Best regards\nAnna", "Viele Grüße,\nAnna", "Terveisin\n\nAnna", "S pozdravem\nAnna Nováková", "Thanks!"):
        found = commands.find(f"It prints again.\n\n#close\n\n{closing}")
        assert [line.text for line in found.lines] == ["close"], closing
        assert found.body == f"It prints again.\n\n{closing}", closing


def test_paragraphs_of_commands_belong_together() -> None:
    """A phone makes a paragraph of every line."""
    found = commands.find("Hello\n\n#prio high\n\n#wait 2d")
    assert [line.text for line in found.lines] == ["prio high", "wait 2d"]
    found = commands.find("#take\n\n#prio high\n\nHello\n\nMore")
    assert [line.text for line in found.lines] == ["take", "prio high"]


def test_a_command_between_paragraphs_stays_in_the_middle() -> None:
    """It may be an example; nobody may guess."""
    for tail in ("And then restart it.", "Best regards from the team of the third floor and everybody\nAnna"):
        found = commands.find(f"Type this:\n\n#close\n\n{tail}")
        assert not found.lines
        assert [line.text for line in found.inside] == ["close"]
