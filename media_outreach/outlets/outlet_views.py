"""Pages of the outlets themselves, kept by the publicity office."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hospital.requests import StaffRequest
from media_outreach.outlets import permissions
from media_outreach.outlets.catalogue import outlet_delete, outlet_save
from media_outreach.outlets.forms import OutletForm, OutletSearch
from media_outreach.outlets.models import Outlet
from toolkit.moves import MoveRefused
from toolkit.paging import keyset_page


@login_required
@require_GET
def outlet_list(request: StaffRequest) -> HttpResponse:
    if not permissions.can_see_outlets.test(request.user):
        raise PermissionDenied
    form = OutletSearch(request.GET)
    rows = form.filter(Outlet.objects.with_last_placement())
    page = keyset_page(rows, order=("-is_active", "name", "pk"), cursor=request.GET.get("cursor", ""))
    context = {"form": form, "page": page, "can_keep": permissions.can_keep_outlets.test(request.user)}
    return render(request, "outlets/outlet_list.html", context)


@login_required
def outlet_edit(request: StaffRequest, pk: int | None = None) -> HttpResponse:
    """Add one (no number) or change one."""
    if not permissions.can_keep_outlets.test(request.user):
        raise PermissionDenied
    outlet = get_object_or_404(Outlet, pk=pk) if pk else None
    form = OutletForm(request.POST or None, instance=outlet)
    if request.method == "POST" and form.is_valid():
        try:
            saved = outlet_save(outlet=form.instance, actor=request.user)
        except ValidationError as wrong:
            form.add_error(None, wrong)
        else:
            messages.success(request, _("“%(name)s” is saved.") % {"name": saved.name})
            return redirect("outlets:outlet_list")
    return render(request, "outlets/outlet_form.html", {"form": form, "outlet": outlet})


@login_required
@require_POST
def outlet_remove(request: StaffRequest, pk: int) -> HttpResponse:
    if not permissions.can_keep_outlets.test(request.user):
        raise PermissionDenied
    outlet = get_object_or_404(Outlet, pk=pk)
    try:
        outlet_delete(outlet=outlet, actor=request.user)
    except MoveRefused as refused:
        messages.error(request, refused.sentence)
        return redirect("outlets:outlet_edit", pk=pk)
    messages.success(request, _("“%(name)s” is deleted.") % {"name": outlet.name})
    return redirect("outlets:outlet_list")
