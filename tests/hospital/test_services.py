"""Notices reach a person once, in the app and by mail."""

import pytest
from django.core import mail
from django.test import Client

from hospital.models import Notification
from hospital.selectors import office_people, unread_count
from hospital.services import notify
from tests.factories import Cast
from toolkit import outbox

pytestmark = pytest.mark.django_db


def test_the_same_news_sent_twice_arrives_once(cast: Cast) -> None:
    """A reminder run that is started twice would otherwise fill the inbox."""
    assert notify(key="x:1", recipient=cast.writer, title="稿件已采用") is True
    assert notify(key="x:1", recipient=cast.writer, title="稿件已采用") is False
    outbox.sweep()
    outbox.sweep()
    assert list(Notification.objects.values_list("recipient", "title")) == [(cast.writer.pk, "稿件已采用")]


def test_mail_goes_only_to_people_who_have_an_address(cast: Cast) -> None:
    notify(key="x:2", recipient=cast.writer, title="本月差额", body="还差 1 篇", url="/matrix/", email=True)
    notify(key="x:3", recipient=cast.other_writer, title="本月差额", email=True)
    outbox.sweep()
    assert [(message.to, message.subject) for message in mail.outbox] == [
        (["lina@hospital.invalid"], "本月差额")
    ]
    assert mail.outbox[0].body == "还差 1 篇\n\nhttp://127.0.0.1:8000/matrix/"
    assert mail.outbox[0].extra_headers["Message-ID"].startswith("<outbox-")


def test_a_line_break_in_a_title_cannot_add_a_mail_header(cast: Cast) -> None:
    """A draft's title comes from a person and ends up in a subject line."""
    notify(key="x:4", recipient=cast.writer, title="采用\nBcc: all@hospital.invalid", email=True)
    outbox.sweep()
    assert mail.outbox[0].subject == "采用 Bcc: all@hospital.invalid"


def test_nobody_opens_or_counts_somebody_elses_notice(cast: Cast, client: Client) -> None:
    notify(key="x:5", recipient=cast.writer, title="稿件已采用", url="/drafts/")
    outbox.sweep()
    notice = Notification.objects.get()
    client.force_login(cast.other_writer)
    assert client.post(f"/notifications/{notice.pk}/").status_code == 404
    assert unread_count(cast.other_writer) == 0
    client.force_login(cast.writer)
    assert unread_count(cast.writer) == 1
    assert client.post(f"/notifications/{notice.pk}/")["Location"] == "/drafts/"
    assert unread_count(cast.writer) == 0


def test_a_notice_never_leads_off_the_site(cast: Cast, client: Client) -> None:
    notify(key="x:6", recipient=cast.writer, title="请登录", url="https://evil.invalid/")
    outbox.sweep()
    client.force_login(cast.writer)
    answer = client.post(f"/notifications/{Notification.objects.get().pk}/")
    assert answer["Location"] == "/notifications/"


def test_the_office_is_its_editors_and_chief(cast: Cast) -> None:
    assert {person.name for person in office_people()} == {"陈静", "吴迪", "林峰"}


@pytest.mark.parametrize("count", [1, 300])
def test_the_inbox_costs_the_same_with_many_notices(
    cast: Cast, client: Client, django_assert_num_queries: object, count: int
) -> None:
    Notification.objects.bulk_create(
        [Notification(key=f"n{n}", recipient=cast.writer, title=f"通知 {n}") for n in range(count)]
    )
    client.force_login(cast.writer)
    with django_assert_num_queries(6):  # type: ignore[operator]  # pytest-django's fixture
        assert client.get("/notifications/").status_code == 200
