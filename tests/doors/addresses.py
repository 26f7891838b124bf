"""From a line of the table to an address and to what is sent there."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from correspondents.models import Submission
from plans.models import Plan
from tests.correspondents.factories import picture_bytes
from tests.doors.people import World
from tests.doors.table import FORMS, QUERIES


def address_of(world: World, name: str, place: str) -> str:
    kwargs = world.places[place]
    if name == "admin:catch_all":
        return "/admin/nowhere/"
    if name.endswith("_bare"):
        number = kwargs.get("object_id") or kwargs["pk"]
        return f"{reverse(name.removesuffix('_bare') + '_changelist')}{number}/"
    if name.startswith("admin:") and name != "admin:plans_plan_decide" and "pk" in kwargs:
        kwargs = {"object_id": kwargs["pk"]}
    url = reverse(name, kwargs=kwargs)
    query = QUERIES.get(name, "").replace("nursing", str(world.people["writer"].department_id))
    return f"{url}?{query}" if query else url


def form_of(world: World, name: str, place: str, method: str) -> dict[str, Any] | None:
    """The form of `FORMS` with its words replaced: files made, versions and revisions as a page would show them."""
    if method != "POST":
        return None
    return {key: _value(world, key, value) for key, value in FORMS.get((name, place), {}).items()}


def _value(world: World, key: str, value: Any) -> Any:
    if value == "image":
        return SimpleUploadedFile("图.jpg", picture_bytes(), content_type="image/jpeg")
    if value == "csv":
        return SimpleUploadedFile("任务.csv", "科室,任务,目标数\n护理部,信息,12\n".encode())
    if key == "form_key":
        return str(uuid.uuid4())
    place = world.places.get(value) if isinstance(value, str) else None
    if place is None or key not in ("version", "revision"):
        return value
    if value.startswith("plan_"):
        newest = Plan.objects.get(**place).revisions.first()
        assert newest is not None
        return newest.number if hasattr(newest, "number") else newest.pk
    draft = Submission.objects.get(**place)
    current = draft.current_revision()
    return draft.version if key == "version" else current.pk if current else ""
