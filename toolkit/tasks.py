"""Thin Celery entry points: they take ids and are safe to run twice."""

from celery import shared_task

from toolkit import jobs, outbox


@shared_task(ignore_result=True)
def deliver_message(pk: int) -> None:
    outbox.deliver(pk)


@shared_task(ignore_result=True)
def run_job(pk: str) -> None:
    jobs.run(pk)


@shared_task(ignore_result=True)
def sweep() -> None:
    """Every minute: send what is pending, run again what a dead worker left behind."""
    outbox.sweep()
    jobs.recover()
