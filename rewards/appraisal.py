"""年度考核 figures of a year: every department and person, as rows, as a workbook, and as a background job."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from hospital.models import Department, User
from media_outreach.outlets.models import Credit
from media_outreach.outlets.states import PlacementState
from plans.models import Delivery, QuotaItem
from rewards.selectors import MoneyTotals, department_totals, person_totals
from rewards.settlement import deliveries_of
from toolkit import jobs
from toolkit.models import Job, JobState
from toolkit.moments import in_full
from toolkit.sheets.writer import Workbook, index, number, percent, text, yuan

KIND = "appraisal"
Progress = Callable[[int, int | None, str], object]
NOTHING = MoneyTotals()


@dataclass(frozen=True)
class Quota:
    """One category of one department: what it owed and what it delivered in the year."""

    category: str
    unit: str
    target: int
    delivered: int

    @property
    def counted(self) -> int:
        """Up to the target: what is beyond in one category doesn't fill another."""
        return min(self.target, self.delivered)

    @property
    def missing(self) -> int:
        return self.target - self.counted

    @property
    def rate(self) -> Decimal | None:
        return ratio(self.counted, self.target)


@dataclass
class DepartmentRow:
    name: str
    quotas: list[Quota] = field(default_factory=list)
    delivered: int = 0
    money: MoneyTotals = NOTHING

    @property
    def target(self) -> int:
        return sum(quota.target for quota in self.quotas)

    @property
    def counted(self) -> int:
        return sum(quota.counted for quota in self.quotas)

    @property
    def missing(self) -> int:
        return self.target - self.counted

    @property
    def rate(self) -> Decimal | None:
        """None for a department without a quota."""
        return ratio(self.counted, self.target)


@dataclass
class PersonRow:
    staff_no: str
    name: str
    department: str
    delivered: int
    placements: int
    money: MoneyTotals
    department_rate: Decimal | None


def ratio(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / whole).quantize(Decimal("0.0001")) if whole else None


def department_rows(*, year: int) -> list[DepartmentRow]:
    """Every active department, and any other with a quota, a delivery or money in the year; in their order."""
    delivered = deliveries_of(year)
    money = department_totals(year=year)
    quotas: dict[int, list[Quota]] = defaultdict(list)
    items = QuotaItem.objects.in_force().of_year(year).top().select_related("category")
    for item in items:
        count = delivered.get((item.department_id, item.category_id), 0)
        quotas[item.department_id].append(Quota(item.category.name, item.category.unit, item.per_year, count))
    sums: dict[int, int] = defaultdict(int)
    for (department, _category), count in delivered.items():
        sums[department] += count
    named = set(quotas) | set(sums) | set(money)
    return [
        DepartmentRow(
            department.name,
            quotas.get(department.pk, []),
            sums[department.pk],
            money.get(department.pk, NOTHING),
        )
        for department in Department.objects.order_by("order", "code")
        if department.is_active or department.pk in named
    ]


def person_rows(*, year: int, departments: list[DepartmentRow]) -> list[PersonRow]:
    """Every active person, and those who left with something to their name in the year."""
    rates = {row.name: row.rate for row in departments}
    delivered = dict(
        Delivery.objects.live()
        .of_year(year)
        .filter(person__isnull=False)
        .order_by()
        .values_list("person_id")
        .annotate(count=Count("pk"))
    )
    placed = dict(
        Credit.objects.filter(
            placement__state=PlacementState.VERIFIED,
            placement__ym__gte=year * 100 + 1,
            placement__ym__lte=year * 100 + 12,
        )
        .order_by()
        .values_list("person_id")
        .annotate(count=Count("pk"))
    )
    money = person_totals(year=year)
    named = set(delivered) | set(placed) | set(money)
    people = User.objects.select_related("department").order_by("department__order", "staff_no")
    return [
        PersonRow(
            staff_no=person.staff_no,
            name=person.name,
            department=person.department.name if person.department else "",
            delivered=delivered.get(person.pk, 0),
            placements=placed.get(person.pk, 0),
            money=money.get(person.pk, NOTHING),
            department_rate=rates.get(person.department.name) if person.department else None,
        )
        for person in people
        if person.is_active or person.pk in named
    ]


