"""Background work: it finishes once, says how far it is, and survives its worker."""

import hashlib
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone, translation
from django.utils.module_loading import autodiscover_modules

from tests.factories import make_user
from tests.toolkit.test_outbox import run_and_die
from toolkit import jobs
from toolkit.models import Job, JobRun, JobState


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    autodiscover_modules("services", "tasks")  # lest the product's jobs register here and vanish
    monkeypatch.setattr(jobs, "_functions", {})
    with translation.override("en"):
        yield


def content_of(job: Job) -> bytes:
    with job.file.open() as file:
        content: bytes = file.read()
    return content


@pytest.mark.django_db
def test_a_job_leaves_its_file_with_name_and_checksum() -> None:
    @jobs.job("export")
    def export(job: Job, progress: jobs.Progress) -> tuple[str, bytes]:
        progress(2, 2)
        return "考核.xlsx", job.params["text"].encode()

    job = jobs.start(kind="export", owner=make_user("1", "陈静"), params={"text": "78"})
    assert job.percent == 0
    assert jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.percent) == (JobState.DONE, 2, 2, 100)
    assert job.file_name == "考核.xlsx"
    assert content_of(job) == b"78"
    assert job.sha256 == hashlib.sha256(b"78").hexdigest()
    assert "考核" not in job.file.name, "people's words have no place in a path"
    assert not jobs.run(job.pk), "a finished job isn't done again"


@pytest.mark.django_db
def test_a_second_click_gets_the_first_job() -> None:
    owner = make_user("1", "陈静")
    first = jobs.start(kind="export", owner=owner, params={}, key="appraisal:2026")
    assert jobs.start(kind="export", owner=owner, params={}, key="appraisal:2026") == first
    assert Job.objects.count() == 1


@pytest.mark.django_db
def test_a_failed_job_tells_the_person_a_sentence_and_can_be_started_again() -> None:
    @jobs.job("export")
    def export(job: Job, progress: jobs.Progress) -> None:
        raise KeyError("a bug with a secret path /srv/x")

    job = jobs.start(kind="export", owner=None, params={}, key="k")
    assert jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.error.startswith("Something went wrong on our side")
    assert "secret" not in job.error
    assert jobs.start(kind="export", owner=None, params={}, key="k").state == JobState.WAITING


@pytest.mark.django_db
def test_a_reason_given_by_the_job_reaches_the_person() -> None:
    @jobs.job("export")
    def export(job: Job, progress: jobs.Progress) -> None:
        raise jobs.JobFailed("There is no plan for 2031.")

    job = jobs.start(kind="export", owner=None, params={})
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.error == "There is no plan for 2031."


@pytest.mark.django_db
def test_progress_is_seen_and_renews_the_lease() -> None:
    seen = []

    @jobs.job("export")
    def export(job: Job, progress: jobs.Progress) -> None:
        Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(hours=1))
        progress(1, 4, "护理部")
        row = Job.objects.get(pk=job.pk)
        seen.append((row.done, row.total, row.note, row.percent, row.lease_until > timezone.now()))

    jobs.run(jobs.start(kind="export", owner=None, params={}).pk)
    assert seen == [(1, 4, "护理部", 25, True)]


@pytest.mark.django_db
def test_an_attempt_that_lost_its_lease_cannot_write_its_result() -> None:
    """A worker that hung for an hour wakes up: the second attempt's file must stay the only one."""

    @jobs.job("export")
    def slow_then_quick(job: Job, progress: jobs.Progress) -> tuple[str, bytes]:
        if job.attempts == 1:
            jobs.run(job.pk, at=timezone.now() + timedelta(hours=1))
        return "x.txt", f"attempt {job.attempts}".encode()

    job = jobs.start(kind="export", owner=None, params={})
    assert not jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.DONE
    assert content_of(job) == b"attempt 2"
    assert len(default_storage.listdir(f"jobs/{job.pk}")[1]) == 1


