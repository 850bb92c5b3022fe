"""What a mail that we sent means: to whom it went, about what, and what an answer to it does.

One value per outbox row, read by threading, trust, notices and the buttons alike. The tokens over it are made in `rules.tokens`;
the rows themselves live in the store. Next: `rules.tokens`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum

from rules.facts.terms import ReplyMeaning, address_key
from rules.frozen import dataclass

COMMAND_LIFE = timedelta(days=180)
"""How long an answer to a mail may carry commands by the token alone; threading by it never ends."""

BUTTON_LIFE = timedelta(days=30)
"""How long the buttons of a mail may be pressed."""


class RecipientKind(StrEnum):
    """Whose verbs the tokens of a mail may carry: staff's, customers', or none at all."""

    customer = "customer"
    agent = "agent"
    other = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One mail of ours to one recipient, as its outbox row remembers it.

    Raises ValueError if the id is not positive or a time is naive: that is a fault of the caller, never of a mail.
    """

    outbox_id: int
    template: str
    """Name of the text, such as `appended` or `received`."""
    recipient: str
    """The one address that the mail went to, as written; compared by `recipient_key`."""
    recipient_kind: RecipientKind
    ticket_ref: str = ""
    """As it was when the mail was made, `T42`; empty for mail about no ticket (digest, report of a list)."""
    ticket_id: int | None = None
    reply_meaning: ReplyMeaning | None = None
    """What a reply of staff to this mail is; None for customers, whose replies are always public."""
    created_at: datetime
    command_until: datetime | None = None
    """Until when a reply may carry commands, normally `created_at + COMMAND_LIFE`; None for a mail that never gives that right."""
    buttons: Mapping[str, str] = field(default_factory=dict)
    """Button key (`close`, `rate4`, `b3`) to the command line that pressing it means."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Word that works as first line of a reply, as the mail said, to button key."""
    press_until: datetime | None = None
    """Until when the buttons may be pressed; None for the usual `created_at + BUTTON_LIFE`."""
    message_id: str = ""
    """With angle brackets."""
    text: str = ""
    """The plain text as it left, to tell what a reply quotes from what its author wrote."""

    about: str = ""
    """What an answer is about where that isn't the whole ticket: `post:17`, `task:T42.1`, `order:T42-1`."""

    newest_post: int = 0
    """Id of the newest post that the recipient could know of when the mail was made, to notice replies that cross."""

    def __post_init__(self) -> None:
        if self.outbox_id < 1:
            raise ValueError(f"outbox_id must be positive, not {self.outbox_id}")
        for name, moment in (
            ("created_at", self.created_at),
            ("command_until", self.command_until),
            ("press_until", self.press_until),
        ):
            if moment is not None and moment.tzinfo is None:
                raise ValueError(f"{name} must be aware")

    @property
    def recipient_key(self) -> str:
        """The recipient in the form in which addresses are compared."""
        return address_key(self.recipient)

    @property
    def buttons_end(self) -> datetime:
        """The instant from which the buttons of this mail do nothing."""
        return self.press_until or self.created_at + BUTTON_LIFE

    def may_press(self, at: datetime) -> bool:
        """Whether a button of this mail still acts at `at`; that it acts only once is the store's to know."""
        return at < self.buttons_end

    def may_command(self, at: datetime) -> bool:
        """Whether a reply that comes in at `at` may still carry commands by its token."""
        return self.command_until is not None and at < self.command_until
