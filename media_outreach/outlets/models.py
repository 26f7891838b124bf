"""Outlets, and where a piece ran, with its proof."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from correspondents.models import Submission
from correspondents.states import Genre
from hospital.models import Department, User
from hospital.states import Role
from media_outreach.outlets.states import PlacementState
from plans.states import Level, Medium


class OutletQuerySet(models.QuerySet["Outlet"]):
    def active(self) -> OutletQuerySet:
        return self.filter(is_active=True)


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
        if user.is_superuser or user.has_role(Role.EDITOR, Role.CHIEF, Role.AUDITOR, Role.LEADER, Role.FINANCE):
            return self
        credited = Credit.objects.filter(person=user).values("placement")
        return self.filter(Q(pk__in=credited) | Q(department__head=user))

    def verified(self) -> PlacementQuerySet:
        return self.filter(state=PlacementState.VERIFIED)

    def to_verify(self) -> PlacementQuerySet:
        return self.filter(state=PlacementState.LOGGED)

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
    is_paid = models.BooleanField(_("paid or co-operation page"), default=False)
    state = models.CharField(
        _("state"), max_length=10, choices=PlacementState.choices, default=PlacementState.LOGGED
    )
    logged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("logged by")
    )
    logged_at = models.DateTimeField(_("logged"), auto_now_add=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("verified by")
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
        ]

    def __str__(self) -> str:
        return f"{self.headline}（{self.outlet}）"


class Credit(models.Model):
    """Who is credited for a placement, in order, with the department held on the day of publication."""

    placement = models.ForeignKey(Placement, models.CASCADE, related_name="credits", verbose_name=_("placement"))
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
    placement = models.ForeignKey(Placement, models.PROTECT, related_name="evidence", verbose_name=_("placement"))
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

    def __str__(self) -> str:
        return self.name
