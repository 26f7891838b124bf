"""Effects and jobs for the crash tests, slow enough to be killed in the middle; a worker loads them with --include."""

import time

from toolkit import audit, jobs, outbox
from toolkit.jobs import Progress
from toolkit.models import Job, OutboxMessage

EFFECT = "crash_test"
JOB = "crash_test_export"
LINES = 60


@outbox.handler(EFFECT)
def write_line(message: OutboxMessage) -> None:
    """One line in the audit trail, where nothing unique would hide a second one."""
    audit.record(actor=None, action=EFFECT, label=message.key)
    time.sleep(0.05)


@jobs.job(JOB)
def export(job: Job, progress: Progress) -> tuple[str, bytes]:
    """Takes a few seconds."""
    for done in range(1, LINES + 1):
        progress(done, LINES)
        time.sleep(0.05)
    return "lines.txt", b"line\n" * LINES