def appraisal_start(*, year: int, owner: User | None, at: datetime | None = None) -> Job:
    """Start the export. One that is waiting or running for the same year and person is returned instead.

    `owner` None: the schedule's own run, once per year whoever ticks.
    """
    if owner is None:
        return jobs.start(kind=KIND, owner=None, params={"year": year}, key=f"{KIND}:{year}:scheduled")
    running = Job.objects.filter(
        kind=KIND, owner=owner, params__year=year, state__in=[JobState.WAITING, JobState.RUNNING]
    ).first()
    return running or jobs.start(kind=KIND, owner=owner, params={"year": year})


def build(*, year: int, progress: Progress, at: datetime | None = None) -> tuple[str, bytes]:
    """The workbook of a year as (file name, content); `progress(done, total, note)` is told about each part."""
    progress(0, 3, _("Adding up departments"))
    departments = department_rows(year=year)
    people = person_rows(year=year, departments=departments)
    total = len(departments) + len(people) + 1
    book = Workbook(title=_("Publicity appraisal %(year)s") % {"year": year})
    done = _department_sheet(book, year, departments, progress, total)
    _category_sheet(book, year, departments)
    _person_sheet(book, year, people, progress, done, total)
    _method_sheet(book, year, at or timezone.now())
    content = book.content()
    progress(total, total, _("The file is ready"))
    return _("Publicity appraisal %(year)s.xlsx") % {"year": year}, content


def _department_sheet(
    book: Workbook, year: int, rows: list[DepartmentRow], progress: Progress, total: int
) -> int:
    sheet = book.sheet(
        _("Departments"),
        heading=_("Publicity appraisal %(year)s · departments") % {"year": year},
        note=_("Amounts in yuan"),
        freeze_columns=2,
        columns=[
            _("No."),
            _("Department"),
            _("Target"),
            _("Delivered"),
            _("Counted towards the target"),
            _("Completion rate"),
            _("Missing"),
            _("Rewarded pieces"),
            _("Rewards earned"),
            _("Deductions"),
            _("Net amount"),
        ],
        widths={0: 6, 1: 22, 2: 9, 3: 9, 4: 14, 5: 10, 6: 9, 7: 12, 8: 14, 9: 14, 10: 14},
    )
    for place, row in enumerate(rows, 1):
        money = row.money
        sheet.row(
            [
                index(place),
                row.name,
                number(row.target) if row.quotas else None,
                number(row.delivered),
                number(row.counted) if row.quotas else None,
                percent(row.rate),
                number(row.missing) if row.quotas else None,
                number(money.pieces),
                yuan(money.reward_fen),
                yuan(money.deduction_fen),
                yuan(money.net_fen),
            ]
        )
        progress(place, total, row.name)
    target, counted = sum(row.target for row in rows), sum(row.counted for row in rows)
    sheet.total(
        [
            _("Total"),
            "",
            number(target),
            number(sum(row.delivered for row in rows)),
            number(counted),
            percent(ratio(counted, target)),
            number(target - counted),
            number(sum(row.money.pieces for row in rows)),
            yuan(sum(row.money.reward_fen for row in rows)),
            yuan(sum(row.money.deduction_fen for row in rows)),
            yuan(sum(row.money.net_fen for row in rows)),
        ]
    )
    return len(rows)


