"""Columns whose values a driver gives otherwise than we use them, by table. Written by packaging/new_tables.py, for `store.plain`."""

from __future__ import annotations

from collections.abc import Mapping

TIMES: Mapping[str, tuple[str, ...]] = {
    "agent": ("created_at",),
    "person": ("confirmed_at", "created_at"),
    "signing_key": ("begins_at", "ends_at", "added_at"),
    "blocked": ("at",),
    "access_request": ("created_at", "decided_at"),
    "ticket": (
        "level_at",
        "resolved_at",
        "opened_at",
        "read_at",
        "taken_at",
        "answered_at",
        "waiting_until",
        "closed_at",
        "archived_at",
        "deleted_at",
        "due_by",
        "check_at",
    ),
    "post": ("at", "undone_at"),
    "task": ("due_at", "created_at", "done_at"),
    "service_order": ("when_at", "created_at"),
    "history": ("at",),
    "wake": ("due_at", "fired_at"),
    "received": ("received_at", "settled_at", "announced_at"),
    "used_signature": ("at",),
    "skipped": ("seen_at",),
    "outbox": ("created_at", "press_until", "due_at", "lease_until", "sent_at"),
    "pressed": ("pressed_at",),
    "firing": ("started_at", "fired_at"),
}
JSONS: Mapping[str, tuple[str, ...]] = {
    "agent": ("addresses", "groups", "manager_of"),
    "party": ("domains", "approvers"),
    "person": ("may", "categories"),
    "access_request": ("functions", "categories", "approvers", "approved", "denied"),
    "ticket": ("watchers", "waiting_room", "fields", "tags", "muted", "endcustomer", "due"),
    "post": ("parts", "to"),
    "service_order": ("hours", "parts"),
    "history": ("changed",),
    "received": ("rcpt_to", "trace", "to_list", "cc_list", "hold"),
    "outbox": ("card", "buttons"),
}
FLAGS: Mapping[str, tuple[str, ...]] = {
    "party": ("quiet", "named_only"),
    "person": ("known", "limited"),
    "ticket": ("quiet", "veiled"),
    "received": ("silent", "put_away"),
    "outbox": ("until_closed",),
    "project": ("active",),
}
DAYS: Mapping[str, tuple[str, ...]] = {
    "contract": ("starts", "ends"),
}
