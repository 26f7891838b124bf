"""The way of a draft from its author to its acceptance, and everything that goes with each step."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from correspondents.models import Review, Revision
from correspondents.selectors import review_queue, route_of, standing, standing_line, submission_route
from correspondents.services import submission_move, submission_save
from correspondents.states import Stage, SubmissionState
from hospital.models import Department, Notification, RoleGrant, User
from hospital.states import Role
from plans.models import Delivery
from tests.correspondents.factories import (
    fresh,
    info_category,
    make_draft,
    make_submitted,
    moved,
    science_category,
)
from tests.factories import Cast
from toolkit import outbox
from toolkit.models import AuditEvent, OutboxMessage
from toolkit.moves import MoveLost, MoveRefused

pytestmark = pytest.mark.django_db


def told(person: User) -> list[str]:
    """Titles of the notices written for a person, in order."""
    rows = OutboxMessage.objects.filter(kind="notice", recipient=person).order_by("pk")
    return [row.payload["title"] for row in rows]


def test_a_piece_of_a_plain_category_goes_from_the_head_to_the_office_and_counts(cast: Cast) -> None:
    draft = make_submitted(cast)
    assert (draft.state, draft.stage) == (SubmissionState.IN_REVIEW, Stage.HEAD)
    draft = moved(draft, "pass", cast.head)
    assert (draft.state, draft.stage) == (SubmissionState.IN_REVIEW, Stage.EDITOR)
    # 17:30 UTC on the 30th is already the 1st in Shanghai: the month it counts in is the local one.
    at = datetime(2024, 11, 30, 17, 30, tzinfo=UTC)
    submission_move(submission=draft, action="pass", actor=cast.editor, at=at)
    draft = fresh(draft)
    assert (draft.state, draft.stage, draft.decided_at) == (SubmissionState.ACCEPTED, "", at)
    delivery = Delivery.objects.get()
    assert (delivery.ym, delivery.happened_on) == (202412, date(2024, 12, 1))
    assert (delivery.department, delivery.person, delivery.category) == (
        cast.nursing,
        cast.writer,
        info_category(),
    )
    assert (delivery.source_kind, delivery.source_id) == ("submission", draft.pk)


def test_a_category_that_asks_for_it_passes_the_supervising_leader_too(cast: Cast) -> None:
    draft = make_submitted(cast, category=science_category())
    assert route_of(draft) == [Stage.HEAD, Stage.SUPERVISOR, Stage.EDITOR]
    draft = moved(draft, "pass", cast.head)
    assert draft.stage == Stage.SUPERVISOR
    draft = moved(draft, "pass", cast.leader)
    assert draft.stage == Stage.EDITOR
    assert moved(draft, "pass", cast.chief).state == SubmissionState.ACCEPTED
    assert [review.by for review in Review.objects.all()] == [cast.head, cast.leader, cast.chief]


def test_a_head_who_writes_does_not_review_their_own_piece(cast: Cast) -> None:
    draft = make_submitted(cast, author=cast.head)
    assert draft.stage == Stage.EDITOR
    assert not review_queue(cast.head).exists()


def test_a_head_who_is_co_author_does_not_review_it_either(cast: Cast) -> None:
    draft = make_draft(cast)
    draft.authorships.create(person=cast.head, order=2)
    submission_move(submission=draft, action="submit", actor=cast.writer)
    assert fresh(draft).stage == Stage.EDITOR


def test_a_department_without_head_goes_straight_to_the_office(cast: Cast) -> None:
    Department.objects.filter(pk=cast.nursing.pk).update(head=None)
    assert make_submitted(cast).stage == Stage.EDITOR


def test_a_leader_who_also_heads_the_department_holds_only_one_stage(cast: Cast) -> None:
    Department.objects.filter(pk=cast.nursing.pk).update(supervisor=cast.head)
    draft = make_submitted(cast, category=science_category())
    assert route_of(draft) == [Stage.HEAD, Stage.EDITOR]


def test_a_chief_who_passed_it_as_head_cannot_accept_it_for_the_office(cast: Cast) -> None:
    Department.objects.filter(pk=cast.office.pk).update(head=cast.chief)
    draft = make_submitted(cast, author=cast.editor, department=cast.office)
    draft = moved(draft, "pass", cast.chief)
    assert draft.stage == Stage.EDITOR
    assert not review_queue(cast.chief).exists()
    with pytest.raises(MoveRefused) as refusal:
        submission_move(submission=draft, action="pass", actor=cast.chief)
    assert refusal.value.code == "forbidden"
    assert [row.pk for row in review_queue(cast.second_editor)] == [draft.pk]


def test_the_only_impartial_editor_keeps_the_last_stage_instead_of_the_head_stage(cast: Cast) -> None:
    """Otherwise a piece of the office itself would wait for ever."""
    Department.objects.filter(pk=cast.office.pk).update(head=cast.chief)
    User.objects.filter(pk=cast.second_editor.pk).update(is_active=False)
    draft = make_draft(cast, author=cast.editor, department=cast.office)
    assert submission_route(draft) == [Stage.EDITOR]


def test_a_piece_written_by_the_whole_office_is_refused_with_a_sentence(cast: Cast) -> None:
    User.objects.filter(pk__in=[cast.second_editor.pk, cast.chief.pk]).update(is_active=False)
    draft = make_draft(cast, author=cast.editor, department=cast.office)
    with pytest.raises(MoveRefused) as refusal:
        submission_move(submission=draft, action="submit", actor=cast.editor)
    assert refusal.value.code == "nobody"


def test_an_author_who_is_also_editor_cannot_accept_their_own_piece(cast: Cast) -> None:
    RoleGrant.objects.create(user=cast.writer, role=Role.EDITOR)
    draft = moved(make_submitted(cast), "pass", cast.head)
    with pytest.raises(MoveRefused):
        submission_move(submission=draft, action="pass", actor=User.objects.get(pk=cast.writer.pk))
    assert not review_queue(User.objects.get(pk=cast.writer.pk)).exists()


def test_return_needs_a_reason_and_nothing_happens_without_it(cast: Cast) -> None:
    draft = make_submitted(cast)
    with pytest.raises(MoveRefused) as refusal:
        submission_move(submission=draft, action="return", actor=cast.head, note="  ")
    assert refusal.value.code == "note_required"
    assert (fresh(draft).state, Review.objects.count()) == (SubmissionState.IN_REVIEW, 0)


def test_a_returned_piece_is_revised_and_goes_the_whole_way_again(cast: Cast) -> None:
    draft = moved(make_submitted(cast), "pass", cast.head)
    draft = moved(draft, "return", cast.editor, "请补充首周服务人次")
    assert (draft.state, draft.stage) == (SubmissionState.RETURNED, "")
    draft = submission_save(
        submission=draft,
        version=draft.version,
        data={"body": "<p>夜间透析门诊每周一、三、五开诊，首周已服务26人次，患者反映良好。</p>"},
        actor=cast.writer,
    )
    draft = moved(draft, "submit", cast.writer)
    assert draft.stage == Stage.HEAD
    assert [row.pk for row in review_queue(cast.head)] == [draft.pk], "the head reads the new text"
    assert list(Revision.objects.values_list("number", flat=True)) == [2, 1]
    assert moved(moved(draft, "pass", cast.head), "pass", cast.editor).state == SubmissionState.ACCEPTED


def test_every_submitted_text_is_kept_with_its_fingerprint(cast: Cast) -> None:
    draft = make_submitted(cast)
    revision = draft.revisions.get()
    assert (revision.title, revision.body, revision.by) == (draft.title, draft.body, cast.writer)
    assert revision.sha256 == Revision.digest(draft.title, draft.body)
    assert Revision.digest("a", "b") == "1e2cc092cf822bf8bf07208510285f9ba671b468e65b558c9e7cb6317e48aefb"
    draft = moved(draft, "pass", cast.head)
    assert Review.objects.get().sha256 == revision.sha256


def test_decline_ends_it_and_tells_the_author_why(cast: Cast) -> None:
    draft = moved(make_submitted(cast), "decline", cast.head, "与已发稿件重复")
    assert (draft.state, draft.stage) == (SubmissionState.DECLINED, "")
    assert draft.decided_at is not None
    assert told(cast.writer) == ["《夜间透析门诊开诊》未被采用"]
    with pytest.raises(MoveRefused):
        submission_move(submission=draft, action="submit", actor=cast.writer)


def test_the_author_withdraws_until_it_is_accepted_and_not_afterwards(cast: Cast) -> None:
    draft = moved(make_submitted(cast), "withdraw", cast.writer)
    assert (draft.state, draft.stage) == (SubmissionState.WITHDRAWN, "")
    accepted = moved(moved(make_submitted(cast), "pass", cast.head), "pass", cast.editor)
    with pytest.raises(MoveRefused):
        submission_move(submission=accepted, action="withdraw", actor=cast.writer)
    assert Delivery.objects.count() == 1


def test_nobody_else_withdraws_it(cast: Cast) -> None:
    draft = make_submitted(cast)
    for person in (cast.head, cast.other_writer, cast.editor):
        with pytest.raises(MoveRefused):
            submission_move(submission=fresh(draft), action="withdraw", actor=person)
    assert fresh(draft).state == SubmissionState.IN_REVIEW


@pytest.mark.parametrize("name", ["other_head", "other_leader", "editor", "finance", "auditor", "writer"])
def test_only_the_holder_of_the_stage_decides(cast: Cast, name: str) -> None:
    draft = make_submitted(cast)
    with pytest.raises(MoveRefused) as refusal:
        submission_move(submission=draft, action="pass", actor=getattr(cast, name))
    assert refusal.value.code == "forbidden"
    assert fresh(draft).stage == Stage.HEAD


def test_whoever_comes_second_is_told_who_was_first_and_nothing_doubles(cast: Cast) -> None:
    draft = moved(make_submitted(cast), "pass", cast.head)
    mine, theirs = fresh(draft), fresh(draft)
    submission_move(submission=mine, action="pass", actor=cast.editor)
    with pytest.raises(MoveLost) as lost:
        submission_move(submission=theirs, action="decline", actor=cast.second_editor, note="重复")
    assert "陈静" in lost.value.sentence
    assert fresh(draft).state == SubmissionState.ACCEPTED
    assert (Delivery.objects.count(), Review.objects.count()) == (1, 2)


def test_a_verdict_on_a_stage_somebody_else_just_held_names_them(cast: Cast) -> None:
    draft = moved(make_submitted(cast), "pass", cast.head)
    with pytest.raises(MoveLost) as lost:
        submission_move(submission=draft, action="pass", actor=cast.head, seen_stage=Stage.HEAD)
    assert "王芳" in lost.value.sentence


def test_a_verdict_on_a_text_replaced_meanwhile_is_not_taken(cast: Cast) -> None:
    draft = make_submitted(cast)
    seen = draft.revisions.get().pk
    draft = moved(draft, "withdraw", cast.writer)
    draft = moved(draft, "submit", cast.writer)
    with pytest.raises(MoveLost) as lost:
        submission_move(
            submission=draft, action="pass", actor=cast.head, seen_revision=seen, seen_stage=Stage.HEAD
        )
    assert lost.value.code == "newer"
    assert Review.objects.count() == 0


def test_each_holder_is_told_once_when_it_reaches_them(cast: Cast) -> None:
    draft = make_submitted(cast)
    assert told(cast.head) == ["《夜间透析门诊开诊》（护理部）待您审稿"]
    assert told(cast.editor) == []
    moved(draft, "pass", cast.head)
    assert told(cast.editor) == told(cast.second_editor) == told(cast.chief)
    assert len(told(cast.editor)) == 1
    outbox.sweep()
    notice = Notification.objects.get(recipient=cast.head)
    assert notice.url == f"/review/{draft.pk}/"


def test_a_piece_waiting_at_a_vacant_post_can_be_sent_on_by_the_office_only(cast: Cast) -> None:
    draft = make_submitted(cast)
    User.objects.filter(pk=cast.head.pk).update(is_active=False)
    assert [row.pk for row in review_queue(cast.editor)] == [draft.pk]
    with pytest.raises(MoveRefused):
        submission_move(submission=fresh(draft), action="forward", actor=cast.other_head)
    draft = moved(draft, "forward", cast.editor)
    assert draft.stage == Stage.EDITOR
    assert moved(draft, "pass", cast.editor).state == SubmissionState.ACCEPTED


def test_sending_on_is_refused_while_the_post_is_held(cast: Cast) -> None:
    draft = make_submitted(cast)
    with pytest.raises(MoveRefused):
        submission_move(submission=draft, action="forward", actor=cast.editor)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": ""}, "请填写标题。"),
        ({"category": None}, "请选择类别。"),
        ({"event_on": None}, "请填写事件日期。"),
        ({"event_on": date(2999, 1, 1)}, "事件日期在今天之后，请填写实际发生的日期。"),
        ({"body": "<p>十九个字十九个字十九个字十九个字十九个</p>"}, "正文至少要写20个字。"),
    ],
)
def test_an_incomplete_draft_is_not_submitted_and_says_what_is_missing(
    cast: Cast, fields: dict[str, object], sentence: str
) -> None:
    draft = make_draft(cast, **fields)
    with pytest.raises(MoveRefused) as refusal:
        submission_move(submission=draft, action="submit", actor=cast.writer)
    assert refusal.value.messages == [sentence]
    assert Revision.objects.count() == 0


def test_where_it_stands_reads_in_one_line(cast: Cast) -> None:
    draft = moved(make_submitted(cast, category=science_category()), "pass", cast.head)
    assert standing_line(draft) == "科室审核 ✓ → 分管领导"
    assert [(stop.label, stop.state, stop.who) for stop in standing(draft)] == [
        ("科室审核", "done", "王芳"),
        ("分管领导", "now", "赵刚"),
        ("宣传科", "todo", ""),
    ]


def test_each_move_leaves_its_line_in_the_audit_trail(cast: Cast) -> None:
    draft = moved(moved(make_submitted(cast), "pass", cast.head), "pass", cast.editor)
    events = AuditEvent.objects.for_object(draft).order_by("pk")
    assert [(event.action, event.actor_label) for event in events] == [
        ("submission_create", "李娜"),
        ("submit", "李娜"),
        ("pass", "王芳"),
        ("accept", "陈静"),
    ]
