"""People and departments out of .xlsx: the preview names every mistake, and nothing is half-imported."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from hospital.models import Department, User
from hospital.states import Role
from tests.factories import Cast
from toolkit.models import AuditEvent

PEOPLE = ["工号", "姓名", "科室", "职称", "副高以上", "手机", "邮箱", "角色", "在岗"]
DEPARTMENTS = ["代码", "名称", "类别", "负责人工号", "分管领导工号", "在用"]


def sheet(rows: Sequence[Sequence[object]], *, title: str = "") -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    if title:
        page.append([title])
    for row in rows:
        page.append(list(row))
    target = BytesIO()
    book.save(target)
    book.close()
    return target.getvalue()


@pytest.fixture
def admin(cast: Cast) -> Client:
    return signed_in(cast.administrator)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def preview(client: Client, content: bytes, model: str = "user", name: str = "名单.xlsx") -> Any:
    url = reverse(f"admin:hospital_{model}_import")
    return client.post(
        url, {"import_file": SimpleUploadedFile(name, content), "format": "0", "resource": "0"}
    )


def confirm(client: Client, response: Any, model: str = "user") -> HttpResponse:
    form = response.context["confirm_form"]
    data = {name: form.initial.get(name, "") for name in form.fields}
    return client.post(reverse(f"admin:hospital_{model}_process_import"), data, follow=True)


def problems(response: Any) -> list[tuple[int, str, str]]:
    """(row of the sheet, heading, as written) of everything the preview complains about."""
    rows = response.context["result"].invalid_rows
    return [(row.number, column, text) for row in rows for column, text, _ in row.cells]


def test_new_people_come_in_after_the_preview_and_cannot_sign_in_yet(admin: Client, cast: Cast) -> None:
    rows = [
        PEOPLE,
        [
            "0701",
            "何静怡",
            "护理部",
            "副主任护师",
            "是",
            "13800001234",
            "he@hospital.invalid",
            "通讯员、科室负责人",
            "是",
        ],
        ["０７０２", "  罗 军 ", "儿科住院部", "", "否", "", "", "", ""],
        [None] * 9,
    ]
    response = preview(admin, sheet(rows, title="2026年职工名单"))
    assert response.status_code == 200
    assert "何静怡" in response.content.decode()
    assert "138****1234" in response.content.decode()
    assert "13800001234" not in response.content.decode()
    assert not User.objects.filter(staff_no__in=["0701", "0702"]).exists()
    page = confirm(admin, response)
    assert "2" in page.content.decode()
    person = User.objects.get(staff_no="0701")
    assert (person.name, person.department, person.title, person.is_senior, person.phone) == (
        "何静怡",
        cast.nursing,
        "副主任护师",
        True,
        "13800001234",
    )
    assert person.roles == {Role.CORRESPONDENT, Role.HEAD}
    assert not person.has_usable_password()
    assert User.objects.get(staff_no="0702").is_active
    events = AuditEvent.objects.filter(action="import", object_type="hospital.user")
    assert set(events.values_list("object_label", "actor_label")) == {
        ("何静怡", "管理员"),
        ("罗 军", "管理员"),
    }
    assert events.get(object_label="何静怡").changes["phone"] == [None, "138****1234"]


def test_a_person_who_is_there_is_changed_and_blank_cells_change_nothing(admin: Client, cast: Cast) -> None:
    cast.writer.set_password("Correct-Horse-9")
    cast.writer.save()
    rows = [["姓名", "工号 *", "职称", "邮箱"], ["李娜", "0231", "主管护师", ""], ["王芳", "0201", "", ""]]
    response = preview(admin, sheet(rows))
    assert {row.import_type for row in response.context["result"].rows} == {"update", "skip"}
    confirm(admin, response)
    person = User.objects.get(staff_no="0231")
    assert (person.title, person.email, person.department) == (
        "主管护师",
        "lina@hospital.invalid",
        cast.nursing,
    )
    assert person.roles == {Role.CORRESPONDENT}
    assert person.check_password("Correct-Horse-9")
    assert person.history.count() == 3
    event = AuditEvent.objects.get(action="import", object_type="hospital.user")
    assert event.changes == {"title": ["", "主管护师"]}


def test_roles_are_replaced_by_those_of_the_sheet(admin: Client, cast: Cast) -> None:
    confirm(
        admin,
        preview(
            admin,
            sheet([["工号", "姓名", "角色"], ["0231", "李娜", "科室负责人，通讯员"], ["0331", "孙悦", "无"]]),
        ),
    )
    assert User.objects.get(staff_no="0231").roles == {Role.CORRESPONDENT, Role.HEAD}
    assert User.objects.get(staff_no="0331").roles == frozenset()


def test_every_mistake_is_named_by_row_and_column_and_nothing_is_saved(admin: Client, cast: Cast) -> None:
    people_before = User.objects.count()
    rows = [
        ["职工名单"],
        PEOPLE,
        ["0701", "何静怡", "护里部", "", "也许", "电话", "不是邮箱", "厨师", "是"],
        ["", "无工号", "护理部", "", "", "", "", "", ""],
        ["0703", "", "护理部", "", "", "", "", "", ""],
        ["07#4", "罗军", "护理部", "", "", "", "", "", ""],
        ["0705", "好的", "护理部", "", "", "", "", "", ""],
        ["0705", "又一个", "护理部", "", "", "", "", "", ""],
        ["0706", "字" * 41, "护理部", "", "", "", "", "", ""],
    ]
    response = preview(admin, sheet(rows))
    assert problems(response) == [
        (3, "科室", "护里部"),
        (3, "副高以上", "也许"),
        (3, "手机", "电话"),
        (3, "角色", "厨师"),
        (3, "邮箱", "不是邮箱"),
        (4, "工号", ""),
        (5, "姓名", ""),
        (6, "工号", "07#4"),
        (8, "工号", "0705"),
        (9, "姓名", "字" * 41),
    ]
    assert "confirm_form" not in response.context
    assert "护理部" in response.content.decode()
    assert User.objects.count() == people_before
    assert not AuditEvent.objects.filter(action="import").exists()


def test_the_administrator_cannot_lock_themselves_out(admin: Client, cast: Cast) -> None:
    head = ["工号", "姓名", "角色", "在岗"]
    assert problems(preview(admin, sheet([head, ["0900", "管理员", "通讯员", "是"]]))) == [
        (2, "角色", "通讯员")
    ]
    assert problems(preview(admin, sheet([head, ["0900", "管理员", "", "否"]]))) == [(2, "在岗", "否")]


def test_what_changed_between_preview_and_confirmation_stops_the_whole_import(
    admin: Client, cast: Cast
) -> None:
    rows = [["工号", "姓名", "科室"], ["0701", "何静怡", "护理部"], ["0702", "罗军", "儿科住院部"]]
    response = preview(admin, sheet(rows))
    Department.objects.filter(name="儿科住院部").update(name="儿科")
    confirm(admin, response)
    assert not User.objects.filter(staff_no__in=["0701", "0702"]).exists()


def test_a_preview_is_confirmed_once(admin: Client, cast: Cast) -> None:
    response = preview(admin, sheet([["工号", "姓名"], ["0701", "何静怡"]]))
    confirm(admin, response)
    confirm(admin, response)
    assert AuditEvent.objects.filter(action="import", object_type="hospital.user").count() == 1
    assert list((Path(settings.MEDIA_ROOT) / "imports").iterdir()) == []


@pytest.mark.parametrize("name", ["../../../etc/passwd", "0" * 32, "", "x"])
def test_a_made_up_upload_is_not_read(admin: Client, cast: Cast, name: str) -> None:
    data = {"import_file_name": name, "original_file_name": "a.xlsx", "format": "0", "resource": "0"}
    response = admin.post(reverse("admin:hospital_user_process_import"), data)
    assert response.status_code == 302
    assert response.headers["Location"].endswith("/import/")


def bomb() -> bytes:
    """A small .xlsx whose sheet unpacks to far more than anybody typed."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _parts(sheet([["工号", "姓名"], ["1", "a"]])).items():
            archive.writestr(
                name, content + b" " * 300_000_000 if name == "xl/worksheets/sheet1.xml" else content
            )
    return target.getvalue()


