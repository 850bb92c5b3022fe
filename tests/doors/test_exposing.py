"""The page of figures for the monitoring: served at its path, to GET alone, and nothing else."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import Callable

from prometheus_client.parser import text_string_to_metric_families

from mailgate.figures import metrics
from mailgate.figures.exposing import Exposer
from store import engine
from tests.desk.office import desk


def exposed(figures: Callable[[], bytes], ask: Callable[[str], None]) -> None:
    """Let somebody ask a page of these figures."""

    async def story() -> None:
        exposer = Exposer("127.0.0.1:0", figures)
        await exposer.start()
        try:
            await asyncio.to_thread(ask, exposer.listens_at[0])
        finally:
            await exposer.stop()

    asyncio.run(story())


def code(url: str, data: bytes | None = None) -> int:
    """The status that a request is answered with."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data), timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_monitoring_reads_the_figures_of_this_moment(tmp_path) -> None:
    """An alarm on figures of this morning comes in the evening."""
    with desk(tmp_path) as d:

        def figures() -> bytes:
            with engine.reading(d.office.store) as tx:
                return metrics.exposition(tx, d.at)

        def ask(place: str) -> None:
            for n in range(2):
                with urllib.request.urlopen(f"http://{place}/metrics", timeout=5) as answer:
                    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
                    page = answer.read().decode()
                families = {family.name: family for family in text_string_to_metric_families(page)}
                opened = {s.labels["fate"]: s.value for s in families["mailgate_mails"].samples}.get("opened", 0)
                assert opened == n
                d.write("kim@client.example", subject=f"Request {n}")

        exposed(figures, ask)


def test_nothing_but_the_page_is_served_and_a_fault_is_no_page() -> None:
    """A page of zeros while the store is gone would be read as all is well."""
    broken: list[bool] = []

    def figures() -> bytes:
        if broken:
            raise OSError("gone")
        return b"x 1\n"

    def ask(place: str) -> None:
        assert code(f"http://{place}/metrics?x=1") == 200
        assert code(f"http://{place}/etc/passwd") == 404
        assert code(f"http://{place}/metrics", data=b"x") == 405
        broken.append(True)
        assert code(f"http://{place}/metrics") == 503

    exposed(figures, ask)
