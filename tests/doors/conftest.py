"""Runs the coroutine tests of this folder, each under asyncio's own loop and under uvloop, which the daemon takes where it is there."""

from __future__ import annotations

import asyncio
import inspect
import ssl
from pathlib import Path

import pytest
import trustme

try:
    import uvloop
except ImportError:
    uvloop = None

DEADLINE_SECONDS = 40


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if inspect.iscoroutinefunction(metafunc.function):
        metafunc.fixturenames.append("loop_kind")
        metafunc.parametrize("loop_kind", ["asyncio", "uvloop"] if uvloop else ["asyncio"])


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    wanted = inspect.signature(pyfuncitem.obj).parameters
    arguments = {name: pyfuncitem.funcargs[name] for name in wanted}
    kind = pyfuncitem.callspec.params["loop_kind"]
    factory = uvloop.new_event_loop if kind == "uvloop" else asyncio.new_event_loop

    async def within_deadline() -> None:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await pyfuncitem.obj(**arguments)

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(within_deadline())
    return True


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ssl.SSLContext]:
    """A PEM file with key and chain for localhost, and a client's context that believes it."""
    folder = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    issued = authority.issue_cert("localhost", "127.0.0.1", "desk.example")
    pem = folder / "server.pem"
    issued.private_key_and_cert_chain_pem.write_to_path(pem)
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return pem, context
