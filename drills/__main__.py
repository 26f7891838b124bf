"""`make drills`: all of them, one after the other, and docs/reliability.md.

python -m drills                all
python -m drills at_once        only those whose name begins like this
python -m drills report         only write the page anew from the figures in var/drills
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from drills.report import write

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "var" / "drills"
LONGEST = 1_200  # seconds a drill may take
DRILLS = (
    ("at_once", "postgres"),
    ("at_once", "sqlite"),
    ("worker_kills", "filesystem"),
    ("worker_kills", "valkey"),
    ("beats", ""),
    ("restart", ""),
)


def main() -> None:
    FIGURES.mkdir(parents=True, exist_ok=True)
    for name, variant in DRILLS:
        title = f"{name} {variant}".strip()
        if sys.argv[1:] == ["report"] or not title.startswith(" ".join(sys.argv[1:])):
            continue
        print(f"== {title}", flush=True)
        command = [sys.executable, "-m", f"drills.{name}", *filter(None, [variant])]
        run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, timeout=LONGEST, check=False)
        if run.returncode:
            sys.exit(f"The drill {title} failed, see above.")
        print(run.stdout.decode(), flush=True)
        (FIGURES / f"{title.replace(' ', '-')}.json").write_text(
            json.dumps(json.loads(run.stdout), ensure_ascii=False, indent=1)
        )
    write(FIGURES, ROOT / "docs" / "reliability.md")


if __name__ == "__main__":
    main()
