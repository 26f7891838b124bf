"""Saving: no word gets lost, whichever window, however often a form is sent."""

from __future__ import annotations

import uuid

import pytest

from correspondents.models import Authorship, KeptText, Submission
from correspondents.selectors import my_departments
from correspondents.services import (
    EditRefused,
    StaleVersion,
    coauthor_add,
    coauthor_remove,
    submission_create,
    submission_save,
)
from hospital.models import Department, User
from plans.models import Delivery, Plan, QuotaItem
from plans.states import PlanState
from tests.correspondents.factories import (
    fresh,
    info_category,
    make_draft,
    make_submitted,
    moved,
    science_category,
)
from tests.factories import Cast

pytestmark = pytest.mark.django_db


def test_the_same_form_posted_twice_makes_one_draft(cast: Cast) -> None:
    key = uuid.uuid4()
    first = submission_create(author=cast.writer, department=cast.nursing, form_key=key)
    second = submission_create(author=cast.writer, department=cast.nursing, form_key=key)
    assert first.pk == second.pk
    assert Authorship.objects.count() == 1


def test_a_key_of_somebody_elses_draft_does_not_open_it(cast: Cast) -> None:
    key = uuid.uuid4()
    submission_create(author=cast.writer, department=cast.nursing, form_key=key)
    with pytest.raises(Submission.DoesNotExist):
        submission_create(author=cast.other_writer, department=cast.pediatrics, form_key=key)


def test_an_auditor_changes_nothing(cast: Cast) -> None:
    with pytest.raises(EditRefused):
        submission_create(author=cast.auditor, department=cast.nursing, form_key=uuid.uuid4())
    assert not Submission.objects.exists()


def test_the_second_window_is_told_and_its_text_does_not_overwrite(cast: Cast) -> None:
    draft = make_draft(cast)
    version = draft.version
    submission_save(submission=draft, version=version, data={"title": "第一个窗口"}, actor=cast.writer)
    with pytest.raises(StaleVersion) as stale:
        submission_save(submission=draft, version=version, data={"title": "第二个窗口"}, actor=cast.writer)
    assert stale.value.current.title == "第一个窗口"
    assert fresh(draft).title == "第一个窗口"


def test_overwriting_knowingly_keeps_the_other_text_aside(cast: Cast) -> None:
    draft = make_draft(cast)
    current = submission_save(
        submission=draft, version=draft.version, data={"title": "另一窗口"}, actor=cast.writer
    )
    submission_save(
        submission=draft,
        version=current.version,
        data={"title": "本页"},
        actor=cast.writer,
        overwriting=True,
    )
    assert fresh(draft).title == "本页"
    kept = KeptText.objects.get()
    assert (kept.title, kept.body, kept.by) == ("另一窗口", draft.body, cast.writer)


def test_saving_what_already_stands_there_is_no_conflict(cast: Cast) -> None:
    """The answer to an autosave got lost on the way; the next one sends the same text with the old version."""
    draft = make_draft(cast)
    saved = submission_save(submission=draft, version=1, data={"title": draft.title}, actor=cast.writer)
    assert saved.version == draft.version


def test_a_draft_in_review_cannot_be_changed(cast: Cast) -> None:
    draft = make_submitted(cast)
    with pytest.raises(EditRefused) as refusal:
        submission_save(submission=draft, version=draft.version, data={"title": "改"}, actor=cast.writer)
    assert refusal.value.messages == ["稿件现在是“审稿中”状态，不能修改。请先撤稿，或等退回后再改。"]


def test_only_authors_change_a_draft(cast: Cast) -> None:
    draft = make_draft(cast)
    for person in (cast.head, cast.editor, cast.other_writer):
        with pytest.raises(EditRefused):
            submission_save(submission=draft, version=draft.version, data={"title": "改"}, actor=person)
    coauthor_add(submission=draft, person=cast.other_writer, actor=cast.writer)
    submission_save(submission=draft, version=draft.version, data={"title": "合写"}, actor=cast.other_writer)
    assert fresh(draft).title == "合写"


def test_what_a_script_would_do_is_cleaned_before_it_is_stored(cast: Cast) -> None:
    body = '<p onclick="steal()">正文<script>alert(1)</script><img src="//evil.example/x.png"></p>'
    draft = make_draft(cast, body=body)
    assert draft.body == "<p>正文<img></p>"


