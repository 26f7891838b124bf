"""Dated reward schemes, the append-only ledger, and the batches in which it is paid out."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from correspondents.states import Genre
from hospital.models import Department, User
from hospital.states import Role
from media_outreach.outlets.models import Placement
from plans.models import Category, QuotaItem
from plans.states import Level, Medium
from rewards.states import EntryKind, PayoutState, Reason, SamePiece, VersionState
from toolkit.models import AppendOnlyError
from toolkit.money import format_yuan
from toolkit.months import month_of, year_of


class LedgerLock(models.Model):
    """One row. Whoever writes to the ledger or seals a batch holds it, so that they follow one another."""

    def __str__(self) -> str:
        return "ledger"


class SchemeVersionQuerySet(models.QuerySet["SchemeVersion"]):
    def in_force(self) -> SchemeVersionQuerySet:
        return self.filter(state=VersionState.IN_FORCE)


class SchemeVersion(models.Model):
    """奖励办法 as issued: in force from ``effective_from`` until the next one; never changed once issued."""

    name = models.CharField(_("name"), max_length=80)
    number = models.PositiveSmallIntegerField(_("version"), unique=True)
    document_number = models.CharField(_("document number"), max_length=60, blank=True)
    effective_from = models.DateField(_("in force from"), unique=True)
    same_piece = models.CharField(
        _("same piece in several outlets"),
        max_length=12,
        choices=SamePiece.choices,
        default=SamePiece.HIGHEST,
    )
    exemption_text = models.CharField(_("exemption, as written"), max_length=200, blank=True)
    shortfall_text = models.CharField(_("shortfall, as written"), max_length=200, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=VersionState.choices, default=VersionState.DRAFT
    )

    objects: ClassVar[Any] = SchemeVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("reward scheme")
        verbose_name_plural = _("reward schemes")
        ordering = ["-effective_from"]

    def __str__(self) -> str:
        return f"《{self.name}》V{self.number}"


class Rule(models.Model):
    """条款: the first rule in order whose conditions hold sets the amount; an empty list means any."""

    version = models.ForeignKey(
        SchemeVersion, models.CASCADE, related_name="rules", verbose_name=_("reward scheme")
    )
    order = models.PositiveSmallIntegerField(_("order"))
    levels = models.JSONField(_("levels"), default=list, blank=True)
    media = models.JSONField(_("media"), default=list, blank=True)
    genres = models.JSONField(_("genres"), default=list, blank=True)
    amount_fen = models.PositiveIntegerField(_("amount in fen"))

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering = ["order"]
        constraints = [models.UniqueConstraint(fields=["version", "order"], name="rule_order_once")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The conditions in few words: 市州 · 报纸、电视."""
        return self.label_for({})

    def label_for(self, inputs: dict[str, Any]) -> str:
        """The same for one piece, whose `level`, `medium` and `genre` say which of several it met: 市州 · 报纸."""
        parts = (
            (self.levels, dict(Level.choices), inputs.get("level")),
            (self.media, dict(Medium.choices), inputs.get("medium")),
            (self.genres, dict(Genre.choices), inputs.get("genre")),
        )
        words = []
        for codes, names, met in parts:
            shown = codes if met is None or met not in codes else [met]
            if shown:
                words.append("、".join(str(names.get(code, code)) for code in shown))
        return " · ".join(words) or str(_("Any outlet"))


class Exemption(models.Model):
    """Staff who are rewarded only beyond their own yearly quota (宣传科工作人员任务内不予奖励)."""

    version = models.ForeignKey(SchemeVersion, models.CASCADE, related_name="exemptions")
    department = models.ForeignKey(Department, models.PROTECT, related_name="+", verbose_name=_("department"))
    quota_per_person = models.PositiveIntegerField(_("pieces per person and year"))

    class Meta:
        verbose_name = _("exemption")
        verbose_name_plural = _("exemptions")
        constraints = [models.UniqueConstraint(fields=["version", "department"], name="exemption_once")]

    def __str__(self) -> str:
        return f"{self.department} {self.quota_per_person}"


class ShortfallRate(models.Model):
    """罚扣标准: what one missing piece of a category costs, by the rule whose standard corresponds to it."""

    version = models.ForeignKey(SchemeVersion, models.CASCADE, related_name="shortfall_rates")
    category = models.ForeignKey(Category, models.PROTECT, related_name="+", verbose_name=_("category"))
    rule = models.ForeignKey(Rule, models.CASCADE, related_name="+", verbose_name=_("corresponding rule"))

    class Meta:
        verbose_name = _("shortfall rate")
        verbose_name_plural = _("shortfall rates")
        constraints = [models.UniqueConstraint(fields=["version", "category"], name="shortfallrate_once")]

    def __str__(self) -> str:
        return f"{self.category}"


