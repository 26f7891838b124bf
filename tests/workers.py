"""Real Celery workers on the test database, to be stopped politely or killed."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from tests.waiting import eventually
from tests.worker_ready import READY_FILE


class WorkerProcess:
    """A `celery worker` in its own process group; `log` is a file with what it printed."""

    def __init__(self, log: Path, *, concurrency: int, include: str, environment: dict[str, str]) -> None:
        self.log = log
        self._ready_file = log.with_suffix(".ready")
        command = [sys.executable, "-m", "celery", "-A", "publicity", "worker", "--loglevel", "INFO"]
        command += ["--concurrency", str(concurrency), "--hostname", f"{log.stem}@test"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        command += ["--include", ",".join(filter(None, ["tests.worker_ready", include]))]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env=worker_environment() | {READY_FILE: str(self._ready_file)} | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Until it takes work."""
        eventually(self._ready, what="the worker is ready")

    def _ready(self) -> bool:
        assert self.process.poll() is None, (
            f"The worker ended: {self.log.read_text(errors='replace')[-2000:]}"
        )
        return self._ready_file.exists()

    def kill(self) -> None:
        """kill -9 of the worker and the processes of its pool."""
        self._signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """SIGTERM, as a supervisor sends it; SIGKILL for whatever is left after ten seconds."""
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.kill()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


def worker_environment() -> dict[str, str]:
    """The environment that makes a process of the product use this test's database, broker and folder."""
    environment = dict(os.environ)
    environment["DJANGO_SETTINGS_MODULE"] = "publicity.settings"
    environment["PUBLICITY_VAR"] = str(settings.VAR_DIR)
    environment["DATABASE_URL"] = _database_url()
    environment["REDIS_URL"] = settings.REDIS_URL or ""
    return environment


def _database_url() -> str:
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    login = f"{quote(given['USER'])}:{quote(given['PASSWORD'])}"
    if given["HOST"]:
        return f"postgresql://{login}@{given['HOST']}:{given['PORT'] or 5432}/{given['NAME']}"
    return f"postgresql://{login}@/{given['NAME']}?host={given['OPTIONS']['host']}"


def empty_broker() -> None:
    """Throw away the nudges that earlier tests left, so that a worker starts with nothing to do."""
    if settings.REDIS_URL:
        import redis

        with redis.from_url(settings.REDIS_URL) as client:
            client.flushdb()
        return
    for folder in ("queue", "control"):
        shutil.rmtree(settings.BROKER_DIR / folder, ignore_errors=True)
        (settings.BROKER_DIR / folder).mkdir(parents=True)


StartWorker = Callable[..., WorkerProcess]


@pytest.fixture
def celery_worker_process(transactional_db: None, tmp_path: Path) -> Iterator[StartWorker]:
    """`start(concurrency=1, include="", environment=None) -> WorkerProcess` on this test's database.

    `include` names a module with handlers of the test's own. Whatever still runs is stopped at the end.
    """
    empty_broker()
    started: list[WorkerProcess] = []

    def start(
        *, concurrency: int = 1, include: str = "", environment: dict[str, str] | None = None
    ) -> WorkerProcess:
        log = tmp_path / f"worker{len(started)}.log"
        process = WorkerProcess(log, concurrency=concurrency, include=include, environment=environment or {})
        started.append(process)
        process.wait_until_ready()
        return process

    yield start
    for worker in started:
        worker.stop()
