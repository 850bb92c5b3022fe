"""Desks of these tests share what each would make for itself, as those of tests/desk do."""

from collections.abc import Iterator

import pytest

from tests.servers.quick import begun_quickly


@pytest.fixture(scope="package")
def quick() -> Iterator[None]:
    """What a thousand desks need not make a thousand times."""
    with begun_quickly():
        yield


@pytest.fixture(autouse=True, scope="package")
def _quick(quick: None) -> None:
    """What strangers try is tried on desks that have begun."""
