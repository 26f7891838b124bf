"""The monthly reminder: to whom, with what, and never twice."""

from __future__ import annotations

from datetime import date, datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from plans.reminders import last_sent, send_monthly
from tests.factories import Cast
from tests.plans.factories import deliver, make_ruling
from toolkit.models import OutboxMessage

pytestmark = pytest.mark.django_db

SHANGHAI = ZoneInfo("Asia/Shanghai")
JULY = datetime(2026, 7, 25, 8, tzinfo=SHANGHAI)


def sent(kind: str = "notice") -> list[tuple[str, str]]:
    found = OutboxMessage.objects.filter(kind=kind, key__contains="quota-reminder").select_related(
        "recipient"
    )
    return sorted((x.recipient.name, x.payload["title"]) for x in found if x.recipient)


def test_head_and_correspondent_get_their_departments_own_gap(cast: Cast) -> None:
    make_ruling(cast)
    deliver(cast.nursing, date(2026, 3, 8), pieces=3)
    deliver(cast.pediatrics, date(2026, 3, 8), pieces=1)
    done = send_monthly(ym=202607, at=JULY)
    assert (done.departments, done.sent, done.before) == (1, 2, 0)
    title = "护理部宣传任务进度落后（2026年7月）"
    assert sent() == [("李娜", title), ("王芳", title)]
    assert sent("mail") == [("李娜", title), ("王芳", title)]
    body = OutboxMessage.objects.get(kind="notice", recipient=cast.head, key__contains="quota").payload[
        "body"
    ]
    assert "信息：全年任务 12 篇，已完成 3，按进度应完成 7，落后 4；距全年任务还差 9。" in body


def test_a_second_run_of_the_month_sends_nothing_and_the_next_month_does(cast: Cast) -> None:
    """Two reminders for the same gap would be read as a mistake of the system."""
    make_ruling(cast)
    assert last_sent(202607) is None
    send_monthly(ym=202607, at=JULY)
    again = send_monthly(ym=202607, at=JULY)
    assert (again.sent, again.before) == (0, 4)
    assert last_sent(202607) is not None
    assert send_monthly(ym=202608, at=datetime(2026, 8, 25, 8, tzinfo=SHANGHAI)).sent == 4


def test_a_caught_up_month_is_reckoned_at_its_end(cast: Cast) -> None:
    make_ruling(cast)
    deliver(cast.pediatrics, date(2026, 3, 8), pieces=1)
    deliver(cast.nursing, date(2026, 8, 2), pieces=12)
    late = send_monthly(ym=202607, at=datetime(2026, 8, 3, tzinfo=SHANGHAI))
    assert late.departments == 1


def test_departments_that_keep_pace_or_have_nobody_are_left_in_peace(cast: Cast) -> None:
    make_ruling(cast)
    cast.pediatrics.head = None
    cast.pediatrics.save(update_fields=["head"])
    cast.other_writer.is_active = False
    cast.other_writer.save(update_fields=["is_active"])
    done = send_monthly(ym=202607, at=JULY)
    assert [department.name for department in done.unreachable] == ["儿科住院部"]
    only = send_monthly(ym=202607, at=JULY, departments=[cast.office])
    assert (only.departments, only.sent) == (0, 0)


def test_the_command_says_what_it_did_and_refuses_nonsense(cast: Cast) -> None:
    make_ruling(cast)
    out = StringIO()
    call_command("send_reminders", "--month", "202601", stdout=out)
    assert "个科室进度落后" in out.getvalue()
    with pytest.raises(CommandError, match="六位数字"):
        call_command("send_reminders", "--month", "20261")
    with pytest.raises(CommandError, match="还没有到"):
        call_command("send_reminders", "--month", "209901")


def test_the_button_is_the_offices_and_says_when_all_was_sent(client: Client, cast: Cast) -> None:
    make_ruling(cast, year=date.today().year)
    url = reverse("plans:remind")
    client.force_login(cast.leader)
    assert client.post(url).status_code == 403
    client.force_login(cast.editor)
    assert client.get(url).status_code == 405
    first = client.post(url, follow=True).content.decode()
    second = client.post(url, follow=True).content.decode()
    assert ("已提醒" in first) or ("没有科室进度落后" in first)
    assert ("没有重复发送" in second) or ("没有科室进度落后" in second)
