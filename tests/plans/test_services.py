"""Writing, submitting, approving and amending plans, and counting pieces."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from plans.models import Delivery, Plan, PlanApproval, PlanRevision
from plans.revisions import compare, is_intact, last_approved, quota_changes
from plans.services import (
    SectionText,
    StaleVersion,
    delivery_log,
    delivery_take_back,
    plan_amend,
    plan_create,
    plan_move,
    plan_save,
    record_delivery,
    reverse_delivery,
)
from plans.states import PlanState
from tests.factories import Cast
from tests.plans.factories import category, deliver, make_draft, make_ruling
from toolkit.models import AuditEvent, OutboxMessage
from toolkit.moves import MoveLost, MoveRefused

pytestmark = pytest.mark.django_db


def notices(text: str) -> list[str]:
    """Who is told something with these words in its title."""
    found = OutboxMessage.objects.filter(kind="notice").select_related("recipient")
    return sorted(x.recipient.name for x in found if x.recipient and text in x.payload["title"])


def test_a_new_plan_has_the_usual_sections(cast: Cast) -> None:
    plan = plan_create(year=2026, actor=cast.editor)
    assert plan.title == "2026年宣传工作计划"
    assert [section.heading for section in plan.sections.all()] == [
        "工作目标", "主要任务", "进度安排", "保障措施", "考核与奖励",
    ]  # fmt: skip


def test_a_second_plan_of_a_year_is_refused_with_what_to_do(cast: Cast) -> None:
    make_ruling(cast)
    with pytest.raises(ValidationError, match="2026 年已有计划"):
        plan_create(year=2026, actor=cast.editor)


def test_last_years_plan_brings_its_text_and_quotas(cast: Cast) -> None:
    old = make_ruling(cast, year=2025)
    plan = plan_create(year=2026, actor=cast.editor, based_on=old)
    assert plan.quotas.count() == 4
    assert plan.quotas.get(label="专题").parent.plan == plan
    assert plan.state == PlanState.DRAFT


def test_saving_keeps_order_cleans_html_and_refuses_a_stale_form(cast: Cast) -> None:
    """Two tabs: the second must not silently overwrite the first."""
    plan = make_draft(cast)
    fields = {"title": "计划", "number": "", "guiding_idea": "<p onclick=x>思想<script>x</script></p>"}
    plan_save(
        plan=plan,
        version=1,
        fields=fields,
        sections=[SectionText("一"), SectionText("二")],
        actor=cast.editor,
    )
    plan.refresh_from_db()
    assert plan.guiding_idea == "<p>思想</p>"
    assert [section.heading for section in plan.sections.all()] == ["一", "二"]
    with pytest.raises(StaleVersion, match="已在别处被修改"):
        plan_save(plan=plan, version=1, fields=fields, sections=[], actor=cast.chief)
    assert plan.sections.count() == 2


def test_a_plan_without_quotas_is_not_submitted(cast: Cast) -> None:
    plan = make_draft(cast, quotas=False)
    with pytest.raises(MoveRefused, match="请先附上目标任务分解表"):
        plan_move(plan=plan, action="submit", actor=cast.editor)


def test_submitting_freezes_a_revision_and_tells_the_leaders(cast: Cast) -> None:
    plan = make_draft(cast)
    plan_move(plan=plan, action="submit", actor=cast.editor)
    revision = plan.revisions.get()
    assert (revision.number, revision.submitted_by) == (1, cast.editor)
    assert is_intact(revision)
    assert [quota["target"] for quota in revision.body["quotas"]] == [12, 4, 10, 2]
    assert notices("待您审批") == ["何平", "赵刚"]
    revision.body["title"] = "另一份"
    assert not is_intact(revision)


def test_approval_puts_it_in_force_and_tells_office_and_heads(cast: Cast) -> None:
    plan = make_ruling(cast)
    assert plan.state == PlanState.APPROVED
    assert PlanApproval.objects.get().actor == cast.leader
    assert notices("已批准") == ["吴迪", "林峰", "陈静"]
    assert notices("护理部 2026 年宣传任务") == ["王芳"]
    told = OutboxMessage.objects.get(key__contains=":targets:", recipient=cast.head)
    assert told.payload["body"] == "信息 12 篇；微博每月 10 条"


def test_returning_needs_a_reason(cast: Cast) -> None:
    plan = make_draft(cast)
    plan_move(plan=plan, action="submit", actor=cast.editor)
    with pytest.raises(MoveRefused, match="原因"):
        plan_move(plan=plan, action="return", actor=cast.leader, note=" ")
    plan_move(plan=plan, action="return", actor=cast.leader, note="指标偏高")
    assert plan.state == PlanState.RETURNED
    assert notices("已退回修改") == ["吴迪", "林峰", "陈静"]
    plan_move(plan=plan, action="submit", actor=cast.editor)
    assert plan.revisions.count() == 2


@pytest.mark.parametrize("who", ["editor", "chief", "auditor", "administrator", "head", "writer", "finance"])
def test_only_leaders_approve(cast: Cast, who: str) -> None:
    plan = make_draft(cast)
    plan_move(plan=plan, action="submit", actor=cast.editor)
    with pytest.raises(MoveRefused):
        plan_move(plan=plan, action="approve", actor=getattr(cast, who))
    plan.refresh_from_db()
    assert plan.state == PlanState.SUBMITTED


def test_nobody_approves_what_they_drew_up_or_submitted(cast: Cast) -> None:
    """A leader who also is an editor would otherwise approve their own plan."""
    from hospital.models import RoleGrant, User

    RoleGrant.objects.create(user=cast.leader, role="editor")
    leader = User.objects.get(pk=cast.leader.pk)
    plan = make_draft(cast)
    plan_move(plan=plan, action="submit", actor=leader)
    with pytest.raises(MoveRefused):
        plan_move(plan=plan, action="approve", actor=leader)
    plan_move(plan=plan, action="approve", actor=cast.other_leader)


def test_the_second_leader_is_told_who_was_first(cast: Cast) -> None:
    plan = make_draft(cast)
    plan_move(plan=plan, action="submit", actor=cast.editor)
    stale = Plan.objects.get(pk=plan.pk)
    plan_move(plan=plan, action="approve", actor=cast.leader)
    with pytest.raises(MoveLost, match="赵刚"):
        plan_move(plan=stale, action="return", actor=cast.other_leader, note="不行")
    assert PlanApproval.objects.count() == 1


def test_a_leader_decides_only_on_the_revision_they_read(cast: Cast) -> None:
    plan = make_draft(cast)
    plan_move(plan=plan, action="submit", actor=cast.editor)
    plan_move(plan=plan, action="return", actor=cast.other_leader, note="改")
    plan_move(plan=plan, action="submit", actor=cast.editor)
    with pytest.raises(MoveRefused, match="第 2 版"):
        plan_move(plan=plan, action="approve", actor=cast.leader, revision=1)
    plan_move(plan=plan, action="approve", actor=cast.leader, revision=2)


def test_an_amendment_replaces_the_plan_only_when_approved(cast: Cast) -> None:
    old = make_ruling(cast)
    new = plan_amend(plan=old, actor=cast.editor)
    with pytest.raises(ValidationError, match="已有一份修订稿"):
        plan_amend(plan=old, actor=cast.chief)
    new.quotas.filter(department=cast.pediatrics).update(target=5)
    plan_move(plan=new, action="submit", actor=cast.editor)
    old.refresh_from_db()
    assert old.state == PlanState.APPROVED
    plan_move(plan=new, action="approve", actor=cast.leader)
    old.refresh_from_db()
    assert (old.state, new.state) == (PlanState.ARCHIVED, PlanState.APPROVED)


def test_what_changed_is_shown_against_the_last_approved_revision(cast: Cast) -> None:
    old = make_ruling(cast)
    new = plan_amend(plan=old, actor=cast.editor)
    new.quotas.filter(department=cast.pediatrics).update(target=5)
    sections = [SectionText("工作目标", "<p>全年81篇。</p>"), SectionText("主要任务")]
    plan_save(
        plan=new,
        version=1,
        fields={"title": "计划", "guiding_idea": ""},
        sections=sections,
        actor=cast.editor,
    )
    plan_move(plan=new, action="submit", actor=cast.editor)
    revision = new.revisions.get()
    base = last_approved(revision)
    assert base is not None
    assert base.plan == old
    [change] = quota_changes(base.body, revision.body)
    assert (change.department, change.old, change.new, change.difference) == ("儿科住院部", 2, 5, 3)
    comparison = compare(base.body, revision.body, guiding_idea="指导思想")
    assert comparison.changes == 2


def test_the_database_holds_one_plan_in_force_a_year(cast: Cast) -> None:
    make_ruling(cast)
    with pytest.raises(IntegrityError), transaction.atomic():
        Plan.objects.create(year=2026, title="另一份", state=PlanState.APPROVED, created_by=cast.editor)


# --- counting -----------------------------------------------------------------------------------------------------


def record(cast: Cast, **changes: Any) -> Delivery:
    fields: dict[str, Any] = {
        "category": category(),
        "department": cast.nursing,
        "person": cast.writer,
        "happened_on": date(2026, 5, 12),
        "title": "护士节",
        "source_kind": "submission",
        "source_id": 7,
        "actor": cast.editor,
    }
    return record_delivery(**{**fields, **changes})


def test_a_source_counts_once_per_category(cast: Cast) -> None:
    first = record(cast)
    assert record(cast, title="又一次") == first
    assert first.ym == 202605
    record(cast, category=category("science"))
    assert Delivery.objects.live().count() == 2


def test_taking_back_adds_a_row_and_counting_again_is_possible(cast: Cast) -> None:
    first = record(cast)
    assert reverse_delivery(source_kind="submission", source_id=7, actor=cast.editor, note="撤稿") == 1
    assert reverse_delivery(source_kind="submission", source_id=7, actor=cast.editor, note="撤稿") == 0
    assert Delivery.objects.count() == 2
    assert Delivery.objects.get(reverses=first).is_live is False
    again = record(cast)
    assert again.pk != first.pk
    assert Delivery.objects.live().get() == again


def test_a_log_form_posted_twice_counts_once(cast: Cast) -> None:
    fields: dict[str, Any] = {
        "category": category("weibo"),
        "department": cast.nursing,
        "happened_on": date(2026, 5, 12),
        "title": "微博",
        "form_key": 1200,
        "actor": cast.editor,
    }
    assert len(delivery_log(count=3, **fields)) == 3
    delivery_log(count=3, **fields)
    assert Delivery.objects.live().count() == 3
    with pytest.raises(ValidationError, match="自动计入"):
        delivery_log(count=1, **{**fields, "category": category("info")})
    with pytest.raises(ValidationError, match="1 至 50"):
        delivery_log(count=51, **fields)


def test_only_what_was_logged_by_hand_is_taken_back_by_hand(cast: Cast) -> None:
    [logged] = deliver(cast.nursing, date(2026, 5, 1), code="weibo", kind="manual")
    with pytest.raises(ValidationError, match="撤回原因"):
        delivery_take_back(delivery=logged, actor=cast.editor, note=" ")
    delivery_take_back(delivery=logged, actor=cast.editor, note="登记错了")
    with pytest.raises(ValidationError, match="已经撤回"):
        delivery_take_back(delivery=logged, actor=cast.editor, note="再来")
    [accepted] = deliver(cast.nursing, date(2026, 5, 1))
    with pytest.raises(ValidationError, match="自动计入"):
        delivery_take_back(delivery=accepted, actor=cast.editor, note="x")
    assert AuditEvent.objects.filter(action="delivery_reverse").count() == 1


def test_a_revision_is_never_numbered_twice(cast: Cast) -> None:
    plan = make_draft(cast)
    plan_move(plan=plan, action="submit", actor=cast.editor)
    revision = plan.revisions.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanRevision.objects.create(
            plan=plan,
            number=1,
            body={},
            sha256="",
            submitted_by=cast.editor,
            submitted_at=revision.submitted_at,
        )
