"""The ledger, one amount explained, the scheme, one's own rewards, and starting the appraisal."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from hospital.models import User
from rewards import permissions
from rewards.appraisal import appraisal_start
from rewards.explanation import explain
from rewards.forms import LedgerSearchForm, SchemeForm
from rewards.models import Entry, SchemeVersion
from rewards.regulation import Article, SchemeRefused, articles, articles_of, read_scheme
from rewards.schemes import rates_for, refuse_taken
from rewards.selectors import totals_of_person, with_articles, years_with_entries
from rewards.services import scheme_load, settle, settle_shortfalls
from toolkit.paging import keyset_page

NEWEST = ("-happened_on", "-pk")


def sections(request: HttpRequest, active: str) -> list[dict[str, object]]:
    """The sister pages of rewards that this person may open."""
    places = (
        ("payouts", _("Payout batches"), permissions.can_see_payouts),
        ("ledger", _("Reward ledger"), permissions.can_see_ledger),
        ("scheme", _("Reward scheme"), permissions.can_see_scheme),
        ("mine", _("My rewards"), permissions.has_own_rewards),
    )
    return [
        {"label": label, "url": reverse(f"rewards:{name}"), "active": name == active}
        for name, label, may in places
        if may.test(request.user)
    ]


@login_required
@require_GET
def ledger(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    if not permissions.can_see_ledger.test(user):
        raise PermissionDenied
    form = LedgerSearchForm(request.GET, years=years_with_entries())
    rows = form.filter(Entry.objects.visible_to(user).for_list())
    context = {
        "form": form,
        "page": keyset_page(rows, order=NEWEST, cursor=request.GET.get("cursor", "")),
        "sections": sections(request, "ledger"),
        "may_settle": permissions.can_settle.test(user),
        "this_year": timezone.localdate().year,
    }
    return render(request, "rewards/ledger.html", context)


@login_required
@require_GET
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    user = cast(User, request.user)
    rows = Entry.objects.visible_to(user).for_list().select_related("quota__category", "reverses")
    found = get_object_or_404(rows, pk=pk)
    link = getattr(found, "payout_link", None)
    context = {
        "entry": found,
        "explanation": explain(found, user=user),
        "payout": link.payout if link else None,
        "may_see_payout": permissions.can_see_payouts.test(user),
        "may_see_ledger": permissions.can_see_ledger.test(user),
        "may_open_placement": permissions.can_open_proof.test(user),
    }
    return render(request, "rewards/entry.html", context)


@login_required
@require_POST
def settle_year(request: HttpRequest) -> HttpResponse:
    """The chief's button: bring a year's ledger up to date now; a year that is over with its shortfalls."""
    user = cast(User, request.user)
    if not permissions.can_settle.test(user):
        raise PermissionDenied
    year = _year(request)
    settled = settle(year=year, actor=user)
    if year < timezone.localdate().year:
        settled += settle_shortfalls(year=year, actor=user)
    if settled:
        words = {"year": year, "added": settled.added, "reversed": settled.reversed}
        messages.success(
            request, _("%(year)s settled: %(added)s entries added, %(reversed)s taken back.") % words
        )
    else:
        messages.info(request, _("The ledger of %(year)s is already up to date.") % {"year": year})
    return redirect("rewards:ledger")


def _year(request: HttpRequest) -> int:
    """The posted year if it is one of ours, else this year."""
    wanted, this_year = request.POST.get("year", ""), timezone.localdate().year
    return int(wanted) if wanted.isdecimal() and 2000 <= int(wanted) <= this_year else this_year


@login_required
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """One's own entries, newest first, with the sums of this year and the last."""
    user = cast(User, request.user)
    this_year = timezone.localdate().year
    rows = Entry.objects.filter(person=user).for_list().select_related("payout_link__payout")
    context = {
        "page": keyset_page(rows, order=NEWEST, cursor=request.GET.get("cursor", ""), size=30),
        "year": this_year,
        "totals": totals_of_person(person=user, year=this_year),
        "last_totals": totals_of_person(person=user, year=this_year - 1),
        "sections": sections(request, "mine"),
        "writes": permissions.writes_drafts.test(user),
    }
    return render(request, "rewards/mine.html", context)


@login_required
@require_GET
def scheme(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    if not permissions.can_see_scheme.test(user):
        raise PermissionDenied
    today = timezone.localdate()
    issued = list(with_articles().in_force().order_by("-effective_from"))
    current = next((version.pk for version in issued if version.effective_from <= today), None)
    versions = [
        {"version": version, "articles": articles_of(version), "is_current": version.pk == current}
        for version in issued
    ]
    context = {
        "versions": versions,
        "sections": sections(request, "scheme"),
        "may_issue": permissions.can_issue_scheme.test(user),
    }
    return render(request, "rewards/scheme.html", context)


@login_required
def scheme_new(request: HttpRequest) -> HttpResponse:
    """First POST reads and shows the articles; the second, with `issue`, puts them into force."""
    user = cast(User, request.user)
    if not permissions.can_issue_scheme.test(user):
        raise PermissionDenied
    form = SchemeForm(request.POST or None, request.FILES or None)
    preview: list[Article] = []
    if request.method == "POST" and form.is_valid():
        try:
            if "issue" in request.POST:
                version = _issue(form, user)
                messages.success(request, _("%(version)s is issued.") % {"version": version})
                return redirect("rewards:scheme")
            preview = _preview(form)
        except SchemeRefused as refused:
            form.add_error(None, refused)
    status = 422 if form.errors else 200
    return render(request, "rewards/scheme_new.html", {"form": form, "preview": preview}, status=status)


def _issue(form: SchemeForm, user: User) -> SchemeVersion:
    cleaned = form.cleaned_data
    return scheme_load(
        text=cleaned["text"],
        number=cleaned["number"],
        effective_from=cleaned["effective_from"],
        document_number=cleaned["document_number"],
        exemptions=form.exemptions,
        actor=user,
    )


def _preview(form: SchemeForm) -> list[Article]:
    reading = read_scheme(form.cleaned_data["text"])
    refuse_taken(number=form.cleaned_data["number"], effective_from=form.cleaned_data["effective_from"])
    return articles(
        rules=reading.rules,
        same_piece=reading.same_piece,
        exemption_text=reading.exemption_text,
        shortfall_text=reading.shortfall_text,
        exemptions=[(department.name, count) for department, count in form.exemptions],
        rates=[(category.name, reading.rules[place].amount_fen) for category, place in rates_for(reading)],
    )


@login_required
@require_POST
def appraisal(request: HttpRequest) -> HttpResponse:
    """Start the year-end export and go to the page that shows how far it is."""
    user = cast(User, request.user)
    if not permissions.can_start_appraisal.test(user):
        raise PermissionDenied
    job = appraisal_start(year=_year(request), owner=user)
    return redirect("jobs:detail", pk=job.pk)
