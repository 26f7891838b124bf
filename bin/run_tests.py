"""`make test`: the whole suite on SQLite with Celery's file broker, then on PostgreSQL with Valkey and with a browser.

Arguments go to pytest in both runs: `make test ARGS="tests/rewards -k capitals"`.
"""

import os
import subprocess
import sys

import prepare
from prepare import ROOT, VENV_PYTHON, say

NO_TESTS_COLLECTED = 5


def main() -> int:
    """Run both, whatever the first one says; non-zero when either failed."""
    prepare.main(dev=True)
    skips = ROOT / "var" / "test-skips.json"
    skips.parent.mkdir(exist_ok=True)
    skips.unlink(missing_ok=True)
    environment = {
        name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}
    }
    environment["TEST_SKIPS_FILE"] = str(skips)
    say("\n== SQLite, Celery on files ==")
    first = run(["-m", "not browser"], environment)
    say("\n== PostgreSQL, Celery on Valkey, browser ==")
    second = run([], {**environment, "TEST_POSTGRES": "1", "TEST_VALKEY": "1"})
    if first:
        sys.stderr.write("The SQLite run failed, see above.\n")
    if sys.argv[1:] and {first, second} == {0, NO_TESTS_COLLECTED}:
        return 0  # a choice of tests that only one of the runs has
    return first or second


def run(arguments: list[str], environment: dict[str, str]) -> int:
    """One run of pytest; its exit code."""
    processes = os.environ.get("TEST_PROCESSES") or str(max(2, min(4, os.cpu_count() or 2)))
    command = [str(VENV_PYTHON), "-m", "pytest", "-q", "-n", processes, *arguments, *sys.argv[1:]]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped. / 已停止。")
