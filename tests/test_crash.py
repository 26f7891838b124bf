"""kill -9 of real workers: nothing is lost and nothing happens twice, on the broker this run has."""

import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from hospital.models import User
from tests import worker_effects
from tests.factories import make_user
from tests.waiting import eventually
from tests.workers import StartWorker, worker_environment
from toolkit import jobs, outbox
from toolkit.models import AuditEvent, Job, JobState, OutboxMessage, OutboxState

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]

MESSAGES = 80
EFFECTS = "tests.worker_effects"


def enqueue_messages() -> None:
    for number in range(MESSAGES):
        with transaction.atomic():
            outbox.enqueue(key=f"line-{number}", kind=worker_effects.EFFECT, payload={})


def effects() -> Counter[str]:
    """Message key -> how often its effect happened."""
    lines = AuditEvent.objects.filter(action=worker_effects.EFFECT)
    return Counter(lines.values_list("object_label", flat=True))


def sent() -> int:
    return OutboxMessage.objects.filter(state=OutboxState.SENT).count()


def test_killed_workers_lose_and_double_no_effect(celery_worker_process: StartWorker) -> None:
    """A person would miss a notice, or get it twice."""
    first = celery_worker_process(concurrency=2, include=EFFECTS)
    enqueue_messages()
    eventually(lambda: sent() >= 10, what="the first worker is in the middle")
    first.kill()
    after_first = sent()
    assert after_first < MESSAGES

    second = celery_worker_process(concurrency=2, include=EFFECTS)
    # The nudges that the first worker had taken are gone for good on some brokers: the sweeper finds the rows.
    outbox.sweep(at=timezone.now() + outbox.LEASE + timedelta(seconds=1))
    eventually(lambda: sent() > after_first, what="work goes on")
    second.kill()

    eventually(swept, what="everything is sent")
    assert effects() == Counter(f"line-{number}" for number in range(MESSAGES))


def swept() -> bool:
    """Tick as if a minute had passed; whether nothing is pending any more."""
    outbox.sweep(at=timezone.now() + outbox.LEASE + timedelta(seconds=1))
    return sent() == MESSAGES


@pytest.fixture
def owner(transactional_db: None) -> User:
    return make_user("0102", "陈静")


def test_a_job_of_a_killed_worker_is_done_again(celery_worker_process: StartWorker, owner: User) -> None:
    """The year-end export would stay at 40 % for ever."""
    lease = {"JOB_LEASE_SECONDS": "5"}
    first = celery_worker_process(include=EFFECTS, environment=lease)
    with transaction.atomic():
        job = jobs.start(kind=worker_effects.JOB, owner=owner, params={})
    eventually(lambda: Job.objects.get(pk=job.pk).done >= 10, what="the job is in the middle")
    first.kill()

    celery_worker_process(include=EFFECTS, environment=lease)
    eventually(lambda: recovered(job), seconds=90, what="the job is done")
    done = Job.objects.get(pk=job.pk)
    assert (done.state, done.attempts, done.done, done.file_name) == (JobState.DONE, 2, 60, "lines.txt")


def recovered(job: Job) -> bool:
    """Tick; whether the job is done."""
    with transaction.atomic():
        jobs.recover()
    return Job.objects.get(pk=job.pk).state == JobState.DONE


DOWN = {"REDIS_URL": "redis://127.0.0.1:1/0"}
ENQUEUE = """
import django; django.setup()
from django.db import transaction
from toolkit import outbox
from tests import worker_effects
for number in range(3):
    with transaction.atomic():
        outbox.enqueue(key=f"line-{number}", kind=worker_effects.EFFECT, payload={})
"""


def test_a_broker_that_is_down_loses_nothing(transactional_db: None) -> None:
    """Accepting a draft must not fail because the messages can't be passed on at this moment."""
    environment = worker_environment() | DOWN
    subprocess.run([sys.executable, "-c", ENQUEUE], cwd=settings.BASE_DIR, env=environment, check=True)
    assert OutboxMessage.objects.filter(state=OutboxState.PENDING).count() == 3
    assert outbox.sweep(at=timezone.now() + outbox.LEASE) == 3
    assert effects() == {"line-0": 1, "line-1": 1, "line-2": 1}
