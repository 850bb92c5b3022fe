"""Access tokens for providers that take no passwords: fetched by client credentials or a refresh token, kept, renewed in good time.

A token is renewed after half of its life, so that an endpoint that fails is heard of while the old token still works; `trouble` says what
it said. How a token is used is the mailbox's and the relay's. RFC 6749 sections 4.4 and 6; SASL as in RFC 7628 and XOAUTH2.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import logging
import os
import ssl
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mailgate.config.doors import OAuth2

WAIT_SECONDS = 15.0
LIFE_SECONDS = 3600.0
"""Where the endpoint doesn't say for how long (RFC 6749 section 5.1)."""
AGAIN_SECONDS = 30.0
"""After a failure nobody asks the endpoint again before this."""
_MOST = 1 << 20

log = logging.getLogger("mailgate.bearer")


class Refused(OSError):
    """No token, and none is left; the text says why and is fit for people."""


@dataclass(slots=True)
class _Held:
    token: str = ""
    fetched: float = 0.0
    ends: float = 0.0


class Bearer:
    """The tokens of one login; may be asked from any thread."""

    def __init__(self, oauth2: OAuth2, *, seconds: Callable[[], float] = time.monotonic) -> None:
        self._oauth2 = oauth2
        self._seconds = seconds
        self._held = _Held()
        self._refresh = ""
        self._failed = -AGAIN_SECONDS
        self._lock = threading.Lock()
        self.trouble = ""
        """Why the last attempt failed; empty if it did not."""

    @property
    def host(self) -> str:
        """Who gives the tokens."""
        return urllib.parse.urlsplit(self._oauth2.token_url).hostname or self._oauth2.token_url

    def token(self) -> str:
        """A token that is still good. Raises Refused where there is none."""
        with self._lock:
            now = self._seconds()
            if now >= self._held.fetched + (self._held.ends - self._held.fetched) / 2:
                self._renew(now)
            if not self._held.token or now >= self._held.ends:
                raise Refused(self.trouble or f"{self.host} gives no token")
            return self._held.token

    async def awaited(self) -> str:
        """The same, without holding up an event loop."""
        return await asyncio.to_thread(self.token)

    def left(self) -> float:
        """Seconds until the held token ends; nothing is fetched."""
        return max(0.0, self._held.ends - self._seconds())

    def pause(self) -> float:
        """Seconds until asking for a token would fetch a new one; 0 or less where it would at once."""
        now = self._seconds()
        return max(self._held.fetched + (self._held.ends - self._held.fetched) / 2 - now, self._failed + AGAIN_SECONDS - now)

    def _renew(self, now: float) -> None:
        if now - self._failed < AGAIN_SECONDS:
            return
        try:
            answer = self._asked()
        except Refused as why:
            self.trouble, self._failed = str(why), now
            left = int(max(0.0, self._held.ends - now))
            log.error("token trouble=%s left_seconds=%d", json.dumps(self.trouble), left)  # noqa: TRY400 - the operator's to mend
            return
        self._held = _Held(token=answer["access_token"], fetched=now, ends=now + _life(answer))
        if fresh := answer.get("refresh_token"):
            self._keep(str(fresh))
        self.trouble = ""

    def _asked(self) -> dict[str, Any]:
        said = self._oauth2
        form = {"client_id": said.client_id}
        try:
            if said.client_secret is not None:
                form["client_secret"] = said.client_secret.reveal()
            if said.refresh_token is not None:
                form |= {"grant_type": "refresh_token", "refresh_token": self._refresh or said.refresh_token.reveal().strip()}
            else:
                form["grant_type"] = "client_credentials"
        except OSError as why:
            raise Refused(f"{why.filename}: {why.strerror}") from None
        if said.scope:
            form["scope"] = said.scope
        request = urllib.request.Request(  # noqa: S310 - the config takes web addresses alone
            said.token_url, urllib.parse.urlencode(form).encode(), {"Accept": "application/json"}
        )
        try:
            with _opener().open(request, timeout=WAIT_SECONDS) as answer:
                read = json.loads(answer.read(_MOST))
        except urllib.error.HTTPError as refused:
            with refused:
                raise Refused(_told(self.host, refused)) from None
        except (OSError, http.client.HTTPException) as why:
            reason = getattr(why, "reason", why)
            raise Refused(f"{self.host} can't be asked for a token: {getattr(reason, 'strerror', None) or reason}") from None
        except ValueError:
            raise Refused(f"{self.host} answers with something that is no token; check token_url") from None
        if not isinstance(read, dict) or not isinstance(read.get("access_token"), str) or not read["access_token"]:
            raise Refused(f"{self.host} answers without a token; check token_url and scope")
        return read

    def _keep(self, fresh: str) -> None:
        """Providers that give a new refresh token with each use end the old one: it is written back where it came from."""
        self._refresh = fresh
        source = self._oauth2.refresh_token
        if source is None or source.file is None:
            return
        with contextlib.suppress(OSError):
            if source.reveal().strip() == fresh:
                return
        try:
            _written(source.file, fresh)
        except OSError as why:
            log.error("token refresh_token of %s can't be kept in %s: %s", self.host, source.file, why.strerror)  # noqa: TRY400


class _Unfollowed(urllib.request.HTTPRedirectHandler):
    """No redirect: the secret goes to the address that was configured, or nowhere."""

    def redirect_request(self, *_: object) -> None:
        """The answer with the redirect is the refusal."""


@lru_cache(maxsize=1)
def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.HTTPSHandler(context=ssl.create_default_context()), _Unfollowed)


def _life(answer: dict[str, Any]) -> float:
    try:
        return max(2.0, float(answer.get("expires_in") or LIFE_SECONDS))
    except (TypeError, ValueError):
        return LIFE_SECONDS


def _told(host: str, refused: urllib.error.HTTPError) -> str:
    """What the endpoint says is wrong (RFC 6749 section 5.2), with the mend of the usual ones."""
    try:
        read = json.loads(refused.read(_MOST))
        code, more = str(read.get("error") or ""), str(read.get("error_description") or "").split("\n")[0]
    except (ValueError, AttributeError, OSError):
        code, more = "", ""
    mend = {
        "invalid_client": "check client_id and client_secret_file; a secret may have ended",
        "invalid_grant": "the refresh token has ended or was withdrawn: sign in again and store the new one",
        "invalid_scope": "check scope",
        "unauthorized_client": "the application may not use this grant: an administrator of the provider has to allow it",
    }.get(code, "")
    said = " ".join(each for each in (code, more[:300]) if each) or f"HTTP {refused.code}"
    return f"{host} refuses a token: {said}{f'; {mend}' if mend else ''}"


def _written(path: Path, text: str) -> None:
    """Replace a file by another of the same rights, whole or not at all."""
    mode = path.stat().st_mode & 0o777
    beside = path.with_name(f".{path.name}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


_BEARERS: dict[OAuth2, Bearer] = {}


def of(oauth2: OAuth2) -> Bearer:
    """The one bearer of this login in this process: mailbox and relay share a token."""
    return _BEARERS.setdefault(oauth2, Bearer(oauth2))


def pause() -> float:
    """Seconds after which `renewed` should be called again: when the next token is half over, within a second and a minute."""
    return min([60.0, *(max(1.0, bearer.pause()) for bearer in list(_BEARERS.values()))])


def renewed() -> list[str]:
    """Renew what is half over; gives what is in trouble."""
    found = []
    for bearer in list(_BEARERS.values()):
        with contextlib.suppress(Refused):
            bearer.token()
        if bearer.trouble:
            found.append(bearer.trouble)
    return found
