"""What the ledger should say and what it says: the difference, without writing anything.

A constant number of queries, however many placements a year has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from media_outreach.outlets.models import Credit, Placement, PlacementQuerySet
from plans.models import Delivery, QuotaItem
from rewards import calculation
from rewards.models import Entry, SchemeVersion
from rewards.states import EntryKind, SamePiece

Who = tuple[int, int]  # placement, person


@dataclass(frozen=True)
class Source:
    """What an entry repeats of its placement."""

    headline: str
    ym: int


@dataclass
class Changes:
    """Live entries that no longer hold, and lines that the ledger lacks; `sources` by placement."""

    outdated: list[Entry]
    missing: list[calculation.Line]
    wanted: dict[Who, calculation.Line]
    sources: dict[int, Source]

    def __bool__(self) -> bool:
        return bool(self.outdated or self.missing)


def changes_of_rewards(year: int) -> Changes:
    """Rewards of placements published in the year: what should be, minus what the ledger holds."""
    placements, sources = _load_placements(year)
    lines = calculation.price(placements, load_schemes())
    first, last = year * 100 + 1, year * 100 + 12
    wanted = {
        (line.placement_id, line.person_id): line
        for line in lines
        if first <= sources[line.placement_id].ym <= last
    }
    live = Entry.objects.of_year(year).filter(kind=EntryKind.REWARD, reversal=None).select_related("reversal")
    held = {entry.who: entry for entry in live}
    outdated = [entry for who, entry in held.items() if not _still_holds(entry, wanted.get(who))]
    gone = {entry.who for entry in outdated}
    missing = [line for who, line in wanted.items() if who not in held or who in gone]
    return Changes(outdated, missing, wanted, sources)


def _still_holds(entry: Entry, line: calculation.Line | None) -> bool:
    if line is None:
        return False
    same = (entry.amount_fen, entry.reason, entry.rule_id, entry.version_id, entry.department_id)
    # Who won over it is part of why it has its amount.
    return same == (line.amount_fen, line.reason, line.rule_id, line.scheme_id, line.department_id) and (
        entry.inputs.get("winner") == line.inputs.get("winner")
    )


def load_schemes() -> list[calculation.Scheme]:
    """Every issued version, as the arithmetic knows it."""
    versions = SchemeVersion.objects.in_force().prefetch_related("rules", "exemptions")
    return [
        calculation.Scheme(
            id=version.pk,
            effective_from=version.effective_from,
            rules=tuple(_rule(rule) for rule in version.rules.all()),
            highest_only=version.same_piece == SamePiece.HIGHEST,
            exempt={one.department_id: one.quota_per_person for one in version.exemptions.all()},
        )
        for version in versions
    ]


def _rule(rule: Any) -> calculation.Rule:
    return calculation.Rule(
        id=rule.pk,
        order=rule.order,
        amount_fen=rule.amount_fen,
        levels=frozenset(rule.levels),
        media=frozenset(rule.media),
        genres=frozenset(rule.genres),
    )


def placements_that_matter(year: int) -> PlacementQuerySet:
    """Verified ones of the year, and those of other years that show one of the same pieces."""
    verified = Placement.objects.verified()
    pieces = verified.of_year(year).filter(submission__isnull=False).order_by().values("submission")
    return verified.filter(
        Q(pk__in=verified.of_year(year).order_by().values("pk")) | Q(submission__in=pieces)
    )


def _load_placements(year: int) -> tuple[list[calculation.Placement], dict[int, Source]]:
    rows = list(
        placements_that_matter(year)
        .order_by()
        .values_list(
            "pk",
            "submission",
            "published_on",
            "ym",
            "outlet__level",
            "outlet__medium",
            "genre",
            "is_paid",
            "headline",
        )
    )
    authors = _load_authors(year)
    placements = [
        calculation.Placement(
            id=pk,
            piece=f"s{submission}" if submission else f"p{pk}",
            published_on=published_on,
            level=level,
            medium=medium,
            genre=genre,
            is_paid=is_paid,
            authors=tuple(authors[pk]),
        )
        for pk, submission, published_on, _ym, level, medium, genre, is_paid, _headline in rows
    ]
    return placements, {row[0]: Source(headline=row[8], ym=row[3]) for row in rows}


def _load_authors(year: int) -> dict[int, list[calculation.Author]]:
    authors: dict[int, list[calculation.Author]] = defaultdict(list)
    credits = Credit.objects.filter(placement__in=placements_that_matter(year).order_by().values("pk"))
    for placement, person, department in credits.order_by("placement_id", "order", "pk").values_list(
        "placement_id", "person_id", "department_id"
    ):
        authors[placement].append(calculation.Author(person, department))
    return authors


def times_entered(year: int) -> dict[Who, int]:
    """How often each placement and person already stands in the ledger, reversed entries included."""
    rows = (
        Entry.objects.of_year(year)
        .filter(kind=EntryKind.REWARD)
        .order_by()
        .values_list("placement_id", "person_id")
        .annotate(times=Count("pk"))
    )
    return {(placement, person): times for placement, person, times in rows}


@dataclass(frozen=True)
class Missed:
    """A quota of the year with a rate, and what its shortfall costs (`amount_fen` ≤ 0)."""

    quota: QuotaItem
    version_id: int
    rule_id: int
    delivered: int
    rate_fen: int

    @property
    def target(self) -> int:
        return int(self.quota.per_year)

    @property
    def missing(self) -> int:
        return max(0, self.target - self.delivered)

    @property
    def amount_fen(self) -> int:
        return calculation.shortfall(target=self.target, delivered=self.delivered, rate_fen=self.rate_fen)

    @property
    def inputs(self) -> dict[str, Any]:
        return {
            "target": self.target,
            "delivered": self.delivered,
            "missing": self.missing,
            "rate_fen": self.rate_fen,
        }


@dataclass
class ShortfallChanges:
    outdated: list[Entry]
    missing: list[Missed]

    def __bool__(self) -> bool:
        return bool(self.outdated or self.missing)


def changes_of_shortfalls(year: int) -> ShortfallChanges:
    """Deductions of the year's quotas that should stand, minus those that do, by department and category."""
    wanted = {(one.quota.department_id, one.quota.category_id): one for one in _missed(year)}
    live = Entry.objects.of_year(year).filter(kind=EntryKind.DEDUCTION, reversal=None).select_related("quota")
    held = {entry.what: entry for entry in live}
    outdated = [
        entry
        for key, entry in held.items()
        if key not in wanted
        or (entry.amount_fen, entry.inputs) != (wanted[key].amount_fen, wanted[key].inputs)
    ]
    gone = {entry.what for entry in outdated}
    missing = [one for key, one in wanted.items() if key not in held or key in gone]
    return ShortfallChanges(outdated, missing)


def _missed(year: int) -> Iterable[Missed]:
    """Quotas below their target whose category has a rate in the version in force at the year's end."""
    version = (
        SchemeVersion.objects.in_force()
        .filter(effective_from__lte=f"{year}-12-31")
        .prefetch_related("shortfall_rates__rule")
        .first()
    )
    rates = {rate.category_id: rate.rule for rate in version.shortfall_rates.all()} if version else {}
    if version is None or not rates:
        return
    delivered = deliveries_of(year)
    quotas = QuotaItem.objects.in_force().of_year(year).top().filter(category__in=list(rates))
    for quota in quotas.select_related("department", "category"):
        rule = rates[quota.category_id]
        one = Missed(
            quota,
            version.pk,
            rule.pk,
            delivered.get((quota.department_id, quota.category_id), 0),
            rule.amount_fen,
        )
        if one.amount_fen < 0:
            yield one


def deliveries_of(year: int) -> dict[tuple[int, int], int]:
    """Live deliveries of the year by department and category."""
    rows = (
        Delivery.objects.live()
        .of_year(year)
        .order_by()
        .values_list("department_id", "category_id")
        .annotate(count=Count("pk"))
    )
    return {(department, category): count for department, category, count in rows}
