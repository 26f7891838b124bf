"""Logging, verifying and voiding through the services."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from hospital.models import Notification
from media_outreach.outlets.models import Evidence, Outlet, Placement
from media_outreach.outlets.services import DuplicatePlacement, evidence_add, placement_log, placement_move
from media_outreach.outlets.signals import placement_verified, placement_voided
from media_outreach.outlets.states import PlacementState
from plans.models import Category, Delivery, Plan, QuotaItem
from plans.states import Level, Medium
from tests.factories import Cast
from tests.media_outreach.outlets.factories import (
    PDF,
    SHANGHAI,
    make_accepted,
    make_category,
    make_outlet,
    make_placement,
    proof,
)
from toolkit import outbox
from toolkit.models import AuditEvent, OutboxMessage
from toolkit.moves import MoveLost, MoveRefused

NOON = datetime(2026, 3, 20, 12, tzinfo=SHANGHAI)
Commits = Callable[..., object]


def test_a_placement_takes_over_what_the_draft_knows(cast: Cast) -> None:
    piece = make_accepted(cast, authors=[cast.writer, cast.other_writer])
    placement = placement_log(
        actor=cast.editor,
        outlet=make_outlet(),
        submission=piece,
        published_on=date(2026, 3, 10),
        page="A3",
        at=NOON,
    )
    assert placement.headline == "世界糖尿病日义诊"
    assert placement.department == cast.nursing
    assert placement.ym == 202603
    assert placement.state == "logged"
    assert [(c.person.name, c.department.name, c.order) for c in placement.credits.all()] == [
        ("李娜", "护理部", 1),
        ("孙悦", "儿科住院部", 2),
    ]


def test_coverage_without_a_draft_credits_its_authors_in_their_order(cast: Cast) -> None:
    placement = placement_log(
        actor=cast.chief,
        outlet=make_outlet(),
        headline="  院长  做客《健康有约》 ",
        department=cast.pediatrics,
        credits=[cast.other_writer, cast.leader, cast.other_writer],
        published_on=date(2026, 3, 10),
        url="https://Example.com/a#rd",
        at=NOON,
    )
    assert placement.headline == "院长 做客《健康有约》"
    assert placement.url == "https://example.com/a"
    # A leader belongs to no department: the piece's own counts.
    assert [(c.person.name, c.department.name) for c in placement.credits.all()] == [
        ("孙悦", "儿科住院部"),
        ("赵刚", "儿科住院部"),
    ]


def test_a_placement_of_nobody_is_refused(cast: Cast) -> None:
    with pytest.raises(ValidationError) as refused:
        placement_log(
            actor=cast.editor,
            outlet=make_outlet(),
            headline="标题",
            department=cast.nursing,
            credits=[],
            published_on=date(2026, 3, 10),
            page="A1",
            at=NOON,
        )
    assert set(refused.value.message_dict) == {"first_author"}
    assert Placement.objects.count() == 0


@pytest.mark.parametrize(
    "day",
    [date(2026, 3, 21), date(2026, 3, 1), date(1999, 12, 31)],
    ids=["tomorrow", "before the draft was begun", "another century"],
)
def test_an_impossible_day_is_refused(cast: Cast, day: date) -> None:
    piece = make_accepted(cast, created=date(2026, 3, 2))
    with pytest.raises(ValidationError) as refused:
        placement_log(
            actor=cast.editor, outlet=make_outlet(), submission=piece, published_on=day, page="A1", at=NOON
        )
    assert set(refused.value.message_dict) == {"published_on"}


@pytest.mark.parametrize("day", [date(2026, 3, 20), date(2026, 3, 2)], ids=["today", "the day it was begun"])
def test_the_first_and_the_last_possible_day_are_taken(cast: Cast, day: date) -> None:
    piece = make_accepted(cast, created=date(2026, 3, 2))
    placement = placement_log(
        actor=cast.editor, outlet=make_outlet(), submission=piece, published_on=day, page="A1", at=NOON
    )
    assert placement.published_on == day


def test_today_is_the_hospitals_today_not_the_worlds(cast: Cast) -> None:
    """At 01:00 in Shanghai it is still yesterday in Greenwich."""
    at = datetime(2026, 3, 21, 1, tzinfo=SHANGHAI)
    placement = placement_log(
        actor=cast.editor,
        outlet=make_outlet(),
        submission=make_accepted(cast),
        published_on=date(2026, 3, 21),
        page="A1",
        at=at,
    )
    assert placement.ym == 202603


def test_neither_link_nor_page_is_refused(cast: Cast) -> None:
    with pytest.raises(ValidationError) as refused:
        placement_log(
            actor=cast.editor,
            outlet=make_outlet(),
            submission=make_accepted(cast),
            published_on=date(2026, 3, 10),
            page="  ",
            at=NOON,
        )
    assert set(refused.value.message_dict) == {"url"}


def test_a_draft_that_was_not_accepted_has_no_placement(cast: Cast) -> None:
    piece = make_accepted(cast)
    piece.state = "returned"
    with pytest.raises(ValidationError) as refused:
        placement_log(
            actor=cast.editor,
            outlet=make_outlet(),
            submission=piece,
            published_on=date(2026, 3, 10),
            page="1",
            at=NOON,
        )
    assert set(refused.value.message_dict) == {"submission"}


@pytest.mark.parametrize(
    "who", ["writer", "head", "leader", "finance", "auditor", "administrator", "other_writer", "other_head"]
)
def test_only_the_office_logs_and_moves(cast: Cast, who: str) -> None:
    actor = cast.everybody()[who]
    outlet = make_outlet()
    with pytest.raises(MoveRefused):
        placement_log(
            actor=actor,
            outlet=outlet,
            submission=make_accepted(cast),
            published_on=date(2026, 3, 10),
            page="A1",
        )
    placement = make_placement(cast, outlet=outlet, url="https://a.cn/1")
    for action in ("verify", "void"):
        with pytest.raises(MoveRefused):
            placement_move(placement=placement, action=action, actor=actor, note="误登")
    with pytest.raises(MoveRefused):
        evidence_add(placement=placement, proof=proof(), actor=actor)
    placement.refresh_from_db()
    assert placement.state == "logged"
    assert Placement.objects.count() == 1


def test_the_same_link_twice_is_refused_and_leads_to_the_first(cast: Cast) -> None:
    first = make_placement(cast, outlet=make_outlet("市日报"), url="https://a.cn/1")
    with pytest.raises(DuplicatePlacement) as refused:
        placement_log(
            actor=cast.second_editor,
            outlet=make_outlet("州广播电视台"),
            submission=make_accepted(cast),
            published_on=date(2026, 3, 11),
            url="HTTPS://A.CN/1#rd",
            at=NOON,
        )
    assert refused.value.first == first


def test_the_same_outlet_day_and_headline_twice_is_refused(cast: Cast) -> None:
    outlet = make_outlet()
    first = make_placement(cast, outlet=outlet, headline="世界糖尿病日义诊")
    with pytest.raises(DuplicatePlacement) as refused:
        placement_log(
            actor=cast.editor,
            outlet=outlet,
            submission=make_accepted(cast),
            headline=" 世界糖尿病日义诊 ",
            published_on=date(2026, 3, 10),
            page="B4",
            at=NOON,
        )
    assert refused.value.first == first


def test_a_voided_placement_may_be_logged_anew(cast: Cast) -> None:
    outlet = make_outlet()
    make_placement(cast, outlet=outlet, headline="世界糖尿病日义诊", state="void", void_reason="日期有误")
    placement_log(
        actor=cast.editor,
        outlet=outlet,
        submission=make_accepted(cast),
        published_on=date(2026, 3, 10),
        page="B4",
        at=NOON,
    )
    assert Placement.objects.valid().count() == 1


def test_the_database_itself_refuses_a_verified_placement_nobody_else_verified(cast: Cast) -> None:
    placement = make_placement(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        Placement.objects.filter(pk=placement.pk).update(state="verified", verified_by=cast.editor)
    with pytest.raises(IntegrityError), transaction.atomic():
        Placement.objects.filter(pk=placement.pk).update(state="verified")
    with pytest.raises(IntegrityError), transaction.atomic():
        Placement.objects.filter(pk=placement.pk).update(page="")


def test_verifying_counts_the_piece_in_every_category_it_belongs_to(
    cast: Cast, django_capture_on_commit_callbacks: Commits
) -> None:
    paper = make_category("t-paper", "报刊甲", media=["newspaper"])
    anything = make_category("t-any", "外宣")
    make_category("t-tv", "电视甲", media=["television"])
    heard: list[Placement] = []
    placement_verified.connect(on_verified := (lambda placement, **rest: heard.append(placement)), weak=False)
    placement = make_placement(
        cast, outlet=make_outlet(), url="https://a.cn/1", credited=[cast.writer, cast.head]
    )
    Delivery.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]  # a context manager
        placement_move(placement=placement, action="verify", actor=cast.second_editor, at=NOON)
        assert heard == []
    placement_verified.disconnect(on_verified)
    assert heard == [placement]
    placement.refresh_from_db()
    assert (placement.state, placement.verified_by, placement.verified_at) == (
        "verified",
        cast.second_editor,
        NOON,
    )
    rows = Delivery.objects.filter(category__code__startswith="t-")
    assert {(d.category, d.department, d.person, d.ym, d.title) for d in rows} == {
        (paper, cast.nursing, cast.writer, 202603, "血透室开设夜间门诊"),
        (anything, cast.nursing, cast.writer, 202603, "血透室开设夜间门诊"),
    }
    outbox.sweep()
    assert set(Notification.objects.values_list("recipient__name", flat=True)) == {"李娜", "王芳"}


def test_whoever_logged_it_cannot_verify_it(cast: Cast) -> None:
    placement = make_placement(cast, url="https://a.cn/1")
    with pytest.raises(MoveRefused):
        placement_move(placement=placement, action="verify", actor=cast.editor)
    placement.refresh_from_db()
    assert placement.state == "logged"
    assert Delivery.objects.count() == 0


def test_nothing_is_verified_on_a_page_number_alone(cast: Cast) -> None:
    placement = make_placement(cast, page="A2")
    with pytest.raises(MoveRefused) as refused:
        placement_move(placement=placement, action="verify", actor=cast.chief)
    assert refused.value.code == "no_proof"
    evidence_add(placement=placement, proof=proof(), actor=cast.editor)
    placement_move(placement=placement, action="verify", actor=cast.chief)
    assert placement.state == PlacementState.VERIFIED


def test_voiding_takes_back_exactly_what_was_counted(
    cast: Cast, django_capture_on_commit_callbacks: Commits
) -> None:
    make_category("t-paper", "报刊甲", media=["newspaper"])
    outlet = make_outlet()
    kept = make_placement(cast, outlet=outlet, url="https://a.cn/kept")
    placement_move(placement=kept, action="verify", actor=cast.chief)
    before = set(Delivery.objects.live().values_list("pk", flat=True))
    placement = make_placement(cast, outlet=outlet, headline="误登的一篇", url="https://a.cn/2")
    placement_move(placement=placement, action="verify", actor=cast.chief)
    counted = Delivery.objects.live().count() - len(before)
    assert counted >= 1
    heard: list[Placement] = []
    placement_voided.connect(on_voided := (lambda placement, **rest: heard.append(placement)), weak=False)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]  # a context manager
        placement_move(placement=placement, action="void", actor=cast.editor, note="报纸版面核对不符")
    placement_voided.disconnect(on_voided)
    assert heard == [placement]
    assert set(Delivery.objects.live().values_list("pk", flat=True)) == before
    assert Delivery.objects.filter(reverses__isnull=False).count() == counted
    assert placement.void_reason == "报纸版面核对不符"
    trail = AuditEvent.objects.filter(object_type="outlets.placement", object_id=str(placement.pk))
    assert list(trail.values_list("action", "note")) == [("void", "报纸版面核对不符"), ("verify", "")]


def test_voiding_what_was_never_verified_sends_no_news(
    cast: Cast, django_capture_on_commit_callbacks: Commits
) -> None:
    placement = make_placement(cast)
    heard: list[Placement] = []
    placement_voided.connect(on_voided := (lambda placement, **rest: heard.append(placement)), weak=False)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]  # a context manager
        placement_move(placement=placement, action="void", actor=cast.editor, note="重复登记")
    placement_voided.disconnect(on_voided)
    assert heard == []
    assert Delivery.objects.count() == 0
    assert OutboxMessage.objects.count() == 0


@pytest.mark.parametrize("note", ["", "   ", "字" * 201], ids=["none", "blank", "endless"])
def test_voiding_needs_a_reason_that_fits(cast: Cast, note: str) -> None:
    placement = make_placement(cast)
    with pytest.raises(MoveRefused):
        placement_move(placement=placement, action="void", actor=cast.editor, note=note)
    placement.refresh_from_db()
    assert placement.state == "logged"


def test_pressing_verify_twice_counts_once_and_says_who_was_first(cast: Cast) -> None:
    make_category("t-paper", "报刊甲", media=["newspaper"])
    placement = make_placement(cast, outlet=make_outlet(), url="https://a.cn/1")
    stale = Placement.objects.get(pk=placement.pk)
    placement_move(placement=placement, action="verify", actor=cast.chief)
    counted = Delivery.objects.count()
    for late in (placement, stale):
        with pytest.raises(MoveLost) as lost:
            placement_move(placement=late, action="verify", actor=cast.second_editor)
        assert "林峰" in lost.value.sentence
    assert Delivery.objects.count() == counted


def test_a_television_piece_counts_only_for_television(cast: Cast) -> None:
    make_category("t-paper", "报刊甲", media=["newspaper"])
    make_category("t-county-tv", "县电视台甲", levels=["county"], media=["television"])
    station = make_outlet("县电视台", Level.COUNTY, Medium.TELEVISION)
    placement = make_placement(cast, outlet=station, url="https://a.cn/1")
    placement_move(placement=placement, action="verify", actor=cast.chief)
    codes = Delivery.objects.filter(category__code__startswith="t-").values_list("category__code", flat=True)
    assert list(codes) == ["t-county-tv"]


def test_the_same_file_is_kept_once(cast: Cast) -> None:
    placement = make_placement(cast)
    first = evidence_add(placement=placement, proof=proof("一.pdf", PDF), actor=cast.editor)
    again = evidence_add(placement=placement, proof=proof("二.pdf", PDF), actor=cast.chief)
    assert first == again
    assert Evidence.objects.count() == 1
    assert len(first.sha256) == 64


def test_a_refused_placement_leaves_no_file_behind(cast: Cast) -> None:
    """The upload breaks off after the first file: neither row nor file may stay."""
    placement = make_placement(cast)
    good = proof("一.png")

    def broken() -> object:
        yield good
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        placement_log(
            actor=cast.editor,
            outlet=placement.outlet,
            headline="另一篇",
            department=cast.nursing,
            credits=[cast.writer],
            published_on=date(2026, 3, 10),
            page="A1",
            evidence=broken(),  # type: ignore[arg-type]  # a source that fails half-way
            at=NOON,
        )
    assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []
    assert Placement.objects.count() == 1


def test_no_proof_is_added_to_a_voided_placement(cast: Cast) -> None:
    placement = make_placement(cast, state="void", void_reason="误登")
    with pytest.raises(MoveRefused):
        evidence_add(placement=placement, proof=proof(), actor=cast.editor)


def at_once(calls: list[Callable[[], object]]) -> list[object]:
    """Run the calls at the same time in threads of their own; their results or exceptions."""
    gate = threading.Barrier(len(calls))
    results: list[object] = [None] * len(calls)

    def run(place: int) -> None:
        try:
            gate.wait(10)
            results[place] = calls[place]()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(5))
def test_two_verifiers_at_once_count_once(turn: int) -> None:
    from tests.factories import make_cast

    cast = make_cast()
    category = make_category("t-paper", "报刊甲", media=["newspaper"])
    placement = make_placement(cast, outlet=make_outlet(), url="https://a.cn/1")

    def verify(actor: object) -> Callable[[], object]:
        mine = Placement.objects.get(pk=placement.pk)
        return lambda: placement_move(placement=mine, action="verify", actor=actor)  # type: ignore[arg-type]

    results = at_once([verify(cast.chief), verify(cast.second_editor)])
    assert sum(isinstance(result, MoveRefused) for result in results) == 1
    assert Delivery.objects.filter(category=category).count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", range(5))
def test_two_people_logging_the_same_link_at_once_make_one_placement(turn: int) -> None:
    from tests.factories import make_cast

    cast = make_cast()
    outlet = make_outlet()

    def log(actor: object, headline: str) -> Callable[[], object]:
        return lambda: placement_log(
            actor=actor,  # type: ignore[arg-type]
            outlet=outlet,
            headline=headline,
            department=cast.nursing,
            credits=[cast.writer],
            published_on=date(2026, 3, 10),
            url="https://a.cn/1",
            at=NOON,
        )

    results = at_once([log(cast.editor, "甲"), log(cast.second_editor, "乙")])
    assert sum(isinstance(result, DuplicatePlacement) for result in results) == 1
    assert Placement.objects.count() == 1


def test_a_television_piece_fills_the_part_it_was_logged_for(cast: Cast) -> None:
    """其中新闻12篇，专题4篇: without the part both lines of the matrix would stay at zero for ever."""
    plan = Plan.objects.create(
        year=timezone.localdate().year, title="计划", state="approved", created_by=cast.chief
    )
    category = Category.objects.get_or_create(
        code="county-tv",
        defaults={
            "name": "县电视台新闻报道",
            "counts": "placed",
            "levels": ["county"],
            "media": ["television"],
        },
    )[0]
    whole = QuotaItem.objects.create(plan=plan, department=cast.nursing, category=category, target=16)
    feature = QuotaItem.objects.create(
        plan=plan, department=cast.nursing, category=category, target=4, parent=whole, label="专题"
    )
    station = Outlet.objects.create(name="县电视台", level="county", medium="television")
    placement = placement_log(
        actor=cast.editor,
        outlet=station,
        published_on=timezone.localdate(),
        headline="产房里的一夜",
        department=cast.nursing,
        credits=[cast.writer],
        page="晚间新闻",
        url="https://tv.example/1",
        part=feature,
    )
    placement_move(placement=placement, action="verify", actor=cast.chief)
    assert list(Delivery.objects.live().values_list("category__code", "part__label")) == [
        ("county-tv", "专题")
    ]


def test_a_part_of_another_departments_target_is_refused(cast: Cast) -> None:
    plan = Plan.objects.create(
        year=timezone.localdate().year, title="计划", state="approved", created_by=cast.chief
    )
    category = Category.objects.get_or_create(
        code="county-tv",
        defaults={
            "name": "县电视台新闻报道",
            "counts": "placed",
            "levels": ["county"],
            "media": ["television"],
        },
    )[0]
    whole = QuotaItem.objects.create(plan=plan, department=cast.pediatrics, category=category, target=16)
    feature = QuotaItem.objects.create(
        plan=plan, department=cast.pediatrics, category=category, target=4, parent=whole, label="专题"
    )
    station = Outlet.objects.create(name="县电视台", level="county", medium="television")
    with pytest.raises(ValidationError, match="其他科室"):
        placement_log(
            actor=cast.editor,
            outlet=station,
            published_on=timezone.localdate(),
            headline="产房里的一夜",
            department=cast.nursing,
            credits=[cast.writer],
            page="晚间新闻",
            part=feature,
        )
    assert not Placement.objects.exists()
