"""Reads of the plans layer: the matrix, its cells, and how every department stands.

Targets come from the plan in force of the year; a sub-quota's pieces are found by its label, so that they stay
counted when an amendment replaces the quota's row.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Count
from django.utils import timezone

from hospital.models import Department, User
from plans.models import Category, Delivery, DeliveryQuerySet, Plan, QuotaItem
from plans.pace import Elapsed, Standing, elapsed
from plans.states import PlanState
from toolkit.months import make_ym, ym_of

MONTHS = range(1, 13)


@dataclass
class Row:
    """One department's line of the matrix, or a sub-quota's (`part` is its label). `months[0]` is January."""

    department: Department
    category: Category
    elapsed: Elapsed
    quota: QuotaItem | None = None
    months: list[int] = field(default_factory=lambda: [0] * 12)
    children: list[Row] = field(default_factory=list)

    @property
    def part(self) -> str:
        return self.quota.label if self.quota is not None and self.quota.parent_id else ""

    @property
    def target(self) -> int:
        """The yearly figure; 0 when the department has no quota of this category."""
        return self.quota.per_year if self.quota else 0

    @property
    def delivered(self) -> int:
        return sum(self.months)

    @property
    def standing(self) -> Standing:
        return Standing(self.target, self.delivered, self.elapsed)


@dataclass(frozen=True)
class Matrix:
    """The table of one category in one year. `totals` is target by category for the tabs."""

    year: int
    category: Category | None
    plan: Plan | None
    categories: list[Category]
    totals: dict[int, int]
    rows: list[Row]
    elapsed: Elapsed

    @property
    def months(self) -> list[int]:
        return [sum(row.months[month - 1] for row in self.rows) for month in MONTHS]

    @property
    def target(self) -> int:
        return sum(row.target for row in self.rows)

    @property
    def delivered(self) -> int:
        return sum(row.delivered for row in self.rows)

    @property
    def standing(self) -> Standing:
        return Standing(self.target, self.delivered, self.elapsed)

    @property
    def behind(self) -> list[Row]:
        return [row for row in self.rows if row.standing.is_behind]


def matrix(*, year: int, category: Category | None = None, at: datetime | None = None) -> Matrix:
    """The year's matrix of a category (the first one with a target when none is given). Four queries at any size."""
    when = elapsed(year=year, on=timezone.localdate(at))
    categories = list(Category.objects.active())
    quotas = _quotas(year)
    ruling = [quota for quota in quotas if quota.plan.state == PlanState.APPROVED]
    totals = Counter({quota.category_id: 0 for quota in ruling})
    for quota in ruling:
        totals[quota.category_id] += 0 if quota.parent_id else quota.per_year
    if category is None:
        category = next(
            (item for item in categories if item.pk in totals), categories[0] if categories else None
        )
    rows: list[Row] = []
    if category is not None:
        labels = {quota.pk: quota.label for quota in quotas if quota.parent_id}
        mine = [quota for quota in ruling if quota.category_id == category.pk]
        rows = _rows(category, mine, _counted(_live(year, category)), labels, when)
    plan = ruling[0].plan if ruling else None
    return Matrix(year, category, plan, categories, dict(totals), rows, when)


def _quotas(year: int) -> list[QuotaItem]:
    """The quotas in force and, for their labels, those that were: an amended plan's pieces still name its parts."""
    wanted = QuotaItem.objects.of_year(year).filter(plan__state__in=[PlanState.APPROVED, PlanState.ARCHIVED])
    return list(wanted.select_related("plan", "department", "category").order_by("order", "pk"))


def _live(year: int, category: Category) -> DeliveryQuerySet:
    found: DeliveryQuerySet = Delivery.objects.live().of_year(year).filter(category=category)
    return found


Counted = list[tuple[int, int, int | None, int]]
"""(department, ym, part, how many)."""


def _counted(deliveries: DeliveryQuerySet) -> Counted:
    # order_by() empties the default order, which would otherwise join the GROUP BY.
    grouped = deliveries.order_by().values_list("department", "ym", "part").annotate(pieces=Count("pk"))
    return [(department, ym, part, pieces) for department, ym, part, pieces in grouped]


def _rows(
    category: Category, quotas: list[QuotaItem], counted: Counted, labels: dict[int, str], when: Elapsed
) -> list[Row]:
    """The plan's departments in the plan's order, then those that delivered without a target."""
    months: dict[int, list[int]] = defaultdict(lambda: [0] * 12)
    parts: dict[tuple[int, str], list[int]] = defaultdict(lambda: [0] * 12)
    for department, ym, part, pieces in counted:
        months[department][ym % 100 - 1] += pieces
        if part in labels:
            parts[department, labels[part]][ym % 100 - 1] += pieces
    children: dict[int, list[Row]] = defaultdict(list)
    for quota in quotas:
        if quota.parent_id:
            counts = parts[quota.department_id, quota.label]
            children[quota.parent_id].append(Row(quota.department, category, when, quota, counts))
    top = [quota for quota in quotas if not quota.parent_id]
    rows = [
        Row(quota.department, category, when, quota, months[quota.department_id], children[quota.pk])
        for quota in top
    ]
    return rows + _without_target(category, months, {quota.department_id for quota in top}, when)


