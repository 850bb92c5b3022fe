"""A small nameserver on loopback, with the records that a test gives it."""

from __future__ import annotations

import socket
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class Zone:
    """A nameserver with TXT records, and others; names that aren't there don't exist, `dead` ones get no answer, `sick` ones SERVFAIL."""

    def __init__(self) -> None:
        self.records: dict[str, tuple[int, list[str]]] = {}
        self.others: dict[tuple[str, str], list[str]] = {}
        """Records of other kinds: `("desk.example", "MX")` and how they are written in a zone file."""
        self.asked: list[str] = []
        self.silent = False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        while True:
            octets, client = self.socket.recvfrom(4096)
            if not octets:
                return
            query = dns.message.from_wire(octets)
            question = query.question[0]
            name = question.name.to_text(omit_final_dot=True)
            self.asked.append(name)
            if self.silent or name.startswith("dead"):
                continue
            answer = dns.message.make_response(query)
            if name.startswith("sick"):
                answer.set_rcode(dns.rcode.SERVFAIL)
            elif name in self.records and question.rdtype == dns.rdatatype.TXT:
                ttl, texts = self.records[name]
                answer.answer.append(dns.rrset.from_text_list(question.name, ttl, "IN", "TXT", texts))
            elif texts := self.others.get((name, dns.rdatatype.to_text(question.rdtype))):
                answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", question.rdtype, texts))
            elif name not in self.records and name != "." and not any(known == name for known, _ in self.others):
                answer.set_rcode(dns.rcode.NXDOMAIN)
            self.socket.sendto(answer.to_wire(), client)

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join(5)
        self.socket.close()
