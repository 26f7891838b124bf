"""The first page of each role, the reports page and the audit trail."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from hospital.models import User
from hospital.permissions import is_correspondent, is_finance, is_head, is_leader
from publicity import dashboards
from publicity.audit_words import dress
from publicity.forms import AuditSearchForm
from publicity.permissions import (
    can_read_audit,
    can_read_office_dashboard,
    can_read_reports,
    can_start_reports,
)
from toolkit.models import AuditEvent, Job
from toolkit.paging import keyset_page


@login_required
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
def audit_trail(request: HttpRequest) -> HttpResponse:
    if not can_read_audit.test(request.user):
        raise PermissionDenied
    form = AuditSearchForm(request.GET)
    page = keyset_page(
        form.filter(AuditEvent.objects.all()), order=("-pk",), cursor=request.GET.get("cursor", "")
    )
    for event in page.rows:
        dress(event)
    return render(request, "publicity/audit.html", {"form": form, "page": page})
