"""Every verb, in the order in which help shows them: family by family, whichever of them somebody imported first."""

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

_FAMILIES = (access, asides, feedback, later, state, moving, opening, people, posts, questions, service, tasks, triage, undo, upkeep)
for _family in _FAMILIES:
    for _verb in [verb for verb, made in VERBS.items() if made.__module__ == _family.__name__]:
        VERBS[_verb] = VERBS.pop(_verb)
