"""Where the log goes: stderr, as text for people or JSON for machines, as [log] says. Only commands that serve speak up by themselves."""

from __future__ import annotations

import json
import logging

from mailgate.config.doors import Log
from mailgate.desk.aside import Aside


class Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S%z')}",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True)


def start(said: Log, *, least: int = logging.DEBUG) -> None:
    """Send the log to stderr from the configured level on, `least` being the lowest that this command shows."""
    level = max(logging.getLevelNamesMapping().get(said.level.upper(), logging.INFO), least)
    handler = logging.StreamHandler(Aside())
    handler.setFormatter(Json() if said.format == "json" else logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("apscheduler", "asyncio", "imapclient", "aiosmtpd", "mail.log"):
        logging.getLogger(noisy).setLevel(max(level, logging.WARNING))
