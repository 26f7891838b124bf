"""docs/performance.md out of the figures in var/bench. Nothing is written that a run didn't print."""

from __future__ import annotations

import json
import os
import platform
from datetime import datetime
from pathlib import Path
from typing import Any

HEAD = """# Performance

Made by `make bench` (`BENCH_ROWS=10000,100000,1000000` for all sizes) on {when}, {machine}. The machine was shared
with other work while this ran, so that p50 and p95 (milliseconds of the clock) hold waiting for a free core; **cpu** is
the median of the processor time of the process itself, which is what a free core would need (on PostgreSQL without the
server's share). Take cpu for comparing pages and sizes with one another, p95 as an upper bound.

A request goes through the whole of Django in one process, with Django's test client and without a network
(`bench/pages.py`). "Rows" is the number of drafts, of placements, of deliveries, of ledger entries and of notices,
each; `bench/build.py` says how they are spread: ten years, 100 departments, 2,000 people, 200 outlets, 2 % of the
pieces waiting for somebody. Both databases had fresh statistics (ANALYZE).

Only databases and sizes that have a column below were run, each by `bench/pages.py` in a process of its
own. Not measured yet: requests a second over the network, and
the import of 20,000 rows beside import-export's default. Found and mended by these runs: the placements' export failed
on SQLite above 1,000 rows, the matrix read every delivery to learn the first and the last year, and the ledger's pages
joined reversals by reading the whole ledger (own rewards at 100,000 rows on SQLite: 596 ms of cpu before, 32 after).
Those two pages were measured again after that. Still slow on SQLite and next in line: the reward ledger (SQLite begins
with the departments and sorts instead of following the index), choosing the piece for a placement, an open batch of
10,000 entries with its proof, and the matrix (600 quotas).
"""


def write(figures: Path, target: Path) -> None:
    runs = sorted(
        (json.loads(path.read_text()) for path in figures.glob("*-*.json")),
        key=lambda run: (run["vendor"] != "sqlite", run["rows"]),
    )
    if not runs:
        raise SystemExit("There are no figures in var/bench yet: run `make bench`.")
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    parts = [HEAD.format(when=datetime.now().date().isoformat(), machine=machine)]
    parts += [
        "## Building\n",
        _table(["database", "rows of each kind", "rows in all", "seconds"], _building(runs)),
    ]
    parts += ["\n## Pages\n", _pages_words(), _pages(runs)]
    parts += ["\n## Targets\n", _targets(runs)]
    if any(run.get("actions") for run in runs):
        parts += ["\n## Actions\n", _actions(runs)]
    target.write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _name(run: dict[str, Any]) -> str:
    return f"{'SQLite' if run['vendor'] == 'sqlite' else 'PostgreSQL'} {run['rows']:,}"


def _building(runs: list[dict[str, Any]]) -> list[list[str]]:
    return [
        [
            _name(run).split()[0],
            f"{run['rows']:,}",
            f"{run['built']['total_rows']:,}",
            f"{run['built']['seconds']:.0f}",
        ]
        for run in runs
        if run["built"]
    ]


def _pages_words() -> str:
    words = "Each cell: p50 / p95 / cpu in milliseconds. The number of queries is the same at every size"
    return f"{words} unless two are given.\n"


def _pages(runs: list[dict[str, Any]]) -> str:
    found = [{page["name"]: page for page in run["pages"]} for run in runs]
    rows = []
    for name in found[0]:
        mine = [pages.get(name) for pages in found]
        queries = sorted({page["queries"] for page in mine if page})
        cells = [f"{p['p50']:.0f} / {p['p95']:.0f} / {p['cpu']:.0f}" if p else "–" for p in mine]
        rows.append([name, "–".join(str(number) for number in (queries[:1] + queries[1:][-1:])), *cells])
    return _table(["page", "queries", *map(_name, runs)], rows)


def _targets(runs: list[dict[str, Any]]) -> str:
    """Each list beside the admin's list of the same rows, and how it grows."""
    rows = []
    for run in runs:
        pages = {page["name"]: page for page in run["pages"]}
        smallest = next(one for one in runs if one["vendor"] == run["vendor"])
        small = {page["name"]: page for page in smallest["pages"]}
        for page in pages.values():
            admin = pages.get(f"admin list: {page['beside']}")
            if admin is None:
                continue
            growth = f"{page['cpu'] / small[page['name']]['cpu']:.1f}×" if run is not smallest else ""
            rows.append(
                [_name(run), page["name"], str(page["queries"]), f"{page['cpu']:.0f}", f"{admin['cpu']:.0f}",
                 f"{page['cpu'] / admin['cpu']:.2f}", f"{page['p50'] / admin['p50']:.2f}", growth]
            )  # fmt: skip
    words = (
        "Targets of a list page: ≤ 8 queries, p50 ≤ 12 ms, a third of Django's admin list, at most 1.5× slower at a"
        " million rows. What doesn't reach them stands here as it is.\n\n"
    )
    head = [
        "database and rows",
        "list",
        "queries",
        "cpu ms",
        "admin cpu ms",
        "cpu : admin",
        "p50 : admin p50",
    ]
    return words + _table([*head, "cpu against the smallest size"], rows)


def _actions(runs: list[dict[str, Any]]) -> str:
    rows = [
        [_name(run), one["name"], f"{one['seconds'] * 1000:.0f}", one.get("note", "")]
        for run in runs
        for one in run.get("actions", [])
    ]
    return _table(["database and rows", "action", "ms", "note"], rows)
