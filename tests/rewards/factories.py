"""Rows a reward needs: an outlet, a verified placement with its authors, the hospital's own scheme."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path
from typing import Any

from django.utils import timezone

from correspondents.models import Submission
from correspondents.states import Genre, SubmissionState
from hospital.models import Department, User
from media_outreach.outlets.models import Credit, Outlet, Placement
from media_outreach.outlets.states import PlacementState
from plans.models import Category, Delivery, Plan, QuotaItem
from plans.states import Counts, Level, Medium, PlanState, SourceKind
from rewards.models import SchemeVersion
from rewards.services import scheme_load

SCHEME_FILE = Path(__file__).parent / "data" / "reward-scheme.yaml"
_numbers = itertools.count(1)


def load_scheme(
    *,
    number: int = 1,
    effective_from: date = date(2020, 1, 1),
    exemptions: tuple[Any, ...] = (),
    text: str = "",
) -> SchemeVersion:
    return scheme_load(
        text=text or SCHEME_FILE.read_text(encoding="utf-8"),
        number=number,
        effective_from=effective_from,
        document_number="妇幼发〔2020〕1号",
        exemptions=exemptions,
        actor=None,
    )


def make_outlet(level: str = Level.PREFECTURE, medium: str = Medium.NEWSPAPER, name: str = "") -> Outlet:
    outlet: Outlet = Outlet.objects.create(name=name or f"媒体{next(_numbers)}", level=level, medium=medium)
    return outlet


def make_submission(author: User, title: str = "护士节活动", **fields: Any) -> Submission:
    submission: Submission = Submission.objects.create(
        title=title,
        department=author.department,
        created_by=author,
        state=SubmissionState.ACCEPTED,
        **fields,
    )
    return submission


def make_placement(
    *authors: User,
    outlet: Outlet | None = None,
    on: date = date(2026, 3, 8),
    submission: Submission | None = None,
    state: str = PlacementState.VERIFIED,
    genre: str = Genre.NEWS,
    headline: str = "",
    is_paid: bool = False,
    logged_by: User | None = None,
) -> Placement:
    """Written straight into the tables: these tests are about rewards, not about logging."""
    placement: Placement = Placement.objects.create(
        submission=submission,
        outlet=outlet or make_outlet(),
        headline=headline or f"护理部开展志愿服务 {next(_numbers)}",
        department=authors[0].department,
        genre=genre,
        published_on=on,
        ym=on.year * 100 + on.month,
        page="2版",
        state=state,
        is_paid=is_paid,
        logged_by=logged_by or authors[0],
        verified_by=_verifier() if state == PlacementState.VERIFIED else None,
        verified_at=timezone.now() if state == PlacementState.VERIFIED else None,
        void_reason="登记有误" if state == PlacementState.VOID else "",
    )
    for order, author in enumerate(authors, 1):
        Credit.objects.create(placement=placement, person=author, department=author.department, order=order)
    return placement


def _verifier() -> User:
    """Somebody other than whoever logged it."""
    user, _new = User.objects.get_or_create(staff_no="V001", defaults={"name": "核验人"})
    return user


def void(placement: Placement) -> None:
    Placement.objects.filter(pk=placement.pk).update(state=PlacementState.VOID, void_reason="链接打不开")


def make_category(code: str = "press", name: str = "州报新闻报道", **fields: Any) -> Category:
    fields.setdefault("counts", Counts.PLACED)
    fields.setdefault("levels", [Level.PREFECTURE])
    fields.setdefault("media", [Medium.NEWSPAPER])
    category, _new = Category.objects.update_or_create(code=code, defaults={"name": name, **fields})
    return category  # type: ignore[no-any-return]  # the manager is typed Any


def make_quota(
    department: Department, category: Category, target: int, *, year: int, author: User
) -> QuotaItem:
    plan, _new = Plan.objects.get_or_create(
        year=year,
        state=PlanState.APPROVED,
        defaults={"title": f"{year}年宣传工作计划", "created_by": author},
    )
    quota: QuotaItem = QuotaItem.objects.create(
        plan=plan, department=department, category=category, target=target
    )
    return quota


def make_delivery(
    department: Department, category: Category, on: date, person: User | None = None
) -> Delivery:
    delivery: Delivery = Delivery.objects.create(
        ym=on.year * 100 + on.month,
        happened_on=on,
        department=department,
        person=person,
        category=category,
        title="州报刊用",
        source_kind=SourceKind.MANUAL,
    )
    return delivery
