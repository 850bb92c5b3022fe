"""From the sections of a sound config to the doors: paths made absolute, secrets turned into where to find them, ports filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from mailgate.config import checks, doors
from mailgate.config.doors import Listen
from mailgate.config.mistakes import Mistake
from mailgate.config.reading import Reading
from mailgate.config.schema import desk
from mailgate.config.schema import doors as said
from mailgate.config.secrets import Secret
from mailgate.config.site import Settings
from rules import routing
from rules.facts.policy import Policy
from templates import languages


class _Doors:
    """The doors of one config; `reading` has no mistakes."""

    def __init__(self, reading: Reading, environment: Mapping[str, str]) -> None:
        self.reading = reading
        self.folder = reading.path.parent
        self.environment = dict(environment)

    def path(self, written: str) -> Path:
        return checks.resolve(self.folder, written, self.environment)

    def secret(self, text: str | None, file: str | None, variable: str | None) -> Secret | None:
        if text:
            return Secret(text=text)
        if file:
            return Secret(file=self.path(file))
        return Secret(variable=variable, environment=self.environment) if variable else None

    def listen(self, at: Listen) -> Listen:
        return Listen(path=str(self.path(at.path))) if at.path else at

    def tls(self, section: said.Smtp | said.Submission) -> doors.Tls | None:
        if not section.tls_cert:
            return None
        key = self.path(section.tls_key) if section.tls_key else None
        return doors.Tls(cert=self.path(section.tls_cert), key=key, implicit=section.implicit_tls)

    def oauth2(self, section: said.OAuth2 | None) -> doors.OAuth2 | None:
        if section is None:
            return None
        return doors.OAuth2(
            token_url=section.token_url,
            client_id=section.client_id,
            client_secret=self.secret(section.client_secret, section.client_secret_file, section.client_secret_env),
            refresh_token=self.secret(None, section.refresh_token_file, section.refresh_token_env),
            scope=section.scope,
        )

    def store(self) -> doors.Store:
        section = self.reading.get(said.Store, "store") or said.Store()
        url = section.url
        if url.startswith("sqlite:///"):
            file, mark, query = url.removeprefix("sqlite:///").partition("?")
            return doors.Store(url=f"sqlite:///{self.path(file)}{mark}{query}")
        if url.startswith("postgresql://"):
            url = "postgresql+psycopg" + url.removeprefix("postgresql")
        password = self.secret(section.password, section.password_file, section.password_env)
        if checks.has_password(url):
            scheme, _, rest = url.partition("://")
            login, _, host = rest.partition("@")
            user, _, inline = login.partition(":")
            url, password = f"{scheme}://{user}@{host}", Secret(text=unquote(inline))
        return doors.Store(url=url, password=password)

    def smtp(self) -> doors.Smtp | None:
        section = self.reading.get(said.Smtp, "smtp")
        if section is None or section.listen is None:
            return None
        return doors.Smtp(
            listen=self.listen(section.listen), max_size_bytes=section.max_size, hostname=section.hostname, tls=self.tls(section)
        )

    def submission(self) -> doors.Submission | None:
        section = self.reading.get(said.Submission, "submission")
        if section is None or section.listen is None:
            return None
        return doors.Submission(
            listen=self.listen(section.listen),
            require_auth=section.require_auth,
            auth_in_clear=section.auth_in_clear,
            max_size_bytes=section.max_size,
            tls=self.tls(section),
        )

    def lmtp(self) -> doors.Lmtp | None:
        section = self.reading.get(said.Lmtp, "lmtp")
        if section is None or section.listen is None:
            return None
        return doors.Lmtp(listen=self.listen(section.listen), max_size_bytes=section.max_size)

    def imap(self) -> Iterator[doors.Imap]:
        for _, section in self.reading.all(said.Imap, "imap"):
            yield doors.Imap(
                name=section.name or f"{section.user}@{section.host}",
                host=section.host,
                port=section.port or (993 if section.security == "tls" else 143),
                security=section.security,
                user=section.user,
                password=self.secret(section.password, section.password_file, section.password_env),
                oauth2=self.oauth2(section.oauth2),
                ca_file=self.path(section.ca_file) if section.ca_file else None,
                folder=section.folder,
                role=section.role,
                junk=section.junk,
                since=section.since,
                done=section.done,
                idle=section.idle,
                every=section.every,
            )

    def relay(self) -> doors.Relay:
        section = self.reading.get(said.Relay, "relay") or said.Relay()
        scheme, _, rest = section.url.partition(":")
        host, port = _host_and_port(rest, 465 if scheme == "smtps" else 25)
        signed = section.dkim
        dkim = doors.Dkim(selector=signed.selector, domain=signed.domain, key_file=self.path(signed.key_file)) if signed else None
        return doors.Relay(
            kind="maildir" if scheme == "maildir" else "smtp",
            path=self.path(rest) if scheme == "maildir" else self.folder / "var/sent",
            host="" if scheme == "maildir" else host,
            port=port,
            security="tls" if scheme == "smtps" else section.security,
            user=section.user,
            password=self.secret(section.password, section.password_file, section.password_env),
            oauth2=self.oauth2(section.oauth2),
            ca_file=self.path(section.ca_file) if section.ca_file else None,
            dkim=dkim,
            envelope=section.envelope,
            rate=section.rate,
            max_size_bytes=section.max_size,
            copy=section.copy_.removeprefix("imap:").strip(),
        )

    def board(self) -> doors.Board | None:
        section = self.reading.get(said.Board, "board")
        if section is None:
            return None
        return doors.Board(
            host=section.host,
            port=section.port or (993 if section.security == "tls" else 143),
            security=section.security,
            user=section.user,
            password=self.secret(section.password, section.password_file, section.password_env),
            ca_file=self.path(section.ca_file) if section.ca_file else None,
            folder=section.folder,
            login=section.login,
            every=section.every,
        )


def settings(reading: Reading, policy: Policy, environment: Mapping[str, str]) -> Settings:
    """The settings of a config without mistakes."""
    opened = _Doors(reading, environment)
    own = reading.get(desk.Desk, "desk")
    metrics = reading.get(said.Metrics, "metrics")
    log = reading.get(said.Log, "log") or said.Log()
    made = Settings(
        path=reading.path,
        policy=policy,
        store=opened.store(),
        smtp=opened.smtp(),
        submission=opened.submission(),
        lmtp=opened.lmtp(),
        imap=tuple(opened.imap()),
        relay=opened.relay(),
        board=opened.board(),
        metrics=opened.listen(metrics.listen) if metrics and metrics.listen else None,
        log=doors.Log(format=log.format, level=log.level.upper()),
        secret_file=opened.path(own.secret_file if own else "var/secret"),
        texts=opened.path(own.texts) if own and own.texts else None,
        alarm=own.alarm if own else "",
        cautions=(),
        raw=reading.raw,
    )
    object.__setattr__(made, "cautions", tuple(_cautions(reading, made)))
    return made


def _host_and_port(rest: str, usual: int) -> tuple[str, int]:
    host, colon, port = rest.strip("/").rpartition(":")
    if colon and port.isdigit():
        return host.strip("[]"), int(port)
    return rest.strip("/").strip("[]"), usual


def _cautions(reading: Reading, made: Settings) -> Iterator[Mistake]:
    """Passwords that would travel in clear, and doors that anybody could use."""

    def caution(at: tuple[str | int, ...], what: str) -> Mistake:
        return Mistake(path=reading.path, line=reading.line(at), key=".".join(map(str, at)), what=what)

    door = made.submission
    if door is not None and not door.require_auth and not door.listen.is_local:
        yield caution(("submission", "require_auth"), "lets anybody on the network write as an agent")
    if door is not None and door.require_auth and door.tls is None and not door.listen.is_local:
        yield caution(("submission", "listen"), "is open to the network without tls_cert: nobody can log in there")
    for name, listening in (("smtp", made.smtp), ("submission", made.submission)):
        if listening is not None and listening.tls is not None and (why := _no_certificate(listening.tls)):
            yield caution((name, "tls_cert"), why)
    for i, mailbox in enumerate(made.imap):
        if mailbox.security == "none" and not _is_here(mailbox.host):
            yield caution(("imap", i, "security"), f"sends the password to {mailbox.host} in clear")
    relay = made.relay
    if relay.kind == "smtp" and relay.user and relay.security in {"none", "auto"} and not _is_here(relay.host):
        yield caution(("relay", "security"), f'may send the password to {relay.host} in clear; write security = "starttls" or smtps://')
    if made.lmtp is not None and not made.lmtp.listen.is_local:
        yield caution(
            ("lmtp", "listen"), "is open to the network: whoever reaches it hands in mail past every limit; write unix: or 127.0.0.1"
        )
    yield from (caution(at, what) for at, what in _own(made))
    yield from (caution(at, what) for at, what in _unanswered(made))


def _unanswered(made: Settings) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Canned answers that rules send and nobody wrote."""
    sent = [
        (("rule", number, "then", position), line.strip().partition(" ")[2].strip())
        for number, rule in enumerate(made.policy.rules)
        for position, line in enumerate(rule.then)
        if routing.verb_of(line) == "canned"
    ]
    there = {path.stem.lower() for path in made.texts.glob("canned/*/*.md")} if sent and made.texts else set()
    where = f"{made.texts}/canned" if made.texts else "canned in the folder of [desk] texts"
    yield from ((at, f"there is no canned answer {name!r} in {where}: nothing is sent") for at, name in sent if name.lower() not in there)


