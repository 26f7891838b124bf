"""What answers say beyond Django's own headers, and where browsers report what the policy stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from toolkit import audit

# Nothing of ours asks a browser for these; a page that was tampered with can't either.
PERMISSIONS = ", ".join(
    f"{feature}=()" for feature in ("camera", "microphone", "geolocation", "payment", "usb", "serial", "midi")
)
LONGEST_REPORT = 16 * 1024
PER_ADDRESS, PER_SITE, SECONDS = 5, 60, 60 * 60
KEPT = (
    "document-uri", "documentURL", "effective-directive", "effectiveDirective", "violated-directive",
    "blocked-uri", "blockedURL",
)  # fmt: skip


class HeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response


@csrf_exempt
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Keeps a few of the reports an hour in the audit trail. Browsers send them without a token and read no answer.

    Always 204: whoever floods it learns nothing, and fills nothing.
    """
    if int(request.META.get("CONTENT_LENGTH") or 0) <= LONGEST_REPORT and _is_within_limits(request):
        said = _said(request.read(LONGEST_REPORT + 1))
        if said:
            audit.record(
                actor=None,
                action="csp_report",
                label=said.get("document-uri", "")[:200],
                note=str(said)[:1000],
            )
    return HttpResponse(status=204)


def _is_within_limits(request: HttpRequest) -> bool:
    address = audit.client_address(request)
    return _count(f"csp-report-{address}") <= PER_ADDRESS and _count("csp-report") <= PER_SITE


def _count(key: str) -> int:
    cache.add(key, 0, SECONDS)
    try:
        return int(cache.incr(key))
    except ValueError:  # it ran out between the two lines
        return 1


def _said(body: bytes) -> dict[str, str]:
    """The few short words worth keeping; addresses without their queries, which may carry personal data."""
    try:
        sent: Any = json.loads(body)
    except ValueError:
        return {}
    if isinstance(sent, list):  # the Reporting API sends a list
        sent = sent[0] if sent else {}
    report = (sent.get("csp-report") or sent.get("body")) if isinstance(sent, dict) else None
    if not isinstance(report, dict):
        return {}
    return {name: str(report[name]).split("?")[0].split("#")[0][:200] for name in KEPT if name in report}
