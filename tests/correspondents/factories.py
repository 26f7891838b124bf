"""Drafts at every point of their way, made through the product's own services."""

from __future__ import annotations

import uuid
from datetime import date
from io import BytesIO
from typing import Any

from PIL import Image

from correspondents.models import Submission
from correspondents.services import submission_create, submission_move, submission_save
from hospital.models import User
from plans.models import Category
from plans.states import Counts
from tests.factories import Cast

TEXT = "<p>11月18日起，我院血液净化中心每周一、三、五开设夜间透析门诊，方便上班族就医，首周服务26人次。</p>"


def info_category() -> Category:
    category, _new = Category.objects.get_or_create(
        code="info", defaults={"name": "信息", "counts": Counts.ACCEPTED, "for_drafts": True}
    )
    return category


def science_category() -> Category:
    """The one the supervising leader reviews too."""
    category, _new = Category.objects.get_or_create(
        code="science",
        defaults={
            "name": "科普文章",
            "counts": Counts.ACCEPTED,
            "for_drafts": True,
            "needs_supervisor": True,
        },
    )
    return category


def make_draft(cast: Cast, *, author: User | None = None, **fields: Any) -> Submission:
    """A complete draft of 护理部, never submitted."""
    author = author or cast.writer
    draft = submission_create(
        author=author, department=fields.pop("department", cast.nursing), form_key=uuid.uuid4()
    )
    data = {
        "title": "夜间透析门诊开诊",
        "category": info_category(),
        "event_on": date(2024, 11, 18),
        "body": TEXT,
        **fields,
    }
    return submission_save(submission=draft, version=1, data=data, actor=author)


def fresh(submission: Submission) -> Submission:
    """The row as another request would load it."""
    found: Submission = Submission.objects.get(pk=submission.pk)
    return found


def make_submitted(cast: Cast, **fields: Any) -> Submission:
    draft = make_draft(cast, **fields)
    submission_move(submission=draft, action="submit", actor=draft.created_by)
    return fresh(draft)


def moved(submission: Submission, action: str, actor: User, note: str = "") -> Submission:
    """Do it as a request of its own would, and return the row as it stands then."""
    submission_move(submission=fresh(submission), action=action, actor=actor, note=note)
    return fresh(submission)


def picture_bytes(width: int = 60, height: int = 40, kind: str = "JPEG") -> bytes:
    target = BytesIO()
    Image.new("RGB", (width, height), "#0b6e6e").save(target, kind)
    return target.getvalue()
