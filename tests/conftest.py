"""Fixtures for all tests come from the modules named here, each beside the server it starts."""

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.servers.databases", "tests.servers.postgres", "tests.servers.quick"]

# A busy machine makes any single example slow; how long things take is measured in bench/, never in tests. Pairs of random actions
# that both succeed are rare, so that much is filtered by nature.
settings.register_profile(
    "mailgate", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
# The same examples every time: a run is to be repeatable; long random runs are a target of their own.
settings.load_profile("mailgate")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with long tests, told by a time limit of their own, go first: begun last, they alone would keep the others waiting at the end."""
    long = {item.path for item in items if item.get_closest_marker("timeout")}
    items.sort(key=lambda item: item.path not in long)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--engine`: the database that the stories of tests/desk run on."""
    parser.addoption(
        "--engine", choices=["sqlite", "postgresql"], default=None, help="run every story of tests/desk on this database alone"
    )
