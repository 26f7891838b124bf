"""Correspondents' appointments, their drafts with every submitted text, and what reviewers said."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from correspondents.states import EDITABLE, OPEN, TONES, Genre, ReviewVerdict, Stage, SubmissionState
from hospital.models import Department, User
from hospital.states import Role
from plans.models import Category, QuotaItem
from toolkit.richtext import to_text
from toolkit.richtext.fields import RichTextField


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def on(self, day: date) -> AppointmentQuerySet:
        """Those running on that day."""
        return self.filter(starts_on__lte=day).filter(Q(ends_on=None) | Q(ends_on__gte=day))


class Appointment(models.Model):
    """A person writes for a department from–to (``ends_on`` empty: until further notice)."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="appointments", verbose_name=_("correspondent")
    )
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="appointments", verbose_name=_("department")
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)

    objects: ClassVar[Any] = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")
        ordering = ["department", "starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")),
                name="appointment_ends_after_start",
                violation_error_message=_("The last day can't lie before the first."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.department}"


SHORTEST_TEXT = 20  # characters; anything shorter is a note, no piece


class SubmissionQuerySet(models.QuerySet["Submission"]):
    def visible_to(self, user: User) -> SubmissionQuerySet:
        """Own and co-written drafts; of one's departments what was submitted; office and auditors: all submitted."""
        if not user.is_authenticated:
            return self.none()
        own = Q(created_by=user) | Q(pk__in=Authorship.objects.filter(person=user).values("submission"))
        # ``submitted_at`` stays set once a draft has ever been submitted: before that it is the author's alone.
        submitted = Q(submitted_at__isnull=False)
        if user.is_superuser or user.has_role(Role.EDITOR, Role.CHIEF, Role.AUDITOR):
            return self.filter(own | submitted)
        return self.filter(own | (submitted & (Q(department__head=user) | Q(department__supervisor=user))))

    def in_review(self) -> SubmissionQuerySet:
        return self.filter(state=SubmissionState.IN_REVIEW)

    def written_by(self, user: User) -> SubmissionQuerySet:
        """Own and co-written ones, in any state."""
        theirs = Authorship.objects.filter(person=user).values("submission")
        return self.filter(Q(created_by=user) | Q(pk__in=theirs))

    def open(self) -> SubmissionQuerySet:
        """Those the author still has to do something about."""
        return self.filter(state__in=OPEN)

    def accepted(self) -> SubmissionQuerySet:
        return self.filter(state=SubmissionState.ACCEPTED)

    def awaiting(self, user: User) -> SubmissionQuerySet:
        """Those this person can decide on now: their own stage, neither written by them nor seen by them before."""
        theirs = Q(stage=Stage.HEAD, department__head=user) | Q(
            stage=Stage.SUPERVISOR, department__supervisor=user
        )
        if user.has_role(Role.EDITOR, Role.CHIEF):
            theirs |= Q(stage=Stage.EDITOR) | STUCK
        written = Authorship.objects.filter(person=user, submission=OuterRef("pk"))
        # A reviewer's verdict on the text as it stands now; verdicts on earlier texts don't keep anybody out.
        newest = Revision.objects.filter(
            submission=OuterRef("submission"), number__gt=OuterRef("revision__number")
        )
        passed = Review.objects.filter(by=user, submission=OuterRef("pk")).exclude(Exists(newest))
        waiting = self.in_review().filter(theirs).exclude(created_by=user)
        return waiting.filter(~Exists(written), ~Exists(passed))

    def with_standing(self) -> SubmissionQuerySet:
        """Everything a list needs to say where each piece stands, in a constant number of queries."""
        return self.select_related(
            "category", "department__head", "department__supervisor", "created_by"
        ).prefetch_related(
            Prefetch("authorships", Authorship.objects.select_related("person")),
            Prefetch("reviews", Review.objects.select_related("by")),
            Prefetch("revisions", Revision.objects.defer("body")),
        )


# Nobody holds the stage they wait at any more (the post is vacant or its holder left): the office sends them on.
STUCK = Q(stage=Stage.HEAD) & (Q(department__head=None) | Q(department__head__is_active=False)) | Q(
    stage=Stage.SUPERVISOR
) & (Q(department__supervisor=None) | Q(department__supervisor__is_active=False))


