"""docs/reliability.md out of the figures in var/drills. Nothing is written that a drill didn't print."""

from __future__ import annotations

import json
import os
import platform
from datetime import datetime
from pathlib import Path
from typing import Any

HEAD = """# Reliability

Made by `make drills`; one drill alone by `make drills ARGS=at_once`. Last written on {when}, on {machine}
that other work used at the same time. Everything runs on loopback or a socket, on servers of the drill's own:
PostgreSQL with fsync on, Valkey, or Celery's file broker. Each part names the module that has the steps;
`python -m drills.<name> <variant>` runs it alone, which is how the figures below were taken, some of them side by side.
"""


def write(figures: Path, target: Path) -> None:
    found = {path.stem: json.loads(path.read_text()) for path in sorted(figures.glob("*.json"))}
    if not found:
        raise SystemExit("There are no figures in var/drills yet: run `make drills`.")
    machine = (
        f"a machine with {os.cpu_count()} cores ({platform.machine()}, Python {platform.python_version()})"
    )
    parts = [HEAD.format(when=datetime.now().date().isoformat(), machine=machine)]
    at_once = [found[name] for name in ("at_once-postgres", "at_once-sqlite") if name in found]
    kills = [found[name] for name in ("worker_kills-filesystem", "worker_kills-valkey") if name in found]
    if at_once:
        parts += [_approvals(at_once), _money(at_once)]
    if kills:
        parts.append(_kills(kills))
    if "beats" in found:
        parts.append(_beats(found["beats"]))
    if "restart" in found:
        parts.append(_restart(found["restart"]))
    target.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")


def _table(head: list[str], rows: list[list[Any]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(str(cell) for cell in row) + " |" for row in rows)]) + "\n"


def _words(outcomes: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items()))


def _approvals(results: list[dict[str, Any]]) -> str:
    rows = []
    for result in results:
        for name, label in (("guarded", "the product"), ("control", "control")):
            one = result[name]
            rows.append(
                [result["database"], label, one["clients"], one["items"], one["accepted"], one["acceptances"],
                 one["doubled"], _words(one["outcomes"]), f"{one['seconds']:.0f}"]
            )  # fmt: skip
    words = (
        "## Everybody accepts the same piece at once (`drills/at_once.py`)\n\n"
        "For each piece a barrier lets all clients go at the same moment, each on a connection of its own. The\n"
        "control reads the state, decides and saves, without the conditional UPDATE of `toolkit/moves.py`.\n"
        "SQLite takes one writer at a time from a transaction's beginning, so even the control can't double there.\n"
    )
    head = [
        "database",
        "code",
        "clients",
        "pieces",
        "accepted",
        "acceptances",
        "pieces accepted more than once",
    ]
    return words + "\n" + _table([*head, "what the clients got", "seconds"], rows)


def _money(results: list[dict[str, Any]]) -> str:
    rows = []
    for result in results:
        one = result["money"]
        rows.append(
            [result["database"], one["wanted"], one["entries"], _words(one["settle"]), _words(one["seal"]),
             one["paid_entries"], one["workbooks"], one["fen"], one["paid_fen"]]
        )  # fmt: skip
    words = "## Everybody settles the year, then seals the batch, at once (`drills/at_once.py`)\n\n50 clients each.\n\n"
    head = [
        "database",
        "rewards due",
        "ledger entries",
        "settlers got",
        "sealers got",
        "entries paid",
        "workbooks",
    ]
    return words + _table([*head, "fen in the ledger", "fen paid"], rows)


def _kills(results: list[dict[str, Any]]) -> str:
    rows = [
        [one["broker"], one["kills"], one["messages"], one["in_hand_when_killed"], one["taken_twice"], one["lost"],
         one["doubled"], f"{one['recovered_seconds']:.0f}"]
        for one in results
    ]  # fmt: skip
    words = (
        "## kill -9 of the worker (`drills/worker_kills.py`)\n\n"
        "A worker with two processes is killed in the middle, started anew and killed again; 40 messages come in\n"
        "before each kill, and a real beat ticks. A message that a killed worker had in hand is free again after its\n"
        "lease of 30 s and is found by the next tick, 30 s apart. The last column is from the last kill until nothing\n"
        "waited any more, the start of the new worker included; the target is 60 s,\n"
        "and where the number is above it, it was missed in that run.\n"
    )
    head = ["broker", "kills", "messages", "taken and unsent at a kill (sum)", "taken more than once", "lost"]
    return words + "\n" + _table([*head, "effects doubled", "all done after s"], rows)


def _beats(result: dict[str, Any]) -> str:
    year, real = result["simulated"], result["real"]
    runs = ", ".join(f"{name.strip()} ({tries}×)" for name, tries in sorted(real["runs"].items()))
    return (
        "## Beat doubled, killed, its file lost; the clock stepped (`drills/beats.py`)\n\n"
        f"A year in {year['moments']} moments, {year['tickers']} tickers at once at each of them, the clock stepped two"
        f" days back and 31 days ahead every month: {_words(year['periods'])} periods came due, and"
        f" **{year['run_more_than_once']}** of them ran more than once.\n\n"
        "Two real beats and a worker; one beat killed with -9, its schedule file deleted, and started again;"
        f" {real['seconds']} s more: {runs}. Run more than once: **{real['run_more_than_once']}**."
        f" All finished: {'yes' if real['all_done'] else 'no'}.\n"
    )


def _restart(results: list[dict[str, Any]]) -> str:
    rows = [
        [one["mode"], one["acknowledged"], one["errors"], f"{one['away_seconds']:.1f}",
         f"{one['last_error_seconds']:+.1f}", one["lost_acknowledged"]]
        for one in results
    ]  # fmt: skip
    words = (
        "## PostgreSQL restarted while eight clients save (`drills/restart.py`)\n\n"
        "`fast` is an orderly restart, `immediate` a crash with recovery. The last error is given in seconds from the\n"
        "moment the server took connections again; below zero means that nothing failed after it.\n"
    )
    head = ["restart", "saves acknowledged", "saves refused", "restart took s", "last error s"]
    return words + "\n" + _table([*head, "drafts whose acknowledged save is gone"], rows)
