"""`ticket history --clock`: the sum of each clock, piece by piece."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.cli.conftest import CONFIG, Desk

CLOCK = """
[clock]
answer = "8h"
solve = "10d"
hours = "office"
[hours.office]
week = {mon="08:00-16:00", tue="08:00-16:00", wed="08:00-16:00", thu="08:00-16:00", fri="08:00-16:00"}
holidays = "FI"
"""


@pytest.fixture
def timed(desk: Desk) -> Desk:
    desk.config.write_text(CONFIG + CLOCK)
    return desk


def at(time: str) -> tuple[str, str]:
    return ("--now", f"2026-12-{time}+02:00")


def test_each_clock_is_explained_so_that_it_adds_up_by_hand(timed: Desk) -> None:
    """A promise that was broken could only be believed, not checked."""
    desk = timed
    desk.opened(*at("03T15:00"))  # a Thursday
    desk.ok("ticket", "do", "T1", "wait customer", "--as", "anna", *at("04T09:00"))
    desk.ok("ticket", "do", "T1", "status working", "--as", "anna", *at("04T12:00"))
    clocks = {c["clock"]: c for c in desk.ok("ticket", "history", "T1", "--clock", *at("07T10:00"))}
    answer = clocks["answer"]
    assert (answer["calendar"], answer["holidays"], answer["limit"], answer["state"]) == ("office", "FI", 8 * 3600, "running")
    # Monday 7 December: Sunday the 6th is Independence Day, Saturday and Sunday are closed anyway
    said = [(i["from"][5:16], i["to"][5:16], i["why"], i["seconds"] // 60) for i in answer["intervals"]]
    assert said == [
        ("12-03T15:00", "12-03T16:00", None, 60),
        ("12-03T16:00", "12-04T08:00", "closed", 0),
        ("12-04T08:00", "12-04T09:00", None, 60),
        ("12-04T09:00", "12-04T12:00", "paused", 0),
        ("12-04T12:00", "12-04T16:00", None, 240),
        ("12-04T16:00", "12-07T08:00", "closed", 0),
        ("12-07T08:00", "12-07T10:00", None, 120),
    ]
    assert answer["worked"] == sum(i["seconds"] for i in answer["intervals"]) == 8 * 3600 == answer["intervals"][-1]["sum"]
    assert answer["due_at"] == "2026-12-07T10:00:00+02:00"
    for clock in clocks.values():
        for i in clock["intervals"]:
            length = (datetime.fromisoformat(i["to"]) - datetime.fromisoformat(i["from"])).total_seconds()
            assert i["seconds"] == (length if i["counts"] else 0)
    text = desk.run("ticket", "history", "T1", "--clock", *at("07T10:00")).out
    assert (
        "answer: 8:00:00 of 8:00:00 (100%)" in text and "stands still: paused" in text and "office (Europe/Helsinki, holidays FI)" in text
    )


def test_a_ticket_without_clocks_says_so(desk: Desk) -> None:
    """An empty screen could as well be a fault."""
    desk.opened()
    assert desk.ok("ticket", "history", "T1", "--clock") == []
    assert "no clock runs" in desk.run("ticket", "history", "T1", "--clock").err


def test_lights_are_those_of_the_moment_that_is_asked_for_and_nothing_is_written(desk: Desk) -> None:
    """`--now` next week showed the light of today until a daemon had passed by; asking must not turn it either."""
    desk.config.write_text(CONFIG + '[clock]\nanswer = "100h"\n[[type]]\nkey = "order"\nlight = {yellow = "10%", red = "20%"}\n')
    desk.opened(*at("01T09:00"))
    desk.opened(*at("01T09:00"), subject="Toner")
    desk.ok("ticket", "do", "T2", "type order", *at("01T09:00"))

    def lights(time: str, *how: str) -> list[tuple[str, str]]:
        return [(row["ref"], row["light"]) for row in desk.ok("ticket", "list", *how, *at(time))]

    assert lights("03T10:00") == [("T2", "red"), ("T1", "green")], "49 %"
    assert lights("03T12:00") == [("T2", "red"), ("T1", "yellow")], "51 %"
    assert lights("03T12:00", "--light", "yellow") == [("T1", "yellow")]
    assert lights("05T14:00", "--limit", "1") == [("T1", "red")], "101 %"
    assert lights("05T14:00", "--sort", "priority") == [("T1", "red"), ("T2", "red")]
    assert desk.ok("ticket", "show", "T1", *at("05T14:00"))["light"] == "red"
    assert "red" in desk.run("ticket", "show", "T1", *at("05T14:00")).out
    assert lights("01T09:30") == [("T1", "green"), ("T2", "green")]