def _category_sheet(book: Workbook, year: int, rows: list[DepartmentRow]) -> None:
    sheet = book.sheet(
        _("By category"),
        heading=_("Publicity appraisal %(year)s · by category") % {"year": year},
        freeze_columns=3,
        columns=[
            _("No."),
            _("Department"),
            _("Category"),
            _("Unit"),
            _("Target"),
            _("Delivered"),
            _("Completion rate"),
            _("Missing"),
        ],
        widths={0: 8, 1: 24, 2: 26, 3: 8, 4: 12, 5: 12, 6: 12, 7: 12},
    )
    pairs = [(row.name, quota) for row in rows for quota in row.quotas]
    for place, (name, quota) in enumerate(pairs, 1):
        sheet.row(
            [
                index(place),
                name,
                quota.category,
                quota.unit,
                number(quota.target),
                number(quota.delivered),
                percent(quota.rate),
                number(quota.missing),
            ]
        )
    if not pairs:
        sheet.line(_("No annual plan of this year is in force."))


def _person_sheet(
    book: Workbook, year: int, rows: list[PersonRow], progress: Progress, before: int, total: int
) -> None:
    sheet = book.sheet(
        _("Individuals"),
        heading=_("Publicity appraisal %(year)s · people") % {"year": year},
        note=_("Amounts in yuan"),
        freeze_columns=3,
        columns=[
            _("No."),
            _("Staff no."),
            _("Person's name"),
            _("Department"),
            _("Department's completion rate"),
            _("Delivered"),
            _("Placements"),
            _("Rewarded pieces"),
            _("Rewards earned"),
            _("Deductions"),
            _("Net amount"),
        ],
        widths={0: 6, 1: 12, 2: 12, 3: 20, 4: 14, 5: 9, 6: 9, 7: 12, 8: 14, 9: 14, 10: 14},
    )
    for place, row in enumerate(rows, 1):
        money = row.money
        sheet.row(
            [
                index(place),
                text(row.staff_no),
                row.name,
                row.department,
                percent(row.department_rate),
                number(row.delivered),
                number(row.placements),
                number(money.pieces),
                yuan(money.reward_fen),
                yuan(money.deduction_fen),
                yuan(money.net_fen),
            ]
        )
        progress(before + place, total, row.name)
    sheet.total(
        [
            _("Total"),
            "",
            "",
            "",
            "",
            number(sum(row.delivered for row in rows)),
            number(sum(row.placements for row in rows)),
            number(sum(row.money.pieces for row in rows)),
            yuan(sum(row.money.reward_fen for row in rows)),
            yuan(sum(row.money.deduction_fen for row in rows)),
            yuan(sum(row.money.net_fen for row in rows)),
        ]
    )


def _method_sheet(book: Workbook, year: int, at: datetime) -> None:
    """说明: how each figure was found, so that a department can recompute its row."""
    sheet = book.sheet(
        _("How it is computed"),
        heading=_("Publicity appraisal %(year)s · how it is computed") % {"year": year},
        columns=[_("Figure"), _("Meaning")],
        widths={0: 26, 1: 100},
    )
    for label, meaning in (
        (
            _("Target"),
            _(
                "Yearly targets of the plan in force, monthly ones times twelve; sub-targets are part of theirs."
            ),
        ),
        (
            _("Delivered"),
            _("Counted pieces of the year as in the quota matrix; each can be opened there one by one."),
        ),
        (
            _("Counted towards the target"),
            _("Per category at most its target: a surplus in one category fills no other."),
        ),
        (_("Completion rate"), _("Counted ÷ target. Empty without a target.")),
        (_("Missing"), _("Target − counted, over all categories.")),
        (_("Placements"), _("Verified placements of the year in which the person is credited.")),
        (
            _("Rewards earned"),
            _(
                "Ledger entries of the year with their corrections, by the department the piece was credited to."
            ),
        ),
        (_("Deductions"), _("Shortfall deductions of the year with their corrections.")),
        (
            _("As of"),
            _("Computed on %(moment)s; later changes are not in this file.") % {"moment": in_full(at)},
        ),
    ):
        sheet.row([label, meaning])
