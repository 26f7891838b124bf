"""Where a counted piece comes from. Layers above say how their own pieces are opened; this one imports nothing of them.

register(SourceKind.SUBMISSION, lambda user, ids: {id: url for those the user may see})
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hospital.models import User
    from plans.models import Delivery

Resolver = Callable[["User", Collection[int]], Mapping[int, str]]

_resolvers: dict[str, Resolver] = {}


def register(kind: str, resolver: Resolver) -> None:
    """Call it from the app's `ready`. One query for all ids, please."""
    _resolvers[str(kind)] = resolver


def links(user: User, deliveries: Iterable[Delivery]) -> dict[int, str]:
    """Delivery's pk → the address of its source, for those this person may open."""
    by_kind: dict[str, dict[int, list[int]]] = {}
    for delivery in deliveries:
        if delivery.source_id is not None:
            ids = by_kind.setdefault(delivery.source_kind, {})
            ids.setdefault(delivery.source_id, []).append(delivery.pk)
    found: dict[int, str] = {}
    for kind, ids in by_kind.items():
        resolver = _resolvers.get(kind)
        if resolver is not None:
            for source, url in resolver(user, ids.keys()).items():
                found |= dict.fromkeys(ids[source], url)
    return found
