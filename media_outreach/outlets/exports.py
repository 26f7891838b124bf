"""Placements as a spreadsheet: the rows of the page, one for one."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from media_outreach.outlets.models import Placement
from toolkit.sheets.writer import Workbook, text

MOST_ROWS = 50_000
PREFETCHED = 500  # SQLite refuses a query that names 1,000 rows


def placements_workbook(rows: QuerySet[Placement]) -> bytes:
    """The .xlsx of these rows in their order, at most MOST_ROWS of them."""
    book = Workbook(title=_("Placements"), large=True)
    sheet = book.sheet(
        _("Placements"),
        columns=[
            _("No."),
            _("Published on"),
            _("Headline"),
            _("Outlet"),
            _("Level"),
            _("Medium"),
            _("Genre"),
            _("Department"),
            _("Authors"),
            _("Page or programme"),
            _("Link"),
            _("Paid or co-operation page"),
            _("State"),
            _("Reason"),
        ],
        freeze_columns=1,
    )
    for number, placement in enumerate(rows[:MOST_ROWS].iterator(chunk_size=PREFETCHED), start=1):
        sheet.row([number, *_cells(placement)])
    return book.content()


def _cells(placement: Placement) -> list[object]:
    return [
        placement.published_on,
        placement.headline,
        placement.outlet.name,
        placement.outlet.get_level_display(),
        placement.outlet.get_medium_display(),
        placement.get_genre_display(),
        placement.department.name,
        "、".join(credit.person.name for credit in placement.credits.all()),
        text(placement.page),
        placement.url,
        placement.is_paid,
        placement.get_state_display(),
        placement.void_reason,
    ]
