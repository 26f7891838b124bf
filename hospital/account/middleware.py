"""Being signed in, request by request: the idle time-out, and what must be done before anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse

from hospital.account import gates, held, sessions


class AccountMiddleware:
    """Stands behind the sessions, the CSRF check and the sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.idle_person = _end_if_idle(request)
        response = self.get_response(request)
        if request.idle_person and response.get("Location", "").startswith(resolve_url(settings.LOGIN_URL)):
            response["Location"] += ("&" if "?" in response["Location"] else "?") + "why=idle"
        return response

    def process_view(self, request: Any, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """After the CSRF check, so that nobody else's form is ever kept."""
        view_name = request.resolver_match.view_name
        if request.idle_person:
            return _answer_idle(request, view_name)
        if SESSION_KEY not in request.session or not request.user.is_authenticated:
            return None
        gate = gates.closed_gate(request)
        if gate and not gates.is_open(view_name, gate):
            return _lead_to(request, gate)
        sessions.touched(request)
        return None


def _end_if_idle(request: Any) -> int | None:
    """Sign out who was away too long; returns whom."""
    if SESSION_KEY not in request.session or not sessions.is_idle(request):
        return None
    person = request.user.pk
    logout(request)
    return int(person) if person else None


def _answer_idle(request: Any, view_name: str) -> HttpResponse | None:
    """A form that a person sent is kept; scripts get the answer they get whenever nobody is signed in."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401)
    if request.method != "POST" or view_name in gates.OPEN or not _is_page_load(request):
        return None
    if not held.hold(request, request.idle_person):
        return None
    query = urlencode({"next": reverse("hospital:account_held")})
    return redirect(f"{resolve_url(settings.LOGIN_URL)}?{query}")


def _is_page_load(request: HttpRequest) -> bool:
    mode = request.headers.get("Sec-Fetch-Mode")
    return mode == "navigate" if mode else "text/html" in request.headers.get("Accept", "")


def _lead_to(request: HttpRequest, gate: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Redirect": reverse(gate)})
    query = urlencode({"next": request.get_full_path()}) if request.method == "GET" else ""
    return redirect(f"{reverse(gate)}?{query}" if query else reverse(gate))
