"""SIGTERM under load, again and again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.journeys.desk import Desk
from tests.journeys.test_life import stopped_under_load


@pytest.mark.chaos
@pytest.mark.timeout(3600)
def test_a_hundred_sigterms_under_load(open_desk: Callable[..., Desk]) -> None:
    """Each upgrade comes at a moment of its own."""
    stopped_under_load(open_desk, 100, at_least=3)
