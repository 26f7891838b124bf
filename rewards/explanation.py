"""Why an entry has its amount: piece, proof, article, inputs, what it competed with, and its history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from correspondents.states import Genre
from hospital.models import User
from media_outreach.outlets.models import Placement
from plans.states import Level, Medium
from rewards import permissions
from rewards.models import Entry, EntryQuerySet
from rewards.regulation import rule_sentence
from rewards.states import EntryKind, Reason
from toolkit.money import format_yuan


@dataclass(frozen=True)
class Rival:
    """A placement of the same piece and what it would have paid."""

    placement: Placement
    amount_fen: int
    won: bool
    is_this: bool


@dataclass(frozen=True)
class Explanation:
    entry: Entry
    placement: Placement | None
    evidence: list[Any]
    article: str
    sentence: str
    steps: list[tuple[str, str]] = field(default_factory=list)
    rivals: list[Rival] = field(default_factory=list)
    history: list[Entry] = field(default_factory=list)


def explain(entry: Entry, *, user: User | None = None) -> Explanation:
    """Everything behind one amount. With a `user`, the proof only if that person may open it."""
    placement = entry.placement
    may_open = user is None or permissions.can_open_proof.test(user)
    return Explanation(
        entry=entry,
        placement=placement,
        evidence=list(placement.evidence.all()) if placement and may_open else [],
        article=rule_sentence(entry.rule) if entry.rule else "",
        sentence=sentence_of(entry),
        steps=steps_of(entry),
        rivals=_rivals(entry),
        history=list(_history(entry)),
    )


def sentence_of(entry: Entry) -> str:
    """The one sentence a person asks for first."""
    inputs = entry.inputs
    words = {
        "amount": format_yuan(entry.amount_fen),
        "rule": format_yuan(int(inputs.get("rule_fen", 0))),
        "authors": inputs.get("authors", 1),
        "quota": inputs.get("exempt_quota", ""),
        "place": inputs.get("piece_of_year", ""),
        "missing": inputs.get("missing", ""),
        "rate": format_yuan(int(inputs.get("rate_fen", 0))),
    }
    if entry.kind == EntryKind.REVERSAL:
        return _REVERSED.get(entry.reason, _REVERSED[Reason.CORRECTED])()
    if entry.reason == Reason.RULE and int(words["authors"]) > 1:
        return (
            _(
                "The article gives %(rule)s yuan; shared by %(authors)s authors, this share is %(amount)s yuan."
            )
            % words
        )
    return _SENTENCES[entry.reason]() % words


# Callables, so that each is spoken in the language of the moment.
_SENTENCES: dict[str, Callable[[], str]] = {
    Reason.RULE: lambda: _("The article gives %(rule)s yuan for this piece."),
    Reason.NO_RULE: lambda: _(
        "No article of the scheme in force that day names such an outlet, so there is no reward."
    ),
    Reason.PAID_PAGE: lambda: _("It ran on a paid or co-operation page, which is not rewarded."),
    Reason.EXEMPT: lambda: _(
        "It is rewarded piece no. %(place)s of this person in the year, within their own quota of %(quota)s, "
        "so without reward."
    ),
    Reason.SUPERSEDED: lambda: _("The same piece ran in an outlet that pays more; only the highest counts."),
    Reason.SHORTFALL: lambda: _(
        "%(missing)s missing from the yearly target × %(rate)s yuan = %(amount)s yuan."
    ),
    Reason.VOIDED: lambda: _("It is no longer valid."),
    Reason.CORRECTED: lambda: _("It was computed anew."),
}
_REVERSED: dict[str, Callable[[], str]] = {
    Reason.VOIDED: lambda: _("The placement was voided, so its reward is taken back."),
    Reason.SUPERSEDED: lambda: _(
        "The same piece later ran in an outlet that pays more, so this reward is taken back."
    ),
    Reason.CORRECTED: lambda: _("The facts changed, so the amount was taken back and computed anew."),
}


def steps_of(entry: Entry) -> list[tuple[str, str]]:
    """The inputs in words, in the order of the computation."""
    inputs = entry.inputs
    priced = bool(inputs.get("rule_fen"))
    levels, media, genres = dict(Level.choices), dict(Medium.choices), dict(Genre.choices)
    found: list[tuple[str, Any]] = [
        (_("Published on"), inputs.get("published_on")),
        (_("Level"), levels.get(inputs.get("level", ""), inputs.get("level"))),
        (_("Medium"), media.get(inputs.get("medium", ""), inputs.get("medium"))),
        (_("Genre"), genres.get(inputs.get("genre", ""), inputs.get("genre"))),
        (_("Paid or co-operation page"), _("yes") if inputs.get("is_paid") else None),
        (_("Amount by the article"), _yuan(inputs["rule_fen"]) if priced else None),
        (_("Authors"), inputs.get("authors")),
        (_("Place among the authors"), inputs.get("position") if int(inputs.get("authors", 1)) > 1 else None),
        (_("This author's share"), _yuan(inputs.get("share_fen")) if priced else None),
        (_("Own quota of the year"), inputs.get("exempt_quota")),
        (_("Rewarded piece of the year"), inputs.get("piece_of_year")),
        (_("Target of the year"), inputs.get("target")),
        (_("Delivered"), inputs.get("delivered")),
        (_("Missing"), inputs.get("missing")),
        (_("Rate for each"), _yuan(inputs.get("rate_fen"))),
    ]
    return [(label, str(value)) for label, value in found if value not in (None, "")]


def _yuan(fen: int | None) -> str | None:
    return None if fen is None else _("%(amount)s yuan") % {"amount": format_yuan(fen)}


def _rivals(entry: Entry) -> list[Rival]:
    """Winner first, as the arithmetic ordered them."""
    pairs = entry.inputs.get("rivals", [])
    if not pairs:
        return []
    placements = Placement.objects.select_related("outlet").in_bulk([placement for placement, _fen in pairs])
    winner = entry.inputs.get("winner")
    return [
        Rival(placements[pk], fen, won=pk == winner, is_this=pk == entry.placement_id)
        for pk, fen in pairs
        if pk in placements
    ]


def _history(entry: Entry) -> EntryQuerySet:
    """All entries about the same matter, oldest first."""
    if entry.placement_id:
        same = Q(placement=entry.placement_id, person=entry.person_id)
    elif entry.quota:
        same = Q(quota__category=entry.quota.category_id, department=entry.department_id, ym=entry.ym)
    else:
        same = Q(pk=entry.pk)
    return Entry.objects.filter(same).order_by("pk")
