"""Plans, quotas and counted pieces for tests, on top of the cast."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path

from hospital.models import Department, User
from plans import services
from plans.defaults import ensure_categories
from plans.models import Category, Delivery, Plan, QuotaItem
from plans.states import SourceKind
from tests.factories import Cast, make_department

DATA = Path(__file__).parent / "data"
_numbers = itertools.count(1)


def category(code: str = "info") -> Category:
    ensure_categories()
    found: Category = Category.objects.get(code=code)
    return found


def make_draft(cast: Cast, *, year: int = 2026, quotas: bool = True) -> Plan:
    """护理部 owes 12 信息 (其中 4 专题) and 10 微博 a month; 儿科住院部 owes 2 信息."""
    plan = services.plan_create(year=year, actor=cast.editor)
    if quotas:
        parent = add_quota(plan, cast.nursing, "info", 12)
        add_quota(plan, cast.nursing, "info", 4, parent=parent, label="专题")
        add_quota(plan, cast.nursing, "weibo", 10, period="month")
        add_quota(plan, cast.pediatrics, "info", 2)
    return plan


def add_quota(
    plan: Plan,
    department: Department,
    code: str,
    target: int,
    *,
    period: str = "year",
    parent: QuotaItem | None = None,
    label: str = "",
) -> QuotaItem:
    quota: QuotaItem = QuotaItem.objects.create(
        plan=plan,
        department=department,
        category=category(code),
        target=target,
        period=period,
        parent=parent,
        label=label,
        order=next(_numbers),
    )
    return quota


def make_ruling(cast: Cast, *, year: int = 2026) -> Plan:
    """The same plan, submitted by the editor and approved by 赵刚."""
    plan = make_draft(cast, year=year)
    services.plan_move(plan=plan, action="submit", actor=cast.editor)
    return services.plan_move(plan=plan, action="approve", actor=cast.leader)


def deliver(
    department: Department,
    day: date,
    *,
    code: str = "info",
    pieces: int = 1,
    part: QuotaItem | None = None,
    person: User | None = None,
    kind: str = SourceKind.SUBMISSION,
) -> list[Delivery]:
    return [
        services.record_delivery(
            category=category(code),
            department=department,
            person=person,
            happened_on=day,
            title=f"护士节活动第{number}期",
            source_kind=kind,
            source_id=number,
            part=part,
            actor=None,
        )
        for number in itertools.islice(_numbers, pieces)
    ]


def many_departments(plan: Plan, count: int) -> list[Department]:
    """Departments with one 信息 each and one delivered piece each."""
    made = [make_department(f"N{number:03d}", f"第{number}病区") for number in range(count)]
    QuotaItem.objects.bulk_create(
        QuotaItem(plan=plan, department=department, category=category(), target=6, order=1000)
        for department in made
    )
    Delivery.objects.bulk_create(
        Delivery(
            ym=202603,
            happened_on=date(2026, 3, 5),
            department=department,
            category=category(),
            title="查房小故事",
            source_kind=SourceKind.SUBMISSION,
            source_id=100_000 + number,
        )
        for number, department in enumerate(made)
    )
    return made
