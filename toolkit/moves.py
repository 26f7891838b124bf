"""One door for state: a table of allowed moves and one conditional UPDATE that picks the winner.

MOVES = MoveTable(field="state", moves=[
    Move("accept", _("Accept"), sources=[State.SUBMITTED], target=State.ACCEPTED, permission=can_accept),
])

@transaction.atomic
def submission_accept(*, submission, actor, note=""):
    MOVES.perform(obj=submission, action="accept", actor=actor, note=note, changes={"accepted_at": now()})
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.expressions import BaseExpression, Combinable
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from toolkit import audit

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

Permission = Callable[[Any, Any], Any]


class MoveRefused(ValidationError):
    """The move can't be made; `.sentence` tells the person why, in their language."""

    @property
    def sentence(self) -> str:
        return " ".join(self.messages)


class MoveLost(MoveRefused):
    """Somebody else was first; the sentence says who, and what they did."""


@dataclass(frozen=True)
class Move:
    """`action` from any of `sources` to `target`, for those whom `permission(actor, obj)` lets."""

    action: str
    label: _StrOrPromise
    sources: Iterable[str]
    target: str
    permission: Permission
    note_required: bool = False

    def __post_init__(self) -> None:
        sources = (self.sources,) if isinstance(self.sources, str) else self.sources
        object.__setattr__(self, "sources", frozenset(str(source) for source in sources))

    def allows(self, actor: Any, obj: Any) -> bool:
        # A rules predicate keeps its context only when asked through test().
        test = getattr(self.permission, "test", None)
        return bool(test(actor, obj) if callable(test) else self.permission(actor, obj))


class MoveTable:
    """All moves of one model's state field. The same action may stand more than once, with different sources."""

    def __init__(self, moves: Iterable[Move], field: str = "state") -> None:
        self.field = field
        self.moves = list(moves)
        seen: set[tuple[str, str]] = set()
        for move in self.moves:
            for source in move.sources:
                if (move.action, source) in seen:
                    raise ValueError(f"Two moves {move.action!r} start from {source!r}.")
                seen.add((move.action, source))

    def label(self, action: str) -> str:
        """The words for an action code, or the code itself when the table doesn't know it."""
        return next((str(move.label) for move in self.moves if move.action == action), action)

    def available(self, *, obj: models.Model, actor: Any) -> list[Move]:
        """The moves this person could make now, in the table's order: the buttons of a page."""
        state = str(getattr(obj, self.field))
        return [move for move in self.moves if state in move.sources and move.allows(actor, obj)]

    def can(self, *, obj: models.Model, action: str, actor: Any) -> bool:
        return any(move.action == action for move in self.available(obj=obj, actor=actor))

    @transaction.atomic
    def perform(
        self,
        *,
        obj: models.Model,
        action: str,
        actor: Any,
        note: str = "",
        changes: Mapping[str, Any] | None = None,
        expected: Mapping[str, Any] | None = None,
    ) -> Move:
        """Check table, permission and note; let one UPDATE decide; write the audit event; return the move.

        `changes` are further columns set by the same UPDATE. `expected` are further columns that must still
        hold the given value for the UPDATE to win (a review stage, a version number). On success the changed
        fields of `obj` are up to date. Raises MoveRefused, or MoveLost when somebody else was first.
        """
        move = self._find(obj=obj, action=action, actor=actor, note=note)
        before = str(getattr(obj, self.field))
        values = {self.field: move.target, **(changes or {})}
        model = type(obj)
        won = (
            model._base_manager.using(obj._state.db)
            .filter(**{"pk": obj.pk, self.field: before, **(expected or {})})
            .update(**values)
        )
        if won != 1:
            raise self._lost(obj)
        told = {self.field: [before, move.target], **self._told(obj, changes or {})}
        self._refresh(obj, values)
        audit.record(actor=actor, action=move.action, obj=obj, note=note, changes=told)
        return move

    def _find(self, *, obj: models.Model, action: str, actor: Any, note: str) -> Move:
        state = str(getattr(obj, self.field))
        moves = [move for move in self.moves if move.action == action]
        if not moves:
            raise MoveRefused(_("There is no such action."), code="unknown")
        move = next((move for move in moves if state in move.sources), None)
        if move is None:
            raise self._lost(obj, moves[0])
        if not move.allows(actor, obj):
            raise MoveRefused(
                _("You may not do “%(action)s” here.") % {"action": move.label}, code="forbidden"
            )
        if move.note_required and not note.strip():
            raise MoveRefused(
                _("Please write a reason before you choose “%(action)s”.") % {"action": move.label},
                code="note_required",
            )
        return move

    def _lost(self, obj: models.Model, wanted: Move | None = None) -> MoveRefused:
        """The sentence for whoever came second: who was first and what they did, from the audit trail."""
        actions = {move.action for move in self.moves}
        first = audit.events_of(obj).filter(action__in=actions).first()
        if first is not None:
            return MoveLost(
                _("%(who)s was first: “%(what)s” at %(when)s. Reload the page to see how it stands.")
                % {
                    "who": first.actor_label or _("The system"),
                    "what": self.label(first.action),
                    "when": date_format(timezone.localtime(first.at), "Y-m-d H:i"),
                },
                code="lost",
            )
        if wanted is not None:
            display = getattr(obj, f"get_{self.field}_display", None)
            state = display() if callable(display) else getattr(obj, self.field)
            return MoveRefused(
                _("“%(action)s” isn't possible now: it stands at “%(state)s”.")
                % {"action": wanted.label, "state": state},
                code="state",
            )
        return MoveLost(
            _("Somebody else changed this a moment ago. Reload the page to see how it stands."), code="lost"
        )

    @staticmethod
    def _told(obj: models.Model, changes: Mapping[str, Any]) -> dict[str, Any]:
        """[before, after] per further column; `before` is what the caller had loaded."""
        return {
            name: [getattr(obj, name, None), "…" if _is_expression(value) else value]
            for name, value in changes.items()
        }

    @staticmethod
    def _refresh(obj: models.Model, values: Mapping[str, Any]) -> None:
        computed = [name for name, value in values.items() if _is_expression(value)]
        for name, value in values.items():
            if name not in computed:
                setattr(obj, name, value)
        if computed:
            obj.refresh_from_db(fields=computed)


def _is_expression(value: Any) -> bool:
    return isinstance(value, BaseExpression | Combinable)
