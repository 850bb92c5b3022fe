"""An OAuth2 endpoint on loopback: gives tokens, ends them, and tells a mail server whose they are (RFC 6749, RFC 7662)."""

from __future__ import annotations

import json
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.servers import dovecot


class Endpoint:
    """What it answers next, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.good: set[str] = set()
        """Tokens that a mail server is told to take."""
        self.user = "desk"
        self.seconds = 3600
        self.refusal: tuple[int, dict[str, str]] | None = None
        self.body: bytes | None = None
        self.rotates = False
        self.location = ""
        self.url = ""

    def answer(self, form: dict[str, str]) -> tuple[int, bytes]:
        """To a request for a token."""
        self.asked.append(form)
        if self.refusal:
            return self.refusal[0], json.dumps(self.refusal[1]).encode()
        if self.body is not None:
            return 200, self.body
        token = f"token{len(self.asked)}"
        self.good.add(token)
        more = {"refresh_token": f"refresh{len(self.asked)}"} if self.rotates else {}
        return 200, json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": self.seconds, **more}).encode()


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    """One that ends with the block; its address is in `url`."""
    state = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            if state.location:
                self.send_response(302)
                self.send_header("Location", state.location)
                self.end_headers()
                return
            self._say(*state.answer(form))

        def do_GET(self) -> None:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            self._say(200, json.dumps({"active": "true", "username": state.user} if token in state.good else {"active": "false"}).encode())

        def _say(self, code: int, body: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing to stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        state.url = f"http://127.0.0.1:{server.server_address[1]}/token"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def provided(folder: Path, mechanisms: str) -> Iterator[tuple[Endpoint, dovecot.Dovecot]]:
    """An endpoint, and a Dovecot that asks it whose token it is; `mechanisms` are all that it offers, the last of them by token."""
    with endpoint() as tokens:
        asks = folder / "oauth2.conf"
        asks.write_text(
            f"introspection_mode = auth\nintrospection_url = {tokens.url}\nusername_attribute = username\n"
            "active_attribute = active\nactive_value = true\n"
        )
        asks.chmod(0o644)
        folder.chmod(0o755)
        by_token = mechanisms.rsplit(maxsplit=1)[-1]
        server = dovecot.start(
            extra=f"auth_mechanisms = {mechanisms}\npassdb {{\n  driver = oauth2\n  mechanisms = {by_token}\n  args = {asks}\n}}\n"
        )
        try:
            yield tokens, server
        finally:
            server.stop()
