"""A plan frozen as plain data, and what differs between two frozen plans."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plans.models import Plan, PlanRevision
from plans.states import PlanState, Verdict
from toolkit.diff import Piece, word_diff
from toolkit.richtext import to_text

Body = Mapping[str, Any]
QuotaKey = tuple[str, str, str]
"""(department, category, label of the part or "")."""


def freeze(plan: Plan) -> dict[str, Any]:
    """{year, title, number, guiding_idea, sections: [{heading, body}], quotas: [{department, category, …}]}."""
    quotas = plan.quotas.select_related("department", "category").order_by("order", "pk")
    return {
        "year": plan.year,
        "title": plan.title,
        "number": plan.number,
        "guiding_idea": plan.guiding_idea,
        "sections": [
            {"heading": section.heading, "body": section.body}
            for section in plan.sections.order_by("order", "pk")
        ],
        "quotas": [
            {
                "department": quota.department.name,
                "category": quota.category.name,
                "unit": quota.category.unit,
                "label": quota.label,
                "target": quota.target,
                "period": quota.period,
                "responsible": quota.responsible,
                "note": quota.note,
            }
            for quota in quotas
        ],
    }


def digest(body: Body) -> str:
    """SHA-256 of the canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def is_intact(revision: PlanRevision) -> bool:
    """Whether the frozen text is still the one that was submitted."""
    return digest(revision.body) == revision.sha256


# --- what a revision is compared with ----------------------------------------------------------------------------


def last_approved(revision: PlanRevision) -> PlanRevision | None:
    """The newest approved revision of this year's plans before this one, else of the year before."""
    approved = PlanRevision.objects.filter(
        approvals__verdict=Verdict.APPROVE,
        plan__state__in=[PlanState.APPROVED, PlanState.ARCHIVED],
        plan__year__lte=revision.plan.year,
        plan__year__gte=revision.plan.year - 1,
        submitted_at__lt=revision.submitted_at,
    ).exclude(pk=revision.pk)
    return approved.select_related("plan").order_by("-plan__year", "-submitted_at").first()


def last_submitted(revision: PlanRevision) -> PlanRevision | None:
    return revision.plan.revisions.filter(number__lt=revision.number).order_by("-number").first()


# --- differences -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Passage:
    """One section in both texts; `heading` is the new one, or the old one of a section that went."""

    heading: str
    pieces: list[Piece]
    change: str
    """"same", "changed", "new" or "gone"."""


@dataclass(frozen=True)
class QuotaChange:
    department: str
    category: str
    label: str
    old: int | None
    new: int | None

    @property
    def difference(self) -> int:
        return (self.new or 0) - (self.old or 0)


@dataclass(frozen=True)
class Comparison:
    passages: list[Passage]
    quotas: list[QuotaChange]

    @property
    def changes(self) -> int:
        """Places that differ: stretches of text, and quotas."""
        return sum(_stretches(passage.pieces) for passage in self.passages) + len(self.quotas)


def compare(old: Body, new: Body, *, guiding_idea: str) -> Comparison:
    """`guiding_idea` is the heading of the passage that has none of its own."""
    before = {guiding_idea: old["guiding_idea"]} | {x["heading"]: x["body"] for x in old["sections"]}
    after = {guiding_idea: new["guiding_idea"]} | {x["heading"]: x["body"] for x in new["sections"]}
    passages = [_passage(heading, before.get(heading), body) for heading, body in after.items()]
    passages += [_passage(heading, body, None) for heading, body in before.items() if heading not in after]
    return Comparison([x for x in passages if x.pieces], quota_changes(old, new))


def _passage(heading: str, old: str | None, new: str | None) -> Passage:
    pieces = word_diff(to_text(old or ""), to_text(new or ""))
    if old is None or new is None:
        change = "new" if old is None else "gone"
    else:
        change = "changed" if any(piece.op != "same" for piece in pieces) else "same"
    return Passage(heading, pieces, change)


def _stretches(pieces: list[Piece]) -> int:
    """A replacement (cut then add) is one place."""
    return sum(
        piece.op != "same" and not (piece.op == "add" and index and pieces[index - 1].op == "cut")
        for index, piece in enumerate(pieces)
    )


def quota_changes(old: Body, new: Body) -> list[QuotaChange]:
    """Quotas that came, went or changed, in the new table's order."""
    before, after = _quotas(old), _quotas(new)
    keys = [*after, *(key for key in before if key not in after)]
    return [
        QuotaChange(*key, before.get(key), after.get(key))
        for key in keys
        if before.get(key) != after.get(key)
    ]


def _quotas(body: Body) -> dict[QuotaKey, int]:
    """Yearly targets, so that 每月10条 and 每年120条 are the same."""
    return {
        (quota["department"], quota["category"], quota["label"]): quota["target"]
        * (12 if quota["period"] == "month" else 1)
        for quota in body["quotas"]
    }
