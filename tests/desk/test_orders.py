"""Service orders reported on: whoever gave the work hears of it, once, with what the technician wrote."""

from __future__ import annotations

from pathlib import Path

from tests.desk.office import desk, plain, to
from tests.desk.staff import ANNA, asked, kinds, one, to_customers

PETR = "petr@staff.example"


def test_what_a_technician_reports_reaches_whoever_gave_the_order_once(tmp_path: Path) -> None:
    """Anna would have to ask each evening whether Petr had been there."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "petr")
        d.write(ANNA, 'Change the pump.\n\n#take\n#order tech:petr when:"fri 9"', answer=mail)
        order = one(d.post_later(), PETR, "order")
        assert "#hours" in plain(order)
        assert f"\n{d.ticket().subject}\n" in plain(order), "the ticket's own words, not in capitals"
        d.write(PETR, "The pump was worn out.\n\n#hours 1.5 parts:2xSN-99,hose changed it\n#done", answer=order)
        mails = d.post_later()
        assert to_customers(mails) == [] and kinds(to(mails, ANNA)) == ["order"] and kinds(to(mails, PETR)) == ["report"]
        told = plain(one(mails, ANNA))
        assert all(
            words in told for words in ("Petr reports:", "The pump was worn out.", "changed it", "SN-99", "hose", "Everything is done")
        )
        assert "#hours" not in told  # it isn't Anna who has to report
        d.write(ANNA, "#show", answer=mail)
        whole = " ".join(plain(one(d.post_later(), ANNA, "show-answer")).split())
        assert "T1-1 Change the pump" in whole and "1:30 h changed it" in whole and "2 × SN-99" in whole
        shown = " ".join(d.commands.run("ticket", "show", "T1").out.split())
        assert "T1-1 [done] Change the pump" in shown and "1:30 h petr" in shown and "changed it" in shown and "2 × SN-99" in shown


def test_hours_before_the_end_are_told_too(tmp_path: Path) -> None:
    """What takes days would be a riddle until its last one."""
    with desk(tmp_path) as d:
        mail = asked(d, "anna", "petr")
        d.write(ANNA, "#take\n#order tech:petr change the pump", answer=mail)
        order = one(d.post_later(), PETR, "order")
        d.write(PETR, "#hours 1.5 waiting for a part", answer=order)
        told = one(d.post_later(), ANNA, "order")
        assert "waiting for a part" in plain(told) and "Everything is done" not in plain(told)
        d.write(ANNA, "#order tech:anna look at it", answer=mail)
        d.post_later()
        d.write(ANNA, "#hours 1", answer=mail)
        assert kinds(to(d.post_later(), ANNA)) == ["report"]  # nobody is told of what he did himself
