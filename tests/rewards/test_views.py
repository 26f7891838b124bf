"""Who sees which page of rewards, what the pages cost, and what they say when something is wrong."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hospital.models import User
from plans.states import Level
from rewards.ledger import settle
from rewards.models import Entry, Payout, SchemeVersion
from rewards.payouts import payout_create, payout_seal
from tests.factories import Cast
from tests.rewards.factories import SCHEME_FILE, load_scheme, make_outlet, make_placement, make_submission
from toolkit.models import AuditEvent, Job

IN_2027 = timezone.make_aware(datetime(2027, 1, 10, 9))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def sealed(cast: Cast) -> Payout:
    load_scheme()
    make_placement(cast.writer)
    make_placement(cast.other_writer, outlet=make_outlet(Level.PROVINCE))
    payout = payout_create(ym_from=202601, ym_to=202606, actor=cast.chief, at=IN_2027)
    return payout_seal(payout=payout, actor=cast.chief, at=IN_2027)


@pytest.fixture
def draft(cast: Cast, sealed: Payout) -> Payout:
    make_placement(cast.writer, on=date(2026, 7, 1))
    return payout_create(ym_from=202607, ym_to=202612, actor=cast.chief, at=IN_2027)


EVERYBODY = (
    "writer",
    "head",
    "leader",
    "other_writer",
    "other_head",
    "editor",
    "chief",
    "finance",
    "auditor",
    "administrator",
)
MAY_OPEN = {
    "ledger": {"head", "leader", "other_head", "editor", "chief", "finance", "auditor"},
    "scheme": {
        "writer",
        "head",
        "leader",
        "other_writer",
        "other_head",
        "editor",
        "chief",
        "finance",
        "auditor",
    },
    "scheme_new": {"chief"},
    "mine": set(EVERYBODY),
    "payouts": {"leader", "editor", "chief", "finance", "auditor"},
    "payout_new": {"chief"},
}


@pytest.mark.parametrize("page", MAY_OPEN)
def test_each_page_opens_for_its_roles_only(cast: Cast, sealed: Payout, page: str) -> None:
    answers = {
        name: signed_in(getattr(cast, name)).get(reverse(f"rewards:{page}")).status_code for name in EVERYBODY
    }
    assert answers == {name: 200 if name in MAY_OPEN[page] else 403 for name in EVERYBODY}


@pytest.mark.parametrize("page", MAY_OPEN)
def test_nobody_opens_a_page_without_signing_in(db: None, page: str) -> None:
    answer = Client().get(reverse(f"rewards:{page}"))
    assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/login/")


def test_finance_sees_a_batch_only_when_it_is_sealed(cast: Cast, sealed: Payout, draft: Payout) -> None:
    finance = signed_in(cast.finance)
    assert finance.get(reverse("rewards:payout", args=[sealed.pk])).status_code == 200
    assert finance.get(reverse("rewards:payout", args=[draft.pk])).status_code == 404
    assert finance.get(reverse("rewards:workbook", args=[draft.pk])).status_code == 404
    assert signed_in(cast.auditor).get(reverse("rewards:payout", args=[draft.pk])).status_code == 200


def test_the_workbook_is_the_same_bytes_every_time_and_each_download_is_written_down(
    cast: Cast, sealed: Payout
) -> None:
    address = reverse("rewards:workbook", args=[sealed.pk])
    answers = [signed_in(person).get(address) for person in (cast.finance, cast.finance, cast.auditor)]
    contents = {b"".join(answer.streaming_content) for answer in answers}  # type: ignore[attr-defined]
    assert len(contents) == 1
    assert answers[0].headers["Content-Disposition"].startswith("attachment")
    assert AuditEvent.objects.filter(action="download", object_id=str(sealed.pk)).count() == 3
    for person in (cast.writer, cast.head, cast.administrator):
        assert signed_in(person).get(address).status_code == 403


def test_one_sees_ones_own_entries_and_a_head_those_of_the_department(cast: Cast, sealed: Payout) -> None:
    mine = Entry.objects.get(person=cast.writer)
    theirs = Entry.objects.get(person=cast.other_writer)

    def answers(user: User) -> list[int]:
        client = signed_in(user)
        return [client.get(reverse("rewards:entry", args=[one.pk])).status_code for one in (mine, theirs)]

    assert answers(cast.writer) == [200, 404]
    assert answers(cast.head) == [200, 404]
    assert answers(cast.other_head) == [404, 200]
    assert answers(cast.administrator) == [404, 404]
    assert answers(cast.finance) == [200, 200]
    shown = signed_in(cast.head).get(reverse("rewards:ledger")).content.decode()
    assert "李娜" in shown
    assert "孙悦" not in shown


def test_posting_needs_the_chief(cast: Cast, draft: Payout) -> None:
    addresses = [
        reverse("rewards:seal", args=[draft.pk]),
        reverse("rewards:drop", args=[draft.pk]),
        reverse("rewards:payout_new"),
        reverse("rewards:settle"),
        reverse("rewards:scheme_new"),
    ]
    for person in (cast.editor, cast.auditor, cast.leader, cast.finance, cast.writer, cast.administrator):
        for address in addresses:
            assert signed_in(person).post(address).status_code in (403, 404)
    assert not Payout.objects.get(pk=draft.pk).is_sealed


def test_state_changes_only_by_post(cast: Cast, draft: Payout) -> None:
    chief = signed_in(cast.chief)
    for name, args in (("seal", [draft.pk]), ("drop", [draft.pk]), ("settle", []), ("appraisal", [])):
        assert chief.get(reverse(f"rewards:{name}", args=args)).status_code == 405


def test_the_chief_draws_up_looks_and_seals(cast: Cast) -> None:
    load_scheme()
    year = timezone.localdate().year
    make_placement(cast.writer, on=date(year, 1, 5))
    chief = signed_in(cast.chief)
    made = chief.post(reverse("rewards:payout_new"), {"year": year, "first": 1, "last": 1}, follow=True)
    payout = Payout.objects.get()
    page = made.content.decode()
    assert "¥50.00" in page
    assert "人民币伍拾元整" in page
    for tab in ("detail", "people", "departments", "checks"):
        assert chief.get(payout.get_absolute_url(), {"tab": tab}).status_code == 200
    chief.post(reverse("rewards:seal", args=[payout.pk]), {"expected": 5000})
    assert Payout.objects.get().is_sealed


def test_sealing_another_sum_than_the_one_shown_says_so(cast: Cast) -> None:
    load_scheme()
    year = timezone.localdate().year
    make_placement(cast.writer, on=date(year, 1, 5))
    payout = payout_create(ym_from=year * 100 + 1, ym_to=year * 100 + 1, actor=cast.chief)
    answer = signed_in(cast.chief).post(
        reverse("rewards:seal", args=[payout.pk]), {"expected": 100}, follow=True
    )
    assert "50.00" in answer.content.decode()
    assert not Payout.objects.get().is_sealed


def test_the_same_months_twice_is_a_sentence_on_the_form(cast: Cast, sealed: Payout) -> None:
    answer = signed_in(cast.chief).post(reverse("rewards:payout_new"), {"year": 2026, "first": 3, "last": 4})
    assert answer.status_code == 422
    assert "2026-H1" in answer.content.decode()


def test_an_entry_explains_what_won_over_it(cast: Cast) -> None:
    load_scheme()
    piece = make_submission(cast.writer)
    make_placement(cast.writer, submission=piece)
    make_placement(cast.writer, submission=piece, outlet=make_outlet(Level.PROVINCE, name="省卫生健康报"))
    settle(year=2026)
    lost = Entry.objects.get(amount_fen=0)
    page = signed_in(cast.writer).get(reverse("rewards:entry", args=[lost.pk])).content.decode()
    assert "省卫生健康报" in page
    assert "就高" in page


def test_a_new_scheme_is_read_shown_and_issued(cast: Cast) -> None:
    chief, address = signed_in(cast.chief), reverse("rewards:scheme_new")
    fields: dict[str, Any] = {
        "number": 1,
        "effective_from": "2026-01-01",
        "document_number": "〔2026〕1号",
        "department": cast.office.pk,
        "quota": 10,
    }
    upload = SimpleUploadedFile("办法.yaml", SCHEME_FILE.read_bytes())
    shown = chief.post(address, {**fields, "file": upload, "preview": "1"})
    assert shown.status_code == 200
    assert "100.00" in shown.content.decode()
    assert not SchemeVersion.objects.exists()
    text = shown.context["form"].cleaned_data["text"]
    chief.post(address, {**fields, "text": text, "issue": "1"})
    assert SchemeVersion.objects.get().exemptions.get().quota_per_person == 10


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", b"rules: [", b"PK\x03\x04" + b"\x00" * 50, b"x" * 70_000]
)
def test_a_file_that_is_no_scheme_is_a_sentence(cast: Cast, content: bytes) -> None:
    upload = SimpleUploadedFile("a.yaml", content)
    answer = signed_in(cast.chief).post(
        reverse("rewards:scheme_new"),
        {"number": 1, "effective_from": "2026-01-01", "file": upload, "preview": "1"},
    )
    assert answer.status_code == 422
    assert "Traceback" not in answer.content.decode()


def test_starting_the_appraisal_twice_gives_one_job(cast: Cast) -> None:
    editor = signed_in(cast.editor)
    first = editor.post(reverse("rewards:appraisal"), {"year": 2026})
    second = editor.post(reverse("rewards:appraisal"), {"year": 2026})
    assert first.headers["Location"] == second.headers["Location"]
    assert Job.objects.count() == 1
    assert signed_in(cast.finance).post(reverse("rewards:appraisal")).status_code == 403


def queries_of(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize("count", [1, 300])
def test_lists_cost_the_same_with_one_and_with_three_hundred_rows(cast: Cast, count: int) -> None:
    load_scheme()
    outlet = make_outlet()
    for number in range(count):
        make_placement(cast.writer, outlet=outlet, headline=f"稿件{number}")
    payout = payout_create(ym_from=202601, ym_to=202606, actor=cast.chief, at=IN_2027)
    chief, writer = signed_in(cast.chief), signed_in(cast.writer)
    found = {
        "ledger": queries_of(chief, reverse("rewards:ledger")),
        "mine": queries_of(writer, reverse("rewards:mine")),
        "payouts": queries_of(chief, reverse("rewards:payouts")),
        "draft": queries_of(chief, payout.get_absolute_url()),
    }
    payout_seal(payout=payout, actor=cast.chief, at=IN_2027)
    found["sealed"] = queries_of(chief, payout.get_absolute_url())
    assert found == {"ledger": 10, "mine": 9, "payouts": 7, "draft": 22, "sealed": 17}
