"""Loaded by every worker the tests start: says in a file that it takes work, however little it may log."""

import os
from pathlib import Path

from celery.signals import worker_ready

READY_FILE = "TEST_WORKER_READY_FILE"


@worker_ready.connect
def note(**_details: object) -> None:
    Path(os.environ[READY_FILE]).touch()
