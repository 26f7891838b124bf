"""Signing in through CAS. Loaded only where CAS_URL is set."""

from __future__ import annotations

import logging
from typing import Any

import requests
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django_cas_ng.views import LoginView
from lxml.etree import LxmlError  # type: ignore[import-untyped]  # lxml has no types

log = logging.getLogger(__name__)
NEXT = "sso_next"


class SignInView(LoginView):
    """Goes to the CAS server and comes back with a ticket. Only GET: the library's POST isn't protected by CSRF."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest) -> HttpResponse:
        if "ticket" not in request.GET:
            request.session[NEXT] = _safe(request, request.GET.get("next", ""))
        try:
            return super().get(request)
        except PermissionDenied:
            return redirect("/login/?why=unknown")
        except (requests.RequestException, LxmlError) as error:
            log.warning("The CAS server's answer was refused: %s", error)
            return redirect("/login/?why=service")

    def successful_login(self, request: Any, next_page: str) -> HttpResponse:
        """The library loses the page a person wanted to see; the session kept it."""
        return redirect(request.session.pop(NEXT, "") or settings.LOGIN_REDIRECT_URL)


def _safe(request: HttpRequest, wanted: str) -> str:
    ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, request.is_secure())
    return wanted if ours else ""
