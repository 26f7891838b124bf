"""People and departments as administrators keep them in the Django admin."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from hospital.models import Department, User
from hospital.states import Role
from tests.factories import Cast
from toolkit.models import AuditEvent


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def admin(cast: Cast) -> Client:
    return signed_in(cast.administrator)


def person_data(person: User | None = None, **more: object) -> dict[str, Any]:
    """What the form of a person posts; the roles they hold now stay unless `held_roles` says otherwise."""
    return {
        "staff_no": person.staff_no if person else "0801",
        "name": person.name if person else "秦月",
        "department": (person.department_id if person else "") or "",
        "is_active": "on",
        "held_roles": sorted(person.roles) if person else [],
        **more,
    }


def test_a_person_is_added_with_roles_and_a_first_password(admin: Client, cast: Cast) -> None:
    data = person_data(held_roles=[Role.CORRESPONDENT], new_password="Blue-Heron-27")
    assert admin.post(reverse("admin:hospital_user_add"), data).status_code == 302
    person = User.objects.get(staff_no="0801")
    assert person.check_password("Blue-Heron-27")
    assert person.must_change_password
    assert person.roles == {Role.CORRESPONDENT}
    actions = AuditEvent.objects.filter(object_type="hospital.user", object_id=str(person.pk))
    assert sorted(actions.values_list("action", flat=True)) == ["change", "create", "set_password"]
    assert "Blue-Heron-27" not in str(list(actions.values()))


def test_roles_are_given_and_taken_with_a_trace(admin: Client, cast: Cast) -> None:
    url = reverse("admin:hospital_user_change", args=[cast.writer.pk])
    assert re.search(r'<input[^>]*value="correspondent"[^>]*checked', admin.get(url).content.decode())
    admin.post(url, person_data(cast.writer, held_roles=[Role.HEAD, Role.EDITOR]))
    assert User.objects.get(pk=cast.writer.pk).roles == {Role.HEAD, Role.EDITOR}
    event = AuditEvent.objects.filter(action="change", object_type="hospital.user").latest("pk")
    assert event.changes == {"roles": [["correspondent"], ["editor", "head"]]}
    assert admin.post(url, person_data(cast.writer, held_roles=["cook"])).status_code == 200


def test_without_a_password_the_new_person_cannot_sign_in(admin: Client, cast: Cast) -> None:
    admin.post(reverse("admin:hospital_user_add"), person_data())
    assert not User.objects.get(staff_no="0801").has_usable_password()


def test_a_weak_password_is_refused(admin: Client, cast: Cast) -> None:
    response = admin.post(reverse("admin:hospital_user_add"), person_data(new_password="12345678"))
    assert "new_password" in response.context["adminform"].form.errors
    assert not User.objects.filter(staff_no="0801").exists()


def test_the_form_shows_no_password_and_a_blank_one_changes_nothing(admin: Client, cast: Cast) -> None:
    cast.writer.set_password("Blue-Heron-27")
    cast.writer.save()
    url = reverse("admin:hospital_user_change", args=[cast.writer.pk])
    page = admin.get(url).content.decode()
    assert cast.writer.password not in page
    assert admin.post(url, person_data(cast.writer, title="主管护师")).status_code == 302
    cast.writer.refresh_from_db()
    assert cast.writer.check_password("Blue-Heron-27")
    event = AuditEvent.objects.filter(action="change", object_type="hospital.user").get()
    assert event.changes["title"] == ["", "主管护师"]


def test_each_full_read_of_a_phone_is_on_record_and_the_list_masks_it(admin: Client, cast: Cast) -> None:
    User.objects.filter(pk=cast.writer.pk).update(phone="13800001234")
    listed = admin.get(reverse("admin:hospital_user_changelist")).content.decode()
    assert "138****1234" in listed
    assert "13800001234" not in listed
    assert AuditEvent.objects.filter(action="read_phone").count() == 0
    admin.get(reverse("admin:hospital_user_change", args=[cast.writer.pk]))
    assert AuditEvent.objects.get(action="read_phone").actor == cast.administrator


def test_a_change_of_phone_is_recorded_masked(admin: Client, cast: Cast) -> None:
    url = reverse("admin:hospital_user_change", args=[cast.writer.pk])
    admin.post(url, person_data(cast.writer, phone="13900005678"))
    assert AuditEvent.objects.get(action="change").changes["phone"] == ["", "139****5678"]


def test_nobody_takes_the_administrators_role_or_access_from_themselves(admin: Client, cast: Cast) -> None:
    url = reverse("admin:hospital_user_change", args=[cast.administrator.pk])
    admin.post(url, person_data(cast.administrator, held_roles=[Role.CHIEF]))
    data = person_data(cast.administrator)
    del data["is_active"]
    admin.post(url, data)
    person = User.objects.get(pk=cast.administrator.pk)
    assert person.roles == {Role.ADMINISTRATOR}
    assert person.is_active


def test_people_are_never_deleted(admin: Client, cast: Cast) -> None:
    url = reverse("admin:hospital_user_delete", args=[cast.writer.pk])
    assert admin.post(url, {"post": "yes"}).status_code == 403
    assert "delete_selected" not in admin.get(reverse("admin:hospital_user_changelist")).content.decode()


def test_one_time_passwords_ask_first_and_are_shown_once(admin: Client, cast: Cast) -> None:
    url = reverse("admin:hospital_user_changelist")
    data = {"action": "give_one_time_passwords", "_selected_action": [cast.writer.pk, cast.head.pk]}
    asked = admin.post(url, data)
    assert asked.status_code == 200
    assert not User.objects.get(pk=cast.writer.pk).has_usable_password()
    shown = admin.post(url, data | {"confirm": "1"})
    assert "no-store" in shown.headers["Cache-Control"]
    passwords = {person.pk: password for person, password in shown.context["rows"]}
    assert len(set(passwords.values())) == 2
    assert User.objects.get(pk=cast.writer.pk).check_password(passwords[cast.writer.pk])
    assert User.objects.get(pk=cast.writer.pk).must_change_password
    assert passwords[cast.writer.pk] in shown.content.decode()
    assert AuditEvent.objects.filter(action="set_password").count() == 2


@pytest.mark.parametrize("who", ["leader", "editor", "chief", "auditor"])
def test_nobody_else_gives_passwords(cast: Cast, who: str) -> None:
    data = {"action": "give_one_time_passwords", "_selected_action": [cast.writer.pk], "confirm": "1"}
    response = signed_in(cast.everybody()[who]).post(reverse("admin:hospital_user_changelist"), data)
    assert response.status_code in (302, 403)
    assert not User.objects.get(pk=cast.writer.pk).has_usable_password()


def test_departments_are_kept_and_an_unused_one_can_go(admin: Client, cast: Cast) -> None:
    data = {"code": "JYK", "name": "检验科", "kind": "technical", "order": "5", "is_active": "on"}
    admin.post(reverse("admin:hospital_department_add"), data)
    department = Department.objects.get(code="JYK")
    admin.post(reverse("admin:hospital_department_delete", args=[department.pk]), {"post": "yes"})
    assert not Department.objects.filter(code="JYK").exists()
    kept = admin.post(reverse("admin:hospital_department_delete", args=[cast.nursing.pk]), {"post": "yes"})
    assert kept.status_code == 200
    assert Department.objects.filter(pk=cast.nursing.pk).exists()
    assert list(AuditEvent.objects.filter(object_label="检验科").values_list("action", flat=True)) == [
        "delete",
        "create",
    ]


@pytest.mark.parametrize("many", [3, 40])
def test_the_list_of_people_costs_the_same_with_few_and_with_many(
    admin: Client, cast: Cast, many: int, django_assert_num_queries: Any
) -> None:
    User.objects.bulk_create(
        User(staff_no=f"9{number:03}", name=f"第{number}人", password="!", department=cast.nursing)
        for number in range(many)
    )
    url = reverse("admin:hospital_user_changelist")
    admin.get(url)
    with django_assert_num_queries(9):
        assert admin.get(url).status_code == 200
