"""Outlets, and where a piece ran, with its proof."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from correspondents.models import Submission
from correspondents.states import Genre
from hospital.models import Department, User
from hospital.states import Role
from media_outreach.outlets.states import PlacementState
from plans.models import QuotaItem
from plans.states import Level, Medium
from toolkit.months import ym_of


class OutletQuerySet(models.QuerySet["Outlet"]):
    def active(self) -> OutletQuerySet:
        return self.filter(is_active=True)

    def with_last_placement(self) -> OutletQuerySet:
        """Each with ``last_on``, the day of its newest placement that isn't void; one index look-up a row."""
        newest = (
            Placement.objects.filter(outlet=OuterRef("pk"))
            .exclude(state=PlacementState.VOID)
            .order_by("-published_on", "-pk")
            .values("published_on")[:1]
        )
        return self.annotate(last_on=Subquery(newest))


class Outlet(models.Model):
    name = models.CharField(_("name"), max_length=80, unique=True)
    level = models.CharField(_("level"), max_length=12, choices=Level.choices)
    medium = models.CharField(_("medium"), max_length=12, choices=Medium.choices)
    is_owned = models.BooleanField(_("our own channel"), default=False)
    url = models.URLField(_("address"), blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    history = HistoricalRecords()

    objects: ClassVar[Any] = OutletQuerySet.as_manager()

    class Meta:
        verbose_name = _("outlet")
        verbose_name_plural = _("outlets")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PlacementQuerySet(models.QuerySet["Placement"]):
    def visible_to(self, user: User) -> PlacementQuerySet:
        """The office, leaders, finance and auditors see all; others those crediting them or their departments."""
        if not user.is_authenticated:
            return self.none()
        if user.is_superuser or user.has_role(
            Role.EDITOR, Role.CHIEF, Role.AUDITOR, Role.LEADER, Role.FINANCE
        ):
            return self
        return self.concerning(user)

    def with_proof_for(self, user: User) -> PlacementQuerySet:
        """Those whose proofs this person may open: finance sees that a piece ran, the paper is the office's."""
        if not user.is_authenticated:
            return self.none()
        if user.is_superuser or user.has_role(Role.EDITOR, Role.CHIEF, Role.AUDITOR, Role.LEADER):
            return self
        return self.concerning(user)

    def concerning(self, user: User) -> PlacementQuerySet:
        """Those crediting this person, or of the department they head."""
        credited = Credit.objects.filter(person=user).values("placement")
        return self.filter(Q(pk__in=credited) | Q(department__head=user))

    def verified(self) -> PlacementQuerySet:
        return self.filter(state=PlacementState.VERIFIED)

    def valid(self) -> PlacementQuerySet:
        """Those that have not been voided, verified or not yet."""
        return self.exclude(state=PlacementState.VOID)

    def to_verify(self) -> PlacementQuerySet:
        return self.filter(state=PlacementState.LOGGED)

    def for_list(self) -> PlacementQuerySet:
        """With everything a row of the list shows."""
        return self.select_related("outlet", "department").prefetch_related("credits__person")

    def of_year(self, year: int) -> PlacementQuerySet:
        return self.filter(ym__gte=year * 100 + 1, ym__lte=year * 100 + 12)


class Placement(models.Model):
    """刊用: one piece in one outlet on one day. ``submission`` is empty for coverage that has no draft of ours."""

    submission = models.ForeignKey(
        Submission, models.PROTECT, null=True, blank=True, related_name="placements", verbose_name=_("draft")
    )
    outlet = models.ForeignKey(Outlet, models.PROTECT, related_name="placements", verbose_name=_("outlet"))
    headline = models.CharField(_("headline"), max_length=150)
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="placements", verbose_name=_("department")
    )
    genre = models.CharField(_("genre"), max_length=8, choices=Genre.choices, default=Genre.NEWS)
    published_on = models.DateField(_("published on"))
    ym = models.PositiveIntegerField(_("month"), editable=False)
    page = models.CharField(_("page or programme"), max_length=60, blank=True)
    url = models.URLField(_("link"), max_length=500, blank=True)
    part = models.ForeignKey(
        QuotaItem,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="placements",
        verbose_name=_("counts towards"),
    )
    is_paid = models.BooleanField(_("paid or co-operation page"), default=False)
    state = models.CharField(
        _("state"), max_length=10, choices=PlacementState.choices, default=PlacementState.LOGGED
    )
    logged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("logged by")
    )
    logged_at = models.DateTimeField(_("logged"), auto_now_add=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("verified by"),
    )
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    void_reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects: ClassVar[Any] = PlacementQuerySet.as_manager()

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        ordering = ["-published_on", "-pk"]
        indexes = [
            models.Index(fields=["-published_on", "-id"], name="placement_newest"),
            models.Index(fields=["ym", "outlet"], condition=Q(state="verified"), name="placement_month"),
            models.Index(fields=["state", "published_on"], name="placement_state"),
            models.Index(fields=["outlet", "-published_on", "-id"], name="placement_outlet"),
            models.Index(fields=["department", "-published_on", "-id"], name="placement_department"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["outlet", "published_on", "headline"],
                condition=~Q(state="void"),
                name="placement_same_headline_once",
            ),
            models.UniqueConstraint(
                fields=["url"], condition=~Q(state="void") & ~Q(url=""), name="placement_same_url_once"
            ),
            models.CheckConstraint(condition=~Q(url="") | ~Q(page=""), name="placement_can_be_found"),
            models.CheckConstraint(
                condition=~Q(state="verified") | Q(verified_by__isnull=False),
                name="placement_verified_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(verified_by=None) | ~Q(verified_by=F("logged_by")), name="placement_four_eyes"
            ),
            models.CheckConstraint(
                condition=~Q(state="void") | ~Q(void_reason=""), name="placement_void_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.headline}（{self.outlet}）"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """The month follows the date, whichever door the row came through."""
        self.ym = ym_of(self.published_on)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("outlets:detail", args=[self.pk])


class Credit(models.Model):
    """Who is credited for a placement, in order, with the department held on the day of publication."""

    placement = models.ForeignKey(
        Placement, models.CASCADE, related_name="credits", verbose_name=_("placement")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="credits", verbose_name=_("author")
    )
    department = models.ForeignKey(Department, models.PROTECT, related_name="+", verbose_name=_("department"))
    order = models.PositiveSmallIntegerField(_("order"), default=1)

    class Meta:
        verbose_name = _("credit")
        verbose_name_plural = _("credits")
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["placement", "person"], name="credit_once")]

    def __str__(self) -> str:
        return str(self.person)


def evidence_path(evidence: Evidence, filename: str) -> str:
    return f"evidence/{evidence.placement_id}/{evidence.key}.{filename.rsplit('.', 1)[-1]}"


class Evidence(models.Model):
    """刊用凭证: a scan, screenshot or PDF; served only by a view that checks who may see the placement."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    placement = models.ForeignKey(
        Placement, models.PROTECT, related_name="evidence", verbose_name=_("placement")
    )
    file = models.FileField(_("file"), upload_to=evidence_path)
    name = models.CharField(_("file name"), max_length=200)
    content_type = models.CharField(max_length=60)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.CharField(max_length=64)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("proof")
        verbose_name_plural = _("proofs")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["placement", "sha256"], name="evidence_same_file_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        """Images may be shown in the page; anything else only leaves as a download."""
        return self.content_type.startswith("image/")
