"""What runs at night as jobs, and who is told when it fails."""

from pathlib import Path
from typing import Any

import pytest
from django.db.models import QuerySet

from publicity.schedule import start_nightly
from tests.factories import Cast
from toolkit import append_only, audit, jobs
from toolkit.backup.package import check
from toolkit.models import AuditEvent, JobState, OutboxMessage

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.BACKUP_DIR = tmp_path / "backups"
    return tmp_path / "backups"


def told() -> set[str]:
    return set(OutboxMessage.objects.filter(kind="notice").values_list("recipient__name", flat=True))


def test_the_night_leaves_a_backup_that_can_be_read(cast: Cast, folder: Path) -> None:
    job = start_nightly("backup", "2026-11-22")
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.DONE, "")
    (path,) = folder.glob("nightly-*.tar.gz")
    assert "tables/hospital_user.jsonl" in check(path, lambda: b"").sums
    assert AuditEvent.objects.filter(action="backup", object_label=path.name).exists()
    assert told() == set()


def test_one_night_has_one_backup(cast: Cast, folder: Path) -> None:
    """Two machines tick at the same minute."""
    first, second = start_nightly("backup", "2026-11-22"), start_nightly("backup", "2026-11-22")
    assert first.pk == second.pk
    jobs.run(first.pk)
    jobs.run(second.pk)
    assert len(list(folder.glob("nightly-*.tar.gz"))) == 1


def test_a_failed_backup_is_told_to_the_administrator(cast: Cast, folder: Path) -> None:
    """Nobody looks into the folder until the day it is needed."""
    folder.write_text("a file where the folder should be")
    job = start_nightly("backup", "2026-11-22")
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "昨夜备份失败" in job.error
    assert "管理员" in told()


def test_a_tampered_trail_is_told_to_the_auditor_in_the_morning(cast: Cast) -> None:
    event = audit.record(actor=cast.chief, action="seal")
    job = start_nightly("audit_verify", "2026-11-22")
    jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, told()) == (JobState.DONE, set())

    with append_only.lifted(AuditEvent):
        QuerySet(AuditEvent).filter(pk=event.pk).update(actor_label="别人")
    job = start_nightly("audit_verify", "2026-11-23")
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert str(event.pk) in job.error
    assert {"郑严", "管理员"} <= told()
