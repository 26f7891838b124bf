"""Moments in the words people use: “just now”, “today 17:00”, “11-20 09:12”."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def in_full(moment: date | datetime) -> str:
    """Date, and time if there is one, as 2024-11-20 09:12 local time."""
    if isinstance(moment, datetime):
        return local(moment).strftime("%Y-%m-%d %H:%M")
    return moment.strftime("%Y-%m-%d")


def spoken(moment: date | datetime, *, at: datetime | None = None) -> str:
    """`at` is the reader's now."""
    now = local(at or timezone.now())
    if not isinstance(moment, datetime):
        return spoken_day(moment, now.date())
    moment = local(moment)
    ago = now - moment
    if timedelta(0) <= ago < timedelta(minutes=1):
        return _("just now")
    if timedelta(0) <= ago < timedelta(hours=1):
        minutes = int(ago.total_seconds() // 60)
        return ngettext("%(count)s minute ago", "%(count)s minutes ago", minutes) % {"count": minutes}
    return f"{spoken_day(moment.date(), now.date())} {moment:%H:%M}"


def spoken_day(day: date, today: date) -> str:
    named = {0: _("today"), -1: _("yesterday"), 1: _("tomorrow")}
    distance = (day - today).days
    if distance in named:
        return named[distance]
    return day.strftime("%m-%d" if day.year == today.year else "%Y-%m-%d")


def local(moment: datetime) -> datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else timezone.make_aware(moment)
