"""What runs each night as a job: the backup and the check of the audit trail. A failure is told to people."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.utils.translation import gettext as _

from hospital.models import User
from hospital.services import notify
from hospital.states import Role
from toolkit import audit, audit_chain
from toolkit.backup.keeping import NIGHTLY, throw_away
from toolkit.backup.making import make
from toolkit.backup.refusals import BackupRefused
from toolkit.jobs import JobFailed, Progress
from toolkit.models import Job


def back_up(job: Job, progress: Progress) -> None:
    """Make the night's backup and throw away those no rule keeps. Running twice makes a second file."""
    try:
        made = make(
            folder=settings.BACKUP_DIR, encrypt=settings.BACKUP_ENCRYPT, prefix=NIGHTLY, progress=progress
        )
        throw_away(settings.BACKUP_DIR)
    except (OSError, BackupRefused) as error:
        reason = error.sentence if isinstance(error, BackupRefused) else str(error)
        sentence = _("Last night's backup failed: %(reason)s") % {"reason": reason}
        _tell(User.objects.active().with_role(Role.ADMINISTRATOR), job, sentence)
        raise JobFailed(sentence) from error
    audit.record(actor=None, action="backup", label=made.path.name, changes={"sha256": made.sha256})


def verify_audit(job: Job, progress: Progress) -> None:
    """Walk the whole chain; a difference is told to auditors and administrators at once."""
    verdict = audit_chain.verify()
    if not verdict.problem:
        audit.record(
            actor=None, action="audit_verify", label=str(verdict.head), changes={"events": verdict.checked}
        )
        return
    sentence = _("The audit trail has been changed: %(problem)s") % {"problem": verdict.problem}
    _tell(User.objects.active().with_role(Role.AUDITOR, Role.ADMINISTRATOR), job, sentence)
    raise JobFailed(sentence)


def _tell(people: Iterable[User], job: Job, sentence: str) -> None:
    for person in people:
        notify(
            key=f"{job.kind}-failed:{job.pk}:{person.pk}",
            recipient=person,
            title=sentence[:200],
            body=sentence,
            email=True,
        )
