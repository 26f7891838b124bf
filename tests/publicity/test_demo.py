"""The demonstration hospital keeps every promise of the product, since it is the first thing anybody sees of it."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.test import override_settings
from openpyxl import load_workbook
from PIL import Image

from correspondents.models import Appointment, Authorship, Picture, Review, Revision, Submission
from correspondents.selectors import route_of
from hospital.models import Department, Notification, User
from hospital.states import Role
from media_outreach.outlets.models import Evidence, Outlet, Placement
from plans.models import Category, Delivery, Plan, QuotaItem
from plans.selectors import cell, matrix
from publicity.demo import loader, schedule
from publicity.demo.histories import LOCAL
from publicity.demo.people import LOGINS, PASSWORD, TABLE_UNITS
from rewards.models import Entry, Payout
from rewards.selectors import reconcile
from rewards.services import settle, settle_shortfalls
from tests.factories import make_department, make_user
from toolkit.models import AuditEvent, JobRun, OutboxMessage
from toolkit.richtext import clean_html

TODAY = date(2026, 11, 20)
END_OF_TODAY = datetime(2026, 11, 20, 23, 59, 59, tzinfo=LOCAL)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: Any, media: Path) -> Iterator[loader.Loaded]:
    """Loaded once for this module, and rolled back after it."""
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media), transaction.atomic():
        yield loader.load(today=TODAY)
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def own_media(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> None:
    """Tests of the loaded hospital read its files; the others have their own folder."""
    shared = "loaded" in request.fixturenames
    settings.MEDIA_ROOT = request.getfixturevalue("media") if shared else tmp_path / "media"


def test_its_size_is_what_the_issue_asks_for(loaded: loader.Loaded) -> None:
    assert 390 <= loaded.drafts <= 450
    assert 55 <= loaded.people <= 65
    assert len(TABLE_UNITS) == 25
    assert set(QuotaItem.objects.top().values_list("department__name", flat=True)) == {
        u.name for u in TABLE_UNITS
    }
    assert 15 <= Outlet.objects.count() <= 18
    assert Submission.objects.values("title").distinct().count() >= 300


def test_everybody_is_marked_invented_and_each_role_can_sign_in(loaded: loader.Loaded) -> None:
    assert not User.objects.filter(is_demo=False).exists()
    assert {role for role, _number in LOGINS} == set(Role)
    for role, number in LOGINS:
        person = User.objects.get(staff_no=number)
        assert person.has_role(role)
        assert person.check_password(PASSWORD)


@pytest.mark.parametrize("year", [2025, 2026])
def test_both_plans_hold_the_hospitals_own_table(loaded: loader.Loaded, year: int) -> None:
    plan = Plan.objects.in_force().get(year=year)
    info = plan.quotas.top().filter(category__name="信息")
    assert info.aggregate(sum=Sum("target"))["sum"] == 78
    assert plan.quotas.top().count() == 28
    assert set(plan.quotas.filter(parent__isnull=False).values_list("label", "target")) == {
        ("群众宣传活动", 5), ("新闻", 12), ("专题", 4),
    }  # fmt: skip
    assert plan.revisions.order_by("-number").first().approvals.get().verdict == "approve"


def test_drafts_stand_in_every_state_and_at_every_stage_today(loaded: loader.Loaded) -> None:
    states = set(Submission.objects.filter(created_at__year=2026).values_list("state", "stage"))
    assert states == {
        ("draft", ""), ("in_review", "head"), ("in_review", "supervisor"), ("in_review", "editor"), ("returned", ""),
        ("accepted", ""), ("declined", ""), ("withdrawn", ""),
    }  # fmt: skip
    settled = {"accepted", "declined", "withdrawn", "draft"}
    assert set(Submission.objects.filter(created_at__year=2025).values_list("state", flat=True)) <= settled


def test_reviews_follow_the_route_and_nobody_judges_twice_or_themselves(loaded: loader.Loaded) -> None:
    """三审三校: a wrong history here would teach people a wrong procedure."""
    drafts = Submission.objects.select_related("category", "department__head", "department__supervisor")
    for draft in drafts.prefetch_related("authorships", "reviews", "revisions"):
        route, reviews = route_of(draft), list(draft.reviews.all())
        by_text: dict[int, list[Review]] = {}
        for review in reviews:
            by_text.setdefault(review.revision_id, []).append(review)
        for text in by_text.values():
            assert [review.stage for review in text] == [stage.value for stage in route][: len(text)]
            assert len({review.by_id for review in text}) == len(text)
            assert not {review.by_id for review in text} & draft.author_ids
        assert bool(draft.submitted_at) == bool(draft.revisions.all())
        if draft.state == "accepted":
            assert (reviews[-1].stage, reviews[-1].verdict) == ("editor", "pass")
            assert draft.decided_at == reviews[-1].at


def test_the_working_text_of_a_submitted_piece_is_its_last_revision(loaded: loader.Loaded) -> None:
    for text in Revision.objects.select_related("submission"):
        assert text.sha256 == Revision.digest(text.title, text.body)
    for draft in Submission.objects.exclude(submitted_at=None).prefetch_related("revisions"):
        assert draft.current_revision().body == draft.body == clean_html(draft.body)


def test_texts_are_chinese_news_of_some_paragraphs_with_no_slot_left_open(loaded: loader.Loaded) -> None:
    for title, body in Submission.objects.values_list("title", "body"):
        assert 2 <= body.count("<p>") <= 5, title
        assert not re.search(r"[{}]", title + body), title
        assert not re.search(r"[A-Za-z]{4,}", title), title


def test_nobody_writes_for_a_department_they_do_not_belong_to(loaded: loader.Loaded) -> None:
    for draft in Submission.objects.select_related("created_by"):
        appointed = Appointment.objects.filter(
            person=draft.created_by, department=draft.department, starts_on__lte=draft.created_at
        )
        assert appointed.exists() or draft.created_by.department_id == draft.department_id
    assert not Authorship.objects.filter(submission__authorships=None).exists()


def test_a_delivery_stands_for_an_accepted_draft_a_verified_placement_or_the_offices_word(
    loaded: loader.Loaded,
) -> None:
    live = Delivery.objects.live()
    accepted = Submission.objects.accepted().values_list("pk", "category", "department")
    of_drafts = live.filter(source_kind="submission").values_list("source_id", "category", "department")
    assert sorted(of_drafts) == sorted(accepted)
    placed = set(live.filter(source_kind="placement").values_list("source_id", "category"))
    wanted = {
        (placement.pk, category.pk)
        for placement in Placement.objects.verified().select_related("outlet")
        for category in Category.objects.filter(counts="placed")
        if category.counts_placement_at(level=placement.outlet.level, medium=placement.outlet.medium)
    }
    assert placed == wanted
    assert set(live.filter(source_kind="manual").values_list("category__name", flat=True)) == {"微博"}
    assert not live.exclude(ym=F("happened_on__year") * 100 + F("happened_on__month")).exists()


@pytest.mark.parametrize("year", [2025, 2026])
def test_every_cell_of_the_matrix_equals_its_drill_down(loaded: loader.Loaded, year: int) -> None:
    counted = 0
    for category in Category.objects.active():
        for row in matrix(year=year, category=category, at=END_OF_TODAY).rows:
            for month, shown in enumerate(row.months, 1):
                pieces = cell(year=year, category=category, department=row.department, month=month)
                assert shown == len(pieces)
                counted += len(pieces)
    assert counted == Delivery.objects.live().of_year(year).count()


def test_some_departments_are_ahead_and_some_silent(loaded: loader.Loaded) -> None:
    delivered = Counter(
        Delivery.objects.live()
        .of_year(2026)
        .filter(category__name="信息")
        .values_list("department__name", flat=True)
    )
    targets = dict(
        QuotaItem.objects.top()
        .of_year(2026)
        .filter(category__name="信息")
        .values_list("department__name", "target")
    )
    assert sum(delivered[name] >= target for name, target in targets.items()) >= 6
    assert {name for name in targets if not delivered[name]} >= {"总务后勤科", "院感科", "婚保科", "影像科"}
    assert delivered["护理部"] < targets["护理部"]


def test_the_ledger_says_what_the_placements_call_for(loaded: loader.Loaded) -> None:
    """Settling anew finds nothing to add: the money shown is the money of the rules."""
    assert not settle(year=2025)
    assert not settle(year=2026)
    assert not settle_shortfalls(year=2025)
    assert {"rule", "no_rule", "exempt", "superseded", "shortfall"} <= set(
        Entry.objects.values_list("reason", flat=True)
    )


def test_each_sealed_batch_adds_up_in_ledger_lines_and_workbook(loaded: loader.Loaded) -> None:
    sealed = list(Payout.objects.sealed())
    assert [payout.ym_to for payout in sealed] == [202606, 202512, 202506]
    assert not Entry.objects.filter(ym__lte=202606, payout_link=None).exists()
    for payout in sealed:
        assert reconcile(payout).agrees
        entries = Entry.objects.filter(payout_link__payout=payout).aggregate(sum=Sum("amount_fen"))["sum"]
        assert entries == payout.lines.aggregate(sum=Sum("net_fen"))["sum"]
        with payout.workbook.file.open("rb") as stored:
            sheets = load_workbook(BytesIO(stored.read()), read_only=True).sheetnames
        assert len(sheets) >= 3
    assert Payout.objects.filter(state="draft").get().ym_to == 202610


def test_nothing_happens_after_today(loaded: loader.Loaded) -> None:
    moments = (
        (Submission, "created_at"), (Submission, "updated_at"), (Review, "at"), (Revision, "at"),
        (Placement, "logged_at"), (Placement, "verified_at"), (Evidence, "uploaded_at"), (Entry, "created_at"),
        (Delivery, "recorded_at"), (AuditEvent, "at"), (Notification, "created_at"), (Notification, "read_at"),
        (Payout, "sealed_at"), (JobRun, "finished_at"), (Plan, "approved_at"), (Picture, "uploaded_at"),
    )  # fmt: skip
    late = [
        f"{model.__name__}.{name}"
        for model, name in moments
        if model.objects.filter(**{f"{name}__gt": END_OF_TODAY})
    ]
    assert late == []
    for model, name in ((Submission, "event_on"), (Placement, "published_on"), (Delivery, "happened_on")):
        assert not model.objects.filter(**{f"{name}__gt": TODAY}).exists()


def test_nothing_of_a_draft_happens_before_it_was_begun(loaded: loader.Loaded) -> None:
    assert not Submission.objects.filter(
        Q(submitted_at__lt=F("created_at")) | Q(decided_at__lt=F("submitted_at"))
    ).exists()
    assert not Placement.objects.filter(published_on__lt=F("submission__created_at__date")).exists()
    assert not Placement.objects.filter(verified_at__lt=F("logged_at")).exists()


def test_a_verified_placement_has_a_link_or_a_proof_and_a_second_pair_of_eyes(loaded: loader.Loaded) -> None:
    verified = Placement.objects.verified().annotate(proofs=Count("evidence"))
    assert not verified.filter(url="", proofs=0).exists()
    assert not verified.filter(verified_by=F("logged_by")).exists()
    assert Placement.objects.to_verify().count() >= 5
    assert not Placement.objects.exclude(submission__state="accepted").exists()


def test_pictures_and_proofs_are_real_files(loaded: loader.Loaded) -> None:
    for name in [
        *Picture.objects.values_list("image", flat=True)[:10],
        *Evidence.objects.values_list("file", flat=True)[:10],
    ]:
        with default_storage.open(name) as file, Image.open(file) as image:
            assert image.format == "JPEG"
    assert default_storage.size(Picture.objects.first().image.name) < 60_000


def test_the_trail_is_in_order_and_nothing_waits_to_be_sent(loaded: loader.Loaded) -> None:
    """The first tick after loading must not send last year's news."""
    times = list(AuditEvent.objects.order_by("pk").values_list("at", flat=True))
    assert times == sorted(times)
    assert not OutboxMessage.objects.pending().exists()
    assert JobRun.objects.filter(kind="quota_reminder", period="202610", state="done").exists()
    assert Notification.objects.filter(key__startswith="notice:quota-reminder:202610:").exists()


