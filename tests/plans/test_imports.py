"""Taking in the quota table: preview, corrections, then all or nothing."""

from __future__ import annotations

from io import BytesIO

import docx
import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse

from hospital.models import Department
from plans.imports import (
    quota_import_commit,
    quota_import_open,
    quota_import_open_bytes,
    quota_import_revise,
)
from plans.models import Category, Plan, QuotaImport, QuotaItem
from plans.previews import preview
from plans.services import plan_move
from tests.factories import Cast, make_department
from tests.plans.factories import DATA, category, make_draft
from toolkit.moves import MoveLost, MoveRefused

pytestmark = pytest.mark.django_db

HEADER = ["科室", "目标数"]


def xlsx(*rows: list[str]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.fixture
def plan(cast: Cast) -> Plan:
    category()
    return make_draft(cast, quotas=False)


def opened(plan: Plan, cast: Cast, *rows: list[str]) -> QuotaImport:
    return quota_import_open_bytes(plan=plan, name="表.xlsx", content=xlsx(HEADER, *rows), actor=cast.editor)


def known_departments() -> None:
    lines = (DATA / "quota-table-2024.expected.csv").read_text("utf-8-sig").splitlines()[1:]
    for number, name in enumerate(dict.fromkeys(line.split(",")[0] for line in lines)):
        if not Department.objects.filter(name=name).exists():
            make_department(f"K{number}", name, order=number)


@pytest.mark.parametrize("kind", ["xlsx", "docx"])
def test_the_real_table_becomes_28_targets_with_three_parts(plan: Plan, cast: Cast, kind: str) -> None:
    known_departments()
    content = (DATA / f"quota-table-2024.{kind}").read_bytes()
    upload = SimpleUploadedFile(f"2024.{kind}", content)
    found = quota_import_open(plan=plan, upload=upload, actor=cast.editor)
    shown = preview(found)
    assert [(check.stated, check.read) for check in shown.totals] == [(78, 78)]
    assert shown.is_ready
    quota_import_commit(quota_import=found, actor=cast.editor)
    tops = plan.quotas.top()
    assert tops.count() == 28
    assert sum(tops.filter(category__code="info").values_list("target", flat=True)) == 78
    parts = plan.quotas.filter(parent__isnull=False).values_list("label", "target")
    assert sorted(parts) == [("专题", 4), ("新闻", 12), ("群众宣传活动", 5)]
    assert plan.quotas.get(category__code="weibo").per_year == 120


def test_unknown_departments_are_created_or_mapped_as_the_person_says(plan: Plan, cast: Cast) -> None:
    found = opened(plan, cast, ["康复科", "2篇信息"], ["护理", "3篇信息"], ["护理部", "5条短视频"])
    shown = preview(found)
    assert [(x.name, x.field) for x in shown.departments] == [
        ("康复科", "department-0"),
        ("护理", "department-1"),
    ]
    assert [x.name for x in shown.categories] == ["短视频"]
    with pytest.raises(ValidationError, match="还有内容没有核对完"):
        quota_import_commit(quota_import=found, actor=cast.editor)
    answers = {
        "department-0": "new:clinical",
        "department-1": str(cast.nursing.pk),
        "category-0": "new",
    }
    quota_import_revise(quota_import=found, data=answers)
    quota_import_commit(quota_import=found, actor=cast.editor)
    assert Department.objects.get(name="康复科").kind == "clinical"
    created = Category.objects.get(name="短视频")
    assert (created.unit, created.counts) == ("条", "logged")
    assert plan.quotas.filter(department=cast.nursing).count() == 2


def test_two_names_for_one_department_and_category_clash(plan: Plan, cast: Cast) -> None:
    found = opened(plan, cast, ["护理", "2篇信息"], ["护理部", "3篇信息"])
    quota_import_revise(quota_import=found, data={"department-0": str(cast.nursing.pk)})
    [problem] = preview(found).problems
    assert (problem.row, problem.message) == (3, "第 2 行已有护理部的信息任务。")


def test_a_line_is_corrected_or_left_out_right_there(plan: Plan, cast: Cast) -> None:
    found = opened(plan, cast, ["护理部", "-3篇信息"], ["儿科住院部", "若干"], ["合计", "3篇信息"])
    shown = preview(found)
    assert [(x.row, x.text, x.message) for x in shown.problems] == [
        (2, "-3篇信息", "任务数不能是负数。"),
        (3, "若干", "没有读出任务数。"),
    ]
    data = {"row-0-shown": "1", "row-0-text": "3篇信息", "row-1-shown": "1", "row-1-skip": "on"}
    quota_import_revise(quota_import=found, data=data)
    assert preview(found).is_ready
    quota_import_commit(quota_import=found, actor=cast.editor)
    assert list(plan.quotas.values_list("department__name", "target")) == [("护理部", 3)]


def test_a_differing_total_asks_first(plan: Plan, cast: Cast) -> None:
    found = opened(plan, cast, ["护理部", "3篇信息"], ["合计", "78篇信息"])
    with pytest.raises(ValidationError, match="合计与各行之和不一致"):
        quota_import_commit(quota_import=found, actor=cast.editor)
    assert plan.quotas.count() == 0
    # An acknowledgement of another difference doesn't cover this one.
    with pytest.raises(ValidationError):
        quota_import_commit(quota_import=found, actor=cast.editor, acknowledged=["信息:78:77"])
    quota_import_commit(quota_import=found, actor=cast.editor, acknowledged=["信息:78:3"])
    assert plan.quotas.count() == 1


def test_two_people_confirming_take_it_in_once(plan: Plan, cast: Cast) -> None:
    found = opened(plan, cast, ["护理部", "3篇信息"])
    stale = QuotaImport.objects.get(pk=found.pk)
    quota_import_commit(quota_import=found, actor=cast.editor)
    with pytest.raises(MoveLost, match="陈静"):
        quota_import_commit(quota_import=stale, actor=cast.chief)
    assert QuotaItem.objects.count() == 1


def test_quotas_of_a_submitted_plan_cannot_be_replaced(cast: Cast) -> None:
    plan = make_draft(cast)
    found = opened(plan, cast, ["护理部", "3篇信息"])
    plan_move(plan=plan, action="submit", actor=cast.editor)
    with pytest.raises(MoveRefused, match="不能更换任务指标"):
        quota_import_commit(quota_import=found, actor=cast.editor)
    assert plan.quotas.count() == 4


def test_replacing_shows_what_changes(cast: Cast) -> None:
    plan = make_draft(cast)
    found = opened(plan, cast, ["护理部", "15篇信息\n微博每月10条"], ["宣传科", "1篇信息"])
    changes = [(x.department, x.category, x.old, x.new) for x in preview(found).changes]
    assert changes == [
        ("护理部", "信息", 12, 15),
        ("宣传科", "信息", None, 1),
        ("儿科住院部", "信息", 2, None),
    ]


def test_a_word_file_with_two_tables_asks_which(plan: Plan, cast: Cast) -> None:
    document = docx.Document()
    for title, target in (("附件1 去年", "9篇信息"), ("附件2 今年", "3篇信息")):
        document.add_paragraph(title)
        table = document.add_table(rows=2, cols=2)
        for cell, text in zip(
            [*table.rows[0].cells, *table.rows[1].cells], [*HEADER, "护理部", target], strict=True
        ):
            cell.text = text
    target_file = BytesIO()
    document.save(target_file)
    found = quota_import_open_bytes(
        plan=plan, name="表.docx", content=target_file.getvalue(), actor=cast.editor
    )
    shown = preview(found)
    assert (shown.tables, shown.chosen, shown.is_ready) == (["附件1 去年", "附件2 今年"], None, False)
    quota_import_revise(quota_import=found, data={"table": "1"})
    quota_import_commit(quota_import=found, actor=cast.editor)
    assert plan.quotas.get().target == 3


@pytest.mark.parametrize(
    "name, content, sentence",
    [
        ("表.xlsx", b"", "文件是空的"),
        ("表.xlsx", b"\x89PNG\r\n\x1a\n not a table", "不能"),
        ("表.pdf", b"%PDF-1.4 x", "不能"),
        ("表.xlsx", xlsx(["名称", "目标数"], ["院办", "3篇信息"]), "缺少“科室”列"),
        ("表.xlsx", xlsx(["科室", "备注"], ["院办", "3篇信息"]), "缺少“目标数”列"),
        ("表.xlsx", xlsx(["甲", "乙"], ["院办", "3篇信息"]), "没有同时含“科室”列和“目标数”列的表格"),
        ("表.xlsx", (DATA / "quota-table-2024.xlsx").read_bytes()[:3000], ""),
    ],
)
def test_a_file_that_is_no_quota_table_is_refused_with_a_sentence(
    client: Client, plan: Plan, cast: Cast, name: str, content: bytes, sentence: str
) -> None:
    client.force_login(cast.editor)
    response = client.post(
        reverse("plans:import", args=[plan.pk]), {"file": SimpleUploadedFile(name, content)}
    )
    assert response.status_code == 200
    errors = response.context["form"].errors["file"]
    assert sentence in " ".join(errors)
    assert all("\u4e00" <= error[0] <= "\u9fff" for error in errors)
    assert QuotaImport.objects.count() == 0


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    client: Client, plan: Plan, cast: Cast
) -> None:
    client.force_login(cast.editor)
    with override_settings(UPLOAD_FILE_MAX_BYTES=1024 * 1024):
        upload = SimpleUploadedFile("表.xlsx", b"PK\x03\x04" + b"0" * (1024 * 1024))
        response = client.post(reverse("plans:import", args=[plan.pk]), {"file": upload})
    assert "文件超过 1 MB" in response.content.decode()


