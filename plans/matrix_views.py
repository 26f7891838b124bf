"""The matrix, the pieces behind each cell, its spreadsheet, the reminder, and logging what only the office knows."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from plans import sources
from plans.exports import matrix_workbook
from plans.forms import CellForm, DeliveryLogForm, MatrixForm, loggable
from plans.models import Category, Delivery
from plans.permissions import can_log_deliveries, can_remind
from plans.reminders import last_sent, late_by_department, recipients, send_monthly
from plans.selectors import MONTHS, Matrix, Row, cell, matrix, years
from plans.services import delivery_log, delivery_take_back
from plans.states import Counts, Pace
from plans.views import tell, user_of
from toolkit.months import this_month, ym_of
from toolkit.sheets.writer import CONTENT_TYPE

MOST_PIECES = 300
TONES = {Pace.SILENT: "bad", Pace.BEHIND: "warn", Pace.ON_TRACK: "muted", Pace.MET: "good"}
DONE_CLASSES = {
    Pace.SILENT: "cell-behind",
    Pace.BEHIND: "cell-behind",
    Pace.ON_TRACK: "cell-on-pace",
    Pace.MET: "cell-done",
}


def asked_for(request: HttpRequest) -> tuple[Matrix, list[Row], bool]:
    """The matrix the address names, the rows it shows, and whether only those behind are shown."""
    form = MatrixForm(request.GET)
    if not form.is_valid():
        raise Http404
    year = form.cleaned_data["year"] or timezone.localdate().year
    found = matrix(year=year, category=form.cleaned_data["category"])
    only_behind: bool = form.cleaned_data["behind"]
    return found, found.behind if only_behind else found.rows, only_behind


@login_required
@require_safe
def matrix_page(request: HttpRequest) -> HttpResponse:
    found, rows, only_behind = asked_for(request)
    user = user_of(request)
    context: dict[str, Any] = {
        "matrix": found,
        "category": found.category,
        "tabs": tabs(found, only_behind),
        "rows": dress(found, rows),
        "total": Total(found, rows),
        "months": [(month, is_future(found.year, month)) for month in MONTHS],
        "years": sorted({*years(), found.year}, reverse=True),
        "only_behind": only_behind,
        "behind_count": len(found.behind),
        "query": address(found.year, found.category, only_behind),
        "rule": rule_of(found.category) if found.category else "",
        "may_remind": can_remind.test(user),
        "may_log": can_log_deliveries.test(user),
    }
    if context["may_remind"]:
        context |= reminder_context()
    if context["may_log"]:
        context |= {"log_form": log_form(found.category), "may_log": loggable().exists()}
    return render(request, "plans/matrix.html", context)


def address(year: int, category: Category | None, only_behind: bool = False) -> str:
    query = {"year": str(year)}
    if category is not None:
        query["category"] = category.code
    if only_behind:
        query["behind"] = "on"
    return urlencode(query)


def tabs(found: Matrix, only_behind: bool) -> list[dict[str, Any]]:
    """One per category: those with a target carry it."""
    return [
        {
            "label": category.name,
            "url": f"{reverse('plans:matrix')}?{address(found.year, category, only_behind)}",
            "active": category == found.category,
            "count": found.totals.get(category.pk),
        }
        for category in found.categories
    ]


def is_future(year: int, month: int) -> bool:
    return year * 100 + month > ym_of(timezone.localdate())


def heat(pieces: int, peak: int) -> int:
    """Four levels: the number itself in small tables, a share of the fullest cell in large ones."""
    if peak <= 4 or not pieces:
        return pieces
    return 1 + pieces * 3 // peak


def dress(found: Matrix, rows: list[Row]) -> list[dict[str, Any]]:
    """Rows ready to draw: parts follow their parent; each cell is (month, pieces, css class, query)."""
    peak = max((max(row.months) for row in found.rows), default=0)
    dressed = []
    for row in rows:
        dressed.append(dress_row(found.year, row, peak))
        dressed += [dress_row(found.year, child, peak) for child in row.children]
    return dressed


def dress_row(year: int, row: Row, peak: int) -> dict[str, Any]:
    query = f"{address(year, row.category)}&department={row.department.pk}"
    if row.part:
        query += "&" + urlencode({"part": row.part})
    has_target = row.quota is not None
    standing = row.standing
    return {
        "row": row,
        "name": row.part or row.department.name,
        "is_part": bool(row.part),
        "monthly": row.quota.target if row.quota and row.quota.period == "month" else None,
        "cells": [
            (month, pieces, f"heat-{heat(pieces, peak)}", f"{query}&month={month}")
            for month, pieces in zip(MONTHS, row.months, strict=True)
        ],
        "query": query,
        "done_class": DONE_CLASSES[standing.pace] if has_target else "",
        "pace": standing.pace.label if has_target else "",
        "tone": TONES[standing.pace],
        "standing": standing,
        "has_target": has_target,
    }


class Total:
    """The foot of the table: sums of the rows shown."""

    def __init__(self, found: Matrix, rows: list[Row]) -> None:
        self.target = sum(row.target for row in rows)
        self.months = [sum(row.months[month - 1] for row in rows) for month in MONTHS]
        self.delivered = sum(row.delivered for row in rows)
        self.gap = sum(row.standing.gap for row in rows)
        self.query = address(found.year, found.category)


def rule_of(category: Category) -> str:
    """What counts, in a sentence for the foot of the table."""
    if category.counts == Counts.ACCEPTED:
        return _(
            "Counted are accepted drafts of the kind “%(category)s”, in the month they were accepted."
        ) % {"category": category.name}
    if category.counts == Counts.PLACED:
        return _(
            "Counted are verified placements at the outlets of “%(category)s”, in the month they appeared."
        ) % {"category": category.name}
    return _("Counted is what the publicity office logs as “%(category)s”.") % {"category": category.name}


def reminder_context() -> dict[str, Any]:
    """What pressing the button would do now."""
    ym = this_month()
    late = late_by_department(ym=ym)
    people = recipients(late)
    return {
        "late_count": len(late),
        "late_people": sum(len(found) for found in people.values()),
        "reminded_at": last_sent(ym),
    }


def log_form(category: Category | None) -> DeliveryLogForm:
    return DeliveryLogForm(initial={"category": category} if category else None)


@login_required
@require_safe
def matrix_export(request: HttpRequest) -> HttpResponse:
    found, rows, _only_behind = asked_for(request)
    if found.category is None:
        raise Http404
    content = matrix_workbook(found, rows, found.category)
    name = f"{found.category.code}-{found.year}.xlsx"
    return HttpResponse(
        content,
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private"},
    )


@login_required
@require_safe
def cell_page(request: HttpRequest) -> HttpResponse:
    """Exactly the pieces a cell counts. Titles are open to everybody who is signed in; the piece itself only to
    those who may see it anyway. As a panel beside the matrix, or as a page of its own without JavaScript."""
    form = CellForm(request.GET)
    if not form.is_valid():
        raise Http404
    asked = form.cleaned_data
    found = cell(**asked)
    pieces = list(found[:MOST_PIECES])
    links = sources.links(user_of(request), pieces)
    may_log = can_log_deliveries.test(request.user)
    context = {
        **asked,
        "pieces": [
            (piece, links.get(piece.pk, ""), may_log and piece.source_kind == "manual") for piece in pieces
        ],
        "count": found.count(),
        "shown": len(pieces),
        "rule": rule_of(asked["category"]),
        "back": f"{reverse('plans:matrix')}?{address(asked['year'], asked['category'])}",
    }
    template = "plans/_pieces.html" if request.headers.get("HX-Request") else "plans/cell.html"
    response = render(request, template, context)
    # The same address answers with a panel or a page.
    response["Vary"] = "HX-Request"
    return response


@login_required
@require_POST
def remind(request: HttpRequest) -> HttpResponse:
    if not can_remind.test(request.user):
        raise PermissionDenied
    done = send_monthly(ym=this_month(), actor=user_of(request))
    counts = {"departments": done.departments, "sent": done.sent, "before": done.before}
    if done.sent:
        messages.success(
            request, _("%(departments)s departments behind: %(sent)s people have been reminded.") % counts
        )
    elif done.departments:
        messages.info(
            request, _("Everybody concerned was reminded this month already; nothing was sent again.")
        )
    else:
        messages.info(request, _("No department is behind; there is nothing to send."))
    if done.unreachable:
        names = "、".join(department.name for department in done.unreachable)
        messages.warning(
            request,
            _("These have neither a head nor a correspondent to remind: %(names)s.") % {"names": names},
        )
    return redirect("plans:matrix")


@login_required
def log_delivery(request: HttpRequest) -> HttpResponse:
    if not can_log_deliveries.test(request.user):
        raise PermissionDenied
    form = DeliveryLogForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            logged = delivery_log(actor=user_of(request), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("%(count)s logged.") % {"count": len(logged)})
            query = address(logged[0].ym // 100, logged[0].category)
            return redirect(f"{reverse('plans:matrix')}?{query}")
    return render(request, "plans/log.html", {"form": form})


@login_required
@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    if not can_log_deliveries.test(request.user):
        raise PermissionDenied
    delivery = get_object_or_404(Delivery.objects.select_related("category"), pk=pk)
    try:
        delivery_take_back(delivery=delivery, actor=user_of(request), note=request.POST.get("note", ""))
    except ValidationError as error:
        tell(request, error)
    else:
        messages.success(request, _("Taken back; it doesn't count any more."))
    return redirect(f"{reverse('plans:matrix')}?{address(delivery.ym // 100, delivery.category)}")
