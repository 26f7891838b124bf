"""The inbox."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from hospital.models import Notification, User
from hospital.services import notifications_read
from toolkit.paging import keyset_page


@login_required
@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    rows = Notification.objects.visible_to(cast(User, request.user))
    page = keyset_page(rows, order=("-created_at", "-pk"), cursor=request.GET.get("cursor", ""), size=30)
    return render(request, "hospital/notifications.html", {"page": page})


@login_required
@require_POST
def notification_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one notice as read and go where it points."""
    notice = get_object_or_404(Notification.objects.visible_to(cast(User, request.user)), pk=pk)
    if notice.read_at is None:
        notice.read_at = timezone.now()
        notice.save(update_fields=["read_at"])
    if notice.url and url_has_allowed_host_and_scheme(notice.url, allowed_hosts=None):
        return redirect(notice.url)
    return redirect("hospital:notifications")


@login_required
@require_POST
def notifications_read_all(request: HttpRequest) -> HttpResponse:
    notifications_read(user=cast(User, request.user))
    return redirect("hospital:notifications")
