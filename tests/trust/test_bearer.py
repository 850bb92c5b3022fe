"""Tokens instead of passwords: fetched, kept, renewed in good time, and what is said when that fails."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailgate.config.doors import OAuth2
from mailgate.config.secrets import Secret
from mailgate.trust.bearer import Bearer, Refused
from tests.servers.tokens import Endpoint, endpoint


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def provider() -> Iterator[Endpoint]:
    """An endpoint of one test."""
    with endpoint() as opened:
        yield opened


def bearer(provider: Endpoint, clock: Clock, **how: object) -> Bearer:
    """A login there."""
    oauth2 = OAuth2(token_url=provider.url, client_id="mailgate", **how)  # type: ignore[arg-type]
    return Bearer(oauth2, seconds=clock)


def test_client_credentials_are_asked_with_and_the_token_is_kept(provider: Endpoint) -> None:
    """An endpoint that is asked for every mail soon refuses."""
    clock = Clock()
    login = bearer(provider, clock, client_secret=Secret(text="hush"), scope="https://outlook.office365.com/.default")
    assert login.token() == login.token() == "token1"
    assert provider.asked == [
        {
            "grant_type": "client_credentials",
            "client_id": "mailgate",
            "client_secret": "hush",
            "scope": "https://outlook.office365.com/.default",
        }
    ]


def test_a_token_is_renewed_before_it_ends(provider: Endpoint) -> None:
    """A token that is fetched when it is needed comes too late when the endpoint is down."""
    clock = Clock()
    login = bearer(provider, clock)
    login.token()
    clock.now += 1799
    assert login.token() == "token1"
    clock.now += 2
    assert login.token() == "token2"
    assert login.left() == 3600


def test_a_failure_is_known_while_the_old_token_still_works(provider: Endpoint) -> None:
    """Half an hour of warning, not the first mail that bounces."""
    clock = Clock()
    login = bearer(provider, clock)
    login.token()
    clock.now += 1801
    provider.refusal = (401, {"error": "invalid_client", "error_description": "AADSTS7000222: The client secret keys are expired."})
    assert login.token() == "token1"
    assert "invalid_client AADSTS7000222: The client secret keys are expired.; check client_id and client_secret_file" in login.trouble
    asked = len(provider.asked)
    login.token()
    assert len(provider.asked) == asked, "not at every mail"
    clock.now += 1800
    with pytest.raises(Refused, match="a secret may have ended"):
        login.token()
    provider.refusal = None
    clock.now += 31
    assert login.token() and login.trouble == ""


def test_a_refresh_token_that_changes_is_written_back_with_its_rights(provider: Endpoint, tmp_path: Path) -> None:
    """Providers end the old one at its first use: after the next start nobody could log in."""
    path = tmp_path / "refresh"
    path.write_text("refresh0\n")
    path.chmod(0o600)
    provider.rotates = True
    clock = Clock()
    login = bearer(provider, clock, refresh_token=Secret(file=path))
    login.token()
    assert provider.asked[0]["refresh_token"] == "refresh0" and provider.asked[0]["grant_type"] == "refresh_token"
    assert path.read_text() == "refresh1\n" and stat.S_IMODE(path.stat().st_mode) == 0o600
    clock.now += 3601
    login.token()
    assert provider.asked[1]["refresh_token"] == "refresh1"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["refresh"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"refusal": (400, {"error": "invalid_grant"})}, "sign in again"),
        ({"refusal": (503, {})}, "HTTP 503"),
        ({"body": b"<html>"}, "check token_url"),
        ({"body": json.dumps({"token": 1}).encode()}, "answers without a token"),
        ({"location": "http://127.0.0.1:1/elsewhere"}, "HTTP 302"),
    ],
)
def test_each_failure_has_a_sentence_that_names_the_mend_and_no_secret(provider: Endpoint, said: dict[str, object], told: str) -> None:
    """Whoever reads the log at night needs the mend; whoever else reads it must not get the key."""
    for name, value in said.items():
        setattr(provider, name, value)
    with pytest.raises(Refused) as caught:
        bearer(provider, Clock(), client_secret=Secret(text="hush-hush"), refresh_token=Secret(text="very-secret")).token()
    assert told in str(caught.value)
    assert "hush-hush" not in str(caught.value) and "very-secret" not in str(caught.value)


def test_an_endpoint_that_is_not_there_or_a_lost_secret_is_told(tmp_path: Path) -> None:
    """A typing error in the config."""
    nobody = OAuth2(token_url="http://127.0.0.1:9/token", client_id="x")
    with pytest.raises(Refused, match=r"127\.0\.0\.1 can't be asked for a token: Connection refused"):
        Bearer(nobody).token()
    gone = OAuth2(token_url="http://127.0.0.1:9/token", client_id="x", client_secret=Secret(file=tmp_path / "gone"))
    with pytest.raises(Refused, match="gone: No such file"):
        Bearer(gone).token()
