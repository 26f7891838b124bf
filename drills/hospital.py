"""The people and pieces the drills work with."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

TEXT = "<p>11月18日起，我院血液净化中心每周一、三、五开设夜间透析门诊，方便上班族就医，首周服务26人次。</p>"


def make_office(clients: int) -> dict[str, Any]:
    """One department without a head, its writer, as many editors as clients, and a category that counts drafts."""
    from hospital.models import Department, RoleGrant, User
    from hospital.states import Role
    from plans.models import Category
    from plans.states import Counts

    department = Department.objects.create(code="DRILL", name="演练科")
    writer = User.objects.create_user("D0000", None, name="演练作者", department=department)
    RoleGrant.objects.create(user=writer, role=Role.CORRESPONDENT)
    editors = [
        User.objects.create_user(f"D{number:04d}", None, name=f"演练编辑{number}")
        for number in range(1, clients + 1)
    ]
    RoleGrant.objects.bulk_create(RoleGrant(user=editor, role=Role.CHIEF) for editor in editors)
    category, _new = Category.objects.get_or_create(
        code="drill", defaults={"name": "演练", "counts": Counts.ACCEPTED, "for_drafts": True}
    )
    return {"department": department, "writer": writer, "editors": editors, "category": category}


def make_submitted(office: dict[str, Any], number: int) -> Any:
    """A piece that waits for the publicity office."""
    from correspondents.services import submission_create, submission_move, submission_save

    draft = submission_create(author=office["writer"], department=office["department"], form_key=uuid.uuid4())
    data = {
        "title": f"演练稿件{number}",
        "category": office["category"],
        "event_on": date(2024, 11, 18),
        "body": TEXT,
    }
    draft = submission_save(submission=draft, version=1, data=data, actor=office["writer"])
    return submission_move(submission=draft, action="submit", actor=office["writer"])
