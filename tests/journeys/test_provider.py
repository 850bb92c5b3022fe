"""A desk at a provider that takes no passwords: mail in by IMAP and out by SMTP, each with tokens that end while the daemon runs."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.journeys.desk import Desk, until
from tests.servers import dovecot
from tests.servers.tokenrelay import token_relay
from tests.servers.tokens import Endpoint, provided

pytestmark = pytest.mark.journey

LOGIN = """user = "desk"
oauth2 = {{token_url = "{url}", client_id = "mailgate", refresh_token_file = "refresh"}}
"""


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[tuple[Endpoint, dovecot.Dovecot]]:
    """An endpoint, and a Dovecot that asks it whose token it is and believes nothing else."""
    with provided(tmp_path, "xoauth2") as both:
        yield both


def letter(number: int) -> bytes:
    """A customer's mail."""
    head = f"From: Kim <kim{number}@client.example>\r\nTo: support@desk.example\r\nSubject: Copier {number}\r\n"
    return f"{head}Message-ID: <{number}@client.example>\r\n\r\nIt beeps.\r\n".encode()


def test_tokens_are_renewed_while_the_desk_serves_and_their_end_is_announced(
    provider: tuple[Endpoint, dovecot.Dovecot], open_desk: Callable[..., Desk]
) -> None:
    """Microsoft 365 and Gmail: a desk that works for one hour, or whose admin hears of the trouble when mail has stopped, is none."""
    tokens, server = provider
    tokens.seconds, tokens.rotates = 4, True
    with token_relay(tokens) as relay:
        login = LOGIN.format(url=tokens.url)
        imap = f'[[imap]]\nhost = "127.0.0.1"\nport = {server.imap_port}\nsecurity = "none"\nsince = "all"\n{login}'
        desk = open_desk(doors=imap, relay=f"smtp://127.0.0.1:{relay.port}")
        desk.write_config(desk.config.read_text().replace("[trust]", f"{login}[trust]"))
        (desk.folder / "refresh").write_text("refresh0\n")
        (desk.folder / "refresh").chmod(0o600)
        desk.start()
        server.deliver("desk", letter(1))
        until(lambda: relay.sent("received"), "the first mail is answered", 30)
        assert relay.logins and not relay.refused

        # The token is renewed before it ends, each time with the refresh token that came last, which is kept for the next start.
        until(lambda: len(tokens.asked) >= 3, "the token is renewed twice", 30)
        assert [form["refresh_token"] for form in tokens.asked[:3]] == ["refresh0", "refresh1", "refresh2"]
        until(lambda: (desk.folder / "refresh").read_text().strip() == f"refresh{len(tokens.asked)}", "the newest is kept")

        # What was given before has ended by now, at both servers: new connections log in with a new one.
        tokens.seconds = 24
        asked = len(tokens.asked)
        until(lambda: len(tokens.asked) > asked, "a token of the new kind", 30)
        tokens.good = {f"token{len(tokens.asked)}"}
        for session in server.sessions():
            with suppress(ProcessLookupError):  # it may have ended just now
                os.kill(session, signal.SIGKILL)
        server.deliver("desk", letter(2))
        until(lambda: len(relay.sent("received")) == 2, "the second mail is answered", 40)

        # The endpoint refuses: the admin hears of it, by mail, while the last token still works.
        tokens.refusal = (400, {"error": "invalid_grant", "error_description": "AADSTS70043"})
        (told,) = until(lambda: relay.sent("alert"), "the admin is told", 40)
        assert "root@staff.example" in str(told["To"])
        body = told.get_body(("plain",))
        assert body is not None
        said = " ".join(str(body.get_content()).split())
        assert "invalid_grant" in said and "sign in again" in said
        assert "token2" not in desk.log() and "refresh1" not in desk.log(), "tokens are in no log"
        assert desk.stop() == 0