def _parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize(
    "content",
    [b"", b"<html></html>", b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old .xls", b"%PDF-1.4"],
    ids=["empty", "html", "broken", "old format", "pdf"],
)
def test_what_is_no_xlsx_is_refused_with_a_sentence(admin: Client, cast: Cast, content: bytes) -> None:
    response = preview(admin, content)
    assert response.status_code == 200
    assert response.context["form"].errors["import_file"]
    assert not (Path(settings.MEDIA_ROOT) / "imports").exists()


def test_an_unpacking_bomb_is_refused_before_it_is_read(admin: Client, cast: Cast) -> None:
    response = preview(admin, bomb())
    assert response.context["form"].errors["import_file"]


def test_a_file_above_the_limit_is_refused(admin: Client, cast: Cast, settings: Any) -> None:
    settings.UPLOAD_FILE_MAX_BYTES = 1000
    response = preview(admin, sheet([["工号", "姓名"], ["1", "a"]]))
    assert response.context["form"].errors["import_file"]


@pytest.mark.parametrize(
    "rows",
    [
        [["姓名", "科室"], ["何静怡", "护理部"]],
        [["工号", "姓名", "姓名"], ["1", "a", "b"]],
        [["工号", "姓名"]],
    ],
    ids=["no staff number", "a column twice", "headings only"],
)
def test_a_sheet_without_the_right_columns_is_refused(
    admin: Client, cast: Cast, rows: list[list[str]]
) -> None:
    response = preview(admin, sheet(rows))
    assert response.context["form"].errors["import_file"]


@pytest.mark.parametrize("who", ["editor", "chief", "leader", "finance", "auditor", "head", "writer"])
def test_only_administrators_import(cast: Cast, who: str) -> None:
    client = signed_in(cast.everybody()[who])
    for model in ("user", "department"):
        for name in ("import", "import_template", "changelist"):
            assert client.get(reverse(f"admin:hospital_{model}_{name}")).status_code in (302, 403)
        assert preview(client, sheet([["工号", "姓名"], ["1", "a"]]), model).status_code in (302, 403)
        assert client.post(reverse(f"admin:hospital_{model}_process_import"), {}).status_code in (302, 403)


@pytest.mark.parametrize(("model", "columns"), [("user", PEOPLE), ("department", DEPARTMENTS)])
def test_the_template_has_the_columns_the_import_reads(
    admin: Client, cast: Cast, model: str, columns: list[str]
) -> None:
    response = admin.get(reverse(f"admin:hospital_{model}_import_template"))
    book = openpyxl.load_workbook(BytesIO(response.content))
    assert [cell.value for cell in book.worksheets[0][1]] == columns
    assert [row[0] for row in book.worksheets[1].iter_rows(min_row=2, values_only=True)] == columns


def test_departments_come_in_and_are_changed_by_their_code(admin: Client, cast: Cast) -> None:
    rows = [
        DEPARTMENTS,
        ["HLB", "护理部", "护理", "0231", "0004", "是"],
        ["JYK", "检验科", "医技", "", "", ""],
    ]
    confirm(admin, preview(admin, sheet(rows), "department"), "department")
    nursing = Department.objects.get(code="HLB")
    assert (nursing.head, nursing.supervisor) == (cast.writer, cast.other_leader)
    assert Department.objects.get(code="JYK").kind == "technical"
    assert AuditEvent.objects.filter(action="import", object_type="hospital.department").count() == 2


def test_mistakes_in_departments_are_named(admin: Client, cast: Cast) -> None:
    rows = [
        DEPARTMENTS,
        ["JYK", "检验科", "厨房", "9999", "0004", "可能"],
        ["X1", "护理部", "护理", "", "", ""],
    ]
    response = preview(admin, sheet(rows), "department")
    assert problems(response) == [
        (2, "类别", "厨房"),
        (2, "负责人工号", "9999"),
        (2, "在用", "可能"),
        (3, "名称", "护理部"),
    ]
    assert not Department.objects.filter(code="JYK").exists()


def test_a_formula_in_a_cell_is_only_text(admin: Client, cast: Cast) -> None:
    response = preview(admin, sheet([["工号", "姓名"], ["0701", "<script>alert(1)</script>"]]))
    assert "<script>alert(1)" not in response.content.decode()
