"""The first page of each role, as template contexts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from correspondents.models import Submission
from correspondents.selectors import standing_line
from hospital.models import User
from media_outreach.outlets.permissions import can_log
from media_outreach.outlets.selectors import month_comparison, monthly_counts
from plans.models import Category, Delivery, QuotaItem
from plans.pace import Standing
from plans.selectors import Progress, department_progress, departments_of, overall
from plans.states import Pace
from publicity.selectors import coming, returned_to, reward_year, todos, waiting_for
from rewards.models import Entry
from toolkit.moments import spoken
from toolkit.money import fen_to_yuan

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

SHOWN_DEPARTMENTS = 8
SHOWN_DRAFTS = 6
TONES = {Pace.SILENT: "bad", Pace.BEHIND: "warn", Pace.ON_TRACK: "good", Pace.MET: "good"}


@dataclass(frozen=True)
class Figure:
    label: str
    value: Any
    of: Any = ""
    note: str = ""
    tone: str = ""
    url: str = ""


@dataclass(frozen=True)
class Line:
    """One department's target as a dashboard shows it."""

    department: str
    category: str
    unit: str
    target: int
    delivered: int
    word: _StrOrPromise
    tone: str
    url: str


def line(row: Progress) -> Line:
    standing = row.standing
    return Line(
        department=str(row.department),
        category=str(row.category),
        unit=row.category.unit,
        target=standing.target,
        delivered=standing.delivered,
        word=standing.pace.label,
        tone=tone_of(standing),
        url=f"{reverse('plans:matrix')}?category={row.category.pk}",
    )


def tone_of(standing: Standing) -> str:
    """Silence counts as red only once something is due."""
    if standing.pace in (Pace.SILENT, Pace.BEHIND) and not standing.is_behind:
        return "good"
    return TONES[standing.pace]


# --- the publicity office, and the auditor reading over its shoulder --------------------------------------------


def office(user: User, *, at: datetime | None = None) -> dict[str, Any]:
    today = timezone.localdate(at)
    category = main_category(today.year)
    rows = department_progress(year=today.year, at=at, category=category) if category else []
    return {
        "today": today,
        "may_log": can_log.test(user),
        "figures": [
            quota_figure(category, overall(rows)),
            placement_figure(at),
            review_figure(user),
            reward_figure(user, year=today.year),
        ],
        "todos": todos(user),
        "chart_option": placements_chart(year=today.year, at=at),
        "coming": coming(at=at),
        **progress_context(category, rows, worst=SHOWN_DEPARTMENTS),
    }


def main_category(year: int) -> Category | None:
    """The category the year's plan leads with."""
    ruling = QuotaItem.objects.of_year(year).in_force().top().values("category")
    found: Category | None = Category.objects.active().filter(pk__in=ruling).order_by("order", "pk").first()
    return found


def quota_figure(category: Category | None, standing: Standing | None) -> Figure:
    if category is None or standing is None:
        return Figure(_("This year's quotas"), "—", note=_("No plan is in force"), url=reverse("plans:list"))
    words = {"expected": standing.expected, "lag": standing.lag}
    behind = _("%(expected)s expected by today, %(lag)s behind") % words
    ahead = _("%(expected)s expected by today, on track") % words
    return Figure(
        _("This year's %(category)s") % {"category": category},
        standing.delivered,
        of=standing.target,
        note=behind if standing.is_behind else ahead,
        tone="bad" if standing.is_behind else "good",
        url=f"{reverse('plans:matrix')}?category={category.pk}",
    )


def placement_figure(at: datetime | None) -> Figure:
    month = month_comparison(at=at)
    words = {"difference": f"{month.difference:+d}", "above": month.city_and_above}
    return Figure(
        _("Placements this month"),
        month.this_month,
        note=_("%(difference)s on the same days of last month, %(above)s in city media or above") % words,
        tone="good" if month.difference >= 0 else "",
        url=reverse("outlets:list"),
    )


def review_figure(user: User) -> Figure:
    waiting = waiting_for(user)
    note = (
        _("The first waits since %(when)s") % {"when": spoken(waiting.since)}
        if waiting.since
        else _("All done")
    )
    return Figure(
        _("Waiting for my review"),
        waiting.count,
        note=note,
        tone="warn" if waiting.count else "good",
        url=reverse("drafts:queue"),
    )


def reward_figure(user: User, *, year: int) -> Figure:
    sums = reward_year(year=year, user=user)
    words = {"deduction": f"{fen_to_yuan(abs(sums.deduction_fen)):,}", "count": sums.unsealed}
    return Figure(
        _("Rewards due this year"),
        f"¥{fen_to_yuan(sums.reward_fen):,}",
        note=_("Deductions ¥%(deduction)s · %(count)s entries not yet paid out") % words,
        url=reverse("rewards:payouts"),
    )


def placements_chart(*, year: int, at: datetime | None = None) -> dict[str, Any]:
    """Stacked columns: verified placements by month and channel."""
    counts = monthly_counts(year=year, at=at)
    return {
        "xAxis": {
            "type": "category",
            "data": [_("Month %(number)s") % {"number": ym % 100} for ym in counts.months],
        },
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            {"name": str(channel.label), "type": "bar", "stack": "all", "data": numbers}
            for channel, numbers in counts.series.items()
        ],
    }


