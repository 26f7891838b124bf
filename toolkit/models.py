"""Rows every app leans on: what happened, what must still be sent, what runs in the background."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, NoReturn, cast

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from toolkit import audit_chain


class AppendOnlyError(TypeError):
    """Somebody tried to change or delete a row that may only be added."""


class AppendOnlyQuerySet(models.QuerySet["AuditEvent"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError("Audit events are only ever added; they cannot be updated.")

    def delete(self) -> NoReturn:
        raise AppendOnlyError("Audit events are only ever added; they cannot be deleted.")

    def for_object(self, obj: models.Model) -> AppendOnlyQuerySet:
        """The events of one row, newest first."""
        return self.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk)).order_by("-pk")


class DigestField(models.CharField):
    """SHA-256 of what the event says, computed as it is written; the chain of `toolkit.audit_chain` binds it."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        if add:
            setattr(model_instance, self.attname, audit_chain.digest_of(cast("AuditEvent", model_instance)))
        return str(getattr(model_instance, self.attname))


class AuditEvent(models.Model):
    """Who did what to which row, when and from where. Write it through `toolkit.audit.record`.

    `actor_label` and `object_label` keep the names as they were, so the line stays readable after the person
    or the row is gone. `changes` is {field: [before, after]} in plain JSON values.
    """

    append_only = True

    at = models.DateTimeField(_("when"), default=timezone.now, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,  # an event never changes, so whoever did something stays
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who"),
    )
    actor_label = models.CharField(_("name at the time"), max_length=100, blank=True)
    action = models.CharField(_("action"), max_length=60)
    object_type = models.CharField(_("kind of object"), max_length=80, blank=True)
    object_id = models.CharField(_("object number"), max_length=40, blank=True)
    object_label = models.CharField(_("object"), max_length=200, blank=True)
    changes = models.JSONField(_("changes"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    note = models.TextField(_("note"), blank=True)
    address = models.CharField(_("network address"), max_length=45, blank=True)
    digest = DigestField(max_length=64, editable=False, default="")

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["object_type", "object_id", "-id"], name="audit_object"),
            models.Index(fields=["actor", "-id"], name="audit_actor"),
            models.Index(fields=["action", "-id"], name="audit_action"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_label} {self.action} {self.object_label}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError("Audit events are only ever added; they cannot be changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError("Audit events are only ever added; they cannot be deleted.")


class AuditLink(models.Model):
    """One link of the chain over all events, in the order of their commits. A trigger writes it, nobody else."""

    append_only = True

    number = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(
        AuditEvent, on_delete=models.DO_NOTHING, db_constraint=False, related_name="link"
    )
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


class AuditArchive(models.Model):
    """Events that were moved into a file: from which link to which, and the hash the next link is bound to."""

    append_only = True

    first_number = models.BigIntegerField(unique=True)
    last_number = models.BigIntegerField(unique=True)
    last_hash = models.CharField(max_length=64)
    file_name = models.CharField(_("file name"), max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("audit archive")
        verbose_name_plural = _("audit archives")
        ordering = ["last_number"]

    def __str__(self) -> str:
        return self.file_name


class OutboxState(models.TextChoices):
    PENDING = "pending", _("waiting to be sent")
    SENT = "sent", _("sent")
    FAILED = "failed", _("given up")


class OutboxQuerySet(models.QuerySet["OutboxMessage"]):
    def pending(self) -> OutboxQuerySet:
        return self.filter(state=OutboxState.PENDING)

    def due(self, at: datetime | None = None) -> OutboxQuerySet:
        """Pending rows whose next try has come, the oldest first."""
        return self.pending().filter(next_try_at__lte=at or timezone.now()).order_by("next_try_at", "pk")

    def failed(self) -> OutboxQuerySet:
        return self.filter(state=OutboxState.FAILED)


class OutboxMessage(models.Model):
    """One effect that must happen exactly once. `key` names the effect; a second row of that key can't exist.

    `next_try_at` is also the lease: whoever takes the row moves it into the future before working on it.
    """

    key = models.CharField(_("key"), max_length=200, unique=True)
    kind = models.CharField(_("kind"), max_length=60)
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("recipient"),
    )
    payload = models.JSONField(_("content"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    state = models.CharField(
        _("state"), max_length=10, choices=OutboxState.choices, default=OutboxState.PENDING
    )
    tries = models.PositiveIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), default=timezone.now)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = _("outgoing message")
        verbose_name_plural = _("outgoing messages")
        ordering = ["-pk"]
        indexes = [
            # The sweeper asks only for what is pending; sent rows pile up and must not slow it.
            models.Index(
                fields=["next_try_at"], name="outbox_due", condition=models.Q(state=OutboxState.PENDING)
            ),
            models.Index(fields=["recipient", "-created_at"], name="outbox_recipient"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=OutboxState.values), name="outbox_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class JobState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("finished")
    FAILED = "failed", _("failed")


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: Any) -> JobQuerySet:
        """A job's own starter, and whoever the project lets see its kind (settings.JOB_READERS, a dotted path)."""
        readable = import_string(settings.JOB_READERS)(user) if getattr(settings, "JOB_READERS", "") else []
        return self.filter(models.Q(owner=user) | models.Q(kind__in=readable))


def job_file_path(job: Job, filename: str) -> str:
    """A random name under jobs/: the person's file name is kept in `file_name`, never in a path."""
    suffix = filename.rpartition(".")[2][:8].lower() if "." in filename else "bin"
    return f"jobs/{job.pk}/{uuid.uuid4().hex}.{suffix}"


class Job(models.Model):
    """A piece of background work somebody waits for. Started with `toolkit.jobs.start`, shown by its owner's page.

    `lease_until`: until then nobody else needs to look after this row. A worker that was killed stops renewing
    it. `token` names the attempt that holds the lease; an older attempt can no longer write its result.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=60)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="jobs",
        verbose_name=_("started by"),
    )
    params = models.JSONField(_("parameters"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    key = models.CharField(_("key"), max_length=200, unique=True, null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=JobState.choices, default=JobState.WAITING)
    done = models.PositiveIntegerField(_("steps done"), default=0)
    total = models.PositiveIntegerField(_("steps in all"), default=0)
    note = models.CharField(_("progress note"), max_length=200, blank=True)
    error = models.TextField(_("error"), blank=True)
    file = models.FileField(_("file"), upload_to=job_file_path, max_length=200, blank=True)
    file_name = models.CharField(_("file name"), max_length=200, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    token = models.CharField(max_length=32, blank=True, editable=False)
    lease_until = models.DateTimeField(_("looked after until"), default=timezone.now)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("background job")
        verbose_name_plural = _("background jobs")
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="job_owner"),
            models.Index(
                fields=["lease_until"],
                name="job_unfinished",
                condition=models.Q(state__in=[JobState.WAITING, JobState.RUNNING]),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=JobState.values), name="job_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_finished(self) -> bool:
        return self.state in (JobState.DONE, JobState.FAILED)

    @property
    def percent(self) -> int:
        """0–100 for the progress bar; 100 only when it is really done."""
        if self.state == JobState.DONE:
            return 100
        if not self.total:
            return 0
        return min(99, self.done * 100 // self.total)


class JobRun(models.Model):
    """A periodic piece of work and the period it ran for. The unique pair decides that it runs once."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("finished")
        FAILED = "failed", _("failed")

    kind = models.CharField(_("kind"), max_length=60)
    period = models.CharField(_("period"), max_length=40)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RUNNING)
    tries = models.PositiveIntegerField(_("tries"), default=1)
    lease_until = models.DateTimeField(_("looked after until"), default=timezone.now)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("periodic run")
        verbose_name_plural = _("periodic runs")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "period"], name="job_run_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["running", "done", "failed"]), name="job_run_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.period}"
