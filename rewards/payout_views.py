"""Batches: the list, drawing one up, its page, sealing, and the workbook for finance."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hospital.models import User
from rewards import permissions
from rewards.forms import PayoutForm
from rewards.models import Payout
from rewards.selectors import (
    Batch,
    batch_of,
    gathered,
    payouts_with_sums,
    reconcile,
    versions_of,
    years_with_entries,
)
from rewards.services import PayoutRefused, payout_create, payout_downloaded, payout_drop, payout_seal
from rewards.views import NEWEST, sections
from toolkit.files import stored_file
from toolkit.moves import MoveRefused
from toolkit.paging import keyset_page
from toolkit.search import SearchForm
from toolkit.sheets.writer import CONTENT_TYPE


class BatchSearchForm(SearchForm):
    """The box beside the detail's tabs."""

    search_fields = ("person__name", "person__staff_no", "title", "department__name")


def _visible(request: HttpRequest) -> User:
    """The person, if batches are any of their business."""
    user = cast(User, request.user)
    if not permissions.can_see_payouts.test(user):
        raise PermissionDenied
    return user


@login_required
@require_GET
def payouts(request: HttpRequest) -> HttpResponse:
    user = _visible(request)
    rows = payouts_with_sums(Payout.objects.visible_to(user))
    context = {
        "page": keyset_page(rows, order=("-ym_to", "-pk"), cursor=request.GET.get("cursor", "")),
        "sections": sections(request, "payouts"),
        "may_create": permissions.can_create_payout.test(user),
    }
    return render(request, "rewards/payouts.html", context)


@login_required
def payout_new(request: HttpRequest) -> HttpResponse:
    user = _visible(request)
    if not permissions.can_create_payout.test(user):
        raise PermissionDenied
    form = PayoutForm(request.POST or None, years=years_with_entries())
    if request.method == "POST" and form.is_valid():
        try:
            made = payout_create(ym_from=form.ym_from, ym_to=form.ym_to, actor=user)
            return redirect("rewards:payout", pk=made.pk)
        except PayoutRefused as refused:
            form.add_error(None, refused)
    return render(request, "rewards/payout_new.html", {"form": form}, status=422 if form.errors else 200)


TABS = ("detail", "people", "departments", "checks")


@login_required
@require_GET
def payout(request: HttpRequest, pk: int) -> HttpResponse:
    user = _visible(request)
    found = get_object_or_404(Payout.objects.visible_to(user).select_related("sealed_by", "workbook"), pk=pk)
    batch = batch_of(found)
    tab = request.GET.get("tab", "")
    tab = tab if tab in TABS else TABS[0]
    form = BatchSearchForm(request.GET)
    context = {
        "payout": found,
        "batch": batch,
        "versions": versions_of(found),
        "reconciliation": reconcile(found, batch),
        "tab": tab,
        "tabs": _tabs(found, batch, tab),
        "form": form,
        "may_seal": permissions.can_seal.test(user) and not found.is_sealed,
        "may_download": permissions.can_download_workbook.test(user) and found.is_sealed,
        "seal_hidden": {"expected": batch.totals.net_fen},
    }
    if tab == "detail":
        rows = form.filter(gathered(found).telling().for_list())
        context["page"] = keyset_page(rows, order=NEWEST, cursor=request.GET.get("cursor", ""))
    return render(request, "rewards/payout.html", context)


def _tabs(found: Payout, batch: Batch, active: str) -> list[dict[str, object]]:
    here = reverse("rewards:payout", args=[found.pk])
    labels = (
        ("detail", _("Detail"), batch.totals.entries),
        ("people", _("By person"), len(batch.lines)),
        ("departments", _("By department"), len(batch.departments)),
        ("checks", _("Check of sums"), ""),
    )
    return [
        {"label": label, "url": f"{here}?tab={name}", "count": count, "active": name == active}
        for name, label, count in labels
    ]


@login_required
@require_POST
def seal(request: HttpRequest, pk: int) -> HttpResponse:
    user = _visible(request)
    found = get_object_or_404(Payout.objects.visible_to(user), pk=pk)
    if not permissions.can_seal.test(user):
        raise PermissionDenied
    seen = request.POST.get("expected", "")
    try:
        payout_seal(
            payout=found, actor=user, expected_fen=int(seen) if seen.lstrip("-").isdecimal() else None
        )
        messages.success(request, _("The batch is sealed. Finance can download the workbook now."))
    except (PayoutRefused, MoveRefused) as refused:
        messages.error(request, refused.sentence)
    return redirect(found)


@login_required
@require_POST
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    user = _visible(request)
    found = get_object_or_404(Payout.objects.visible_to(user), pk=pk)
    if not permissions.can_create_payout.test(user):
        raise PermissionDenied
    try:
        payout_drop(payout=found, actor=user)
    except PayoutRefused as refused:
        messages.error(request, refused.sentence)
        return redirect("rewards:payout", pk=pk)
    messages.success(request, _("The batch is dropped. Its entries wait for the next one."))
    return redirect("rewards:payouts")


@login_required
@require_GET
def workbook(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The stored bytes, never a new file; each download is an audit event."""
    user = _visible(request)
    found = get_object_or_404(Payout.objects.visible_to(user).sealed().select_related("workbook"), pk=pk)
    if not permissions.can_download_workbook.test(user):
        raise PermissionDenied
    try:
        response = stored_file(found.workbook.file, name=found.workbook.name, content_type=CONTENT_TYPE)
    except FileNotFoundError as error:
        raise Http404 from error
    payout_downloaded(payout=found, actor=user)
    return response
