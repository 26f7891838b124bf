"""The pages of placements and outlets: who may open what, and what they answer to bad input."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO

import openpyxl
import pytest
from django.db import connection
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hospital.models import User
from media_outreach.outlets.models import Credit, Outlet, Placement
from media_outreach.outlets.services import evidence_add
from plans.states import Level, Medium
from tests.factories import Cast
from tests.media_outreach.outlets.factories import (
    PDF,
    make_accepted,
    make_outlet,
    make_placement,
    picture,
    proof,
    upload,
)
from toolkit.models import AuditEvent

ALLOWED, FORBIDDEN, HIDDEN, SENT = 200, 403, 404, 302


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def status(response: HttpResponseBase) -> int:
    """The status of an answer; a file is read to its end, which is what closes it."""
    list(getattr(response, "streaming_content", []))
    return response.status_code


def log_data(place: Outlet, /, **more: object) -> dict[str, object]:
    return {
        "outlet": place.pk,
        "headline": "世界糖尿病日义诊",
        "published_on": timezone.localdate().isoformat(),
        "genre": "news",
        "page": "A3",
        **more,
    }


@pytest.mark.parametrize(
    ("who", "seen", "new", "outlets", "outlet_new", "move"),
    [
        ("editor", ALLOWED, ALLOWED, ALLOWED, ALLOWED, SENT),
        ("chief", ALLOWED, ALLOWED, ALLOWED, ALLOWED, SENT),
        ("auditor", ALLOWED, FORBIDDEN, ALLOWED, FORBIDDEN, FORBIDDEN),
        ("finance", ALLOWED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN),
        ("leader", ALLOWED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN),
        ("writer", ALLOWED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN),
        ("head", ALLOWED, FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN),
        ("other_writer", HIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, HIDDEN),
        ("other_head", HIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, HIDDEN),
        ("administrator", HIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN, HIDDEN),
    ],
)
def test_every_door_by_role(
    cast: Cast, who: str, seen: int, new: int, outlets: int, outlet_new: int, move: int
) -> None:
    placement = make_placement(cast)
    evidence = evidence_add(placement=placement, proof=proof(), actor=cast.editor)
    client = signed_in(cast.everybody()[who])
    at = placement.pk
    assert client.get(reverse("outlets:list")).status_code == ALLOWED
    assert client.get(reverse("outlets:export")).status_code == ALLOWED
    assert client.get(reverse("outlets:detail", args=[at])).status_code == seen
    # Finance sees money and names; the proof of a piece is the publicity office's paper.
    proof_seen = HIDDEN if who == "finance" else seen
    assert status(client.get(reverse("outlets:evidence", args=[evidence.key]))) == proof_seen
    assert client.get(reverse("outlets:new")).status_code == new
    assert client.post(reverse("outlets:new") + "?without=1", {}).status_code == new
    assert client.get(reverse("outlets:outlet_list")).status_code == outlets
    assert client.get(reverse("outlets:outlet_new")).status_code == outlet_new
    assert client.get(reverse("outlets:outlet_edit", args=[placement.outlet_id])).status_code == outlet_new
    file = {"evidence": upload("二.png", picture(9, 9))}
    assert client.post(reverse("outlets:evidence_new", args=[at]), file).status_code == move
    void = {"action": "void", "note": "误登"}
    assert client.post(reverse("outlets:move", args=[at]), void).status_code == move
    delete = client.post(reverse("outlets:outlet_delete", args=[placement.outlet_id]))
    assert delete.status_code == (SENT if outlet_new == ALLOWED else FORBIDDEN)


def test_a_visitor_is_sent_to_sign_in(client: Client, cast: Cast) -> None:
    evidence = evidence_add(placement=make_placement(cast), proof=proof(), actor=cast.editor)
    for url in (
        reverse("outlets:list"),
        reverse("outlets:new"),
        reverse("outlets:evidence", args=[evidence.key]),
    ):
        response = client.get(url)
        assert (response.status_code, response.headers["Location"].split("?")[0]) == (302, "/login/")


@pytest.mark.parametrize("name", ["move", "evidence_new"])
def test_nothing_changes_by_following_a_link(cast: Cast, name: str) -> None:
    placement = make_placement(cast)
    assert signed_in(cast.editor).get(reverse(f"outlets:{name}", args=[placement.pk])).status_code == 405


def test_logging_from_a_draft_with_two_proofs(cast: Cast) -> None:
    piece = make_accepted(cast)
    url = reverse("outlets:new") + f"?submission={piece.pk}"
    client = signed_in(cast.editor)
    page = client.get(url).content.decode()
    assert 'value="世界糖尿病日义诊"' in page
    assert 'name="department"' not in page
    data = log_data(make_outlet(), evidence=[upload("版面.png"), upload("全文.pdf", PDF)])
    response = client.post(url, data)
    placement = Placement.objects.get()
    assert response.headers["Location"] == f"/placements/{placement.pk}/"
    assert [e.content_type for e in placement.evidence.all()] == ["image/jpeg", "application/pdf"]
    again = client.get(f"/placements/{placement.pk}/").content.decode()
    assert f"/placements/new/?like={placement.pk}" in again


def test_another_outlet_for_coverage_without_a_draft_starts_filled_in(cast: Cast) -> None:
    earlier = make_placement(cast, headline="院长做客健康节目", credited=[cast.head, cast.writer])
    client = signed_in(cast.editor)
    url = reverse("outlets:new") + f"?like={earlier.pk}"
    page = client.get(url).content.decode()
    assert 'value="院长做客健康节目"' in page
    assert f'<option value="{cast.head.pk}" selected>' in page
    data = log_data(
        make_outlet("省电视台"),
        headline="院长做客健康节目",
        department=cast.nursing.pk,
        first_author=cast.head.pk,
        other_authors=[cast.writer.pk],
        url="tv.example.cn/news/12",
    )
    client.post(url, data)
    newest = Placement.objects.latest("pk")
    assert newest.url == "https://tv.example.cn/news/12"
    assert list(Credit.objects.filter(placement=newest).values_list("person__name", flat=True)) == [
        "王芳",
        "李娜",
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "ftp://a.cn/1"}, "url"),
        ({"url": "data:text/html,x"}, "url"),
        ({"url": "https://a.cn/ x"}, "url"),
        ({"url": "https://user:pass@a.cn/"}, "url"),
        ({"url": "http://[::1"}, "url"),
        ({"url": "https://a.cn/" + "x" * 600}, "url"),
        ({"page": ""}, "url"),
        ({"published_on": (timezone.localdate() + timedelta(days=2)).isoformat()}, "published_on"),
        ({"published_on": "2026-02-30"}, "published_on"),
        ({"published_on": "2020-01-01"}, "published_on"),
        ({"headline": ""}, "headline"),
        ({"headline": "长" * 151}, "headline"),
        ({"genre": "poem"}, "genre"),
        ({"outlet": "999999"}, "outlet"),
        ({"outlet": "x"}, "outlet"),
    ],
)
def test_bad_input_is_a_sentence_beside_its_field(cast: Cast, change: dict[str, object], field: str) -> None:
    piece = make_accepted(cast)
    data = log_data(make_outlet(), **change)
    response = signed_in(cast.editor).post(reverse("outlets:new") + f"?submission={piece.pk}", data)
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert Placement.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("刊用.pdf", b"<html><script>alert(1)</script></html>"),
        ("刊用.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("刊用.jpg", picture(400, 300, "JPEG")[:300]),
        ("刊用.pdf", b""),
        ("刊用.exe", b"MZ\x90\x00"),
        ("刊用.zip", b"PK\x03\x04 nothing"),
    ],
    ids=["html called pdf", "svg called png", "half a photograph", "empty", "program", "archive"],
)
def test_a_proof_that_is_neither_picture_nor_pdf_is_refused(cast: Cast, name: str, content: bytes) -> None:
    placement = make_placement(cast)
    client = signed_in(cast.editor)
    response = client.post(
        reverse("outlets:evidence_new", args=[placement.pk]), {"evidence": [upload(name, content)]}
    )
    assert response.status_code == 200
    assert response.context["form"].errors["evidence"]
    assert placement.evidence.count() == 0


def test_a_proof_larger_than_the_limit_is_refused(cast: Cast, settings: pytest.FixtureRequest) -> None:
    settings.UPLOAD_FILE_MAX_BYTES = settings.UPLOAD_IMAGE_MAX_BYTES = 1000  # type: ignore[attr-defined]
    placement = make_placement(cast)
    for name, content in (("大.pdf", PDF + b"0" * 1000), ("大.png", picture() + b"0" * 1000)):
        response = signed_in(cast.editor).post(
            reverse("outlets:evidence_new", args=[placement.pk]), {"evidence": [upload(name, content)]}
        )
        assert response.context["form"].errors["evidence"]
    assert placement.evidence.count() == 0


def test_no_file_chosen_is_a_sentence(cast: Cast) -> None:
    placement = make_placement(cast)
    response = signed_in(cast.editor).post(reverse("outlets:evidence_new", args=[placement.pk]), {})
    assert response.context["form"].errors["evidence"]


def test_a_duplicate_shows_the_way_to_the_first(cast: Cast) -> None:
    outlet = make_outlet()
    first = make_placement(
        cast,
        outlet=outlet,
        headline="世界糖尿病日义诊",
        published_on=timezone.localdate(),
        logged_by=cast.chief,
    )
    piece = make_accepted(cast)
    response = signed_in(cast.editor).post(
        reverse("outlets:new") + f"?submission={piece.pk}", log_data(outlet)
    )
    assert f'href="/placements/{first.pk}/"' in response.content.decode()
    assert Placement.objects.count() == 1


def test_a_draft_that_is_not_accepted_or_not_there_is_not_offered(cast: Cast) -> None:
    piece = make_accepted(cast)
    type(piece).objects.filter(pk=piece.pk).update(state="returned")
    client = signed_in(cast.editor)
    for key in (str(piece.pk), "999999", "x", "٣", "9" * 40):
        assert client.get(reverse("outlets:new") + f"?submission={key}").status_code == 404
    assert client.get(reverse("outlets:new") + "?like=0").status_code == 404


def test_pictures_are_shown_and_everything_else_leaves_as_a_recorded_download(cast: Cast) -> None:
    placement = make_placement(cast)
    image = evidence_add(placement=placement, proof=proof("版面.png"), actor=cast.editor)
    paper = evidence_add(placement=placement, proof=proof("全文.pdf", PDF), actor=cast.editor)
    client = signed_in(cast.auditor)
    events_before = AuditEvent.objects.count()
    shown = client.get(reverse("outlets:evidence", args=[image.key]))
    assert shown.headers["Content-Disposition"].startswith("inline")
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert b"".join(shown.streaming_content)[:3] == b"\xff\xd8\xff"
    assert AuditEvent.objects.count() == events_before
    for url in (
        reverse("outlets:evidence", args=[paper.key]),
        reverse("outlets:evidence", args=[image.key]) + "?download=1",
    ):
        response = client.get(url)
        assert response.headers["Content-Disposition"].startswith("attachment")
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert "private" in response.headers["Cache-Control"]
        list(response.streaming_content)
    events = AuditEvent.objects.filter(action="download", actor=cast.auditor)
    assert sorted(events.values_list("note", flat=True)) == ["全文.pdf", "版面.jpg"]


def test_a_proof_whose_file_is_gone_is_not_found(cast: Cast) -> None:
    evidence = evidence_add(placement=make_placement(cast), proof=proof(), actor=cast.editor)
    evidence.file.storage.delete(evidence.file.name)
    assert signed_in(cast.editor).get(reverse("outlets:evidence", args=[evidence.key])).status_code == 404


def test_verifying_on_the_page(cast: Cast) -> None:
    placement = make_placement(cast, url="https://a.cn/1")
    url = reverse("outlets:move", args=[placement.pk])
    signed_in(cast.editor).post(url, {"action": "verify"})
    placement.refresh_from_db()
    assert placement.state == "logged"
    signed_in(cast.chief).post(url, {"action": "verify"})
    placement.refresh_from_db()
    assert placement.state == "verified"
    again = signed_in(cast.second_editor).post(url, {"action": "verify"}, follow=True)
    assert "林峰" in again.content.decode()
    nonsense = signed_in(cast.second_editor).post(url, {"action": "explode"}, follow=True)
    assert nonsense.status_code == 200


def test_what_people_typed_is_shown_as_text(cast: Cast) -> None:
    placement = make_placement(cast, headline="<script>alert(1)</script>", page="<b>A1</b>")
    page = signed_in(cast.editor).get(reverse("outlets:detail", args=[placement.pk])).content.decode()
    assert "<script>alert(1)" not in page
    assert "<b>A1" not in page


def test_each_search_field_filters(cast: Cast) -> None:
    paper = make_outlet("市日报")
    station = make_outlet("县电视台", Level.COUNTY, Medium.TELEVISION)
    make_placement(cast, outlet=paper, headline="甲", published_on=date(2026, 2, 3))
    make_placement(
        cast,
        outlet=station,
        headline="乙",
        published_on=date(2026, 3, 3),
        department=cast.pediatrics,
        credited=[cast.other_writer],
        state="verified",
        verified_by=cast.chief,
    )
    client = signed_in(cast.editor)

    def found(query: str) -> list[str]:
        return [row.headline for row in client.get(reverse("outlets:list") + query).context["page"].rows]

    assert found("") == ["乙", "甲"]
    assert found("?q=甲") == ["甲"]
    assert found("?q=孙悦") == ["乙"]
    assert found("?month=2026-02") == ["甲"]
    assert found("?month=202603") == ["乙"]
    assert found(f"?outlet={paper.pk}") == ["甲"]
    assert found("?level=county") == ["乙"]
    assert found("?medium=newspaper") == ["甲"]
    assert found("?state=verified") == ["乙"]
    assert found(f"?department={cast.pediatrics.pk}") == ["乙"]
    assert found("?month=2026-13") == []
    assert found("?outlet=x") == []
    assert found("?cursor=nonsense") == ["乙", "甲"]


def test_a_correspondent_sees_only_what_credits_them(cast: Cast) -> None:
    outlet = make_outlet()
    make_placement(cast, outlet=outlet, headline="我的")
    make_placement(
        cast, outlet=outlet, headline="别人的", department=cast.pediatrics, credited=[cast.other_writer]
    )
    page = signed_in(cast.writer).get(reverse("outlets:list"))
    assert [row.headline for row in page.context["page"].rows] == ["我的"]
    assert page.context["queue"] == []


def test_the_export_holds_exactly_the_rows_of_the_page(cast: Cast) -> None:
    outlet = make_outlet()
    make_placement(
        cast, outlet=outlet, headline="=cmd|'/C calc'!A1", published_on=date(2026, 2, 3), url="https://a.cn/1"
    )
    make_placement(
        cast,
        outlet=outlet,
        headline="三月的",
        published_on=date(2026, 3, 3),
        credited=[cast.writer, cast.head],
    )
    response = signed_in(cast.auditor).get(reverse("outlets:export") + "?month=2026-02")
    sheet = openpyxl.load_workbook(BytesIO(response.content)).active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert len(rows) == 1
    number, day, headline = rows[0][:3]
    assert (number, day.date(), headline) == (1, date(2026, 2, 3), "=cmd|'/C calc'!A1")
    assert sheet["C2"].data_type == "s"
    everything = signed_in(cast.auditor).get(reverse("outlets:export"))
    both = list(
        openpyxl.load_workbook(BytesIO(everything.content)).active.iter_rows(min_row=2, values_only=True)
    )
    assert [row[2] for row in both] == ["三月的", "=cmd|'/C calc'!A1"]
    assert both[0][8] == "李娜、王芳"
    assert AuditEvent.objects.filter(action="export").count() == 2


def fill(cast: Cast, count: int) -> None:
    outlet = make_outlet(f"媒体{count}")
    rows = Placement.objects.bulk_create(
        Placement(
            outlet=outlet,
            headline=f"第{number}篇",
            department=cast.nursing,
            published_on=date(2026, 3, 1),
            ym=202603,
            page="A1",
            logged_by=cast.chief,
        )
        for number in range(count)
    )
    Credit.objects.bulk_create(
        Credit(placement=row, person=person, department=cast.nursing, order=order)
        for row in rows
        for order, person in enumerate([cast.writer, cast.head])
    )


def cost(client: Client, url: str) -> tuple[int, int]:
    """Queries of a page after its first call: all of them, and those that speak of placements or outlets."""
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    ours = [query for query in captured if '"outlets_' in query["sql"]]
    return len(captured), len(ours)


@pytest.mark.parametrize(
    ("name", "who", "own"),
    [("list", "editor", 5), ("list", "auditor", 3), ("list", "writer", 3), ("outlet_list", "editor", 1)],
)
def test_a_list_costs_the_same_with_one_row_and_with_three_hundred(
    cast: Cast, name: str, who: str, own: int
) -> None:
    client = signed_in(cast.everybody()[who])
    fill(cast, 1)
    with_one = cost(client, reverse(f"outlets:{name}"))
    assert with_one[1] == own
    fill(cast, 300)
    assert cost(client, reverse(f"outlets:{name}")) == with_one


def test_choosing_a_piece_costs_the_same_with_one_and_with_thirty(cast: Cast) -> None:
    outlet = make_outlet()
    client = signed_in(cast.editor)
    costs = []
    for count in (1, 30):
        for number in range(count):
            piece = make_accepted(cast, title=f"{count}之{number}")
            make_placement(cast, outlet=outlet, submission=piece, headline=piece.title)
        costs.append(cost(client, reverse("outlets:new")))
    assert costs[0] == costs[1]
    assert costs[0][1] == 1


def test_an_outlet_in_use_is_not_deleted(cast: Cast) -> None:
    outlet = make_placement(cast).outlet
    client = signed_in(cast.editor)
    response = client.post(reverse("outlets:outlet_delete", args=[outlet.pk]), follow=True)
    assert outlet.name in response.content.decode()
    assert Outlet.objects.filter(pk=outlet.pk).exists()
    spare = make_outlet("空渠道")
    client.post(reverse("outlets:outlet_delete", args=[spare.pk]))
    assert not Outlet.objects.filter(pk=spare.pk).exists()
    assert AuditEvent.objects.filter(action="delete", object_label="空渠道").count() == 1


def test_keeping_outlets(cast: Cast) -> None:
    client = signed_in(cast.editor)
    data = {
        "name": " 州  广播电视台 ",
        "level": "prefecture",
        "medium": "television",
        "is_active": "on",
        "url": "zhoutv.example.cn",
    }
    assert client.post(reverse("outlets:outlet_new"), data).status_code == 302
    outlet = Outlet.objects.get(name="州 广播电视台")
    assert outlet.url == "https://zhoutv.example.cn/"
    again = client.post(reverse("outlets:outlet_new"), data)
    assert "name" in again.context["form"].errors
    edit = reverse("outlets:outlet_edit", args=[outlet.pk])
    client.post(edit, data | {"level": "province", "is_active": ""})
    outlet.refresh_from_db()
    assert (outlet.level, outlet.is_active) == ("province", False)


def test_level_and_medium_stay_once_placements_were_counted_by_them(cast: Cast) -> None:
    outlet = make_outlet("市日报")
    make_placement(cast, outlet=outlet, state="verified", verified_by=cast.chief)
    edit = reverse("outlets:outlet_edit", args=[outlet.pk])
    data = {"name": "市日报", "level": "national", "medium": "newspaper", "is_active": "on"}
    response = signed_in(cast.editor).post(edit, data)
    assert "level" in response.context["form"].errors
    outlet.refresh_from_db()
    assert outlet.level == "prefecture"
    renamed = data | {"level": "prefecture", "name": "市日报社"}
    assert signed_in(cast.editor).post(edit, renamed).status_code == 302


def test_a_deactivated_outlet_is_no_longer_offered(cast: Cast) -> None:
    outlet = make_outlet("停刊的报", is_active=False)
    piece = make_accepted(cast)
    url = reverse("outlets:new") + f"?submission={piece.pk}"
    client = signed_in(cast.editor)
    assert "停刊的报" not in client.get(url).content.decode()
    assert "outlet" in client.post(url, log_data(outlet)).context["form"].errors
