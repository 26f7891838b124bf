"""The audit trail: who, when, what, from where; added to and never changed."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings

from tests.factories import make_department, make_user
from toolkit import audit
from toolkit.models import AppendOnlyError, AuditEvent

pytestmark = pytest.mark.django_db


def test_an_event_keeps_names_as_they_were() -> None:
    """After a marriage or a merger the old line must still say who did what to whom."""
    person = make_user("0001", "李娜")
    department = make_department("HLB", "护理部")
    event = audit.record(
        actor=person, action="rename", obj=department, note="合并", changes={"name": ["甲", "乙"]}
    )
    event.refresh_from_db()
    assert event.actor_label == str(person)
    assert (event.object_type, event.object_id) == ("hospital.department", str(department.pk))
    assert "护理部" in event.object_label
    assert event.changes == {"name": ["甲", "乙"]}
    assert list(audit.events_of(department)) == [event]


def test_an_event_cannot_be_changed_or_deleted() -> None:
    """An audit trail somebody can tidy up proves nothing."""
    event = audit.record(actor=None, action="start")
    event.note = "tidied"
    attempts = [
        event.save,
        event.delete,
        lambda: AuditEvent.objects.update(note="tidied"),
        lambda: AuditEvent.objects.filter(pk=event.pk).delete(),
        lambda: AuditEvent.objects.bulk_update([event], ["note"]),
    ]
    for attempt in attempts:
        with pytest.raises(AppendOnlyError), transaction.atomic():
            attempt()
    assert AuditEvent.objects.get().note == ""


def test_any_value_becomes_plain_json() -> None:
    department = make_department("HLB", "护理部")
    event = audit.record(
        actor=None,
        action="set",
        changes={
            "day": [None, date(2026, 3, 8)],
            "sum": [Decimal("1.50"), 2],
            "of": [department],
            "long": ["长" * 500],
        },
    )
    event.refresh_from_db()
    assert event.changes["day"] == [None, "2026-03-08"]
    assert event.changes["sum"] == ["1.50", 2]
    assert event.changes["of"] == [{"id": department.pk, "label": str(department)}]
    assert len(event.changes["long"][0]) == 200


def test_the_address_of_the_request_is_kept_and_forgotten_after_it() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        audit.record(actor=None, action="read")
        return HttpResponse()

    audit.AuditMiddleware(view)(RequestFactory().get("/", REMOTE_ADDR="10.1.2.3"))
    audit.record(actor=None, action="tick")
    assert list(AuditEvent.objects.order_by("pk").values_list("action", "address")) == [
        ("read", "10.1.2.3"),
        ("tick", ""),
    ]


def test_a_forged_forwarded_address_is_not_believed() -> None:
    """Otherwise whoever misuses an account writes somebody else's address into the trail."""
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="1.1.1.1, 10.9.9.9")
    assert audit.client_address(request) == "10.0.0.1"
    with override_settings(TRUSTED_PROXY_COUNT=1):
        assert audit.client_address(request) == "10.9.9.9"
