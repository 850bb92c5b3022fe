"""Every verb, registered by importing the families in the order in which help shows them."""

from rules.actions import feedback, opening, people, posts, questions, state, triage, undo
from rules.actions.base import VERBS

__all__ = ["VERBS", "feedback", "opening", "people", "posts", "questions", "state", "triage", "undo"]