def test_the_login_of_the_correspondent_has_something_to_do(loaded: loader.Loaded) -> None:
    nurse = User.objects.get(staff_no="1207")
    states = set(
        Submission.objects.filter(created_by=nurse, created_at__year=2026).values_list("state", flat=True)
    )
    assert {"returned", "draft", "in_review", "accepted"} <= states
    for _role, number in LOGINS[1:5]:
        assert Submission.objects.awaiting(User.objects.get(staff_no=number)).exists()


def test_the_same_day_and_seed_tell_the_same_stories() -> None:
    now = datetime(2026, 11, 20, 17, 30, tzinfo=LOCAL)
    assert schedule.all_pieces(random.Random(3), now) == schedule.all_pieces(random.Random(3), now)


@pytest.mark.django_db
def test_it_loads_at_new_year() -> None:
    """Hardly anything of this year has happened yet, and last year's second batch isn't sealed."""
    loader.load(today=date(2026, 1, 3))
    assert set(Plan.objects.in_force().values_list("year", flat=True)) == {2025, 2026}
    assert [payout.ym_to for payout in Payout.objects.all()] == [202506]
    assert all(reconcile(payout).agrees for payout in Payout.objects.all())


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2027, 7, 31), date(2028, 2, 29)])
def test_stories_are_told_on_any_day(day: date) -> None:
    now = datetime(day.year, day.month, day.day, 8, 0, tzinfo=LOCAL)
    for piece in schedule.all_pieces(random.Random(1), now):
        assert [piece.created_at, *(step.at for step in piece.steps), now] == sorted(
            [piece.created_at, *(step.at for step in piece.steps), now]
        )


