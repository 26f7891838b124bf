"""Small builders for placements."""

from __future__ import annotations

from datetime import date, datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from correspondents.models import Authorship, Submission
from correspondents.states import SubmissionState
from hospital.models import Department, User
from media_outreach.outlets.models import Credit, Outlet, Placement
from media_outreach.outlets.proofs import Proof, read_proof
from plans.models import Category
from plans.states import Counts, Level, Medium
from tests.factories import Cast

SHANGHAI = ZoneInfo("Asia/Shanghai")
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def make_outlet(
    name: str = "市日报", level: Level = Level.PREFECTURE, medium: Medium = Medium.NEWSPAPER, **fields: Any
) -> Outlet:
    outlet: Outlet = Outlet.objects.create(name=name, level=level, medium=medium, **fields)
    return outlet


def make_category(
    code: str = "paper",
    name: str = "报刊",
    *,
    levels: list[str] | None = None,
    media: list[str] | None = None,
) -> Category:
    """A category that counts verified placements at these levels and media."""
    category, _ = Category.objects.update_or_create(
        code=code,
        defaults={"name": name, "counts": Counts.PLACED, "levels": levels or [], "media": media or []},
    )
    return category


def make_accepted(
    cast: Cast,
    *,
    title: str = "世界糖尿病日义诊",
    authors: list[User] | None = None,
    created: date = date(2026, 3, 2),
) -> Submission:
    moment = datetime(created.year, created.month, created.day, 9, tzinfo=SHANGHAI)
    people = authors or [cast.writer]
    submission: Submission = Submission.objects.create(
        title=title,
        department=cast.nursing,
        created_by=people[0],
        state=SubmissionState.ACCEPTED,
        submitted_at=moment,
        decided_at=moment,
    )
    Submission.objects.filter(pk=submission.pk).update(created_at=moment)
    submission.refresh_from_db()
    for order, person in enumerate(people, start=1):
        Authorship.objects.create(submission=submission, person=person, order=order)
    return submission


def make_placement(
    cast: Cast,
    *,
    outlet: Outlet | None = None,
    headline: str = "血透室开设夜间门诊",
    department: Department | None = None,
    published_on: date = date(2026, 3, 10),
    credited: list[User] | None = None,
    **fields: Any,
) -> Placement:
    """A row as it stands, past the services; logged by 陈静 with a page number unless told otherwise."""
    fields.setdefault("page", "A2")
    placement: Placement = Placement.objects.create(
        outlet=outlet or Outlet.objects.first() or make_outlet(),
        headline=headline,
        department=department or cast.nursing,
        published_on=published_on,
        logged_by=fields.pop("logged_by", cast.editor),
        **fields,
    )
    for order, person in enumerate(credited or [cast.writer], start=1):
        Credit.objects.create(
            placement=placement,
            person=person,
            department=person.department or placement.department,
            order=order,
        )
    return placement


def picture(width: int = 40, height: int = 30, kind: str = "PNG") -> bytes:
    target = BytesIO()
    Image.new("RGB", (width, height), (11, 110, 110)).save(target, kind)
    return target.getvalue()


def upload(name: str = "扫描件.png", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, picture() if content is None else content)


def proof(name: str = "扫描件.png", content: bytes | None = None) -> Proof:
    return read_proof(upload(name, content))
