"""The annual plan, its frozen revisions and approvals, the quota table, and what has been delivered against it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from hospital.models import Department, User
from hospital.states import Role
from plans.states import OPEN_STATES, Counts, ImportState, Period, PlanState, SourceKind, Verdict
from toolkit.richtext.fields import RichTextField

PLAN_READERS = (Role.EDITOR, Role.CHIEF, Role.LEADER, Role.AUDITOR, Role.ADMINISTRATOR)


class PlanQuerySet(models.QuerySet["Plan"]):
    def in_force(self) -> PlanQuerySet:
        return self.filter(state=PlanState.APPROVED)

    def open(self) -> PlanQuerySet:
        """Those the office may still change."""
        return self.filter(state__in=OPEN_STATES)

    def awaiting_approval(self) -> PlanQuerySet:
        return self.filter(state=PlanState.SUBMITTED)

    def visible_to(self, user: User) -> PlanQuerySet:
        """The office, leaders and auditors see every plan; everybody else sees those in force or archived."""
        if not user.is_authenticated:
            return self.none()
        if user.is_superuser or user.has_role(*PLAN_READERS):
            return self
        return self.filter(state__in=[PlanState.APPROVED, PlanState.ARCHIVED])


class Plan(models.Model):
    """年度宣传工作计划 of one year, with its sections and its quota table."""

    year = models.PositiveSmallIntegerField(
        _("year"), validators=[MinValueValidator(2000), MaxValueValidator(2100)]
    )
    title = models.CharField(_("title"), max_length=120)
    number = models.CharField(_("document number"), max_length=60, blank=True)
    guiding_idea = RichTextField(_("guiding idea"), blank=True)
    state = models.CharField(_("state"), max_length=12, choices=PlanState.choices, default=PlanState.DRAFT)
    amends = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="amendments",
        verbose_name=_("amendment of"),
    )
    version = models.PositiveIntegerField(_("saved version"), default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("drawn up by")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)

    objects: ClassVar[Any] = PlanQuerySet.as_manager()

    class Meta:
        verbose_name = _("annual plan")
        verbose_name_plural = _("annual plans")
        ordering = ["-year", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["year"], condition=Q(state=PlanState.APPROVED), name="plan_one_in_force_per_year"
            ),
            models.UniqueConstraint(
                fields=["year"],
                condition=Q(state__in=[PlanState.DRAFT, PlanState.SUBMITTED, PlanState.RETURNED]),
                name="plan_one_being_written_per_year",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """Whether the office may still change it."""
        return self.state in OPEN_STATES


class PlanSection(models.Model):
    plan = models.ForeignKey(Plan, models.CASCADE, related_name="sections", verbose_name=_("annual plan"))
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    heading = models.CharField(_("heading"), max_length=120)
    body = RichTextField(_("text"), blank=True)

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.heading


class PlanRevision(models.Model):
    """The plan as it was submitted: frozen text and quotas. ``body`` = {title, number, sections: […], quotas: […]}."""

    append_only = True

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="revisions", verbose_name=_("annual plan"))
    number = models.PositiveSmallIntegerField(_("revision"))
    body = models.JSONField(_("frozen text"))
    sha256 = models.CharField(max_length=64)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(_("submitted"))

    class Meta:
        verbose_name = _("plan revision")
        verbose_name_plural = _("plan revisions")
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["plan", "number"], name="planrevision_number_once")]

    def __str__(self) -> str:
        return f"{self.plan} #{self.number}"


class PlanApproval(models.Model):
    append_only = True

    revision = models.ForeignKey(
        PlanRevision, models.PROTECT, related_name="approvals", verbose_name=_("plan revision")
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("leader")
    )
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict.choices)
    note = models.TextField(_("opinion"), blank=True)
    at = models.DateTimeField(_("time"))

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["revision", "actor"], name="planapproval_once_per_leader")
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.get_verdict_display()}"


class CategoryQuerySet(models.QuerySet["Category"]):
    def active(self) -> CategoryQuerySet:
        return self.filter(is_active=True)

    def for_drafts(self) -> CategoryQuerySet:
        """Categories a correspondent may choose for a draft."""
        return self.active().filter(for_drafts=True)


class Category(models.Model):
    """任务类别. Data, not code: what counts is described by ``counts`` and, for placements, levels and media."""

    code = models.SlugField(_("code"), max_length=30, unique=True)
    name = models.CharField(_("name"), max_length=40, unique=True)
    unit = models.CharField(_("unit"), max_length=8, default="篇")
    counts = models.CharField(
        _("what counts"), max_length=10, choices=Counts.choices, default=Counts.ACCEPTED
    )
    levels = models.JSONField(_("levels that count"), default=list, blank=True)
    media = models.JSONField(_("media that count"), default=list, blank=True)
    for_drafts = models.BooleanField(_("offered when writing a draft"), default=False)
    needs_supervisor = models.BooleanField(_("the supervising leader reviews it"), default=False)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    objects: ClassVar[Any] = CategoryQuerySet.as_manager()

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.name

    def counts_placement_at(self, *, level: str, medium: str) -> bool:
        """Whether a verified placement at such an outlet is a delivery; an empty list means any."""
        return (
            self.counts == Counts.PLACED
            and (not self.levels or level in self.levels)
            and (not self.media or medium in self.media)
        )


class QuotaItemQuerySet(models.QuerySet["QuotaItem"]):
    def top(self) -> QuotaItemQuerySet:
        """Targets that add up; sub-quotas (其中) are part of their parent."""
        return self.filter(parent=None)

    def in_force(self) -> QuotaItemQuerySet:
        return self.filter(plan__state=PlanState.APPROVED)

    def of_year(self, year: int) -> QuotaItemQuerySet:
        return self.filter(plan__year=year)


class QuotaItem(models.Model):
    """任务指标: how much a department owes of one category; a sub-quota (其中) names its part in ``label``."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="quotas", verbose_name=_("annual plan"))
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="quotas", verbose_name=_("department")
    )
    category = models.ForeignKey(Category, models.PROTECT, related_name="quotas", verbose_name=_("category"))
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="children", verbose_name=_("part of")
    )
    label = models.CharField(_("part"), max_length=40, blank=True)
    target = models.PositiveIntegerField(
        _("target"), validators=[MinValueValidator(1), MaxValueValidator(100_000)]
    )
    period = models.CharField(_("period"), max_length=8, choices=Period.choices, default=Period.YEAR)
    responsible = models.CharField(_("responsible person"), max_length=60, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    source_text = models.CharField(_("as written"), max_length=300, blank=True)
    order = models.PositiveIntegerField(_("order"), default=0)

    objects: ClassVar[Any] = QuotaItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("quota")
        verbose_name_plural = _("quotas")
        ordering = ["order", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(target__gte=1), name="quotaitem_target_positive"),
            models.UniqueConstraint(
                fields=["plan", "department", "category"], condition=Q(parent=None), name="quotaitem_once"
            ),
            models.UniqueConstraint(
                fields=["parent", "label"], condition=Q(parent__isnull=False), name="quotaitem_part_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.department} {self.label or self.category} {self.target}"

    @property
    def per_year(self) -> int:
        """The target as a yearly figure."""
        return self.target * 12 if self.period == Period.MONTH else self.target


class QuotaImport(models.Model):
    """An uploaded quota table between its preview and its taking in. ``rows`` is what was read, as plain data."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="imports", verbose_name=_("annual plan"))
    file_name = models.CharField(_("file name"), max_length=200)
    sha256 = models.CharField(max_length=64)
    reading = models.JSONField(_("what was read"))
    state = models.CharField(_("state"), max_length=8, choices=ImportState.choices, default=ImportState.OPEN)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(_("uploaded"), auto_now_add=True)

    class Meta:
        verbose_name = _("quota table upload")
        verbose_name_plural = _("quota table uploads")
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return self.file_name


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def live(self) -> DeliveryQuerySet:
        """Those that count: neither reversed nor reversing."""
        return self.filter(is_live=True)

    def of_year(self, year: int) -> DeliveryQuerySet:
        return self.filter(ym__gte=year * 100 + 1, ym__lte=year * 100 + 12)


class Delivery(models.Model):
    """计入: one counted deliverable. Rows are only added; taking one back adds a reversing row and ends its life."""

    ym = models.PositiveIntegerField(_("month"))
    happened_on = models.DateField(_("date"))
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="deliveries", verbose_name=_("department")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
        verbose_name=_("person"),
    )
    category = models.ForeignKey(
        Category, models.PROTECT, related_name="deliveries", verbose_name=_("category")
    )
    part = models.ForeignKey(
        QuotaItem,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="deliveries",
        verbose_name=_("part"),
    )
    title = models.CharField(_("title"), max_length=200)
    source_kind = models.CharField(_("source"), max_length=12, choices=SourceKind.choices)
    source_id = models.BigIntegerField(_("source number"), null=True, blank=True)
    is_live = models.BooleanField(_("counts"), default=True)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="reversal")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField(_("recorded"), auto_now_add=True)

    objects: ClassVar[Any] = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-happened_on", "-pk"]
        indexes = [
            models.Index(
                fields=["ym", "department", "category", "part"],
                condition=Q(is_live=True),
                name="delivery_matrix",
            ),
            models.Index(fields=["source_kind", "source_id"], name="delivery_source"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source_kind", "source_id", "category"],
                condition=Q(is_live=True, source_id__isnull=False),
                name="delivery_counts_once",
            ),
        ]

    def __str__(self) -> str:
        return self.title
