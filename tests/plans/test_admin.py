"""The leader's door: approving and returning plans in the Django admin."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from plans.models import Category, Plan
from plans.services import plan_amend, plan_move
from plans.states import PlanState
from tests.factories import Cast
from tests.plans.factories import category, deliver, make_draft, make_ruling

pytestmark = pytest.mark.django_db

LIST = "admin:plans_plan_changelist"


@pytest.fixture
def waiting(cast: Cast) -> Plan:
    plan = make_draft(cast)
    return plan_move(plan=plan, action="submit", actor=cast.editor)


def page_of(plan: Plan) -> str:
    return reverse("admin:plans_plan_change", args=[plan.pk])


def decide(client: Client, plan: Plan, action: str, note: str = "", revision: int = 1) -> str:
    url = reverse("admin:plans_plan_decide", args=[plan.pk])
    data = {"action": action, "note": note, "revision": str(revision)}
    return client.post(url, data, follow=True).content.decode()


def test_a_leader_finds_what_waits_first_reads_it_and_approves(
    client: Client, cast: Cast, waiting: Plan
) -> None:
    make_ruling(cast, year=2025)
    client.force_login(cast.leader)
    page = client.get(reverse(LIST)).content.decode()
    assert waiting.title in page
    assert "2025年宣传工作计划" not in page
    page = client.get(page_of(waiting)).content.decode()
    for words in ("批准，自今日起执行", "退回修改", "批准后会发生", "2 个科室收到新任务", "第 1 版"):
        assert words in page
    assert "计划已批准" in decide(client, waiting, "approve")
    waiting.refresh_from_db()
    assert waiting.state == PlanState.APPROVED


def test_returning_without_a_reason_is_a_form_error(client: Client, cast: Cast, waiting: Plan) -> None:
    client.force_login(cast.leader)
    assert "请先写明需要修改的内容" in decide(client, waiting, "return")
    waiting.refresh_from_db()
    assert waiting.state == PlanState.SUBMITTED
    assert "已退回宣传科" in decide(client, waiting, "return", "任务偏高")


def test_the_second_leader_is_told_who_was_first(client: Client, cast: Cast, waiting: Plan) -> None:
    plan_move(plan=waiting, action="approve", actor=cast.other_leader)
    client.force_login(cast.leader)
    page = decide(client, waiting, "return", "不同意")
    assert "何平" in page
    waiting.refresh_from_db()
    assert waiting.state == PlanState.APPROVED


def test_an_amendment_shows_the_changed_quotas(client: Client, cast: Cast) -> None:
    copy = plan_amend(plan=make_ruling(cast), actor=cast.editor)
    copy.quotas.filter(department=cast.pediatrics).update(target=5)
    plan_move(plan=copy, action="submit", actor=cast.editor)
    client.force_login(cast.leader)
    page = client.get(page_of(copy)).content.decode()
    assert "与上次批准对照（1 处）" in page
    assert "+3" in page
    full = client.get(page_of(copy), {"view": "full"}).content.decode()
    assert "附件　目标任务分解表" in full
    assert "现行计划归档" in full


def test_who_gets_into_the_plans_admin(client: Client, cast: Cast, waiting: Plan) -> None:
    for name, user in cast.everybody().items():
        client.force_login(user)
        inside = name in {"leader", "other_leader", "administrator"}
        assert client.get(reverse(LIST)).status_code == (200 if inside else 302), name
        assert client.get(page_of(waiting)).status_code == (200 if inside else 302), name


def test_an_administrator_reads_but_doesnt_decide(client: Client, cast: Cast, waiting: Plan) -> None:
    client.force_login(cast.administrator)
    assert "批准，自今日起执行" not in client.get(page_of(waiting)).content.decode()
    decide(client, waiting, "approve")
    waiting.refresh_from_db()
    assert waiting.state == PlanState.SUBMITTED


def test_plans_are_neither_added_changed_nor_deleted_in_the_admin(
    client: Client, cast: Cast, waiting: Plan
) -> None:
    client.force_login(cast.leader)
    assert client.get(reverse("admin:plans_plan_add")).status_code == 403
    assert client.get(reverse("admin:plans_plan_delete", args=[waiting.pk])).status_code == 403
    assert client.get(reverse("admin:plans_plan_decide", args=[waiting.pk])).status_code == 404
    assert client.get(reverse("admin:plans_quotaitem_changelist")).status_code == 200


def test_an_administrator_keeps_categories_but_not_those_in_use_away(client: Client, cast: Cast) -> None:
    info = category("info")
    client.force_login(cast.administrator)
    data = {
        "name": "短视频", "code": "video", "unit": "条", "counts": "placed", "levels": ["county"],
        "media": ["video"], "order": "60", "is_active": "on",
    }  # fmt: skip
    response = client.post(reverse("admin:plans_category_add"), data)
    assert response.status_code == 302, response.content.decode()[:2000]
    made = Category.objects.get(code="video")
    assert made.counts_placement_at(level="county", medium="video")
    assert not made.counts_placement_at(level="county", medium="newspaper")
    from datetime import date

    deliver(cast.nursing, date(2026, 1, 5))
    assert client.get(reverse("admin:plans_category_delete", args=[info.pk])).status_code == 403
    assert client.get(reverse("admin:plans_category_delete", args=[made.pk])).status_code == 200
    client.force_login(cast.leader)
    assert client.get(reverse("admin:plans_category_add")).status_code == 403
