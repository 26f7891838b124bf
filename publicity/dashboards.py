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
from django.utils.translation import ngettext

from correspondents.models import Submission
from correspondents.selectors import standing_line
from hospital.models import User
from media_outreach.outlets.permissions import can_log
from media_outreach.outlets.selectors import month_comparison, monthly_counts
from plans.models import Category, Delivery, QuotaItem
from plans.pace import Standing
from plans.selectors import Matrix, Progress, Row, department_progress, departments_of, matrix
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


def line(row: Progress | Row) -> Line:
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
    table = matrix(year=today.year, category=category, at=at) if category else None
    return {
        "today": today,
        "may_log": can_log.test(user),
        "figures": [
            hospital_figure(table),
            placement_figure(at),
            review_figure(user),
            reward_figure(user, year=today.year),
        ],
        "todos": todos(user),
        "chart_option": placements_chart(year=today.year, at=at),
        "coming": coming(at=at),
        **progress_context(table),
    }


def main_category(year: int) -> Category | None:
    """The category the year's plan leads with."""
    ruling = QuotaItem.objects.of_year(year).in_force().top().values("category")
    found: Category | None = Category.objects.active().filter(pk__in=ruling).order_by("order", "pk").first()
    return found


def hospital_figure(table: Matrix | None) -> Figure:
    """The hospital's year: the same two numbers as the last line of the matrix."""
    if table is None:
        return Figure(_("This year's quotas"), "—", note=_("No plan is in force"), url=reverse("plans:list"))
    behind = len(table.behind)
    words = {"expected": table.standing.expected, "count": behind}
    late = ngettext(
        "%(expected)s expected by today, %(count)s department behind",
        "%(expected)s expected by today, %(count)s departments behind",
        behind,
    )
    note = late if behind else _("%(expected)s expected by today, no department behind")
    return Figure(
        _("This year's %(category)s") % {"category": table.category},
        table.delivered,
        of=table.target,
        note=note % words,
        tone="bad" if behind else "good",
        url=f"{reverse('plans:matrix')}?category={table.category.pk}" if table.category else "",
    )


def quota_figure(row: Progress) -> Figure:
    """One department's target."""
    standing = row.standing
    words = {"expected": standing.expected, "lag": standing.lag}
    behind = _("%(expected)s expected by today, %(lag)s behind") % words
    on_track = _("%(expected)s expected by today, on track") % words
    return Figure(
        _("This year's %(category)s") % {"category": row.category},
        standing.delivered,
        of=standing.target,
        note=behind if standing.is_behind else on_track,
        tone="bad" if standing.is_behind else "good",
        url=f"{reverse('plans:matrix')}?category={row.category.pk}",
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


def progress_context(table: Matrix | None) -> dict[str, Any]:
    """The departments furthest behind."""
    rows = [row for row in table.rows if row.quota] if table else []
    return {
        "progress": [line(row) for row in worst_first(rows)[:SHOWN_DEPARTMENTS]],
        "progress_title": _("Progress of the departments · %(category)s") % {"category": table.category}
        if table
        else _("Progress of the departments"),
        "elapsed": table.elapsed.percent if table else 0,
        **links(),
    }


def worst_first(rows: Iterable[Any]) -> list[Any]:
    """Rows or progress lines of targets, the furthest behind first."""
    return sorted(rows, key=lambda row: (-row.standing.lag, row.standing.percent, row.quota.order))


def links() -> dict[str, str]:
    return {"matrix_url": reverse("plans:matrix"), "plans_url": reverse("plans:list")}


# --- leaders and heads --------------------------------------------------------------------------------------------


def leader(user: User, *, at: datetime | None = None) -> dict[str, Any]:
    """What waits for them, the hospital's year in four numbers, and their own line's departments."""
    today = timezone.localdate(at)
    category = main_category(today.year)
    return {
        "greeting": _("%(name)s, welcome back") % {"name": user.name},
        "figures": [
            hospital_figure(matrix(year=today.year, category=category, at=at) if category else None),
            placement_figure(at),
            review_figure(user),
            reward_figure(user, year=today.year),
        ],
        "todos": todos(user),
        "chart_option": placements_chart(year=today.year, at=at),
        **own_departments(user, at=at),
        "progress_title": _("The departments I supervise"),
    }


def head(user: User, *, at: datetime | None = None) -> dict[str, Any]:
    """A head sees their own departments only."""
    today = timezone.localdate(at)
    rows = department_progress(year=today.year, at=at, departments=departments_of(user))
    return {
        "greeting": _("%(name)s, welcome back") % {"name": user.name},
        "figures": [review_figure(user), *[quota_figure(row) for row in rows[:3]]],
        "todos": todos(user),
        "chart_option": department_chart(user, year=today.year, at=at),
        "chart_title": _("Counted pieces of my department by month"),
        **own_departments(user, at=at),
        "progress_title": _("My department's targets"),
    }


def own_departments(user: User, *, at: datetime | None = None) -> dict[str, Any]:
    """Every target of the departments a person answers for; several of one department each with its category."""
    rows = department_progress(at=at, departments=departments_of(user))
    return {
        "progress": [line(row) for row in worst_first(rows)],
        "with_category": True,
        "elapsed": rows[0].standing.elapsed.percent if rows else 0,
        **links(),
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
    drafts = Submission.objects.written_by(user).with_standing().order_by("-updated_at", "-pk")[:SHOWN_DRAFTS]
    return {
        "greeting": writer_greeting(user, rows),
        "department": user.department,
        "quotas": [line(row) for row in rows],
        "elapsed": rows[0].standing.elapsed.percent if rows else 0,
        "rank": department_rank(rows, year=today.year, at=at),
        "reward_fen": own_reward_fen(user, year=today.year),
        "returned": returned_to(user),
        "drafts": [(draft, draft_note(draft)) for draft in drafts],
        "drafts_url": reverse("drafts:list"),
        "todos": todos(user),
        "chart_option": department_chart(user, year=today.year, at=at),
    }


def draft_note(draft: Submission) -> str:
    """Where it stands, or when it was last touched."""
    return standing_line(draft) or _("changed %(when)s") % {"when": spoken(draft.updated_at)}


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
