"""The tick: every half minute, ask what is due. Running it twice, or on two machines, does nothing more."""

from __future__ import annotations

import logging

from celery import shared_task

from publicity import nightly, schedule
from toolkit import jobs, outbox

logger = logging.getLogger(__name__)

jobs.job("backup")(nightly.back_up)
jobs.job("audit_verify")(nightly.verify_audit)


@shared_task(ignore_result=True)
def tick() -> None:
    outbox.sweep()
    jobs.recover()
    jobs.ticked()
    for item in schedule.due():
        try:
            jobs.once(kind=item.kind, period=item.period, call=item.call)
        except Exception:  # One kind's failure is kept on its JobRun row and must not stop the others.
            logger.exception(
                "The scheduled run %s %s failed; a later tick tries again", item.kind, item.period
            )