def test_rare_characters_and_emoji_survive(cast: Cast) -> None:
    assert make_draft(cast, title="𠮷田护士🎉").title == "𠮷田护士🎉"


def test_co_authors_come_in_order_and_the_creator_stays_first(cast: Cast) -> None:
    draft = make_draft(cast)
    coauthor_add(submission=draft, person=cast.other_writer, actor=cast.writer)
    coauthor_add(submission=draft, person=cast.editor, actor=cast.writer)
    coauthor_add(submission=draft, person=cast.editor, actor=cast.writer)
    assert [one.person.name for one in draft.authorships.all()] == ["李娜", "孙悦", "陈静"]
    coauthor_remove(submission=draft, person_id=cast.other_writer.pk, actor=cast.writer)
    with pytest.raises(EditRefused):
        coauthor_remove(submission=draft, person_id=cast.writer.pk, actor=cast.writer)
    assert [one.person.name for one in draft.authorships.all()] == ["李娜", "陈静"]


def test_somebody_who_left_is_not_added(cast: Cast) -> None:
    User.objects.filter(pk=cast.other_writer.pk).update(is_active=False)
    with pytest.raises(EditRefused) as refusal:
        coauthor_add(
            submission=make_draft(cast),
            person=User.objects.get(pk=cast.other_writer.pk),
            actor=cast.writer,
        )
    assert refusal.value.messages == ["孙悦已离岗，不能添加。"]


def test_an_appointment_decides_which_department_a_person_writes_for(cast: Cast) -> None:
    from correspondents.models import Appointment

    assert list(my_departments(cast.writer)) == [cast.nursing]
    Appointment.objects.create(person=cast.writer, department=cast.pediatrics, starts_on="2020-01-01")
    assert list(my_departments(cast.writer)) == [cast.pediatrics]
    Appointment.objects.update(ends_on="2020-12-31")
    assert list(my_departments(cast.writer)) == [cast.nursing]


def test_an_accepted_piece_counts_towards_the_part_chosen_for_it(cast: Cast) -> None:
    plan = Plan.objects.create(year=2024, title="计划", state=PlanState.APPROVED, created_by=cast.chief)
    top = QuotaItem.objects.create(plan=plan, department=cast.nursing, category=info_category(), target=12)
    part = QuotaItem.objects.create(
        plan=plan,
        department=cast.nursing,
        category=info_category(),
        target=5,
        parent=top,
        label="群众宣传活动",
    )
    moved(moved(make_submitted(cast, part=part), "pass", cast.head), "pass", cast.editor)
    assert Delivery.objects.get().part == part


def test_a_part_of_another_category_is_not_counted(cast: Cast) -> None:
    plan = Plan.objects.create(year=2024, title="计划", state=PlanState.APPROVED, created_by=cast.chief)
    top = QuotaItem.objects.create(plan=plan, department=cast.nursing, category=science_category(), target=2)
    part = QuotaItem.objects.create(
        plan=plan, department=cast.nursing, category=science_category(), target=1, parent=top, label="讲座"
    )
    moved(moved(make_submitted(cast, part=part), "pass", cast.head), "pass", cast.editor)
    assert Delivery.objects.get().part is None


def test_who_sees_which_drafts(cast: Cast) -> None:
    mine, submitted = make_draft(cast, title="未送审"), make_submitted(cast, title="已送审")
    seen = {
        name: set(Submission.objects.visible_to(person).values_list("pk", flat=True))
        for name, person in cast.everybody().items()
    }
    both, one, none = {mine.pk, submitted.pk}, {submitted.pk}, set()
    assert seen == {
        "writer": both,
        "head": one,
        "leader": one,
        "other_writer": none,
        "other_head": none,
        "other_leader": none,
        "editor": one,
        "second_editor": one,
        "chief": one,
        "finance": none,
        "auditor": one,
        "administrator": none,
    }


def test_a_new_head_sees_and_reviews_what_waits_for_the_department(cast: Cast) -> None:
    draft = make_submitted(cast)
    Department.objects.filter(pk=cast.nursing.pk).update(head=cast.other_head)
    assert not Submission.objects.visible_to(cast.head).filter(pk=draft.pk).exists()
    assert moved(draft, "pass", cast.other_head).stage == "editor"
