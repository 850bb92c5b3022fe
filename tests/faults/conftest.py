"""Desks for these drills come from the journeys."""

from tests.journeys.conftest import open_desk

__all__ = ["open_desk"]
