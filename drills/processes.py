"""Workers and beats of the product as real processes, each in a group of its own, so that kill -9 takes all of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Process:
    """`command` is what follows `python -m`."""

    def __init__(self, command: list[str], log: Path, environment: dict[str, str] | None = None) -> None:
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env=os.environ | (environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """kill -9 of the process and its children."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
        if number == signal.SIGKILL:
            self._process.wait()


def worker(folder: Path) -> Process:
    command = [
        "celery",
        "--quiet",
        "-A",
        "publicity",
        "worker",
        "--concurrency",
        "2",
        "--loglevel",
        "WARNING",
    ]
    command += ["--without-gossip", "--without-mingle", "--include", "drills.effects"]
    return Process(command, folder / "worker.log")


def beat(folder: Path, number: int = 1) -> Process:
    """Its memory is the file beat-`number` in the folder."""
    command = ["celery", "--quiet", "-A", "publicity", "beat", "--loglevel", "WARNING", "--pidfile="]
    return Process([*command, "--schedule", str(folder / f"beat-{number}")], folder / "beat.log")


def wait(until: Callable[[], bool], *, seconds: float) -> bool:
    """Poll until it is so; False when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if until():
            return True
        time.sleep(0.1)
    return False
