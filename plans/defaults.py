"""The categories a first installation begins with. Data afterwards: administrators change them in the admin."""

from __future__ import annotations

from typing import Any

from plans.models import Category
from plans.states import Counts, Level, Medium

CATEGORIES: tuple[dict[str, Any], ...] = (
    {"code": "info", "name": "信息", "unit": "篇", "counts": Counts.ACCEPTED, "for_drafts": True},
    {
        "code": "newspaper",
        "name": "报刊新闻报道",
        "unit": "篇",
        "counts": Counts.PLACED,
        "media": [Medium.NEWSPAPER.value],
    },
    {
        "code": "county-tv",
        "name": "县电视台新闻报道",
        "unit": "篇",
        "counts": Counts.PLACED,
        "levels": [Level.COUNTY.value],
        "media": [Medium.TELEVISION.value],
    },
    {"code": "weibo", "name": "微博", "unit": "条", "counts": Counts.LOGGED},
    {
        "code": "science",
        "name": "科普文章",
        "unit": "篇",
        "counts": Counts.ACCEPTED,
        "for_drafts": True,
        "needs_supervisor": True,
    },
)


def ensure_categories() -> int:
    """Create those that are missing by code and by name; returns how many. Safe to run any time."""
    created = 0
    for order, fields in enumerate(CATEGORIES, 1):
        if not Category.objects.filter(name=fields["name"]).exists():
            _row, new = Category.objects.get_or_create(
                code=fields["code"], defaults={**fields, "order": order * 10}
            )
            created += new
    return created


def fill_empty_table(**_signal: Any) -> None:
    """After migrating: a first installation gets its categories; whoever deleted some keeps them deleted."""
    if not Category.objects.exists():
        ensure_categories()
