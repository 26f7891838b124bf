"""Pages of placements: the list with its queue, logging one, its page with the proofs, and verifying it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from correspondents.models import Submission
from hospital.requests import StaffRequest
from media_outreach.outlets import permissions, selectors
from media_outreach.outlets.exports import placements_workbook
from media_outreach.outlets.forms import EvidenceForm, LogForm, PieceSearch, PlacementSearch
from media_outreach.outlets.models import Evidence, Placement
from media_outreach.outlets.services import (
    MOVES,
    DuplicatePlacement,
    evidence_add,
    placement_move,
)
from media_outreach.outlets.states import PlacementState
from toolkit import audit
from toolkit.files import stored_file
from toolkit.moves import MoveRefused
from toolkit.paging import keyset_page
from toolkit.sheets.writer import CONTENT_TYPE

ORDER = ("-published_on", "-pk")
PIECES_OFFERED = 20


@login_required
@require_GET
def placement_list(request: StaffRequest) -> HttpResponse:
    form = PlacementSearch(request.GET)
    rows = form.filter(Placement.objects.visible_to(request.user).for_list())
    page = keyset_page(rows, order=ORDER, cursor=request.GET.get("cursor", ""))
    is_office = permissions.can_log.test(request.user)
    context = {
        "form": form,
        "page": page,
        "queue": selectors.verify_queue(user=request.user) if is_office and not form.is_filtering else [],
        "can_log": is_office,
        "can_see_outlets": permissions.can_see_outlets.test(request.user),
    }
    return render(request, "outlets/list.html", context)


@login_required
@require_GET
def placement_export(request: StaffRequest) -> HttpResponse:
    """Exactly the rows of the list with the same search."""
    form = PlacementSearch(request.GET)
    rows = form.filter(Placement.objects.visible_to(request.user).for_list()).order_by(*ORDER)
    content = placements_workbook(rows)
    audit.record(actor=request.user, action="export", label=_("Placements"), note=form.as_query())
    response = HttpResponse(content, content_type=CONTENT_TYPE)
    day = timezone.localdate().isoformat()
    name = _("Placements %(day)s.xlsx") % {"day": day}
    response["Content-Disposition"] = (
        f"attachment; filename=\"placements-{day}.xlsx\"; filename*=UTF-8''{quote(name)}"
    )
    return response


@login_required
def placement_new(request: StaffRequest) -> HttpResponse:
    """First which piece, then where it ran. ``submission``, ``like`` (an earlier placement) or ``without`` a draft."""
    _office_only(request)
    like = _earlier_placement(request)
    submission = _accepted_piece(request)
    if submission is None and like is None and "without" not in request.GET:
        return _choose_piece(request)
    form = LogForm(request.POST or None, request.FILES or None, submission=submission, like=like)
    context: dict[str, Any] = {"form": form, "submission": form.submission}
    if request.method == "POST" and form.is_valid():
        try:
            placement = form.save(actor=request.user)
        except DuplicatePlacement as duplicate:
            form.add_error(None, duplicate)
            context["first"] = duplicate.first
        except ValidationError as wrong:
            form.add_error(None, wrong)
        else:
            messages.success(request, _("The placement is logged. A colleague can verify it now."))
            return redirect(placement)
    context["ran_before"] = _ran_before(form.submission)
    return render(request, "outlets/new.html", context)


def _office_only(request: StaffRequest) -> None:
    if not permissions.can_log.test(request.user):
        raise PermissionDenied


def _number(text: str) -> int:
    """A number from the address; what isn't one names nothing."""
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Http404
    return int(text)


def _earlier_placement(request: StaffRequest) -> Placement | None:
    key = request.GET.get("like")
    if not key:
        return None
    rows = Placement.objects.visible_to(request.user).prefetch_related("credits").select_related("submission")
    return get_object_or_404(rows, pk=_number(key))


def _accepted_piece(request: StaffRequest) -> Submission | None:
    key = request.GET.get("submission")
    if not key:
        return None
    pieces = Submission.objects.visible_to(request.user).accepted().select_related("department", "category")
    return get_object_or_404(pieces, pk=_number(key))


def _ran_before(submission: Submission | None) -> list[Placement]:
    if submission is None:
        return []
    rows = Placement.objects.valid().filter(submission=submission).select_related("outlet")
    return list(rows.order_by(*ORDER))


