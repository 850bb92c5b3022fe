"""A mailbox at a provider that takes tokens alone: a real Dovecot that asks the endpoint whose token it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import cli
from mailgate.clock import clerk
from mailgate.letters import events, troubles
from store import engine, outbox, people
from tests.desk.office import desk, plain
from tests.servers import dovecot
from tests.servers.tokens import Endpoint, provided

CONFIG = """
[desk]
name = "Harbour Desk"
address = "support@desk.example"
secret_file = "secret"
[store]
url = "sqlite:///desk.db"
[relay]
url = "maildir:sent"
[trust]
verify_dkim = false
[[imap]]
host = "127.0.0.1"
port = {port}
security = "none"
user = "desk"
since = "all"
oauth2 = {{token_url = "{url}", client_id = "mailgate", client_secret_file = "client"}}
"""
MAIL = (
    b"From: Kim <kim@client.example>\r\nTo: support@desk.example\r\nSubject: Copier\r\nMessage-ID: <1@client.example>\r\n\r\nIt beeps.\r\n"
)


@pytest.fixture(params=["xoauth2", "oauthbearer"])
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Endpoint, dovecot.Dovecot]]:
    """An endpoint, and a server that believes nothing else; one of them offers OAUTHBEARER alone (RFC 7628)."""
    with provided(tmp_path, f"plain login {request.param}") as both:
        yield both


def test_mail_is_fetched_with_a_token_and_trouble_is_told_with_its_mend(
    provider: tuple[Endpoint, dovecot.Dovecot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Microsoft 365 and Gmail take no passwords any more."""
    tokens, server = provider
    server.deliver("desk", MAIL)
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "client").write_text("hush\n")
    (folder / "client").chmod(0o600)
    (folder / "config.toml").write_text(CONFIG.format(port=server.imap_port, url=tokens.url))
    monkeypatch.chdir(folder)
    assert cli.main(["tick"]) == 0, server.log()[-2000:]
    capsys.readouterr()
    assert cli.main(["--json", "ticket", "list"]) == 0
    assert [each["subject"] for each in json.loads(capsys.readouterr().out)] == ["Copier"]
    assert tokens.asked[0]["client_secret"] == "hush"
    assert cli.main(["--json", "doctor"]) in {0, 1}
    found = {each["check"]: each for each in json.loads(capsys.readouterr().out)}
    assert found["imap desk@127.0.0.1"]["level"] == "ok", found


def test_the_admin_hears_of_a_token_that_cannot_be_renewed(tmp_path: Path) -> None:
    """While the last one still works, there is time to mend it."""
    with desk(tmp_path) as d:
        with engine.transaction(d.office.store) as tx:
            event = events.Event(at=d.at, policy=d.office.policy, directory=people.directory(tx), actor=clerk.TIMER)
            batch = troubles.token_refused(d.office.policy, ["login.example refuses a token: invalid_grant"], event)
            outbox.put(tx, batch, cause="token:1", at=d.at, keys=d.office.keys, domain=d.office.policy.desk.domain)
        (told,) = d.post()
        assert "root@desk.example" in str(told["To"]) and "invalid_grant" in plain(told) and "about to end" in str(told["Subject"])