@pytest.mark.django_db
def test_an_attempt_that_was_overtaken_stops_at_its_next_progress() -> None:
    steps = []

    @jobs.job("export")
    def overtaken(job: Job, progress: jobs.Progress) -> None:
        if job.attempts == 1:
            jobs.run(job.pk, at=timezone.now() + timedelta(hours=1))
            progress(1, 2)
            steps.append("worked on for nothing")

    job = jobs.start(kind="export", owner=None, params={})
    assert not jobs.run(job.pk)
    assert steps == []


@pytest.mark.django_db(transaction=True)
def test_a_job_whose_worker_was_killed_is_done_again() -> None:
    job = Job.objects.create(kind="crash")
    run_and_die("job", str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.done, job.note) == (JobState.RUNNING, 1, "first third")

    @jobs.job("crash")
    def whole(job: Job, progress: jobs.Progress) -> tuple[str, bytes]:
        return "done.txt", b"whole"

    assert jobs.recover() == 0, "the lease still holds"
    at = timezone.now() + timedelta(minutes=2)
    assert jobs.recover(at=at) == 1
    assert jobs.run(job.pk, at=at)
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.DONE, 2)


@pytest.mark.django_db
def test_a_job_that_kills_every_worker_is_given_up() -> None:
    job = jobs.start(kind="export", owner=None, params={})
    at = timezone.now()
    for _ in range(3):
        assert jobs._claim(job.pk, at) is not None
        at += timedelta(minutes=2)
    assert not jobs.run(job.pk, at=at)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "interrupted several times" in job.error


@pytest.mark.django_db(transaction=True)
def test_of_five_workers_at_once_one_does_the_job() -> None:
    done = []

    @jobs.job("export")
    def export(job: Job, progress: jobs.Progress) -> None:
        done.append(job.attempts)

    job = Job.objects.create(kind="export")
    gate = threading.Barrier(5)

    def work() -> None:
        gate.wait(10)
        jobs.run(job.pk)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert done == [1]


@pytest.mark.django_db
def test_a_period_runs_once_however_often_the_clock_ticks() -> None:
    runs: list[str] = []
    assert jobs.once(kind="reminder", period="202610", call=lambda: runs.append("a"))
    assert not jobs.once(kind="reminder", period="202610", call=lambda: runs.append("b"))
    assert not jobs.once(
        kind="reminder",
        period="202610",
        call=lambda: runs.append("c"),
        at=timezone.now() + timedelta(days=40),
    )
    assert jobs.once(kind="reminder", period="202611", call=lambda: runs.append("d"))
    assert runs == ["a", "d"]


@pytest.mark.django_db
def test_a_run_that_raised_is_caught_up_later() -> None:
    def fail() -> None:
        raise OSError("mail server away")

    runs: list[str] = []
    with pytest.raises(OSError, match="away"):
        jobs.once(kind="reminder", period="202610", call=fail)
    assert JobRun.objects.get().error == "OSError: mail server away"
    assert not jobs.once(kind="reminder", period="202610", call=lambda: runs.append("too soon"))
    assert jobs.once(
        kind="reminder",
        period="202610",
        call=lambda: runs.append("later"),
        at=timezone.now() + timedelta(minutes=3),
    )
    assert JobRun.objects.get().state == JobRun.State.DONE


@pytest.mark.django_db
def test_a_run_whose_process_died_is_caught_up_after_its_lease() -> None:
    now = timezone.now()
    JobRun.objects.create(kind="reminder", period="202610", started_at=now, lease_until=now + jobs.ONCE_LEASE)
    runs: list[str] = []
    assert not jobs.once(kind="reminder", period="202610", call=lambda: runs.append("a"))
    assert jobs.once(
        kind="reminder", period="202610", call=lambda: runs.append("b"), at=now + timedelta(minutes=6)
    )
    assert runs == ["b"]
