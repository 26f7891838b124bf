"""Which HTTP methods the site speaks at all: reading, and sending a form."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

SPOKEN = ("GET", "HEAD", "OPTIONS", "POST")


class MethodsMiddleware:
    """No page needs PUT, PATCH or DELETE, so no view has to think of them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in SPOKEN:
            return HttpResponseNotAllowed(SPOKEN)
        return self.get_response(request)