class EntryQuerySet(models.QuerySet["Entry"]):
    def visible_to(self, user: User) -> EntryQuerySet:
        """Office, leaders, finance and auditors see the whole ledger; heads their departments'; others their own."""
        if not user.is_authenticated:
            return self.none()
        if user.is_superuser or user.has_role(
            Role.EDITOR, Role.CHIEF, Role.FINANCE, Role.AUDITOR, Role.LEADER
        ):
            return self
        return self.filter(Q(person=user) | Q(department__head=user))

    def update(self, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError("Ledger entries are only ever added; a correction is a reversing entry.")

    def delete(self) -> NoReturn:
        raise AppendOnlyError("Ledger entries are only ever added; a correction is a reversing entry.")

    def unsealed(self) -> EntryQuerySet:
        """In no sealed batch yet."""
        return self.filter(payout_link=None)

    def live(self) -> EntryQuerySet:
        """Neither reversed nor reversing: what holds today."""
        return self.exclude(kind=EntryKind.REVERSAL).filter(reversal=None)

    def telling(self) -> EntryQuerySet:
        """Without what moves no money and needs no explanation: pieces that no article names."""
        return self.exclude(Q(amount_fen=0) & (Q(reason=Reason.NO_RULE) | Q(kind=EntryKind.REVERSAL)))

    def for_list(self) -> EntryQuerySet:
        """With everything a row of a list shows."""
        # The reversal comes in a query of its own: nearly every entry has none, and SQLite, which knows that from its
        # statistics, would read the whole ledger for each row instead of looking it up.
        rows = self.select_related("person", "department", "rule", "version", "placement__outlet")
        return rows.prefetch_related("reversal")

    def of_year(self, year: int) -> EntryQuerySet:
        return self.filter(ym__gte=year * 100 + 1, ym__lte=year * 100 + 12)


class Entry(models.Model):
    """台账分录. Only ever added. ``ym`` is the month it belongs to; a correction is a reversing entry.

    ``inputs`` holds everything the amount was computed from, so that it can be recomputed and explained.
    """

    append_only = True

    ym = models.PositiveIntegerField(_("month"))
    happened_on = models.DateField(_("date"))
    kind = models.CharField(_("kind"), max_length=10, choices=EntryKind.choices)
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reward_entries",
        verbose_name=_("person"),
    )
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="reward_entries", verbose_name=_("department")
    )
    amount_fen = models.BigIntegerField(_("amount in fen"))
    version = models.ForeignKey(
        SchemeVersion, models.PROTECT, null=True, related_name="+", verbose_name=_("reward scheme")
    )
    rule = models.ForeignKey(Rule, models.PROTECT, null=True, related_name="+", verbose_name=_("rule"))
    placement = models.ForeignKey(
        Placement, models.PROTECT, null=True, related_name="reward_entries", verbose_name=_("placement")
    )
    quota = models.ForeignKey(QuotaItem, models.PROTECT, null=True, related_name="+", verbose_name=_("quota"))
    title = models.CharField(_("title"), max_length=200)
    inputs = models.JSONField(_("computed from"), default=dict)
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="reversal", verbose_name=_("reverses")
    )
    key = models.CharField(max_length=120, unique=True, editable=False)
    created_at = models.DateTimeField(_("recorded"), auto_now_add=True)

    objects: ClassVar[Any] = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["-happened_on", "-pk"]
        indexes = [
            models.Index(fields=["-happened_on", "-id"], name="entry_newest"),
            models.Index(fields=["ym", "person", "amount_fen"], name="entry_totals"),
            models.Index(fields=["ym", "department", "amount_fen"], name="entry_department_totals"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=(Q(kind="reversal") & Q(reverses__isnull=False))
                | (~Q(kind="reversal") & Q(reverses__isnull=True)),
                name="entry_reversal_names_its_entry",
            ),
            models.CheckConstraint(
                condition=~Q(kind="reward") | Q(amount_fen__gte=0), name="entry_reward_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(kind="deduction") | Q(amount_fen__lte=0), name="entry_deduction_not_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {format_yuan(self.amount_fen)}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError("Ledger entries are only ever added; a correction is a reversing entry.")
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("rewards:entry", args=[self.pk])

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError("Ledger entries are only ever added; a correction is a reversing entry.")

    @property
    def who(self) -> tuple[int, int]:
        """Placement and person; 0 for none."""
        return (self.placement_id or 0, self.person_id or 0)

    @property
    def what(self) -> tuple[int, int]:
        """Department and category of a deduction; 0 for none."""
        return (self.department_id, self.quota.category_id if self.quota else 0)

    @property
    def rule_label(self) -> str:
        return self.rule.label_for(self.inputs) if self.rule else ""


class PayoutQuerySet(models.QuerySet["Payout"]):
    def visible_to(self, user: User) -> PayoutQuerySet:
        """Office, finance, leaders and auditors; finance sees a batch once it is sealed."""
        if not user.is_authenticated:
            return self.none()
        if user.is_superuser or user.has_role(Role.EDITOR, Role.CHIEF, Role.AUDITOR, Role.LEADER):
            return self
        return self.sealed() if user.has_role(Role.FINANCE) else self.none()

    def sealed(self) -> PayoutQuerySet:
        return self.filter(state=PayoutState.SEALED)


class Payout(models.Model):
    """发放批次: the entries up to ``ym_to`` that no earlier batch has paid."""

    title = models.CharField(_("title"), max_length=80)
    ym_from = models.PositiveIntegerField(_("first month"))
    ym_to = models.PositiveIntegerField(_("last month"))
    state = models.CharField(_("state"), max_length=8, choices=PayoutState.choices, default=PayoutState.DRAFT)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    sealed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("sealed by")
    )
    sealed_at = models.DateTimeField(_("sealed"), null=True)

    objects: ClassVar[Any] = PayoutQuerySet.as_manager()

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        ordering = ["-ym_to", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ym_from__lte=F("ym_to")), name="payout_period_in_order"),
            models.UniqueConstraint(fields=["ym_from", "ym_to"], name="payout_period_once"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("rewards:payout", args=[self.pk])

    @property
    def is_sealed(self) -> bool:
        return self.state == PayoutState.SEALED

    @property
    def code(self) -> str:
        """批次号: 2024-Y, 2024-H1, 2024-Q3, 2024-07, else 202403-202405."""
        year, first, last = year_of(self.ym_from), month_of(self.ym_from), month_of(self.ym_to)
        if year != year_of(self.ym_to):
            return f"{self.ym_from}-{self.ym_to}"
        named = {(1, 12): "Y", (1, 6): "H1", (7, 12): "H2", (first, first): f"{first:02d}"}
        named |= {(3 * quarter - 2, 3 * quarter): f"Q{quarter}" for quarter in range(1, 5)}
        name = named.get((first, last))
        return f"{year}-{name}" if name else f"{self.ym_from}-{self.ym_to}"


class PayoutEntry(models.Model):
    """Which batch paid an entry; an entry is paid at most once."""

    payout = models.ForeignKey(Payout, models.PROTECT, related_name="entry_links")
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="payout_link")

    def __str__(self) -> str:
        return f"{self.payout_id}:{self.entry_id}"


