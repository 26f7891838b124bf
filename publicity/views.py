"""The first page of each role, the reports page and the audit trail."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from publicity.audit_words import dress
from publicity.forms import AuditSearchForm
from publicity.permissions import can_read_audit
from toolkit.models import AuditEvent
from toolkit.paging import keyset_page


@login_required
def dashboard(request: HttpRequest) -> HttpResponse:
    return render(request, "publicity/start.html")


@login_required
def reports(request: HttpRequest) -> HttpResponse:
    return render(request, "publicity/reports.html")


@login_required
def audit_trail(request: HttpRequest) -> HttpResponse:
    if not can_read_audit.test(request.user):
        raise PermissionDenied
    form = AuditSearchForm(request.GET)
    page = keyset_page(form.filter(AuditEvent.objects.all()), order=("-pk",), cursor=request.GET.get("cursor", ""))
    for event in page.rows:
        dress(event)
    return render(request, "publicity/audit.html", {"form": form, "page": page})