def _own(made: Settings) -> Iterator[tuple[tuple[str, str], str]]:
    """What the desk says of itself that keeps mail from people."""
    texts = (languages.MAIL, *([made.texts] if made.texts else []))
    for code in made.policy.languages:
        if not any((folder / languages.primary(code)).is_dir() for folder in texts):
            yield ("desk", "languages"), f"has {code!r}, in which there are no texts; folders of yours may hold them: [desk] texts"
    domain = made.policy.desk.domain
    dkim = made.relay.dkim
    if dkim is not None and domain != dkim.domain and not domain.endswith(f".{dkim.domain}"):
        what = f"signs for {dkim.domain}, but mails come from {domain}: receivers will not count it (RFC 7489 section 3.1)"
        yield ("relay", "dkim"), what
    if not made.policy.desk.address.rpartition("@")[0].isascii():
        yield ("desk", "address"), "has letters beside a to z before its @: many mail systems can't answer it (RFC 6531)"
    archive = made.policy.archive
    if archive.purge_after is not None and (archive.after is None or archive.purge_after < archive.after):
        what = "when nothing is" if archive.after is None else "before anything is"
        yield ("archive", "purge_after"), f"empties what is archived, {what}: see [archive] after"
    if made.policy.desk.mode == "watch":
        yield ("desk", "mode"), "is watch: nobody but the admin gets mail"
    if not made.policy.desk.admin:
        yield ("desk", "admin"), "is empty: nobody is told when something needs a person"


def _no_certificate(tls: doors.Tls) -> str:
    """Why a door can't open with these files, empty if it can."""
    import ssl  # noqa: PLC0415 - few configs have certificates

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls.cert, tls.key)
    except OSError as why:
        reason = "its key is another's" if "MISMATCH" in str(why) else "is no certificate with its key in PEM"
        return f"{tls.cert} {reason}: serve will not start"
    return ""


def _is_here(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")
