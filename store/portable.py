"""The whole desk as plain files, and back: each table as lines of JSON, each mail as the bytes it has.

    desk.json                what this is, and how many rows each table has
    tables/ticket.jsonl      one row a line, times as ISO 8601
    mails/received/17.eml    what came in, byte for byte
    mails/sent/42.eml        what went out
    tickets/T42.mbox         the mails of one ticket, for whoever has no Mailgate

Written from one snapshot, read into an empty database in one transaction. A copy for safety is `store.backup`; this one can be read by people,
carried between SQLite and PostgreSQL, and looked after with other tools. Next: `mailgate/desk/portable.py`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Connection, Date, DateTime, Integer, LargeBinary, Table, func, insert, select, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import SQLModel

import store.models  # noqa: F401 - fills the metadata: every table travels, in the order that its keys ask for
from store import migrate, search, tables
from store.durability import Unfit

FORMAT = 1
Step = Callable[[int], None]
"""Is told how many rows are done."""
_MAILS: Mapping[str, tuple[str, str, str]] = {"raw": ("received", "received_id", "data"), "outbox": ("sent", "id", "raw")}
"""Tables with mails: the folder of their files, the column that names them, the column with the bytes."""


@dataclass(slots=True, kw_only=True)
class Carried:
    """What was written or read."""

    rows: dict[str, int] = field(default_factory=dict)
    mails: int = 0


def _nobody(_done: int) -> None:
    """Nobody watches."""


def write(tx: Connection, folder: Path, at: datetime, *, step: Step = _nobody) -> Carried:
    """Write everything into a folder that is empty or isn't there; readable by this user alone. Raises FileExistsError, OSError.

    `step` is told how many rows are done.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise FileExistsError(folder)
    done = Carried()
    for rows in _tables():
        step(sum(done.rows.values()))
        _fresh(folder / "tables" / f"{rows.name}.jsonl", _lines(tx, rows, folder, done))
    head = {"mailgate": FORMAT, "step": migrate.HEAD, "at": at.isoformat(), "rows": done.rows}
    _fresh(folder / "desk.json", iter([json.dumps(head, indent=2).encode() + b"\n"]))
    return done


def read(tx: Connection, folder: Path, *, step: Step = _nobody) -> Carried:
    """Read all of it into an empty database; raises Unfit, FileNotFoundError, and FileExistsError where there is something already."""
    head = json.loads((folder / "desk.json").read_text(encoding="utf-8"))
    if head.get("mailgate") != FORMAT or head.get("step") != migrate.HEAD:
        raise Unfit(f"this export was made by another version: its step is {head.get('step')}, ours {migrate.HEAD}")
    for rows in (tables.Ticket, tables.Received, tables.Person, tables.Agent):
        if tx.execute(select(func.count()).select_from(rows)).scalar():
            raise FileExistsError(rows.name)
    done = Carried()
    for rows in _tables():
        step(sum(done.rows.values()))
        tx.execute(rows.delete())
        batch: list[dict[str, Any]] = []
        for row in _rows(folder, rows, done):
            batch.append(row)
            if len(batch) == 200:
                tx.execute(insert(rows), batch)
                batch = []
                step(sum(done.rows.values()))
        if batch:
            tx.execute(insert(rows), batch)
        if done.rows.get(rows.name, 0) != head["rows"].get(rows.name, 0):
            raise Unfit(
                f"tables/{rows.name}.jsonl has {done.rows.get(rows.name, 0)} rows where {head['rows'].get(rows.name, 0)} were written"
            )
        _numbers_on(tx, rows)
    search.learn(tx)
    return done


def _tables() -> list[Table]:
    return list(SQLModel.metadata.sorted_tables)


def _lines(tx: Connection, rows: Table, folder: Path, done: Carried) -> Iterator[bytes]:
    for row in tx.execute(select(rows).order_by(*rows.primary_key).execution_options(yield_per=100)).mappings():
        said: dict[str, Any] = {}
        for column in rows.columns:
            value = row[column.name]
            if isinstance(value, bytes):
                kind, name, _ = _MAILS[rows.name]
                said[column.name] = f"mails/{kind}/{row[name]}.eml"
                _fresh(folder / said[column.name], iter([value]))
                done.mails += 1
            else:
                said[column.name] = value.isoformat() if isinstance(value, date) else value
        done.rows[rows.name] = done.rows.get(rows.name, 0) + 1
        yield json.dumps(said, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass") + b"\n"


def _rows(folder: Path, rows: Table, done: Carried) -> Iterator[dict[str, Any]]:
    path = folder / "tables" / f"{rows.name}.jsonl"
    if not path.is_file():
        return
    with path.open("rb") as lines:
        for line in lines:
            said = json.loads(line.decode("utf-8", "surrogatepass"))
            row = {column.name: _value(column.type, said.get(column.name), folder) for column in rows.columns if column.name in said}
            done.mails += sum(isinstance(value, bytes) for value in row.values())
            done.rows[rows.name] = done.rows.get(rows.name, 0) + 1
            yield row


def _value(kind: Any, said: Any, folder: Path) -> Any:  # noqa: ANN401 - a column type, a JSON value, what the column takes
    inner = kind.impl if isinstance(kind, TypeDecorator) else kind
    if said is None or isinstance(inner, JSON):
        return said
    if isinstance(inner, LargeBinary):
        path = (folder / said).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise Unfit(f"{said} lies outside the export")
        return path.read_bytes()
    if isinstance(inner, DateTime):
        return datetime.fromisoformat(said)
    return date.fromisoformat(said) if isinstance(inner, Date) else said


def _numbers_on(tx: Connection, rows: Table) -> None:
    """PostgreSQL counts in sequences of its own, which must go on after what was read."""
    if tx.dialect.name != "postgresql":
        return
    for column in rows.primary_key:
        if isinstance(column.type, Integer) and not column.foreign_keys and len(rows.primary_key) == 1:
            last = tx.execute(select(func.max(column))).scalar()
            if last:
                name = {"table": f'"{rows.name}"', "column": column.name, "last": last}
                tx.execute(text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)"), name)


def _fresh(path: Path, pieces: Iterator[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.writelines(pieces)
