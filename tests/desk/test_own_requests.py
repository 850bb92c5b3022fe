"""Staff that needs help itself: an agent who is the customer of his own desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.facts.terms import PostKind, Status
from tests.desk.customers import tap
from tests.desk.office import desk, to
from tests.desk.staff import ANNA, BEN, kinds, login, one


@pytest.mark.parametrize("line", ["", "#new for:anna@staff.example\n\n"])
def test_an_agent_is_a_customer_where_it_is_his_own_request(tmp_path: Path, line: str) -> None:
    """What he answers his colleague would be a note among staff that nobody is told of, and he would hear everything twice."""
    with desk(tmp_path) as d:
        d.agent("anna")
        d.agent("ben")
        d.write(ANNA, f"{line}My own chair is broken.", envelope=login("anna"))
        mails = d.post_later()
        assert d.ticket().requester.address == ANNA
        assert kinds(to(mails, ANNA)) == ["report"]
        new = one(mails, BEN, "new-in-group")
        d.write(BEN, "Which chair is it?", answer=new)
        mails = d.post_later()
        assert kinds(to(mails, ANNA)) == ["message"]
        answer = one(mails, ANNA)
        assert answer["X-Mailgate-Reply"] is None
        d.write(ANNA, "The red one.", answer=answer)
        said = d.posts()[-1]
        assert (said.kind, said.direction, said.text) == (PostKind.public, "in", "The red one.")
        mails = d.post_later()
        assert kinds(to(mails, BEN)) == ["appended"] and to(mails, ANNA) == []
        d.write(BEN, "A new one is coming.\n\n#close", answer=one(mails, BEN))
        closed = one(d.post_later(), ANNA)
        assert closed["X-Mailgate-Template"] == "closed"
        tap(d, ANNA, closed, "It is not solved")
        assert d.ticket().status is not Status.closed
        assert kinds(to(d.post_later(), BEN)) == ["reopened"]
