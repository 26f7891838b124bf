"""`make bench`: build, measure, write docs/performance.md.

python -m bench                       10,000 and 100,000 rows on SQLite and PostgreSQL (BENCH_ROWS=10000,1000000)
python -m bench report                only write the page anew from the figures in var/bench
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench.report import write
from drills.servers import Servers

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "var" / "bench"
DATABASES = ("sqlite", "postgresql")


def main() -> None:
    FIGURES.mkdir(parents=True, exist_ok=True)
    if sys.argv[1:] != ["report"]:
        sizes = [int(size) for size in os.environ.get("BENCH_ROWS", "10000,100000").split(",")]
        for rows in sizes:
            for database in (os.environ.get("BENCH_DATABASES") or ",".join(DATABASES)).split(","):
                # The actions need no more than the smallest hospital, and some take a minute.
                measure(database, rows, parts=("pages", "actions") if rows == sizes[0] else ("pages",))
    write(FIGURES, ROOT / "docs" / "performance.md")


def measure(database: str, rows: int, *, parts: tuple[str, ...]) -> None:
    """Pages, then actions, on a database of its own; the figures go to var/bench."""
    print(f"== {database}, {rows:,} rows", flush=True)
    with Servers() as servers:
        url = servers.postgres().url if database == "postgresql" else f"sqlite:///{servers.folder}/db.sqlite3"
        environment = os.environ | {
            "DATABASE_URL": url,
            "PUBLICITY_VAR": str(servers.folder / "var"),
            "PUBLICITY_NO_DOTENV": "1",
            "REDIS_URL": "",
        }
        found: dict[str, Any] = {}
        for part in parts:
            command = [sys.executable, "-m", f"bench.{part}", str(rows)]
            run = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=False)
            if run.returncode:
                sys.exit(f"bench.{part} on {database} with {rows} rows failed, see above.")
            found |= json.loads(run.stdout)
    (FIGURES / f"{database}-{rows}.json").write_text(json.dumps(found, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
