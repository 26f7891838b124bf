"""The first page of each role, the reports page and the audit trail."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from hospital.models import User
from hospital.permissions import is_correspondent, is_finance, is_head, is_leader
from publicity import dashboards
from publicity.audit_words import dress
from publicity.exports import audit_workbook
from publicity.forms import AuditSearchForm
from publicity.permissions import (
    can_read_audit,
    can_read_office_dashboard,
    can_read_reports,
    can_start_reports,
)
from toolkit import audit, audit_chain
from toolkit.models import AuditEvent, Job
from toolkit.paging import keyset_page
from toolkit.sheets.writer import CONTENT_TYPE


@login_required
@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """The page of the role that has most to do here; people with several roles find the others in the menu."""
    user = cast(User, request.user)
    if can_read_office_dashboard.test(user):
        return render(request, "publicity/office.html", dashboards.office(user))
    if is_leader.test(user):
        return render(request, "publicity/leader.html", dashboards.leader(user))
    if is_correspondent.test(user):
        return render(request, "publicity/writer.html", dashboards.writer(user))
    if is_head.test(user):
        return render(request, "publicity/leader.html", dashboards.head(user))
    if is_finance.test(user):
        return redirect("rewards:payouts")
    tiles = dashboards.administration_tiles() if user.is_staff else []
    return render(request, "publicity/start.html", {"tiles": tiles})


@login_required
@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    if not can_read_reports.test(request.user):
        raise PermissionDenied
    this_year = timezone.localdate().year
    context = {
        "may_start": can_start_reports.test(request.user),
        "years": range(this_year, this_year - 5, -1),
        "jobs": Job.objects.filter(kind="appraisal").select_related("owner").order_by("-created_at")[:20],
    }
    return render(request, "publicity/reports.html", context)


@login_required
@require_safe
def audit_trail(request: HttpRequest) -> HttpResponse:
    if not can_read_audit.test(request.user):
        raise PermissionDenied
    form = AuditSearchForm(request.GET)
    page = keyset_page(
        form.filter(AuditEvent.objects.all()), order=("-pk",), cursor=request.GET.get("cursor", "")
    )
    for event in page.rows:
        dress(event)
    context = {"form": form, "page": page, "head": audit_chain.head()}
    return render(request, "publicity/audit.html", context)


@login_required
@require_GET
def audit_export(request: HttpRequest) -> HttpResponse:
    """Exactly the rows of the page with the same search."""
    if not can_read_audit.test(request.user):
        raise PermissionDenied
    form = AuditSearchForm(request.GET)
    content = audit_workbook(form.filter(AuditEvent.objects.all()).order_by("-pk"))
    audit.record(actor=request.user, action="export", label=_("Audit trail"), note=form.as_query())
    day = timezone.localdate().isoformat()
    disposition = f'attachment; filename="audit-{day}.xlsx"'
    return HttpResponse(
        content,
        content_type=CONTENT_TYPE,
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store"},
    )