class Submission(models.Model):
    """稿件. ``body`` is the working text; every text that was submitted is kept as a Revision."""

    title = models.CharField(_("title"), max_length=120, blank=True)
    category = models.ForeignKey(
        Category,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="submissions",
        verbose_name=_("category"),
    )
    part = models.ForeignKey(
        QuotaItem,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="submissions",
        verbose_name=_("counts towards"),
    )
    genre = models.CharField(_("genre"), max_length=8, choices=Genre.choices, default=Genre.NEWS)
    event_on = models.DateField(_("date of the event"), null=True, blank=True)
    body = RichTextField(_("text"), blank=True)
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="submissions", verbose_name=_("department")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="submissions", verbose_name=_("author")
    )
    state = models.CharField(
        _("state"), max_length=10, choices=SubmissionState.choices, default=SubmissionState.DRAFT
    )
    stage = models.CharField(_("review stage"), max_length=10, choices=Stage.choices, blank=True)
    version = models.PositiveIntegerField(_("saved version"), default=1)
    form_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    objects: ClassVar[Any] = SubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        ordering = ["-updated_at", "-pk"]
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="submission_newest"),
            models.Index(fields=["created_by", "-updated_at"], name="submission_mine"),
            models.Index(
                fields=["stage", "submitted_at"], condition=Q(state="in_review"), name="submission_queue"
            ),
            models.Index(fields=["department", "-updated_at"], name="submission_department"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=(Q(state="in_review") & ~Q(stage="")) | (~Q(state="in_review") & Q(stage="")),
                name="submission_stage_only_in_review",
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(_("(untitled draft)"))

    def get_absolute_url(self) -> str:
        return reverse("drafts:detail", args=[self.pk])

    @property
    def is_editable(self) -> bool:
        return self.state in EDITABLE

    @property
    def author_ids(self) -> frozenset[int]:
        """Everybody who wrote it, the creator included; free of queries when authorships are prefetched."""
        if self.pk is None:
            return frozenset({self.created_by_id})
        return frozenset({self.created_by_id, *(one.person_id for one in self.authorships.all())})

    @property
    def tone(self) -> str:
        return TONES[SubmissionState(self.state)]

    @property
    def text(self) -> str:
        return to_text(self.body)

    @property
    def length(self) -> int:
        """Characters of the text, spaces and line ends not counted."""
        return len("".join(self.text.split()))

    def inline_pictures(self) -> int:
        return self.body.count("<img ")

    def current_revision(self) -> Revision | None:
        """The text submitted last; free of queries when revisions are prefetched."""
        return next(iter(self.revisions.all()), None)

    def missing(self, *, at: datetime | None = None) -> list[str]:
        """What still keeps it from being submitted, as sentences in the order of the form."""
        today = timezone.localtime(at).date()
        found: list[str] = []
        if not self.title.strip():
            found.append(gettext("Write a title."))
        if self.category_id is None:
            found.append(gettext("Choose a category."))
        if self.event_on is None:
            found.append(gettext("Give the date of the event."))
        elif self.event_on > today:
            found.append(gettext("The date of the event lies in the future; put the day it happened."))
        if self.length < SHORTEST_TEXT:
            found.append(gettext("Write at least %(count)s characters of text.") % {"count": SHORTEST_TEXT})
        return found


class Authorship(models.Model):
    """Who wrote a piece, in order; the first author takes the odd fen of a shared reward."""

    submission = models.ForeignKey(
        Submission, models.CASCADE, related_name="authorships", verbose_name=_("draft")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="authorships", verbose_name=_("author")
    )
    order = models.PositiveSmallIntegerField(_("order"), default=1)

    class Meta:
        verbose_name = _("author")
        verbose_name_plural = _("authors")
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["submission", "person"], name="authorship_once"),
        ]

    def __str__(self) -> str:
        return str(self.person)


class Revision(models.Model):
    """A submitted text, kept for ever."""

    append_only = True

    submission = models.ForeignKey(
        Submission, models.PROTECT, related_name="revisions", verbose_name=_("draft")
    )
    number = models.PositiveSmallIntegerField(_("revision"))
    title = models.CharField(_("title"), max_length=120)
    body = models.TextField(_("text"))
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("submitted by")
    )
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["submission", "number"], name="revision_number_once")]

    def __str__(self) -> str:
        return f"{self.title} #{self.number}"

    @staticmethod
    def digest(title: str, body: str) -> str:
        """SHA-256 over the canonical text: what a reviewer's signature stands for."""
        canonical = json.dumps({"body": body, "title": title}, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


class KeptText(models.Model):
    """A text somebody knowingly overwrote from another window. Kept, because no word may get lost."""

    submission = models.ForeignKey(
        Submission, models.CASCADE, related_name="kept_texts", verbose_name=_("draft")
    )
    title = models.CharField(_("title"), max_length=120, blank=True)
    body = models.TextField(_("text"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("overwritten by")
    )
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("overwritten text")
        verbose_name_plural = _("overwritten texts")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return self.title or str(self.pk)


class Review(models.Model):
    """审稿: one person's verdict on one revision at one stage."""

    append_only = True

    submission = models.ForeignKey(
        Submission, models.PROTECT, related_name="reviews", verbose_name=_("draft")
    )
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="reviews", verbose_name=_("revision"))
    stage = models.CharField(_("review stage"), max_length=10, choices=Stage.choices)
    verdict = models.CharField(_("verdict"), max_length=8, choices=ReviewVerdict.choices)
    opinion = models.TextField(_("opinion"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("reviewer")
    )
    at = models.DateTimeField(_("time"))
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "stage"], name="review_one_verdict_per_stage"),
            # 三审三校: nobody holds two stages of the same text.
            models.UniqueConstraint(fields=["revision", "by"], name="review_one_stage_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} {self.get_verdict_display()}"


def picture_path(picture: Picture, filename: str) -> str:
    return f"drafts/{picture.submission_id}/{picture.key}.{filename.rsplit('.', 1)[-1]}"


class Picture(models.Model):
    """A re-encoded image of a draft; served only by a view that checks who may read the draft."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    submission = models.ForeignKey(
        Submission, models.CASCADE, related_name="pictures", verbose_name=_("draft")
    )
    image = models.FileField(_("image"), upload_to=picture_path)
    caption = models.CharField(_("caption"), max_length=200, blank=True)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    inline = models.BooleanField(_("placed in the text"), default=False)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.caption or str(self.key)

    @property
    def url(self) -> str:
        return reverse(
            "drafts:picture", args=[self.submission_id, self.key, str(self.image.name).rsplit(".", 1)[-1]]
        )
