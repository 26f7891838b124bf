"""Every request leaves a count, a duration, and one log line: which page, what answer, how long. Never who or what."""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from toolkit.monitoring import logs, metrics

logger = logging.getLogger(__name__)

_GIVEN_ID = re.compile(r"[0-9a-f]{8,64}")


class RequestMiddleware:
    """Stands first, so that what the other middleware take counts too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        token = logs.request_id.set(given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex)
        began = time.perf_counter()
        try:
            response = self.get_response(request)
            _note(request, response.status_code, time.perf_counter() - began)
        finally:
            logs.request_id.reset(token)
        return response


def _note(request: HttpRequest, status: int, seconds: float) -> None:
    match = request.resolver_match
    # The route as it stands in the URLconf: an address carries numbers and keys, a route doesn't.
    route = "(none)" if match is None else f"/{match.route}"
    method = request.method if request.method in metrics.METHODS else "other"
    if settings.METRICS_FROM:
        metrics.REQUESTS.labels(method, route, str(status)).inc()
        metrics.SECONDS.labels(method, route).observe(seconds)
    logger.info(
        "request",
        extra={"method": method, "route": route, "status": status, "milliseconds": round(seconds * 1000, 1)},
    )
