"""Reads of the hospital layer."""

from __future__ import annotations

from hospital.models import Notification, User, UserQuerySet
from hospital.states import Role

MANY_UNREAD = 100


def office_people() -> UserQuerySet:
    """Editors and chiefs: whom the publicity office's news reaches."""
    return User.objects.active().with_role(Role.EDITOR, Role.CHIEF)


def leaders() -> UserQuerySet:
    return User.objects.active().with_role(Role.LEADER)


def unread_count(user: User) -> int:
    """Unread notices, counted up to 100: more than that shows as 99+."""
    return len(Notification.objects.visible_to(user).unread().order_by().values("pk")[:MANY_UNREAD])
