"""Every verb, registered by importing the families in the order in which help shows them."""

from rules.actions import (
    access,
    asides,
    feedback,
    later,
    moving,
    opening,
    people,
    posts,
    questions,
    service,
    state,
    tasks,
    triage,
    undo,
    upkeep,
)
from rules.actions.base import VERBS

__all__ = [
    "VERBS",
    "access",
    "asides",
    "feedback",
    "later",
    "moving",
    "opening",
    "people",
    "posts",
    "questions",
    "service",
    "state",
    "tasks",
    "triage",
    "undo",
    "upkeep",
]
