"""Every verb, registered by importing the families in the order in which help shows them."""

from rules.actions import feedback, people, posts, questions, state, triage, undo
from rules.actions.base import VERBS

__all__ = ["VERBS", "feedback", "people", "posts", "questions", "state", "triage", "undo"]
