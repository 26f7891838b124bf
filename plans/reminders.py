"""The monthly quota reminder: each department behind its pace gets its own gap, once a month."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Prefetch
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hospital.models import Department, User
from hospital.services import notify
from hospital.states import Role
from plans.selectors import Progress, behind
from toolkit import audit
from toolkit.models import OutboxMessage
from toolkit.months import last_day, month_of, this_month, year_of


@dataclass(frozen=True)
class Reminded:
    """`departments` behind, `sent` to how many people now, `before` to how many earlier this month,
    and `unreachable` departments with neither head nor correspondent."""

    departments: int
    sent: int
    before: int
    unreachable: list[Department]


@transaction.atomic
def send_monthly(
    *,
    ym: int,
    actor: User | None = None,
    departments: Iterable[Department] | None = None,
    at: datetime | None = None,
) -> Reminded:
    """Tell the head and the correspondents of every department behind its pace; a second run sends nothing twice."""
    late = late_by_department(ym=ym, at=at, departments=departments)
    people = recipients(late)
    sent = before = 0
    for department, rows in late.items():
        for person in people[department]:
            if _remind(ym, department, person, rows):
                sent += 1
            else:
                before += 1
    unreachable = [department for department in late if not people[department]]
    audit.record(
        actor=actor,
        action="quota_reminder",
        label=str(ym),
        changes={"departments": len(late), "sent": sent, "before": before},
    )
    return Reminded(len(late), sent, before, unreachable)


def late_by_department(
    *, ym: int, at: datetime | None = None, departments: Iterable[Department] | None = None
) -> dict[Department, list[Progress]]:
    """Departments behind on the last day of the month, or today while it runs; each with its late targets."""
    late: dict[Department, list[Progress]] = {}
    for row in behind(on=reckoning_day(ym, at), departments=departments):
        if row.department.is_active:
            late.setdefault(row.department, []).append(row)
    return late


def reckoning_day(ym: int, at: datetime | None = None) -> date:
    return min(timezone.localdate(at), last_day(ym))


def recipients(departments: Iterable[Department]) -> dict[Department, list[User]]:
    """The head and the department's correspondents, each once."""
    departments = list(departments)
    correspondents = User.objects.active().filter(role_grants__role=Role.CORRESPONDENT).distinct()
    loaded = Department.objects.filter(pk__in=[x.pk for x in departments]).prefetch_related(
        Prefetch("people", queryset=correspondents, to_attr="writers")
    )
    writers = {department.pk: department.writers for department in loaded}
    found: dict[Department, list[User]] = {}
    for department in departments:
        head = [department.head] if department.head is not None and department.head.is_active else []
        found[department] = list(dict.fromkeys([*head, *writers.get(department.pk, [])]))
    return found


def _remind(ym: int, department: Department, person: User, rows: list[Progress]) -> bool:
    title = _("%(department)s is behind its publicity targets (%(month)s/%(year)s)")
    year = year_of(ym)
    return notify(
        key=f"quota-reminder:{ym}:{department.pk}:{person.pk}",
        recipient=person,
        title=title % {"department": department.name, "month": month_of(ym), "year": year},
        body="\n".join(describe_gap(row) for row in rows),
        url=f"{reverse('plans:matrix')}?year={year}&category={rows[0].category.code}",
        email=True,
    )


def describe_gap(row: Progress) -> str:
    """信息：全年任务 12 篇，已完成 3 篇，按进度应完成 9 篇，还差 6 篇。"""
    standing = row.standing
    return _(
        "%(category)s: target %(target)s %(unit)s this year, delivered %(delivered)s, expected by now "
        "%(expected)s, %(lag)s behind; %(gap)s still to go."
    ) % {
        "category": row.category.name,
        "unit": row.category.unit,
        "target": standing.target,
        "delivered": standing.delivered,
        "expected": standing.expected,
        "lag": standing.lag,
        "gap": standing.gap,
    }


def last_sent(ym: int) -> datetime | None:
    """When this month's reminder last went to anybody; None when it hasn't."""
    sent = OutboxMessage.objects.filter(key__startswith=f"notice:quota-reminder:{ym}:")
    newest: datetime | None = sent.order_by("-created_at").values_list("created_at", flat=True).first()
    return newest


def send_this_month(*, actor: User | None = None, at: datetime | None = None) -> Reminded:
    return send_monthly(ym=this_month(at), actor=actor, at=at)
