"""How long a hostile spreadsheet takes to be refused, and how much memory the child needs: python -m bench.sheet_bomb.

Each file goes to the real spreadsheet door in a process of its own. Targets: refused within 2 s and 300 MB.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from multiprocessing import get_context
from typing import Any

SECONDS, MEGABYTES = 2.0, 300.0


def measure(name: str, content: bytes, answer: Any) -> None:
    """In a fresh process, so that the largest child is this file's."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "publicity.settings")
    import django

    django.setup()
    from toolkit.refusals import UploadRefused
    from toolkit.sheets import read_tables

    begun, outcome = time.perf_counter(), "read"
    try:
        read_tables(content, kind="xlsx")
    except UploadRefused as refused:
        outcome = f"refused: {refused.code}"
    seconds = time.perf_counter() - begun
    answer.put(
        (name, len(content), seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, outcome)
    )


def main() -> int:
    from tests.corpora.files import SHEETS_REFUSED

    context = get_context("spawn")
    missed = 0
    print("| file | bytes | seconds | MB in the child | outcome |\n|---|--:|--:|--:|---|")
    for name, make in SHEETS_REFUSED.items():
        answer = context.SimpleQueue()
        process = context.Process(target=measure, args=(name, make(), answer))
        process.start()
        process.join()
        _name, size, seconds, megabytes, outcome = answer.get()
        print(f"| {name} | {size:,} | {seconds:.2f} | {megabytes:.0f} | {outcome} |")
        missed += seconds > SECONDS or megabytes > MEGABYTES or not outcome.startswith("refused")
    print(
        f"\nTargets {SECONDS:.0f} s and {MEGABYTES:.0f} MB: {'met' if not missed else f'missed by {missed}'}."
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
