"""A person's own account: password, authenticator app, where they are signed in, bank card."""

from __future__ import annotations

from io import BytesIO
from typing import Any, cast

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hospital.account import agents, gates, held, second_factor, services, sessions
from hospital.account.forms import CardForm, CodeForm, OwnPasswordForm, RecoverableCodeForm
from hospital.models import User

METHODS = ["get", "head", "post", "options"]


class SignInView(LoginView):
    """With why one has to sign in again, and the hospital's identity services where there are any."""

    redirect_authenticated_user = True
    http_method_names = METHODS

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Before the redirect of those who are signed in already, which would answer every method.
        if str(request.method).lower() not in METHODS:
            return self.http_method_not_allowed(request)
        return cast(HttpResponse, super().dispatch(request, *args, **kwargs))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        services_ = [(reverse(name), label) for name, label in settings.SSO_BUTTONS]
        why = self.request.GET.get("why", "")
        kept = held.HELD in self.request.session
        return {**context, "sso": services_, "why": "held" if why and kept else why}


class PasswordView(PasswordChangeView):
    """The own password. Every other browser is signed out by it; a first password is replaced here."""

    form_class = OwnPasswordForm
    http_method_names = METHODS

    def dispatch(self, *args: Any, **kwargs: Any) -> HttpResponse:
        user = self.request.user
        if str(self.request.method).lower() not in METHODS:
            return self.http_method_not_allowed(self.request)
        if user.is_authenticated and not user.has_usable_password():
            messages.info(self.request, _("Your password is kept by the hospital's identity service."))
            return redirect("hospital:account")
        return cast(HttpResponse, super().dispatch(*args, **kwargs))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = cast(User, self.request.user)
        first, old = user.must_change_password, bool(self.request.session.get(gates.PASSWORD_OLD))
        return {**super().get_context_data(**kwargs), "is_first": first, "is_old": old}

    def form_valid(self, form: Any) -> HttpResponse:
        user = cast(User, self.request.user)
        services.password_change(user=user, password=form.cleaned_data["new_password1"])
        update_session_auth_hash(self.request, user)
        self.request.session[gates.PASSWORD_OLD] = False
        sessions.linked(self.request, timezone.now())
        sessions.sign_out(user=user, actor=user, keep=self.request.session.session_key)
        return HttpResponseRedirect(self.get_success_url())


@require_safe
@login_required
@never_cache
def account(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    rows = [
        {"row": row, "words": agents.words(row.agent), "here": row.session_key == request.session.session_key}
        for row in sessions.living(user)
    ]
    context = {
        "rows": rows,
        "factor": second_factor.confirmed(user),
        "factor_required": second_factor.is_required(user),
        "codes_left": second_factor.codes_left(user),
        "card_form": CardForm(),
    }
    return render(request, "account/account.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@sensitive_post_parameters("code")
def code(request: HttpRequest) -> HttpResponse:
    """The second step of signing in."""
    goal = request.POST.get("next") or request.GET.get("next") or ""
    if not url_has_allowed_host_and_scheme(goal, {request.get_host()}, request.is_secure()):
        goal = reverse("dashboard")
    if request.session.get(gates.FACTOR) != "code":
        return redirect(goal)
    form = RecoverableCodeForm(request.POST or None)
    if form.is_valid():
        try:
            second_factor.check(user=cast(User, request.user), code=form.cleaned_data["code"])
        except ValidationError as wrong:
            form.add_error("code", wrong)
        else:
            gates.factor_passed(request)
            sessions.linked(request, timezone.now())
            return redirect(goal)
    return render(request, "account/code.html", {"form": form, "next": goal})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@sensitive_post_parameters("code")
def factor(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator app: scan, then prove with a first code; the recovery codes are shown once."""
    user = cast(User, request.user)
    if second_factor.confirmed(user):
        return redirect("hospital:account")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            codes = second_factor.confirm(user=user, code=form.cleaned_data["code"])
        except ValidationError as wrong:
            form.add_error("code", wrong)
        else:
            gates.factor_passed(request)
            sessions.linked(request, timezone.now())
            return render(request, "account/codes.html", {"codes": codes, "is_new": True})
    being_set_up = second_factor.begin(user=user)
    secret = being_set_up.secret
    groups = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
    required = second_factor.is_required(user)
    return render(request, "account/factor.html", {"form": form, "secret": groups, "required": required})


@require_safe
@login_required
@never_cache
def factor_qr(request: HttpRequest) -> HttpResponse:
    """The QR code of the app that is being set up; of a working one it is never shown again."""
    user = cast(User, request.user)
    if second_factor.confirmed(user):
        raise PermissionDenied
    drawing = BytesIO()
    code_ = segno.make(second_factor.address(second_factor.begin(user=user)), error="m")
    code_.save(drawing, kind="svg", scale=6, border=3, light="#fff", xmldecl=False)
    return HttpResponse(drawing.getvalue(), content_type="image/svg+xml")


@login_required
@never_cache
@require_POST
@sensitive_post_parameters("code")
def factor_codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes, against a code of the app."""
    user = cast(User, request.user)
    if not _code_fits(request, user):
        return redirect("hospital:account")
    return render(request, "account/codes.html", {"codes": second_factor.codes_renew(user=user)})


@login_required
@require_POST
@sensitive_post_parameters("code")
def factor_off(request: HttpRequest) -> HttpResponse:
    """Take the app away, against a code; whoever must have one sets up the next at once."""
    user = cast(User, request.user)
    if _code_fits(request, user):
        second_factor.remove(user=user, actor=user)
        messages.success(request, _("The authenticator app is no longer asked for."))
        if second_factor.is_required(user):
            return redirect("hospital:account_factor")
    return redirect("hospital:account")


def _code_fits(request: HttpRequest, user: User) -> bool:
    form = RecoverableCodeForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Please give a code of the app."))
        return False
    try:
        second_factor.check(user=user, code=form.cleaned_data["code"])
    except ValidationError as wrong:
        messages.error(request, " ".join(wrong.messages))
        return False
    return True


@login_required
@require_POST
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign one browser out; other people's are not there."""
    user = cast(User, request.user)
    if sessions.sign_out(user=user, actor=user, only=pk):
        messages.success(request, _("Signed out there."))
    else:
        messages.info(request, _("That browser was signed out already."))
    return redirect("hospital:account")


@login_required
@require_POST
def sessions_end(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere, here too."""
    user = cast(User, request.user)
    sessions.sign_out(user=user, actor=user)
    logout(request)
    return redirect("login")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def held_form(request: HttpRequest) -> HttpResponse:
    """What was sent after the time-out: send it now, copy it, or drop it."""
    kept = held.held_by(request)
    if kept is None:
        return redirect("dashboard")
    if request.method == "POST":
        held.forget(request)
        messages.info(request, _("Dropped."))
        return redirect("dashboard")
    return render(request, "account/held.html", {"kept": kept})


@login_required
@require_POST
@sensitive_post_parameters("bank_card")
def own_card(request: HttpRequest) -> HttpResponse:
    user = cast(User, request.user)
    form = CardForm(request.POST)
    if form.is_valid():
        services.card_set(person=user, card=form.cleaned_data["bank_card"], actor=user)
        messages.success(request, _("The bank card was saved."))
    else:
        messages.error(request, " ".join(map(str, form.errors["bank_card"])))
    return redirect("hospital:account")
