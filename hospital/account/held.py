"""A form that arrived after the idle time-out: kept until the same person has signed in again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

HELD = "held_form"
MOST_CHARACTERS = 1_200_000
NEVER = ("password", "csrfmiddlewaretoken", "code", "bank_card")


@dataclass(frozen=True)
class HeldForm:
    """`fields` are (name, value) in the order they came; uploaded files are not kept."""

    user: int
    path: str
    fields: list[tuple[str, str]]
    had_files: bool

    @property
    def longest(self) -> str:
        """What the person wrote, to read and copy; not the keys and codes a form carries along."""
        written = [value for _name, value in self.fields if not value.isascii() or " " in value]
        return max(written, key=len, default="")


def hold(request: HttpRequest, user: int) -> bool:
    """Put the form into the (new, anonymous) session; False when there is nothing worth keeping."""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if not any(word in name for word in NEVER)
        for value in values
    ]
    if not fields or sum(len(str(value)) for _name, value in fields) > MOST_CHARACTERS:
        return False
    request.session[HELD] = {
        "user": user,
        "path": request.get_full_path(),
        "fields": fields,
        "had_files": bool(request.FILES),
    }
    return True


def held_by(request: Any) -> HeldForm | None:
    """The form this person left behind; somebody else's is forgotten."""
    kept = request.session.get(HELD)
    if kept is None:
        return None
    if kept["user"] != request.user.pk:
        forget(request)
        return None
    return HeldForm(
        user=kept["user"],
        path=kept["path"],
        fields=[(name, value) for name, value in kept["fields"]],
        had_files=kept["had_files"],
    )


def forget(request: Any) -> None:
    request.session.pop(HELD, None)