def _without_target(
    category: Category, months: dict[int, list[int]], known: set[int], when: Elapsed
) -> list[Row]:
    # Asked for even when there are none, so that the number of queries doesn't depend on the data.
    others = Department.objects.filter(pk__in=[pk for pk in months if pk not in known] or [0])
    return [Row(department, category, when, None, months[department.pk]) for department in others]


def years(at: datetime | None = None) -> list[int]:
    """Years with a plan or a counted piece, and this one; newest first."""
    found = {timezone.localdate(at).year, *Plan.objects.order_by().values_list("year", flat=True).distinct()}
    # First and last by the index; asking for both at once would read every row.
    months = Delivery.objects.live().values_list("ym", flat=True)
    first, last = months.order_by("ym").first(), months.order_by("-ym").first()
    if first and last:
        found |= set(range(first // 100, last // 100 + 1))
    return sorted(found, reverse=True)


def cell(
    *,
    year: int,
    category: Category,
    department: Department,
    month: int | None = None,
    part: str = "",
) -> DeliveryQuerySet:
    """Exactly the pieces a cell of the matrix counts; the whole year's without a month."""
    found = _live(year, category).filter(department=department)
    if month is not None:
        found = found.filter(ym=make_ym(year, month))
    if part:
        found = found.filter(part__label=part, part__parent__isnull=False)
    return found.select_related("department", "person", "category", "part")


# --- how everybody stands ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Progress:
    """One department's yearly target of one category, today."""

    department: Department
    category: Category
    quota: QuotaItem
    standing: Standing


def department_progress(
    *,
    year: int | None = None,
    at: datetime | None = None,
    on: date | None = None,
    category: Category | None = None,
    departments: Iterable[Department] | None = None,
) -> list[Progress]:
    """Every top-level target in force, in the plan's order, with what was delivered by `on` (today). Two queries.

    `standing` has target, delivered, expected, lag, gap, pace, percent and forecast (see plans/pace.py).
    """
    day = on or timezone.localdate(at)
    year = year or day.year
    when = elapsed(year=year, on=day)
    quotas = QuotaItem.objects.of_year(year).in_force().top().select_related("department__head", "category")
    deliveries = Delivery.objects.live().of_year(year).filter(ym__lte=ym_of(day))
    if category is not None:
        quotas, deliveries = quotas.filter(category=category), deliveries.filter(category=category)
    if departments is not None:
        quotas = quotas.filter(department__in=list(departments))
    grouped = deliveries.order_by().values_list("department", "category").annotate(pieces=Count("pk"))
    delivered = {(department, kind): pieces for department, kind, pieces in grouped}
    return [
        Progress(
            quota.department,
            quota.category,
            quota,
            Standing(quota.per_year, delivered.get((quota.department_id, quota.category_id), 0), when),
        )
        for quota in quotas
    ]


def behind(
    *,
    at: datetime | None = None,
    on: date | None = None,
    category: Category | None = None,
    departments: Iterable[Department] | None = None,
) -> list[Progress]:
    """Targets below their pace, the furthest behind first."""
    late = department_progress(at=at, on=on, category=category, departments=departments)
    return sorted(
        (row for row in late if row.standing.is_behind),
        key=lambda row: (-row.standing.lag, row.standing.percent, row.quota.order),
    )


def overall(rows: Iterable[Progress]) -> Standing | None:
    """All rows as one standing; None when there are none."""
    rows = list(rows)
    if not rows:
        return None
    return Standing(
        sum(row.standing.target for row in rows),
        sum(row.standing.delivered for row in rows),
        rows[0].standing.elapsed,
    )


def departments_of(user: User) -> list[Department]:
    """The departments a person answers to or for: their own, those they head, those they supervise."""
    own = Department.objects.filter(people=user)
    found = own | Department.objects.led_by(user) | Department.objects.supervised_by(user)
    return list(found.distinct())


def parts_of(department: Department, category: Category, *, at: datetime | None = None) -> list[QuotaItem]:
    """The sub-quotas (其中) a new piece of this department may count towards, in this year's plan in force."""
    year = timezone.localdate(at).year
    found = QuotaItem.objects.of_year(year).in_force().filter(department=department, category=category)
    return list(found.filter(parent__isnull=False))
