"""Which nightly backups stay: the last of each of 7 days, 4 weeks and 12 months. No other file is touched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

DAYS, WEEKS, MONTHS = 7, 4, 12
NIGHTLY = "nightly"
NAME = re.compile(rf"{NIGHTLY}-(\d{{8}}-\d{{6}})\.tar\.gz(\.sealed)?")


def to_keep(moments: Iterable[datetime]) -> set[datetime]:
    """Of each of the newest days, weeks and months that have a backup, the last one."""
    newest_first = sorted(moments, reverse=True)
    rules: list[tuple[int, Callable[[datetime], Any]]] = [
        (DAYS, lambda moment: moment.date()),
        (WEEKS, lambda moment: moment.isocalendar()[:2]),
        (MONTHS, lambda moment: (moment.year, moment.month)),
    ]
    kept: set[datetime] = set()
    for most, period in rules:
        last: dict[Any, datetime] = {}
        for moment in newest_first:
            last.setdefault(period(moment), moment)
        kept.update(list(last.values())[:most])
    return kept


def throw_away(folder: Path) -> list[Path]:
    """Remove nightly backups that no rule keeps, with their sums; returns them."""
    found = {path: _moment(path) for path in folder.iterdir() if NAME.fullmatch(path.name)}
    kept = to_keep(found.values())
    gone = sorted(path for path, moment in found.items() if moment not in kept)
    for path in gone:
        path.unlink()
        path.with_name(f"{path.name}.sha256").unlink(missing_ok=True)
    return gone


def _moment(path: Path) -> datetime:
    match = NAME.fullmatch(path.name)
    assert match is not None  # noqa: S101  asked for above
    return datetime.strptime(match[1], "%Y%m%d-%H%M%S")  # local time, compared with its like only
