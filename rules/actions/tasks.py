"""Verbs about pieces of work within a ticket: task, doing, done."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from rules import records
from rules.actions.amounts import When
from rules.actions.asides import moment
from rules.actions.base import Action, Aside, Draft, Effect, Refused, Scene, WakeUp, value, verb
from rules.actions.service import reported
from rules.actions.values import Keyed, Rest, Word
from rules.actions.whom import People
from rules.facts.mail import Part
from rules.facts.terms import PostKind
from rules.facts.ticket import TASK_STATES, Task, Ticket
from rules.frozen import replace

SOON = timedelta(days=1)
"""How long before its end a task is called due soon, if it was given more than twice as long before."""


@verb("task")
class GiveTask(Action):
    """Give somebody a piece of work: `#task @petr order the part by friday`, `#task group:hvac measure`. He writes `#done` when it is done."""

    reads_records: ClassVar[bool] = True
    by: str = value(Keyed("by", When(), ("bis",), last=True), default="")
    who: tuple[str, ...] = value(People(needed=False, marked=True), default=())
    text: str = value(Rest(needed=True))
    parts: tuple[Part, ...] = ()
    """Files that came with the line and with no other words: they are for whoever does the work, and stay inside."""
    mail: int | None = None

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        until = moment(self.by, scene, ends=True)
        made: list[Task] = []
        for assignee in self.who or ("",):
            ref = records.next_ref(ticket.ref, ".", (*scene.records.tasks, *(t.ref for t in made)))
            made.append(Task(ref=ref, text=self.text, assignee=assignee, due_at=until, by=scene.who.name, created_at=scene.at))
        draft = self._kept(scene) if self.parts else None
        asides = tuple(told(task, "given", (task.assignee,), scene.who.name, draft) for task in made if task.assignee)
        wakes = tuple(wake for task in made for wake in _reminders(task, scene))
        return Effect(
            ticket=ticket,
            posts=(draft,) if draft else (),
            records=tuple(records.changed("task", None, task) for task in made),
            asides=asides,
            wakes=wakes,
        )

    def _kept(self, scene: Scene) -> Draft:
        """The note that keeps the files."""
        name = scene.who.name if scene.who.is_agent else ""
        return Draft(
            kind=PostKind.note,
            author=scene.who.address,
            agent=name,
            direction="out",
            text=self.text,
            parts=self.parts,
            mail=self.mail,
            to=tuple(who for who in self.who if who),
        )


def _reminders(task: Task, scene: Scene) -> tuple[WakeUp, ...]:
    """When somebody is told that it is due soon, and that it is late; those of an earlier date say nothing once the date is another."""
    if task.due_at is None or task.due_at <= scene.at:
        return ()
    soon = (WakeUp(kind="task", at=task.due_at - SOON, line=task.ref),) if task.due_at - scene.at > 2 * SOON else ()
    return (WakeUp(kind="task", at=task.due_at, line=task.ref), *soon)


def told(task: Task, event: str, to: tuple[str, ...], by: str = "", draft: Draft | None = None) -> Aside:
    """The mail about a task: `given`, `due-soon`, `overdue`, `done`; `by` is who gave or did it, empty for the clock; `draft` has its files."""
    card = {"event": event, "by": by, "task": {"ref": task.ref, **records.values(task)}}
    return Aside(template="task", to=to, draft=draft, about=f"task:{task.ref}", card=card, by_hand=False, reason="task")


@verb("doing")
class DoTask(Action):
    """Say that you have begun a task: `#doing`, `#doing T42.1`."""

    reads_records: ClassVar[bool] = True
    ref: str = value(Word("missing-ref"), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        task = which(self.ref, "doing", ticket, scene)
        mine = scene.who.name if scene.who.name in scene.directory.agents else task.assignee
        after = replace(
            task, state="doing", assignee=mine if not task.assignee or task.assignee.startswith("@") else task.assignee, done_at=None
        )
        return Effect(ticket=ticket, records=(records.changed("task", task, after),) if after != task else ())


@verb("done")
class FinishTask(Action):
    """Say that a task or a service order is done: `#done` in a reply to its mail, or `#done T42.1`."""

    reads_records: ClassVar[bool] = True
    ref: str = value(Word("missing-ref"), default="")

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        order = scene.records.orders.get(_full(self.ref, ticket))
        if order is not None:
            if order.state == "done":
                return Effect(ticket=ticket)
            finished = replace(order, state="done")
            return Effect(ticket=ticket, records=(records.changed("order", order, finished),), asides=(reported(finished, ticket, scene),))
        task = which(self.ref, "done", ticket, scene)
        if not task.is_open:
            return Effect(ticket=ticket)
        after = replace(task, state="done", done_at=scene.at)
        told_to = ("owner", *((task.by,) if task.by in scene.directory.agents else ()))
        return Effect(
            ticket=ticket, records=(records.changed("task", task, after),), asides=(told(after, "done", told_to, scene.who.name),)
        )


@verb("change-task")
class ChangeTask(Action):
    """Change a task, as the command line does; nobody says it in a mail."""

    reads_records: ClassVar[bool] = True
    ref: str = value(Word("missing-ref"))
    text: str = ""
    who: str = ""
    by: str = ""
    state: str = ""

    def effect(self, ticket: Ticket, scene: Scene) -> Effect:
        before = which(self.ref, "done", ticket, scene)
        if self.state and self.state not in TASK_STATES:
            raise Refused("unknown-state", near=TASK_STATES, word=self.state)
        known = self.who[1:] in scene.directory.groups if self.who.startswith("@") else self.who in scene.directory.agents
        if self.who and not known:
            raise Refused("unknown-agent", near=tuple(scene.directory.agents)[:3], word=self.who)
        until = moment(self.by, scene, ends=True)
        state = self.state or before.state
        finished = before.done_at or scene.at if state == "done" else None
        after = replace(
            before,
            text=self.text or before.text,
            assignee=self.who or before.assignee,
            due_at=until or before.due_at,
            state=state,
            done_at=finished,
        )
        if after == before:
            return Effect(ticket=ticket)
        asides: tuple[Aside, ...] = ()
        if state == "done" and before.is_open:
            asides = (told(after, "done", ("owner", *((after.by,) if after.by in scene.directory.agents else ())), scene.who.name),)
        elif after.assignee != before.assignee:
            asides = (told(after, "given", (after.assignee,), scene.who.name),)
        return Effect(ticket=ticket, records=(records.changed("task", before, after),), asides=asides, wakes=_reminders(after, scene))


def which(ref: str, verb: str, ticket: Ticket, scene: Scene) -> Task:
    """The task that is meant: the one named, else the actor's only open one, else the only open one; raises Refused."""
    tasks = scene.records.tasks
    if ref:
        found = tasks.get(_full(ref, ticket))
        if found is None:
            raise Refused("no-such-task", near=tuple(f"{verb} {each}" for each in tasks)[:3], word=ref)
        return found
    left = [task for task in tasks.values() if task.is_open]
    agent = scene.directory.agents.get(scene.who.name)
    mine = {scene.who.name, *(f"@{key}" for key in (agent.groups if agent else ()))}
    own = [task for task in left if task.assignee in mine]
    for among in (own, left):
        if len(among) == 1:
            return among[0]
    if not left:
        raise Refused("no-task", ref=ticket.ref)
    raise Refused("which-task", near=tuple(f"{verb} {task.ref}" for task in own or left)[:3], ref=ticket.ref)


def _full(ref: str, ticket: Ticket) -> str:
    """The whole reference of what may be said as its last number alone."""
    bare = ref.strip("[]#.,;:").upper()
    return f"{ticket.ref}.{bare}" if bare.isdigit() else bare
