"""The arithmetic of rewards: dataclasses in, dataclasses out, whole fen, no database, no clock.

`price` answers for every author of every placement what they get and why. Its answer depends on the set of
placements alone, never on the order in which they are handed in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

RULE: Final = "rule"
NO_RULE: Final = "no_rule"
PAID_PAGE: Final = "paid_page"
EXEMPT: Final = "exempt"
SUPERSEDED: Final = "superseded"


@dataclass(frozen=True)
class Rule:
    """Holds for outlets of these levels and media and pieces of these genres; an empty set means any."""

    id: int
    order: int
    amount_fen: int
    levels: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset()
    genres: frozenset[str] = frozenset()

    def holds_for(self, placement: Placement) -> bool:
        pairs = (
            (self.levels, placement.level),
            (self.media, placement.medium),
            (self.genres, placement.genre),
        )
        return all(not allowed or value in allowed for allowed, value in pairs)


@dataclass(frozen=True)
class Scheme:
    """One version. `exempt`: department id -> pieces per person and calendar year that are not rewarded."""

    id: int
    effective_from: date
    rules: tuple[Rule, ...]
    highest_only: bool = True
    exempt: Mapping[int, int] = field(default_factory=dict)

    def rule_for(self, placement: Placement) -> Rule | None:
        """The first rule in order whose conditions hold."""
        ordered = sorted(self.rules, key=lambda rule: rule.order)
        return next((rule for rule in ordered if rule.holds_for(placement)), None)


@dataclass(frozen=True)
class Author:
    person_id: int
    department_id: int


@dataclass(frozen=True)
class Placement:
    """`piece` is equal for placements of one and the same piece; `authors` stand in their order."""

    id: int
    piece: str
    published_on: date
    level: str
    medium: str
    genre: str
    authors: tuple[Author, ...]
    is_paid: bool = False


@dataclass(frozen=True)
class Line:
    """What one author gets for one placement. `inputs` are plain JSON values from which it can be recomputed."""

    placement_id: int
    person_id: int
    department_id: int
    amount_fen: int
    reason: str
    scheme_id: int | None
    rule_id: int | None
    inputs: dict[str, Any]


@dataclass(frozen=True)
class _Priced:
    """A placement with the rule that applies to it; `gross_fen` is what all its authors would share."""

    placement: Placement
    scheme: Scheme | None
    rule: Rule | None
    gross_fen: int
    reason: str

    @property
    def order(self) -> tuple[date, int]:
        return (self.placement.published_on, self.placement.id)


def price(placements: Iterable[Placement], schemes: Sequence[Scheme]) -> list[Line]:
    """One line for each author of each placement, by placement and author order; zero amounts included.

    Hand in whole calendar years: the exempted pieces of a person are counted within the year of publication.
    """
    priced = sorted((_priced(one, schemes) for one in placements), key=lambda one: one.order)
    winners = _winners(priced)
    lines: list[Line] = []
    counted: dict[tuple[int, int], int] = defaultdict(int)
    for one in priced:
        for line in _lines(one, winners.get(one.placement.piece, ())):
            lines.append(_exempted(line, one, counted))
    # Sorting is stable, so the authors of a placement keep their order.
    return sorted(lines, key=lambda line: line.placement_id)


def scheme_on(schemes: Iterable[Scheme], day: date) -> Scheme | None:
    """The version in force on a day: the newest that had begun."""
    begun = [scheme for scheme in schemes if scheme.effective_from <= day]
    return max(begun, key=lambda scheme: scheme.effective_from, default=None)


def split(amount_fen: int, authors: int) -> list[int]:
    """Equal shares in whole fen; what doesn't divide goes to the first author."""
    share, odd = divmod(amount_fen, authors)
    return [share + odd] + [share] * (authors - 1)


def shortfall(*, target: int, delivered: int, rate_fen: int) -> int:
    """What a quota that was missed costs: never above zero."""
    return -max(0, target - delivered) * rate_fen


def _priced(placement: Placement, schemes: Sequence[Scheme]) -> _Priced:
    scheme = scheme_on(schemes, placement.published_on)
    rule = scheme.rule_for(placement) if scheme else None
    if placement.is_paid:
        return _Priced(placement, scheme, rule, 0, PAID_PAGE)
    if rule is None:
        return _Priced(placement, scheme, None, 0, NO_RULE)
    return _Priced(placement, scheme, rule, rule.amount_fen, RULE)


def _winners(priced: Iterable[_Priced]) -> dict[str, list[_Priced]]:
    """Per piece the placements that compete for the one reward, the winner first."""
    rivals: dict[str, list[_Priced]] = defaultdict(list)
    for one in priced:
        if one.gross_fen > 0 and one.scheme is not None and one.scheme.highest_only:
            rivals[one.placement.piece].append(one)
    return {
        piece: sorted(ones, key=lambda one: (-one.gross_fen, one.order)) for piece, ones in rivals.items()
    }


def _lines(one: _Priced, rivals: Sequence[_Priced]) -> list[Line]:
    beaten = one in rivals and rivals[0] is not one
    gross = 0 if beaten else one.gross_fen
    authors = one.placement.authors
    shares = split(gross, len(authors)) if authors else []
    inputs = _inputs(one, rivals)
    return [
        Line(
            placement_id=one.placement.id,
            person_id=author.person_id,
            department_id=author.department_id,
            amount_fen=share,
            reason=SUPERSEDED if beaten else one.reason,
            scheme_id=one.scheme.id if one.scheme else None,
            rule_id=one.rule.id if one.rule else None,
            inputs={**inputs, "position": position, "share_fen": share},
        )
        for position, (author, share) in enumerate(zip(authors, shares, strict=True), 1)
    ]


def _inputs(one: _Priced, rivals: Sequence[_Priced]) -> dict[str, Any]:
    placement = one.placement
    inputs: dict[str, Any] = {
        "published_on": placement.published_on.isoformat(),
        "level": placement.level,
        "medium": placement.medium,
        "genre": placement.genre,
        "is_paid": placement.is_paid,
        "rule_fen": one.rule.amount_fen if one.rule else 0,
        "authors": len(placement.authors),
    }
    if len(rivals) > 1 and one in rivals:
        inputs["winner"] = rivals[0].placement.id
        inputs["rivals"] = [[rival.placement.id, rival.gross_fen] for rival in rivals]
    return inputs


def _exempted(line: Line, one: _Priced, counted: dict[tuple[int, int], int]) -> Line:
    """Within the quota of an exempt department the share is nothing; only rewarded pieces count towards it."""
    scheme = one.scheme
    if scheme is None or line.amount_fen <= 0 or line.department_id not in scheme.exempt:
        return line
    who = (line.person_id, one.placement.published_on.year)
    counted[who] += 1
    quota = scheme.exempt[line.department_id]
    inputs = {**line.inputs, "exempt_quota": quota, "piece_of_year": counted[who]}
    if counted[who] > quota:
        return replace(line, inputs=inputs)
    return replace(line, amount_fen=0, reason=EXEMPT, inputs=inputs)
