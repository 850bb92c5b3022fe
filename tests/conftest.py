"""Fixtures for all tests come from the modules named here, each beside the server it starts."""

import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.servers.databases", "tests.servers.postgres"]

# A busy machine makes any single example slow; how long things take is measured in bench/, never in tests. Pairs of random actions
# that both succeed are rare, so that much is filtered by nature.
settings.register_profile(
    "mailgate", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
# The same examples every time: a run is to be repeatable; long random runs are a target of their own.
settings.load_profile("mailgate")


# What a shell starts in the background ignores Ctrl-C, and so would every program that a test starts and breaks off.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

LONG = (
    "house/test_recipes house/test_wheel journeys/test_newcomer journeys/test_life journeys/test_pipe journeys/test_submission journeys/test_real_chain"
    " journeys/test_mailbox desk/test_every_button desk/test_fortnight desk/test_reply_styles desk/test_every_mail_has_a_fate rules/test_vocabulary"
    " cli/test_on_postgresql cli/test_start cli/test_options cli/test_tickets looks/test_looks faults/test_disk imap/test_dovecot"
).split()
"""Files that take longest, as a run of all tests shows (`--durations=0`)."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files go first: begun last, one alone would keep the others waiting at the end. A time limit of its own tells a long test, too."""
    limited = {item.path for item in items if item.get_closest_marker("timeout")}
    long = {Path(__file__).parent / f"{name}.py" for name in LONG}
    items.sort(key=lambda item: item.path not in limited | long)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--engine`: the database that the stories of tests/desk run on."""
    parser.addoption(
        "--engine", choices=["sqlite", "postgresql"], default=None, help="run every story of tests/desk on this database alone"
    )
    parser.addoption("--served", action="store_true", help="tell every story of tests/desk to a daemon, by its doors")
