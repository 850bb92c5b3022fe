"""Records from DNS: TXT for those who check signatures, MX for the doctor: short waits, answers remembered, and no waiting at all while DNS is out.

The only importer of dnspython. Blocks for at most `WAIT` seconds: for threads and worker processes, not for the loop.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from mailgate.trust.signatures import Unanswered

WAIT = 3.0
"""Seconds that one lookup may take."""

REMEMBERED_MAX = 4096
"""Answers kept; the oldest go first."""

KEEP_MIN, KEEP_MAX, KEEP_ABSENT, KEEP_SILENCE = 60.0, 86_400.0, 300.0, 60.0
"""Seconds that an answer is kept, whatever its time to live says, that an absence is, and that a name without answer is let be."""

OUT_AFTER, OUT_FOR = 3, 30.0
"""After this many lookups in a row without any answer none is tried for so many seconds: a site without DNS takes mail at full speed."""


class Nameserver:
    """Looks up TXT records through the system's resolvers, or through `servers`; safe to share between threads.

    `now` gives seconds of a clock that only runs forward; tests hand in their own.
    """

    def __init__(
        self, servers: tuple[str, ...] = (), *, port: int = 53, wait: float = WAIT, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._servers, self._port, self._wait, self._now = servers, port, wait, now
        self._resolver: dns.resolver.Resolver | None = None
        self._kept: dict[str, tuple[float, bytes | Unanswered | None]] = {}
        self._silent = 0
        self._out_until = 0.0
        self._lock = threading.Lock()

    def txt(self, name: str) -> bytes | None:
        """The TXT record at a name, its strings joined; None if there is none. Raises `Unanswered` if that can't be told now.

        Of several records the one that starts with `v=DKIM1` is taken, else the first.
        """
        name = name.lower().rstrip(".")
        with self._lock:
            kept = self._kept.get(name)
            if kept is None or self._now() >= kept[0]:
                kept = None
                if self._now() < self._out_until:
                    raise Unanswered(f"{name}: no nameserver answers, so none is asked for a moment")
        if kept is None:
            kept = self._remembered(name, *self._ask(name))
        if isinstance(kept[1], Unanswered):
            raise Unanswered(str(kept[1]))
        return kept[1]

    def mail_hosts(self, domain: str) -> tuple[str, ...]:
        """The hosts that take mail for a domain, the most wanted first (RFC 5321 section 5.1); none if there are none, or its MX says so (RFC 7505).

        Nothing is remembered. Raises `Unanswered` if that can't be told now.
        """
        found = self._records(domain, dns.rdatatype.MX)
        if found:
            best = sorted(found, key=lambda each: (each.preference, each.exchange.to_text()))
            return tuple(name for each in best if (name := each.exchange.to_text(omit_final_dot=True).lower()) not in {"", "."})
        return (domain,) if self.addresses(domain) else ()

    def texts(self, name: str) -> tuple[bytes, ...]:
        """All TXT records at a name, the strings of each joined; none if there are none. Nothing is remembered. Raises `Unanswered`."""
        return tuple(b"".join(each.strings) for each in self._records(name, dns.rdatatype.TXT))

    def addresses(self, host: str) -> tuple[str, ...]:
        """The addresses of a host, IPv4 first. Raises `Unanswered`."""
        return tuple(each.address for kind in (dns.rdatatype.A, dns.rdatatype.AAAA) for each in self._records(host, kind))

    def _records(self, name: str, kind: dns.rdatatype.RdataType) -> list[Any]:
        try:
            return list(self._ready().resolve(f"{name.rstrip('.')}.", kind, lifetime=self._wait, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel):
            return []
        except (dns.exception.DNSException, OSError, UnicodeError) as fault:
            raise Unanswered(f"{name}: {fault}") from fault

    def _remembered(self, name: str, seconds: float, record: bytes | Unanswered | None) -> tuple[float, bytes | Unanswered | None]:
        silent = isinstance(record, Unanswered)
        with self._lock:
            self._silent = self._silent + 1 if silent else 0
            several = self._silent >= OUT_AFTER
        # Names whose own servers are dead look the same; a stranger who signs with some of them must not stop all checks.
        out = several and not self._is_alive()
        with self._lock:
            if several:
                self._silent = 0
            if out:
                self._out_until = self._now() + OUT_FOR
            self._kept.pop(name, None)
            self._kept[name] = kept = (self._now() + seconds, record)
            if len(self._kept) > REMEMBERED_MAX:
                self._kept.pop(next(iter(self._kept)))
        return kept

    def _is_alive(self) -> bool:
        try:
            self._ready().resolve(".", dns.rdatatype.NS, lifetime=self._wait / 2, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.NoNameservers):
            return True  # somebody answered, if only with a refusal
        except (dns.exception.DNSException, OSError):
            return False
        return True

    def _ask(self, name: str) -> tuple[float, bytes | Unanswered | None]:
        try:
            answer = self._ready().resolve(f"{name}.", dns.rdatatype.TXT, lifetime=self._wait, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return KEEP_ABSENT, None
        except (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel):
            return KEEP_ABSENT, None
        except (dns.exception.DNSException, OSError, UnicodeError) as fault:
            return KEEP_SILENCE, Unanswered(f"{name}: {fault}")
        records = [b"".join(each.strings) for each in answer]
        chosen = next((each for each in records if each.lstrip().startswith(b"v=DKIM1")), records[0])
        ttl = answer.rrset.ttl if answer.rrset is not None else KEEP_MIN
        return min(max(float(ttl), KEEP_MIN), KEEP_MAX), chosen

    def _ready(self) -> dns.resolver.Resolver:
        if self._resolver is None:
            # Made late: a machine that boots without network must still start the desk.
            resolver = dns.resolver.Resolver(configure=not self._servers)
            resolver.timeout = self._wait / 2
            if self._servers:
                resolver.nameservers = list(self._servers)
                resolver.port = self._port
            self._resolver = resolver
        return self._resolver