def test_the_preview_page_walks_from_problem_to_taken_in(client: Client, plan: Plan, cast: Cast) -> None:
    client.force_login(cast.editor)
    table = xlsx(HEADER, ["护理部", "零篇信息"], ["康复科", "2篇信息"], ["合计", "9篇信息"])
    response = client.post(
        reverse("plans:import", args=[plan.pk]), {"file": SimpleUploadedFile("表.xlsx", table)}
    )
    found = QuotaImport.objects.get()
    url = reverse("plans:import_preview", args=[found.pk])
    assert response.headers["Location"] == url
    page = client.get(url).content.decode()
    for words in ("第 2 行", "任务数不能为 0。", "系统中没有的科室", "康复科", "各行相加为 2"):
        assert words in page
    answers = {"row-0-shown": "1", "row-0-department": "护理部", "row-0-text": "5篇信息"}
    assert client.post(url, {**answers, "department-0": "new:clinical", "do": "check"}).status_code == 302
    page = client.post(url, {"do": "confirm"}).content.decode()
    assert "合计与各行之和不一致" in page
    done = client.post(url, {"do": "confirm", "acknowledged": "信息:9:7"})
    assert done.headers["Location"] == reverse("plans:detail", args=[plan.pk])
    assert plan.quotas.count() == 2


def test_a_correspondent_cannot_upload(client: Client, plan: Plan, cast: Cast) -> None:
    client.force_login(cast.writer)
    assert client.get(reverse("plans:import", args=[plan.pk])).status_code == 404
    client.force_login(cast.leader)
    assert client.get(reverse("plans:import", args=[plan.pk])).status_code == 403
