"""Bank cards, for finance: masked, and every full reading on record."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from hospital.account import services
from hospital.account.forms import CardForm
from hospital.models import User
from hospital.permissions import can_keep_cards
from toolkit.paging import keyset_page


@require_safe
@login_required
@never_cache
def cards(request: HttpRequest) -> HttpResponse:
    _only_finance(request)
    words = request.GET.get("q", "").strip()[:40]
    rows = User.objects.active().select_related("department")
    if words:
        rows = rows.filter(Q(staff_no=words) | Q(name__contains=words))
    page = keyset_page(rows, order=("staff_no", "pk"), cursor=request.GET.get("cursor", ""))
    return render(request, "account/cards.html", {"page": page, "words": words})


@login_required
@never_cache
@require_POST
def card_read(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole number of one person, once, on a page that is not kept."""
    _only_finance(request)
    person = get_object_or_404(User.objects.select_related("department"), pk=pk)
    number = services.card_read(person=person, actor=cast(User, request.user))
    groups = " ".join(number[place : place + 4] for place in range(0, len(number), 4))
    return render(request, "account/card.html", {"person": person, "number": groups, "form": CardForm()})


@login_required
@require_POST
@sensitive_post_parameters("bank_card")
def card_set(request: HttpRequest, pk: int) -> HttpResponse:
    _only_finance(request)
    person = get_object_or_404(User, pk=pk)
    form = CardForm(request.POST)
    if form.is_valid():
        services.card_set(person=person, card=form.cleaned_data["bank_card"], actor=cast(User, request.user))
        messages.success(request, _("The bank card of %(name)s was saved.") % {"name": person.name})
    else:
        messages.error(request, " ".join(map(str, form.errors["bank_card"])))
    return redirect("hospital:cards")


def _only_finance(request: HttpRequest) -> None:
    if not can_keep_cards.test(request.user):
        raise PermissionDenied
