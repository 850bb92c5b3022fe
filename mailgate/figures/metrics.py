"""Figures of a desk for Prometheus, read from the store: what is true now, whoever asks and however many processes there are.

Served by the daemon where `[metrics] listen` is set, printed by `mailgate metrics`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection

from store.queries import figures


@dataclass(slots=True, eq=False)
class _Figures(Collector):
    found: figures.Figures

    def collect(self) -> Iterable[Metric]:
        found = self.found
        yield _gauge("tickets", "Tickets that are not archived, by status.", "status", found.tickets)
        yield _gauge("tickets_light", "Open tickets by their light.", "light", found.lights)
        yield _gauge("mails", "Received mails by fate; waiting has none yet.", "fate", found.fates)
        yield _gauge("outbox", "Mails to send and sent, by state.", "state", found.outbox)
        yield _single("oldest_waiting_seconds", "Age of the oldest mail without a fate.", found.oldest_waiting)
        yield _single("oldest_due_seconds", "How long the oldest mail to send is overdue.", found.oldest_due)
        yield _single("held", "Mails held or parked that nobody has decided about.", found.undecided)
        yield _single("agents", "Agents.", found.agents)
        yield _single("database_bytes", "Size of the database file.", found.database_bytes)


def exposition(tx: Connection, at: datetime) -> bytes:
    """All figures in the text format of Prometheus, version 0.0.4."""
    registry = CollectorRegistry()
    registry.register(_Figures(figures.read(tx, at)))
    return generate_latest(registry)


def _gauge(name: str, help: str, label: str, values: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(f"mailgate_{name}", help, labels=[label])
    for word, count in values.items():
        family.add_metric([word], count)
    return family


def _single(name: str, help: str, value: float) -> Metric:
    return GaugeMetricFamily(f"mailgate_{name}", help, value=value)