def _choose_piece(request: StaffRequest) -> HttpResponse:
    form = PieceSearch(request.GET)
    valid = Placement.objects.valid().select_related("outlet").order_by(*ORDER)
    pieces = (
        form.filter(Submission.objects.visible_to(request.user).accepted())
        .select_related("department", "created_by")
        .prefetch_related(Prefetch("placements", valid, to_attr="valid_placements"))
        .order_by("-decided_at", "-pk")
    )
    return render(request, "outlets/choose.html", {"form": form, "pieces": pieces[:PIECES_OFFERED]})


@login_required
@require_GET
def placement_detail(request: StaffRequest, pk: int) -> HttpResponse:
    placement = _placement(request, pk)
    return render(request, "outlets/detail.html", _detail(request, placement, EvidenceForm()))


def _placement(request: StaffRequest, pk: int) -> Placement:
    related = ("outlet", "department", "submission", "logged_by", "verified_by")
    rows = Placement.objects.visible_to(request.user).select_related(*related)
    return get_object_or_404(
        rows.prefetch_related("credits__person", "credits__department", "evidence"), pk=pk
    )


def _detail(request: StaffRequest, placement: Placement, form: EvidenceForm) -> dict[str, Any]:
    user = request.user
    can_log = permissions.can_log.test(user)
    may_read_draft = (
        placement.submission_id is not None
        and Submission.objects.visible_to(user).filter(pk=placement.submission_id).exists()
    )
    others = (
        Placement.objects.visible_to(user)
        .valid()
        .filter(submission=placement.submission)
        .exclude(pk=placement.pk)
    )
    return {
        "placement": placement,
        "form": form,
        "may_read_draft": may_read_draft,
        "others": others.select_related("outlet").order_by(*ORDER) if placement.submission_id else [],
        "deliveries": selectors.deliveries_of(placement),
        "actions": {move.action for move in MOVES.available(obj=placement, actor=user)},
        "needs_proof": not placement.url and not placement.evidence.all(),
        "logged_it": permissions.logged_it.test(user, placement),
        "can_log": can_log,
        "may_open_proof": Placement.objects.with_proof_for(user).filter(pk=placement.pk).exists(),
        "next": selectors.next_to_verify(user=user, after=placement) if can_log else None,
        "can_add_evidence": permissions.can_add_evidence.test(user, placement),
        "trail": selectors.trail_of(placement) if permissions.can_see_trail.test(user) else [],
    }


@login_required
@require_POST
def placement_action(request: StaffRequest, pk: int) -> HttpResponse:
    """Verify or void; the next one waiting is offered afterwards."""
    placement = _placement(request, pk)
    _office_only(request)
    try:
        move = placement_move(
            placement=placement,
            action=request.POST.get("action", ""),
            actor=request.user,
            note=request.POST.get("note", ""),
        )
    except MoveRefused as refused:
        messages.error(request, refused.sentence)
        return redirect(placement)
    if move.target == PlacementState.VERIFIED:
        messages.success(request, _("Verified. It counts from now on."))
    else:
        messages.success(request, _("Voided. What it counted for has been taken back."))
    return redirect(placement)


@login_required
@require_POST
def evidence_new(request: StaffRequest, pk: int) -> HttpResponse:
    placement = _placement(request, pk)
    if not permissions.can_add_evidence.test(request.user, placement):
        raise PermissionDenied
    form = EvidenceForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "outlets/detail.html", _detail(request, placement, form))
    for proof in form.cleaned_data["evidence"]:
        evidence_add(placement=placement, proof=proof, actor=request.user)
    messages.success(request, _("The proof is stored."))
    return redirect(placement)


@login_required
@require_GET
def evidence_file(request: StaffRequest, key: UUID) -> HttpResponseBase:
    """Pictures show in the page; everything else, and every asked-for copy, leaves as a download that is recorded."""
    visible = Placement.objects.with_proof_for(request.user)
    evidence = get_object_or_404(
        Evidence.objects.filter(placement__in=visible).select_related("placement"), key=key
    )
    shown = evidence.is_image and "download" not in request.GET
    try:
        response = stored_file(
            evidence.file, name=evidence.name, content_type=evidence.content_type, show=shown
        )
    except FileNotFoundError:
        raise Http404 from None
    if not shown:
        audit.record(actor=request.user, action="download", obj=evidence.placement, note=evidence.name)
    response["Cache-Control"] = "private, max-age=600"
    return response
