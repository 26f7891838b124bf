"""The page of a background job: how far it is, its file, or what went wrong."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django_htmx.http import HTMX_STOP_POLLING

from toolkit import audit
from toolkit.files import stored_file
from toolkit.models import Job, JobState


@login_required
@require_safe
def job_detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Polled by htmx every two seconds while it runs; without JavaScript the person reloads."""
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    if not request.htmx:  # type: ignore[attr-defined]  # set by HtmxMiddleware
        return render(request, "toolkit/job.html", {"job": job})
    status = HTMX_STOP_POLLING if job.is_finished else 200
    return render(request, "toolkit/job_progress.html", {"job": job}, status=status)


@login_required
@require_safe
def job_download(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
    if job.state != JobState.DONE or not job.file:
        raise Http404
    audit.record(actor=request.user, action="download", obj=job, label=job.file_name)
    return stored_file(job.file, name=job.file_name)