@pytest.mark.django_db
def test_it_never_loads_over_real_data() -> None:
    make_department("HLB", "护理部")
    with pytest.raises(CommandError, match=r"不会载入|not loaded over"):
        call_command("demo", "load")
    call_command("demo", "load", "--if-empty")
    assert not User.objects.exists()


def test_one_real_person_protects_the_database_from_wiping(loaded: loader.Loaded) -> None:
    with transaction.atomic():
        make_user("9999", "真实员工")
        with pytest.raises(CommandError):
            call_command("demo", "wipe", "--yes")
        transaction.set_rollback(True)
    assert Submission.objects.exists()


def test_loading_it_twice_is_refused_with_a_sentence(loaded: loader.Loaded) -> None:
    with pytest.raises(CommandError):
        call_command("demo", "load")


def test_logins_name_one_person_per_role(loaded: loader.Loaded) -> None:
    out = StringIO()
    call_command("demo", "logins", stdout=out)
    lines = out.getvalue().splitlines()
    assert PASSWORD in lines[0]
    assert [line.split()[0] for line in lines[1:]] == [
        "1207",
        "1201",
        "0003",
        "0102",
        "0101",
        "0202",
        "0509",
        "0909",
        "0908",
    ]


def test_wiping_asks_first_and_takes_the_files_along(
    loaded: loader.Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last test of this module, since the files are gone after it."""
    names = list(Picture.objects.values_list("image", flat=True)[:3])
    monkeypatch.setattr("builtins.input", lambda _question: "no")
    call_command("demo", "wipe", stdout=StringIO())
    assert User.objects.exists()
    with transaction.atomic():
        call_command("demo", "wipe", "--yes", stdout=StringIO())
        assert not User.objects.exists()
        assert not Department.objects.exists()
        assert not any(default_storage.exists(name) for name in names)
        assert Category.objects.exists(), "an installation without categories can't take in a quota table"
        transaction.set_rollback(True)
