"""Resets by the administrator, and three people where the hospital wants three."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from hospital.account import second_factor
from hospital.models import SignIn, User
from hospital.states import Role
from tests.factories import PASSWORD, Cast, make_user
from tests.hospital.test_account import sign_in, with_app, with_password
from toolkit.models import AuditEvent

pytestmark = pytest.mark.django_db
PEOPLE = "admin:hospital_user_changelist"


@pytest.fixture
def split(settings: Any, cast: Cast) -> User:
    """The hospital wants three people; 周安 keeps the accounts."""
    settings.SPLIT_ADMINISTRATORS = True
    return make_user("0901", "周安", Role.SECURITY)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def act(client: Client, action: str, *people: User) -> Any:
    data = {"action": action, "_selected_action": [person.pk for person in people]}
    return client.post(reverse(PEOPLE), data, follow=True)


def fields_of(person: User, **more: object) -> dict[str, Any]:
    return {
        "staff_no": person.staff_no,
        "name": person.name,
        "department": person.department_id or "",
        "is_active": "on",
        "held_roles": sorted(person.roles),
        **more,
    }


def test_a_lost_phone_is_reset_by_the_administrator(cast: Cast) -> None:
    """Otherwise a nurse with a broken phone stays locked out."""
    with_app(with_password(cast.finance))
    page = act(
        signed_in(cast.administrator), "reset_second_factor", cast.finance, cast.writer
    ).content.decode()
    assert "已处理 1 人" in page
    assert second_factor.confirmed(cast.finance) is None
    assert sign_in(cast.finance).get("/cards/").status_code == 200
    assert AuditEvent.objects.get(action="second_factor_off").actor == cast.administrator


def test_a_lockout_is_lifted_by_the_administrator(cast: Cast) -> None:
    with_password(cast.writer)
    for _guess in range(6):
        Client().post("/login/", {"username": "0231", "password": "wrong"})
    assert Client().post("/login/", {"username": "0231", "password": PASSWORD}).status_code == 429
    act(signed_in(cast.administrator), "lift_lockout", cast.writer)
    assert sign_in(cast.writer).get("/").status_code == 200
    assert AuditEvent.objects.filter(action="lift_lockout").count() == 1


def test_somebody_who_left_is_signed_out_everywhere(cast: Cast) -> None:
    client = sign_in(with_password(cast.writer))
    act(signed_in(cast.administrator), "sign_out_everywhere", cast.writer)
    assert client.get("/")["Location"].startswith("/login/")
    assert not SignIn.objects.filter(user=cast.writer).exists()


def test_when_split_the_system_administrator_gives_no_roles_and_no_passwords(cast: Cast, split: User) -> None:
    client = signed_in(cast.administrator)
    url = reverse("admin:hospital_user_change", args=[cast.writer.pk])
    page = client.get(url).content.decode()
    assert "held_roles" not in page
    assert "new_password" not in page
    data = fields_of(cast.writer, held_roles=["chief"], new_password="Blue-Heron-27", title="护师")
    assert client.post(url, data).status_code == 302
    person = User.objects.get(pk=cast.writer.pk)
    assert person.title == "护师"
    assert person.roles == {Role.CORRESPONDENT}
    assert not person.has_usable_password()
    assert "give_one_time_passwords" not in client.get(reverse(PEOPLE)).content.decode()
    act(client, "reset_second_factor", cast.writer)
    assert not AuditEvent.objects.filter(action="second_factor_off").exists()


def test_when_split_the_security_administrator_changes_only_accounts(cast: Cast, split: User) -> None:
    client = signed_in(split)
    url = reverse("admin:hospital_user_change", args=[cast.writer.pk])
    assert "held_roles" in client.get(url).content.decode()
    data = fields_of(cast.writer, held_roles=["head"], name="改名", new_password="Blue-Heron-27")
    assert client.post(url, data).status_code == 302
    person = User.objects.get(pk=cast.writer.pk)
    assert (person.name, person.roles) == ("李娜", {Role.HEAD})
    assert person.must_change_password
    assert client.get(reverse("admin:hospital_user_add")).status_code == 403
    assert client.get(reverse("admin:hospital_user_import")).status_code == 403
    department = reverse("admin:hospital_department_change", args=[cast.nursing.pk])
    assert client.post(department, {"name": "x"}).status_code == 403
    assert client.get("/audit/").status_code == 403


def test_when_split_nobody_holds_two_of_the_three(cast: Cast, split: User) -> None:
    client = signed_in(split)
    url = reverse("admin:hospital_user_change", args=[cast.auditor.pk])
    page = client.post(url, fields_of(cast.auditor, held_roles=["auditor", "administrator"])).content.decode()
    assert "须由不同的人担任" in page
    assert User.objects.get(pk=cast.auditor.pk).roles == {Role.AUDITOR}
    assert signed_in(cast.administrator).get("/audit/").status_code == 403
    assert signed_in(cast.auditor).get("/audit/").status_code == 200


def test_not_split_one_administrator_does_both(cast: Cast) -> None:
    client = signed_in(cast.administrator)
    page = client.get(reverse("admin:hospital_user_change", args=[cast.writer.pk])).content.decode()
    assert "held_roles" in page
    assert 'name="title"' in page
    assert client.get("/audit/").status_code == 200


def test_a_security_administrator_keeps_their_own_role(cast: Cast, split: User) -> None:
    """Otherwise one wrong click leaves the hospital without anybody who can give roles."""
    url = reverse("admin:hospital_user_change", args=[split.pk])
    signed_in(split).post(url, fields_of(split, held_roles=[]))
    assert User.objects.get(pk=split.pk).roles == {Role.SECURITY}
