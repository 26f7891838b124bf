"""Reads of placements: by month and channel for the dashboard, the queue to verify, what ran lately."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from hospital.models import User
from media_outreach.outlets.models import Placement, PlacementQuerySet
from media_outreach.outlets.states import Channel
from plans.models import Delivery, QuotaItem, QuotaItemQuerySet
from plans.states import Counts, Level, SourceKind
from toolkit import audit
from toolkit.months import add_months, first_day, last_day, make_ym, months_between, ym_of

CITY_AND_ABOVE = (Level.NATIONAL, Level.PROVINCE, Level.PREFECTURE)
MANY = 99
LONGEST_TRAIL = 50


@dataclass(frozen=True)
class MonthlyCounts:
    """Verified placements of a year. ``months`` are ym; ``series`` has one number a month for every channel."""

    months: list[int]
    series: dict[Channel, list[int]]

    @property
    def total(self) -> int:
        return sum(sum(numbers) for numbers in self.series.values())


@dataclass(frozen=True)
class MonthComparison:
    """Verified placements of this month up to today, and of the last month up to the same day."""

    this_month: int
    last_month_so_far: int
    city_and_above: int

    @property
    def difference(self) -> int:
        return self.this_month - self.last_month_so_far


def monthly_counts(*, year: int, at: datetime | None = None) -> MonthlyCounts:
    """Month × channel in one query; the current year ends with this month."""
    now = ym_of(at or timezone.now())
    last = min(make_ym(year, 12), max(now, make_ym(year, 1)))
    months = months_between(make_ym(year, 1), last)
    rows = (
        Placement.objects.verified()
        .filter(ym__gte=months[0], ym__lte=last)
        .order_by()
        .values_list("ym", "outlet__level", "outlet__medium")
        .annotate(count=Count("pk"))
    )
    found: Counter[tuple[Channel, int]] = Counter()
    for ym, level, medium, count in rows:
        found[Channel.of(level=level, medium=medium), ym] += count
    return MonthlyCounts(months, {channel: [found[channel, ym] for ym in months] for channel in Channel})


def month_comparison(*, at: datetime | None = None) -> MonthComparison:
    """This month against the same days of the last one, so that the beginning of a month isn't always a fall."""
    today = timezone.localdate(at)
    this, before = ym_of(today), add_months(ym_of(today), -1)
    same_day = min(first_day(before) + timedelta(days=today.day - 1), last_day(before))
    now = Q(ym=this, published_on__lte=today)
    numbers = (
        Placement.objects.verified()
        .filter(ym__gte=before, ym__lte=this)
        .aggregate(
            this=Count("pk", filter=now),
            before=Count("pk", filter=Q(ym=before, published_on__lte=same_day)),
            above=Count("pk", filter=now & Q(outlet__level__in=CITY_AND_ABOVE)),
        )
    )
    return MonthComparison(numbers["this"], numbers["before"], numbers["above"])


def recent(*, user: User, limit: int = 8) -> QuerySet[Placement]:
    """The newest placements this person may see, with all a line shows."""
    rows: PlacementQuerySet = Placement.objects.visible_to(user).valid()
    return rows.for_list().order_by("-published_on", "-pk")[:limit]


def verify_queue(*, user: User, limit: int = 6) -> QuerySet[Placement]:
    """What this person could verify now, oldest first: not what they logged themselves."""
    rows: PlacementQuerySet = Placement.objects.visible_to(user).to_verify().exclude(logged_by=user)
    return rows.for_list().select_related("logged_by").order_by("published_on", "pk")[:limit]


def next_to_verify(*, user: User, after: Placement) -> Placement | None:
    """The oldest one this person could verify, other than the one they look at."""
    rows: PlacementQuerySet = Placement.objects.visible_to(user).to_verify().exclude(logged_by=user)
    return rows.exclude(pk=after.pk).order_by("published_on", "pk").first()


def parts_for_placements(department_id: int | None = None) -> QuotaItemQuerySet:
    """Sub-quotas (其中) in force that a placement can fill, of one department or of all."""
    parts = QuotaItem.objects.in_force().filter(parent__isnull=False, category__counts=Counts.PLACED)
    if department_id is not None:
        parts = parts.filter(department=department_id)
    found: QuotaItemQuerySet = parts.select_related("department", "category", "plan").order_by(
        "-plan__year", "order"
    )
    return found


def waiting_to_verify(*, user: User) -> int:
    """How many this person could verify now, counted up to 100."""
    rows = Placement.objects.visible_to(user).to_verify().exclude(logged_by=user)
    return len(rows.order_by().values("pk")[: MANY + 1])


def deliveries_of(placement: Placement) -> QuerySet[Delivery]:
    """What this placement counts for now."""
    live = Delivery.objects.live().filter(source_kind=SourceKind.PLACEMENT, source_id=placement.pk)
    rows: QuerySet[Delivery] = live.select_related("category", "department", "part")
    return rows


@dataclass(frozen=True)
class TrailLine:
    who: str
    what: str
    at: datetime
    note: str


def trail_of(placement: Placement) -> list[TrailLine]:
    """What happened to it, oldest first."""
    words = {
        "log": _("Logged"),
        "verify": _("Verified"),
        "void": _("Voided"),
        "add_evidence": _("Added a proof"),
        "download": _("Downloaded a proof"),
    }
    events = list(audit.events_of(placement)[:LONGEST_TRAIL])
    return [
        TrailLine(
            event.actor_label or _("The system"), words.get(event.action, event.action), event.at, event.note
        )
        for event in reversed(events)
    ]