class PayoutLine(models.Model):
    """One line of the summary, frozen at sealing: a person, or a department's deductions (``person`` empty)."""

    append_only = True

    payout = models.ForeignKey(Payout, models.PROTECT, related_name="lines")
    order = models.PositiveIntegerField()
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="payout_lines"
    )
    staff_no = models.CharField(_("staff number"), max_length=20, blank=True)
    name = models.CharField(_("name"), max_length=60)
    department_name = models.CharField(_("department"), max_length=60)
    pieces = models.PositiveIntegerField(_("pieces"))
    reward_fen = models.BigIntegerField(_("reward"))
    deduction_fen = models.BigIntegerField(_("deduction"))
    net_fen = models.BigIntegerField(_("net"))

    class Meta:
        ordering = ["order"]
        constraints = [
            models.UniqueConstraint(fields=["payout", "order"], name="payoutline_order_once"),
            models.CheckConstraint(
                condition=Q(net_fen=F("reward_fen") + F("deduction_fen")), name="payoutline_adds_up"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.net_fen}"


class Workbook(models.Model):
    """The stored .xlsx of a sealed batch; every download hands out these same bytes."""

    payout = models.OneToOneField(Payout, models.PROTECT, related_name="workbook")
    file = models.FileField(upload_to="payouts/")
    name = models.CharField(_("file name"), max_length=120)
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("reward workbook")
        verbose_name_plural = _("reward workbooks")

    def __str__(self) -> str:
        return self.name
