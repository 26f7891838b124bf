"""One JSON object per log line, without personal data. Standard library only: gunicorn loads it before Django.

A line keeps what the programmer wrote and drops what people brought in. Of a message's arguments only numbers and plain
technical words (kinds, names of classes, periods, UUIDs) are filled in, everything else becomes "…". An exception
keeps its type and the places it passed through; its text stays out, since a database quotes the row it refuses.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

HIDDEN = "…"
FRAMES = 12
LONGEST = 500
# Extra facts of our own that a line may carry; each is a number or comes out of the code.
EXTRAS = ("method", "route", "status", "milliseconds", "queries")

request_id: ContextVar[str] = ContextVar("request_id", default="")

_TECHNICAL = re.compile(
    r"[A-Za-z][A-Za-z_.:]{0,79}"  # quota_reminder, django.db.utils.OperationalError
    r"|20\d\d-?(0[1-9]|1[0-2])(-\d\d)?"  # a period: 202611, 2026-11, 2026-11-21
    r"|[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}"  # a UUID
)
# In text that was put together before it reached us: quoted words, addresses of mail and network, longer numbers, and
# whatever isn't ASCII, which is where names are.
_SUSPECT = re.compile(
    r"'[^']*'|\"[^\"]*\"|\S+@\S+|\b\d{1,3}(\.\d{1,3}){3}\b|\b[0-9a-fA-F]*(:[0-9a-fA-F]*){2,}\b|\d{4,}|[^\x00-\x7f…]+"
)


class JsonLines(logging.Formatter):
    """{"at", "level", "logger", "message", …}; `request` joins the lines of one request."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": message_of(record)[:LONGEST],
        }
        if identifier := request_id.get():
            line["request"] = identifier
        line |= {name: record.__dict__[name] for name in EXTRAS if name in record.__dict__}
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = type(record.exc_info[1]).__qualname__
            line["at_code"] = places(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def message_of(record: logging.LogRecord) -> str:
    """The message as it was written in the code, with the harmless ones of its arguments."""
    template = scrubbed(str(record.msg))
    if not record.args:
        return template
    given = record.args
    try:
        if isinstance(given, dict):
            return template % {name: harmless(value) for name, value in given.items()}
        return template % tuple(harmless(value) for value in given)
    except (TypeError, ValueError, KeyError):  # a %d that got a hidden word: the template alone still tells
        return template


def harmless(value: object) -> object:
    if value is None or isinstance(value, bool | int | float | UUID):
        return value
    return value if isinstance(value, str) and _TECHNICAL.fullmatch(value) else HIDDEN


def scrubbed(text: str) -> str:
    return _SUSPECT.sub(HIDDEN, text)


def places(error: BaseException) -> list[str]:
    """The last places it passed through, as file:line function, the innermost last. No values."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno} {frame.name}" for frame in frames]
