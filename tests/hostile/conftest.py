"""Desks of these tests share what each would make for itself, as those of tests/desk do."""

import pytest


@pytest.fixture(autouse=True, scope="package")
def _quick(quick: None) -> None:
    """What strangers try is tried on desks that have begun."""
