"""The pages of plans and the matrix: who gets in, what they see, and at what cost."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from plans import sources
from plans.models import Delivery, Plan
from plans.services import plan_move
from plans.states import PlanState
from tests.factories import Cast
from tests.plans.factories import category, deliver, make_draft, make_ruling, many_departments

pytestmark = pytest.mark.django_db


def test_everybody_reads_the_plan_in_force_but_a_draft_is_the_offices(client: Client, cast: Cast) -> None:
    ruling, draft = make_ruling(cast, year=2025), make_draft(cast, year=2026)
    for name, user in cast.everybody().items():
        client.force_login(user)
        assert client.get(reverse("plans:detail", args=[ruling.pk])).status_code == 200, name
        sees = name in {
            "editor", "second_editor", "chief", "leader", "other_leader", "auditor", "administrator",
        }  # fmt: skip
        expected = 200 if sees else 404
        assert client.get(reverse("plans:detail", args=[draft.pk])).status_code == expected, name


def test_writing_is_the_offices(client: Client, cast: Cast) -> None:
    draft = make_draft(cast)
    addresses = [reverse("plans:new"), *(reverse(f"plans:{x}", args=[draft.pk]) for x in ("edit", "import"))]
    for name in ("leader", "auditor", "administrator"):
        client.force_login(getattr(cast, name))
        assert {client.get(address).status_code for address in addresses} == {403}, name
        assert client.post(reverse("plans:submit", args=[draft.pk])).status_code == 403
    client.force_login(cast.chief)
    assert {client.get(address).status_code for address in addresses} == {200}


def test_strangers_are_sent_to_the_sign_in(client: Client) -> None:
    for name in ("plans:list", "plans:new", "plans:matrix", "plans:cell", "plans:export", "plans:log"):
        response = client.get(reverse(name))
        assert response.status_code == 302
        assert "/login/" in response.headers["Location"]


def test_a_plan_is_written_without_javascript(client: Client, cast: Cast) -> None:
    client.force_login(cast.editor)
    response = client.post(reverse("plans:new"), {"year": "2026", "based_on": ""})
    plan = Plan.objects.get()
    edit = reverse("plans:edit", args=[plan.pk])
    assert response.headers["Location"] == edit
    data = {
        "title": "2026年宣传工作计划",
        "number": "院发〔2026〕3号",
        "guiding_idea": "讲好医院故事。",
        "version": "1",
        "sections-TOTAL_FORMS": "3",
        "sections-INITIAL_FORMS": "2",
        "sections-0-order": "20",
        "sections-0-heading": "主要任务",
        "sections-0-body": "第二",
        "sections-1-order": "10",
        "sections-1-heading": "工作目标",
        "sections-1-body": "第一\n\n又一段",
        "sections-2-order": "",
        "sections-2-heading": "",
        "sections-2-body": "",
    }
    assert client.post(edit, data).status_code == 302
    assert [x.heading for x in plan.sections.all()] == ["工作目标", "主要任务"]
    assert "<p>又一段</p>" in plan.sections.all()[0].body
    stale = client.post(edit, {**data, "title": "另一份"})
    assert "计划已在别处被修改" in stale.content.decode()
    assert "另一份" in stale.content.decode()
    plan.refresh_from_db()
    assert plan.title == "2026年宣传工作计划"


def test_a_section_without_heading_is_marked_not_lost(client: Client, cast: Cast) -> None:
    plan = make_draft(cast)
    client.force_login(cast.editor)
    data = {
        "title": "计划", "version": "1", "sections-TOTAL_FORMS": "1", "sections-INITIAL_FORMS": "0",
        "sections-0-heading": "", "sections-0-body": "写了很久的一段",
    }  # fmt: skip
    page = client.post(reverse("plans:edit", args=[plan.pk]), data).content.decode()
    assert "请填写章节标题" in page
    assert "写了很久的一段" in page


def test_submit_then_return_shows_the_reason(client: Client, cast: Cast) -> None:
    plan = make_draft(cast)
    client.force_login(cast.editor)
    client.post(reverse("plans:submit", args=[plan.pk]))
    plan.refresh_from_db()
    assert plan.state == PlanState.SUBMITTED
    plan_move(plan=plan, action="return", actor=cast.leader, note="任务偏高，请与科室商量")
    page = client.get(reverse("plans:detail", args=[plan.pk])).content.decode()
    assert "赵刚退回了计划" in page
    assert "任务偏高，请与科室商量" in page
    assert client.get(reverse("plans:revision", args=[plan.pk, 1])).status_code == 200


def test_a_table_missing_is_said_before_submitting(client: Client, cast: Cast) -> None:
    plan = make_draft(cast, quotas=False)
    client.force_login(cast.editor)
    page = client.get(reverse("plans:detail", args=[plan.pk])).content.decode()
    assert "还没有附上目标任务分解表" in page
    page = client.post(reverse("plans:submit", args=[plan.pk]), follow=True).content.decode()
    assert "请先附上目标任务分解表" in page


def test_amending_leaves_the_plan_in_force(client: Client, cast: Cast) -> None:
    plan = make_ruling(cast)
    client.force_login(cast.chief)
    response = client.post(reverse("plans:amend", args=[plan.pk]))
    copy = Plan.objects.get(amends=plan)
    assert response.headers["Location"] == reverse("plans:edit", args=[copy.pk])
    assert (
        "已有一份修订稿" in client.post(reverse("plans:amend", args=[plan.pk]), follow=True).content.decode()
    )


# --- the matrix ------------------------------------------------------------------------------------------------------


def test_the_matrix_page_shows_numbers_words_and_parts(client: Client, cast: Cast) -> None:
    plan = make_ruling(cast)
    deliver(cast.nursing, date(2026, 3, 8), pieces=2, part=plan.quotas.get(label="专题"))
    client.force_login(cast.writer)
    page = client.get(reverse("plans:matrix"), {"year": "2026"}).content.decode()
    for words in ("护理部", "专题", "信息", "微博", "合计"):
        assert words in page
    assert "提醒落后科室" not in page
    assert "style=" not in page
    assert "onclick" not in page


def test_only_those_behind_and_the_year_filter(client: Client, cast: Cast) -> None:
    make_ruling(cast, year=2025)
    deliver(cast.pediatrics, date(2025, 3, 8), pieces=2)
    client.force_login(cast.editor)
    response = client.get(reverse("plans:matrix"), {"year": "2025", "behind": "on"})
    assert [line["name"] for line in response.context["rows"]] == ["护理部", "专题"]
    for nonsense in ({"year": "abc"}, {"category": "nothing"}, {"year": "99999"}):
        assert client.get(reverse("plans:matrix"), nonsense).status_code == 404


def test_a_first_installation_says_what_to_do_next(client: Client, cast: Cast) -> None:
    category()
    client.force_login(cast.editor)
    page = client.get(reverse("plans:matrix")).content.decode()
    assert "还没有任务指标" in page
    assert "还没有工作计划" in client.get(reverse("plans:list")).content.decode()


def test_a_cell_lists_its_pieces_as_page_and_as_panel(client: Client, cast: Cast) -> None:
    make_ruling(cast)
    deliver(cast.nursing, date(2026, 3, 8), pieces=2, person=cast.writer)
    client.force_login(cast.other_writer)
    address = {"year": "2026", "category": "info", "department": str(cast.nursing.pk), "month": "3"}
    page = client.get(reverse("plans:cell"), address).content.decode()
    assert page.count("护士节活动第") == 2
    assert "<html" in page
    panel = client.get(reverse("plans:cell"), address, headers={"HX-Request": "true"}).content.decode()
    assert panel.count("护士节活动第") == 2
    assert "<html" not in panel
    assert client.get(reverse("plans:cell"), {**address, "month": "13"}).status_code == 404


def test_a_piece_is_linked_only_for_those_who_may_open_it(client: Client, cast: Cast) -> None:
    from correspondents.models import Submission

    draft = Submission.objects.create(title="护士节", department=cast.nursing, created_by=cast.writer)
    piece = deliver(cast.nursing, date(2026, 3, 8))[0]
    Delivery.objects.filter(pk=piece.pk).update(source_id=draft.pk)
    piece.refresh_from_db()
    assert sources.links(cast.writer, [piece]) == {piece.pk: reverse("drafts:detail", args=[draft.pk])}
    assert sources.links(cast.other_writer, [piece]) == {}


def test_the_export_holds_the_same_numbers_as_numbers(client: Client, cast: Cast) -> None:
    make_ruling(cast)
    deliver(cast.nursing, date(2026, 3, 8), pieces=2)
    client.force_login(cast.auditor)
    response = client.get(reverse("plans:export"), {"year": "2026", "category": "info"})
    sheet = openpyxl.load_workbook(BytesIO(response.content)).active
    rows = {row[0]: row for row in sheet.iter_rows(values_only=True)}
    assert rows["护理部"][:6] == ("护理部", 12, None or 0, 0, 2, 0)
    assert rows["护理部"][14] == 2
    assert rows["其中：专题"][1] == 4
    assert rows["合计"][1] == 14


def test_the_office_logs_and_takes_back(client: Client, cast: Cast) -> None:
    make_ruling(cast)
    data = {
        "category": str(category("weibo").pk), "department": str(cast.nursing.pk), "happened_on": "2026-03-08",
        "title": "微博", "count": "4", "form_key": "4200",
    }  # fmt: skip
    client.force_login(cast.leader)
    assert client.post(reverse("plans:log"), data).status_code == 403
    client.force_login(cast.editor)
    for _again in range(2):
        client.post(reverse("plans:log"), data)
    assert Delivery.objects.live().count() == 4
    piece = Delivery.objects.live().first()
    assert piece is not None
    url = reverse("plans:take_back", args=[piece.pk])
    client.post(url, {"note": ""})
    assert Delivery.objects.live().count() == 4
    client.post(url, {"note": "重复"})
    assert Delivery.objects.live().count() == 3
    page = client.post(
        reverse("plans:log"), {**data, "happened_on": "2099-01-01", "count": "0"}
    ).content.decode()
    assert "日期不能晚于今天" in page


@pytest.mark.parametrize("departments", [1, 300])
@pytest.mark.parametrize("name, count", [("plans:matrix", 23), ("plans:list", 7), ("plans:cell", 11)])
def test_pages_cost_the_same_with_1_and_300_rows(
    client: Client, cast: Cast, departments: int, name: str, count: int
) -> None:
    plan = make_ruling(cast)
    many_departments(plan, departments)
    if name == "plans:list":
        Plan.objects.bulk_create(
            Plan(year=2026, title="旧", state=PlanState.ARCHIVED, created_by=cast.editor)
            for _ in range(departments)
        )
    if name == "plans:cell":
        Delivery.objects.update(department=cast.nursing)
    address = {"year": "2026", "category": "info", "department": str(cast.nursing.pk)}
    client.force_login(cast.editor)
    client.get(reverse(name), address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(name), address).status_code == 200
    assert len(queries) == count, "\n".join(query["sql"][:150] for query in queries)
