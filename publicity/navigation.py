"""The main menu: what each role comes for, in the order they need it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from correspondents.models import Submission
from hospital.selectors import unread_count
from hospital.states import Role
from publicity.permissions import can_read_audit

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

    from hospital.models import User

MANY = 99
OFFICE = frozenset({Role.EDITOR, Role.CHIEF})
WATCHERS = OFFICE | {Role.AUDITOR}
REVIEWERS = OFFICE | {Role.HEAD, Role.LEADER}
EVERYBODY = frozenset(Role)


@dataclass(frozen=True)
class Place:
    """A page of the menu and the roles that find it there."""

    url_name: str
    label: _StrOrPromise
    icon: str
    roles: frozenset[Role]


PLACES = (
    Place("dashboard", _("Workbench"), "house", EVERYBODY),
    Place("drafts:new", _("Write a draft"), "pencil-square", frozenset({Role.CORRESPONDENT})),
    Place("drafts:queue", _("Review"), "pencil", frozenset(REVIEWERS)),
    Place(
        "drafts:list",
        _("Drafts"),
        "file-earmark-text",
        frozenset({*REVIEWERS, Role.CORRESPONDENT, Role.AUDITOR}),
    ),
    Place("plans:matrix", _("Quotas"), "table", EVERYBODY - {Role.FINANCE}),
    Place("outlets:list", _("Placements"), "newspaper", frozenset({*WATCHERS, Role.LEADER})),
    Place("plans:list", _("Annual plan"), "clipboard-check", EVERYBODY - {Role.FINANCE}),
    Place("rewards:mine", _("My rewards"), "coin", frozenset({Role.CORRESPONDENT, Role.HEAD})),
    Place("rewards:payouts", _("Rewards"), "currency-yen", frozenset({*WATCHERS, Role.FINANCE, Role.LEADER})),
    Place("hospital:cards", _("Bank cards"), "wallet2", frozenset({Role.FINANCE})),
    Place("reports", _("Appraisal and reports"), "clipboard-data", frozenset(WATCHERS)),
    Place("audit", _("Audit trail"), "shield-check", frozenset({Role.AUDITOR, Role.ADMINISTRATOR})),
    Place("admin:index", _("Administration"), "gear", frozenset({Role.ADMINISTRATOR, Role.SECURITY})),
)


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context for every page: ``nav`` and ``unread_count``. Pages of the Django admin draw their own menu."""
    user = getattr(request, "user", None)
    match = request.resolver_match
    if user is None or not user.is_authenticated or (match and match.app_name == "admin"):
        return {"nav": [], "unread_count": 0}
    here = match.view_name if match else ""
    return {"nav": menu(user, here=here), "unread_count": _capped(unread_count(user))}


def menu(user: User, *, here: str) -> list[dict[str, Any]]:
    """The first administrator of an installation has no role yet and finds what an administrator finds."""
    roles = user.roles | {Role.ADMINISTRATOR} if user.is_superuser else user.roles
    places = [
        place
        for place in PLACES
        if not roles.isdisjoint(place.roles) and (place.url_name != "audit" or can_read_audit.test(user))
    ]
    return [
        {
            "label": place.label,
            "icon": place.icon,
            "url": reverse(place.url_name),
            "active": here == place.url_name,
            "badge": waiting(user) if place.url_name == "drafts:queue" else "",
        }
        for place in places or PLACES[:1]
    ]


def waiting(user: User) -> str:
    """How many drafts wait for this person, counted up to 99."""
    return _capped(len(Submission.objects.awaiting(user).order_by().values("pk")[: MANY + 1]))


def _capped(count: int) -> str:
    return f"{MANY}+" if count > MANY else str(count or "")
