"""Why a file or text wasn't taken. One module so that uploads, images and sheets can all raise it.

Whatever is refused while a request is served is on record: the doors note it, and it is written after the answer,
when no transaction can take it back any more.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

MOST_NOTED = 20
P = ParamSpec("P")
R = TypeVar("R")
_noted: ContextVar[list[tuple[str, str, str]] | None] = ContextVar("refusals", default=None)


class UploadRefused(ValidationError):
    """The file can't be taken; the message is a sentence that tells the person what to do."""

    @property
    def sentence(self) -> str:
        return " ".join(self.messages)


def noted(door: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Put what this door refuses on record. `door`: image, file, sheet or text."""

    def wrap(call: Callable[P, R]) -> Callable[P, R]:
        @wraps(call)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return call(*args, **kwargs)
            except ValidationError as refused:
                refusals = _noted.get()
                if refusals is not None and len(refusals) < MOST_NOTED:
                    refusals.append((door, str(getattr(refused, "code", "")), " ".join(refused.messages)))
                raise

        return called

    return wrap


class RefusalsMiddleware:
    """Writes one audit event for each refusal of a request. Stands behind the sign-in and the client's address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        refusals: list[tuple[str, str, str]] = []
        token = _noted.set(refusals)
        try:
            return self.get_response(request)
        finally:
            _noted.reset(token)
            if refusals:
                _write(request, refusals)


def _write(request: HttpRequest, refusals: list[tuple[str, str, str]]) -> None:
    from toolkit import audit  # its models aren't there yet while the doors are imported

    for door, code, sentence in refusals:
        audit.record(
            actor=request.user,
            action="upload_refused",
            label=request.path,
            note=f"{door} ({code}): {sentence}",
        )
