"""Three pages for machines. None needs a sign-in, and none tells anything about a person."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from toolkit import audit
from toolkit.monitoring import metrics, probes


@require_safe
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers; asks nobody else, so that a slow database doesn't get every web server restarted."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 when people may be sent here, else 503."""
    serves, parts = probes.readiness()
    return JsonResponse(parts, status=200 if serves else 503)


@require_safe
@never_cache
def metrics_page(request: HttpRequest) -> HttpResponse:
    """Prometheus' text, for the machines of METRICS_FROM; for everybody else there is no such page."""
    if not may_read_metrics(audit.client_address(request)):
        raise Http404
    return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_LATEST)


def may_read_metrics(address: str) -> bool:
    try:
        asking = ip_address(address)
    except ValueError:
        return False
    return any(asking in ip_network(network) for network in settings.METRICS_FROM)