def progress_context(
    category: Category | None, rows: Iterable[Progress], *, worst: int = 0
) -> dict[str, Any]:
    """The furthest behind first; ``worst`` limits how many are shown."""
    ordered = sorted(rows, key=lambda row: (-row.standing.lag, row.standing.percent, row.quota.order))
    return {
        "progress": [line(row) for row in (ordered[:worst] if worst else ordered)],
        "progress_title": _("Progress of the departments · %(category)s") % {"category": category}
        if category
        else _("Progress of the departments"),
        "elapsed": ordered[0].standing.elapsed.percent if ordered else 0,
        "matrix_url": reverse("plans:matrix"),
        "plans_url": reverse("plans:list"),
    }


# --- leaders and heads --------------------------------------------------------------------------------------------


def leader(user: User, *, at: datetime | None = None) -> dict[str, Any]:
    """What waits for them, the hospital's year in four numbers, and their own line's departments."""
    today = timezone.localdate(at)
    category = main_category(today.year)
    everybody = department_progress(year=today.year, at=at)
    mine = {department.pk for department in departments_of(user)}
    theirs = [row for row in everybody if row.department.pk in mine]
    of_main = [row for row in everybody if category and row.category.pk == category.pk]
    return {
        "greeting": _("%(name)s, welcome back") % {"name": user.name},
        "figures": [
            quota_figure(category, overall(of_main)),
            placement_figure(at),
            review_figure(user),
            reward_figure(user, year=today.year),
        ],
        "todos": todos(user),
        "chart_option": placements_chart(year=today.year, at=at),
        **progress_context(None, theirs),
        "progress_title": _("The departments I supervise"),
    }


def head(user: User, *, at: datetime | None = None) -> dict[str, Any]:
    """A head sees their own departments only."""
    today = timezone.localdate(at)
    rows = department_progress(year=today.year, at=at, departments=departments_of(user))
    return {
        "greeting": _("%(name)s, welcome back") % {"name": user.name},
        "figures": [
            review_figure(user),
            *[quota_figure(row.category, row.standing) for row in rows[:2]],
        ],
        "todos": todos(user),
        "chart_option": department_chart(user, year=today.year, at=at),
        **progress_context(None, rows),
        "progress_title": _("My department's targets"),
    }


# --- the administrator ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tile:
    title: str
    text: str
    url: str
    icon: str


def administration_tiles() -> list[Tile]:
    return [
        Tile(
            _("People"),
            _("Add people, give roles, import them from Excel."),
            reverse("admin:hospital_user_changelist"),
            "people",
        ),
        Tile(
            _("Departments"),
            _("Names, heads and supervising leaders; import from Excel."),
            reverse("admin:hospital_department_changelist"),
            "building",
        ),
        Tile(
            _("Categories"),
            _("What a quota may ask for and what counts."),
            reverse("admin:plans_category_changelist"),
            "tags",
        ),
        Tile(_("Audit trail"), _("Who did what and when."), reverse("audit"), "shield-check"),
    ]


# --- correspondents -------------------------------------------------------------------------------------------------


def writer(user: User, *, at: datetime | None = None) -> dict[str, Any]:
    today = timezone.localdate(at)
    rows = department_progress(year=today.year, at=at, departments=departments_of(user))
    drafts = list(
        Submission.objects.written_by(user).with_standing().order_by("-updated_at", "-pk")[:SHOWN_DRAFTS]
    )
    for draft in drafts:
        draft.line = standing_line(draft) or _("changed %(when)s") % {"when": spoken(draft.updated_at)}
    return {
        "greeting": writer_greeting(user, rows),
        "department": user.department,
        "quotas": [line(row) for row in rows],
        "elapsed": rows[0].standing.elapsed.percent if rows else 0,
        "rank": department_rank(rows, year=today.year, at=at),
        "reward_fen": own_reward_fen(user, year=today.year),
        "returned": returned_to(user),
        "drafts": drafts,
        "drafts_url": reverse("drafts:list"),
        "todos": todos(user),
        "chart_option": department_chart(user, year=today.year, at=at),
    }


def writer_greeting(user: User, rows: list[Progress]) -> str:
    lag = sum(row.standing.lag for row in rows)
    if lag:
        return _("%(name)s, your department is %(count)s behind") % {"name": user.name, "count": lag}
    return _("%(name)s, your department is on track") % {"name": user.name}


def own_reward_fen(user: User, *, year: int) -> int:
    own = Entry.objects.of_year(year).filter(person=user)
    return int(own.aggregate(sum=Sum("amount_fen", default=0))["sum"])


def department_rank(rows: list[Progress], *, year: int, at: datetime | None) -> tuple[int, int] | None:
    """Place of the first target's department among all with that target, by share delivered; ties share a place."""
    if not rows:
        return None
    mine = rows[0]
    shares = [row.standing.percent for row in department_progress(year=year, at=at, category=mine.category)]
    return 1 + sum(share > mine.standing.percent for share in shares), len(shares)


def department_chart(user: User, *, year: int, at: datetime | None) -> dict[str, Any]:
    """Counted pieces of the person's departments by month and category."""
    months = range(1, timezone.localdate(at).month + 1)
    grouped = (
        Delivery.objects.live()
        .of_year(year)
        .filter(department__in=departments_of(user))
        .order_by()
        .values_list("category__name", "ym")
        .annotate(pieces=Count("pk"))
    )
    series: dict[str, dict[int, int]] = {}
    for name, ym, pieces in grouped:
        series.setdefault(name, {})[ym % 100] = pieces
    if not series:
        return {}
    return {
        "xAxis": {
            "type": "category",
            "data": [_("Month %(number)s") % {"number": month} for month in months],
        },
        "yAxis": {"type": "value", "minInterval": 1},
        "series": [
            {"name": name, "type": "bar", "stack": "all", "data": [found.get(month, 0) for month in months]}
            for name, found in series.items()
        ],
    }
