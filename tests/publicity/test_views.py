"""The first pages, the audit trail and who may open them."""

import pytest
from django.db import connection
from django.test import Client

from hospital.models import User
from publicity.checks import no_demo_in_production
from tests.factories import Cast
from toolkit import audit

pytestmark = pytest.mark.django_db


def test_everybody_has_a_first_page(cast: Cast, client: Client) -> None:
    """A role whose first page fails can't begin its day."""
    for name, user in cast.everybody().items():
        client.force_login(user)
        assert client.get("/", follow=True).status_code == 200, name


def test_strangers_are_asked_to_sign_in(client: Client) -> None:
    for address in ("/", "/reports/", "/audit/", "/notifications/"):
        assert client.get(address)["Location"] == f"/login/?next={address}"


def test_only_auditor_and_administrator_read_the_trail(cast: Cast, client: Client) -> None:
    allowed = set()
    for name, user in cast.everybody().items():
        client.force_login(user)
        if client.get("/audit/").status_code == 200:
            allowed.add(name)
    assert allowed == {"auditor", "administrator"}


def test_only_office_and_auditor_read_reports(cast: Cast, client: Client) -> None:
    allowed = set()
    for name, user in cast.everybody().items():
        client.force_login(user)
        if client.get("/reports/").status_code == 200:
            allowed.add(name)
    assert allowed == {"editor", "second_editor", "chief", "auditor"}


def test_signing_in_and_failing_to_are_written_down_without_the_password(cast: Cast, client: Client) -> None:
    cast.writer.set_password("Correct-Horse-9")
    cast.writer.save(update_fields=["password"])
    client.post("/login/", {"username": "0231", "password": "wrong-guess-77"})
    client.post("/login/", {"username": "0231", "password": "Correct-Horse-9"})
    events = audit.AuditEvent.objects.order_by("pk")
    assert list(events.values_list("action", "actor_label", "object_label")) == [
        ("sign_in_failed", "", "0231"),
        ("sign_in", "李娜", "李娜"),
    ]
    assert "wrong-guess-77" not in str(list(events.values()))


@pytest.mark.parametrize("count", [1, 300])
def test_the_trail_costs_the_same_with_many_events(
    cast: Cast, client: Client, django_assert_num_queries: object, count: int
) -> None:
    for number in range(count):
        audit.record(actor=cast.writer, action="submit", label=f"稿件 {number}")
    client.force_login(cast.auditor)
    # PostgreSQL links events when they are committed, which a test isn't: the chain's head costs one look more there.
    queries = {"sqlite": 6, "postgresql": 7}[connection.vendor]
    with django_assert_num_queries(queries):  # type: ignore[operator]  # pytest-django's fixture
        assert client.get("/audit/").status_code == 200


def test_production_refuses_the_demonstration_people(cast: Cast, settings: object) -> None:
    """Their one password is printed at every start."""
    settings.PRODUCTION = True  # type: ignore[attr-defined]  # pytest-django's settings wrapper
    assert no_demo_in_production(None, databases=["default"]) == []
    type(cast.writer).objects.filter(pk=cast.writer.pk).update(is_demo=True)
    assert [error.id for error in no_demo_in_production(None, databases=["default"])] == ["publicity.E001"]


def test_the_first_administrator_finds_no_door_that_is_shut(client: Client) -> None:
    """`createsuperuser` gives no role: a menu full of pages that answer 403 would be their first impression."""
    first = User.objects.create_superuser(staff_no="0001", name="信息科")
    client.force_login(first)
    page = client.get("/")
    places = [item["url"] for item in page.context["nav"]]
    assert "/admin/" in places
    assert {url: client.get(url).status_code for url in places} == dict.fromkeys(places, 200)
