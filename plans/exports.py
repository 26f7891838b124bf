"""Columns of what leaves: the matrix as a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from plans.models import Category
from plans.selectors import MONTHS, Matrix, Row
from toolkit.sheets.writer import Workbook


def matrix_workbook(matrix: Matrix, rows: Iterable[Row], category: Category) -> bytes:
    """The same rows and columns as on the page; numbers as numbers, with a total row."""
    rows = list(rows)
    book = Workbook(title=_("Quotas %(year)s") % {"year": matrix.year})
    sheet = book.sheet(
        category.name,
        heading=_("%(year)s %(category)s: target and delivery by department")
        % {"year": matrix.year, "category": category.name},
        note=_("Unit: %(unit)s") % {"unit": category.unit},
        columns=[
            _("Department"), _("Target"), *(_("Month %(month)s") % {"month": month} for month in MONTHS),
            _("Delivered"), _("Gap"), _("Expected by now"), _("Pace"),
        ],
        freeze_columns=1,
    )  # fmt: skip
    for row in rows:
        sheet.row(_columns(row, row.department.name))
        for child in row.children:
            sheet.row(_columns(child, _("of which %(part)s") % {"part": child.part}))
    sheet.total(
        [
            _("Total"),
            sum(row.target for row in rows),
            *(sum(row.months[month - 1] for row in rows) for month in MONTHS),
            sum(row.delivered for row in rows),
            sum(row.standing.gap for row in rows),
            sum(row.standing.expected for row in rows),
            "",
        ]
    )
    return book.content()


def _columns(row: Row, name: str) -> list[object]:
    if row.quota is None:
        return [name, None, *row.months, row.delivered, None, None, _("no target")]
    standing = row.standing
    words = str(standing.pace.label)
    return [name, row.target, *row.months, row.delivered, standing.gap, standing.expected, words]
