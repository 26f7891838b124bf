"""A process that dies at a chosen point, as by kill -9: python -m tests.toolkit.crashing job|message PK."""

import os
import signal
import sys


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    import django

    django.setup()
    from tests.factories import make_department
    from toolkit import jobs, outbox
    from toolkit.models import Job, OutboxMessage

    @jobs.job("crash")
    def crash(job: Job, progress: jobs.Progress) -> None:
        progress(1, 3, "first third")
        die()

    @outbox.handler("crash")
    def crash_after_effect(message: OutboxMessage) -> None:
        make_department("HALF", "做了一半")
        die()

    what, pk = sys.argv[1:]
    if what == "job":
        jobs.run(pk)
    else:
        outbox.deliver(int(pk))


if __name__ == "__main__":
    main()
