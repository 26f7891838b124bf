"""What the trail covers, whatever page it comes from, and how the auditor reads it."""

from datetime import datetime
from io import BytesIO

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from hospital.models import Department
from plans.models import Category
from publicity.audit_words import ACTIONS, changes_in_words
from tests.factories import Cast
from tests.publicity.audit_codes import codes
from toolkit import append_only, audit, audit_chain
from toolkit.models import AuditEvent

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    """Repeated refusals count once a minute; no test inherits another's minute."""
    cache.clear()


def last(action: str) -> AuditEvent:
    return AuditEvent.objects.filter(action=action).first()  # type: ignore[return-value]  # a test wants it there


def test_every_action_the_product_records_has_words() -> None:
    """An auditor can't read “quota_reminder”."""
    assert len(codes()) > 50
    assert {code: where for code, where in codes().items() if code not in ACTIONS} == {}


def test_no_words_are_kept_for_what_nobody_records() -> None:
    assert set(ACTIONS) - set(codes()) == set()


def test_a_shut_door_is_on_record_with_who_and_where(cast: Cast, client: Client) -> None:
    client.force_login(cast.writer)
    assert client.get("/reports/", REMOTE_ADDR="10.1.2.3").status_code == 403
    event = last("denied")
    assert (event.actor, event.object_label, event.note, event.address) == (
        cast.writer,
        "/reports/",
        "",
        "10.1.2.3",
    )


def test_asking_for_what_is_not_theirs_is_on_record(cast: Cast, client: Client) -> None:
    """Somebody who tries one number after the other."""
    client.force_login(cast.writer)
    assert client.get("/drafts/987654/").status_code == 404
    assert last("not_found").object_label == "/drafts/987654/"
    assert client.get("/no-such-page/").status_code == 404
    assert AuditEvent.objects.filter(action="not_found").count() == 1, "a typing slip is nobody's door"


def test_knocking_again_and_again_does_not_fill_the_trail(cast: Cast, client: Client) -> None:
    client.force_login(cast.writer)
    for _time in range(5):
        client.get("/reports/")
    assert AuditEvent.objects.filter(action="denied").count() == 1


def test_a_file_that_leaves_is_on_record_even_where_its_page_forgot(cast: Cast, client: Client) -> None:
    client.force_login(cast.editor)
    Category.objects.get_or_create(code="info", defaults={"name": "信息"})
    response = client.get("/matrix/export/?year=2026&category=info")
    assert response.status_code == 200
    event = AuditEvent.objects.filter(action__in=["download", "export"]).get()
    assert event.actor == cast.editor


def test_a_file_its_page_has_recorded_is_on_record_once(cast: Cast, client: Client) -> None:
    client.force_login(cast.editor)
    client.get("/placements/export/?q=x")
    assert AuditEvent.objects.filter(action__in=["download", "export"]).count() == 1


def test_a_change_in_the_admin_is_on_record_whatever_its_page_does(cast: Cast, client: Client) -> None:
    """A new admin page whose author forgot the trail."""
    client.force_login(cast.administrator)
    category = Category.objects.create(code="weibo2", name="微博二")
    page = client.get(f"/admin/plans/category/{category.pk}/change/")
    form = page.context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in values.items() if value is not None and value is not False}
    answer = client.post(f"/admin/plans/category/{category.pk}/change/", data | {"name": "微博三"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    category.refresh_from_db()
    assert category.name == "微博三"
    event = last("change")
    assert (event.actor, event.object_type, event.object_id) == (
        cast.administrator,
        "plans.category",
        str(category.pk),
    )
    assert AuditEvent.objects.filter(object_type="plans.category", object_id=str(category.pk)).count() == 1
    assert LogEntry.objects.filter(action_flag=CHANGE).count() == 1


def test_a_sixth_guess_is_on_record_as_a_lock_out(cast: Cast, client: Client) -> None:
    for _guess in range(6):
        client.post("/login/", {"username": "0231", "password": "wrong"})
    assert last("locked_out").object_label == "0231"


def test_the_auditor_finds_one_kind_of_event_and_takes_it_along(cast: Cast, client: Client) -> None:
    audit.record(actor=cast.writer, action="submit", label="=1+1")
    audit.record(actor=cast.editor, action="accept", label="义诊进社区", changes={"state": ["a", "b"]})
    client.force_login(cast.auditor)
    page = client.get("/audit/?action=submit").content.decode()
    assert "=1+1" in page
    assert "义诊进社区" not in page
    assert client.get("/audit/?action=no-such").status_code == 200
    response = client.get("/audit/export/?action=submit")
    sheet = load_workbook(BytesIO(response.content)).active
    rows = [[str(cell.value) for cell in row] for row in sheet.iter_rows()]
    assert [row for row in rows if "=1+1" in row], rows
    assert not any("义诊进社区" in row for row in rows)
    assert last("export").note == "action=submit"


def test_only_auditor_and_administrator_take_the_trail_along(cast: Cast, client: Client) -> None:
    allowed = set()
    for name, user in cast.everybody().items():
        client.force_login(user)
        if client.get("/audit/export/").status_code == 200:
            allowed.add(name)
    assert allowed >= {"auditor", "administrator"}
    assert not allowed & {"writer", "head", "leader", "editor", "chief", "finance"}


def test_the_days_of_the_search_are_local_and_whole(cast: Cast, client: Client) -> None:
    """23:30 on the last day is that day, and 00:10 of the next isn't."""
    late = timezone.make_aware(datetime(2026, 3, 8, 23, 30))
    after = timezone.make_aware(datetime(2026, 3, 9, 0, 10))
    AuditEvent.objects.create(action="submit", object_label="晚", at=late)
    AuditEvent.objects.create(action="submit", object_label="次日", at=after)
    client.force_login(cast.auditor)
    page = client.get("/audit/?since=2026-03-08&until=2026-03-08").content.decode()
    assert "晚" in page
    assert "次日" not in page


def test_changes_are_told_with_the_names_of_the_fields(cast: Cast) -> None:
    event = AuditEvent(
        object_type=Department._meta.label_lower, changes={"name": ["护理部", ""], "head": [None, cast.head]}
    )
    event.changes = audit.plain(event.changes)
    name, head = (str(Department._meta.get_field(field).verbose_name) for field in ("name", "head"))
    assert changes_in_words(event) == [f"{name}：护理部 → —", f"{head}：— → {cast.head}"]


def test_the_page_shows_the_head_of_the_chain(cast: Cast, client: Client) -> None:
    """The auditor notes it outside; a chain cut off later no longer holds it."""
    audit.record(actor=cast.writer, action="submit")
    client.force_login(cast.auditor)
    append_only.settle()
    assert str(audit_chain.head()) in client.get("/audit/").content.decode()
