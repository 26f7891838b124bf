"""Passwords, the second factor, idle time-out, own sessions and bank cards."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from hospital.account import second_factor, sessions
from hospital.models import RecoveryCode, SecondFactor, SignIn, User
from tests.factories import PASSWORD, Cast
from toolkit.models import AuditEvent

pytestmark = pytest.mark.django_db
NEW = "Blue-Kettle-77"


def with_password(user: User) -> User:
    user.password = make_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


def sign_in(user: User, password: str = PASSWORD, **headers: Any) -> Client:
    client = Client(headers=headers)
    response = client.post("/login/", {"username": user.staff_no, "password": password})
    assert response.status_code == 302, response.content.decode()
    return client


def with_app(user: User) -> str:
    """Set up an app a minute ago; returns its secret."""
    secret = second_factor.begin(user=user).secret
    before = timezone.now() - timedelta(minutes=5)
    second_factor.confirm(user=user, code=pyotp.TOTP(secret).at(before), at=before)
    return str(secret)


def away(client: Client, minutes: int) -> None:
    session = client.session
    session[sessions.SEEN] -= minutes * 60
    session.save()


# --- passwords


@pytest.mark.parametrize(
    "password",
    [
        "Ab1-efgh",  # too short
        "onlysmallletters",
        "1234567890123",
        "abcdefgh12345",  # two classes
        "Aa1-Aa1-Aa1-",  # few different characters
        "Admin@123456",
        "P@ssw0rd2026",
        "Yiyuan-2026!",
        "Qwerty123456!",
        "0231-LiNa-lina",
    ],
)
def test_a_weak_password_is_refused(password: str) -> None:
    """Each of these is among the first that somebody would try."""
    with pytest.raises(ValidationError):
        validate_password(password, User(staff_no="0231-LiNa-lina", name="李娜"))


@pytest.mark.parametrize(
    "password", ["Blue-Kettle-77", "tulip9#Horizon", "the nurse waters tulips at dawn", "护士站的绿萝Tall7尺"]
)
def test_a_good_password_or_a_sentence_is_taken(password: str) -> None:
    validate_password(password, User(staff_no="0231", name="李娜"))


def test_a_first_password_opens_only_the_page_to_choose_an_own_one(cast: Cast) -> None:
    """Otherwise the password the administrator knows stays in use for years."""
    with_password(cast.writer)
    User.objects.filter(pk=cast.writer.pk).update(must_change_password=True)
    client = sign_in(cast.writer)
    for url in ("/", "/drafts/", "/account/", "/notifications/"):
        assert client.get(url)["Location"].startswith("/password/?next="), url
    assert "只能使用一次" in client.get("/password/").content.decode()
    same = {"old_password": PASSWORD, "new_password1": PASSWORD, "new_password2": PASSWORD}
    assert client.post("/password/", same).status_code == 200
    fields = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post("/password/", fields)["Location"] == "/password/done/"
    assert client.get("/").status_code == 200
    cast.writer.refresh_from_db()
    assert not cast.writer.must_change_password
    assert AuditEvent.objects.filter(action="change_password", actor=cast.writer).count() == 1


def test_an_htmx_request_behind_the_gate_leads_the_whole_page(cast: Cast) -> None:
    """Otherwise the password page would appear inside a table."""
    User.objects.filter(pk=cast.writer.pk).update(must_change_password=True)
    client = sign_in(with_password(cast.writer))
    response = client.get("/drafts/", headers={"HX-Request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (204, "/password/")


def test_an_old_password_is_changed_at_sign_in_and_never_in_the_middle(cast: Cast, settings: Any) -> None:
    with_password(cast.writer)
    User.objects.filter(pk=cast.writer.pk).update(password_changed_at=timezone.now() - timedelta(days=91))
    client = sign_in(cast.writer)
    assert client.get("/").status_code == 200
    settings.PASSWORD_MAX_DAYS = 90
    assert client.get("/").status_code == 200
    later = sign_in(cast.writer)
    assert later.get("/")["Location"].startswith("/password/")
    later.post("/password/", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert later.get("/").status_code == 200


# --- lockout


def test_the_right_password_waits_too_and_another_place_is_not_locked(cast: Cast) -> None:
    """The guesser must not learn that a guess was right; a colleague elsewhere must not be locked out by it."""
    with_password(cast.writer)
    client = Client()
    for _guess in range(5):
        client.post("/login/", {"username": "0231", "password": "wrong"})
    response = client.post("/login/", {"username": "0231", "password": PASSWORD})
    assert response.status_code == 429
    assert "尝试次数过多" in response.content.decode()
    elsewhere = Client(REMOTE_ADDR="127.0.0.9")
    assert elsewhere.post("/login/", {"username": "0231", "password": PASSWORD}).status_code == 302


# --- idle time-out


def test_away_too_long_signs_out_and_says_why(cast: Cast) -> None:
    client = sign_in(with_password(cast.writer))
    away(client, 29)
    assert client.get("/").status_code == 200
    away(client, 31)
    location = client.get("/drafts/")["Location"]
    assert location == "/login/?next=/drafts/&why=idle"
    assert "离开" in client.get(location).content.decode()
    assert AuditEvent.objects.filter(action="sign_out", actor=cast.writer).count() == 1


def test_a_form_sent_after_the_time_out_is_kept_for_its_writer(cast: Cast) -> None:
    """A nurse answers a bell in mid-sentence; half an hour's writing must not be gone, even without scripts."""
    client = sign_in(with_password(cast.writer))
    away(client, 31)
    text = {"title": "护理部开展义诊", "body": "第一行\r\n第二行", "csrfmiddlewaretoken": "x"}
    response = client.post("/drafts/new/", text, headers={"Accept": "text/html"})
    assert response["Location"].startswith("/login/?next=%2Faccount%2Fheld%2F")
    assert "已为您保留" in client.get(response["Location"]).content.decode()
    again = client.post(
        response["Location"], {"username": "0231", "password": PASSWORD, "next": "/account/held/"}
    )
    assert again["Location"] == "/account/held/"
    page = client.get("/account/held/").content.decode()
    assert 'action="/drafts/new/"' in page
    assert "第二行" in page
    assert 'name="csrfmiddlewaretoken" hidden' not in page
    client.post("/account/held/")
    assert client.get("/account/held/")["Location"] == "/"


def test_a_kept_form_is_shown_to_nobody_else(cast: Cast) -> None:
    """On the ward's shared computer the next person signs in."""
    with_password(cast.other_writer)
    client = sign_in(with_password(cast.writer))
    away(client, 31)
    client.post("/drafts/new/", {"body": "没写完"}, headers={"Accept": "text/html"})
    client.post("/login/", {"username": cast.other_writer.staff_no, "password": PASSWORD})
    response = client.get("/account/held/")
    assert (response.status_code, response["Location"]) == (302, "/")


def test_a_foreign_form_is_never_kept(cast: Cast) -> None:
    """Otherwise another site could leave a form for the person to send after signing in."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.writer, backend="django.contrib.auth.backends.ModelBackend")
    away(client, 31)
    assert client.post("/drafts/new/", {"body": "x"}, headers={"Accept": "text/html"}).status_code == 403
    assert "held_form" not in client.session


def test_a_script_that_saves_is_told_to_sign_in(cast: Cast) -> None:
    """The writing form keeps its copy on the device when the answer is 401."""
    client = sign_in(with_password(cast.writer))
    away(client, 31)
    response = client.post("/drafts/autosave/", {"body": "x"}, headers={"Sec-Fetch-Mode": "cors"})
    assert response.status_code == 401
    assert response["Content-Type"] == "application/json"


# --- second factor


def test_the_app_is_set_up_with_a_first_code(cast: Cast) -> None:
    client = sign_in(with_password(cast.finance))
    page = client.get("/account/app/").content.decode()
    secret = SecondFactor.objects.get(user=cast.finance).secret
    assert secret[:4] in page
    assert client.get("/account/app/qr.svg")["Content-Type"] == "image/svg+xml"
    assert client.post("/account/app/", {"code": "000000"}).status_code == 200
    assert second_factor.confirmed(cast.finance) is None
    page = client.post("/account/app/", {"code": pyotp.TOTP(secret).now()}).content.decode()
    assert len(re.findall(r"<li>[a-z2-9]{4}(-[a-z2-9]{4}){3}</li>", page)) == 10
    assert client.get("/account/app/qr.svg").status_code == 403
    assert client.get("/").status_code == 302  # finance's first page, no gate
    assert client.get("/rewards/payouts/").status_code == 200


def test_a_stolen_password_alone_opens_nothing(cast: Cast) -> None:
    secret = with_app(with_password(cast.finance))
    client = sign_in(cast.finance)
    for url in (
        "/",
        "/rewards/payouts/",
        "/account/",
        "/password/",
        "/account/app/",
        "/account/app/qr.svg",
        "/cards/",
    ):
        assert client.get(url)["Location"].startswith("/account/code/"), url
    assert client.post("/account/sessions/end/")["Location"].startswith("/account/code/")
    before = client.session.session_key
    response = client.post("/account/code/", {"code": pyotp.TOTP(secret).now(), "next": "/cards/"})
    assert response["Location"] == "/cards/"
    assert client.get("/cards/").status_code == 200
    assert client.session.session_key != before
    assert SignIn.objects.get(user=cast.finance).session_key == client.session.session_key


def test_the_next_page_after_the_code_is_ours(cast: Cast) -> None:
    secret = with_app(with_password(cast.finance))
    client = sign_in(cast.finance)
    response = client.post("/account/code/", {"code": pyotp.TOTP(secret).now(), "next": "//evil.invalid/"})
    assert response["Location"] == "/"


def test_a_code_opens_once(cast: Cast) -> None:
    """Somebody looking over the shoulder has half a minute."""
    secret = with_app(cast.finance)
    code = pyotp.TOTP(secret).now()
    second_factor.check(user=cast.finance, code=code)
    with pytest.raises(ValidationError):
        second_factor.check(user=cast.finance, code=code)


def test_a_recovery_code_opens_once(cast: Cast) -> None:
    with_app(cast.finance)
    codes = second_factor.codes_renew(user=cast.finance)
    second_factor.check(user=cast.finance, code=codes[0].upper())
    assert second_factor.codes_left(cast.finance) == 9
    with pytest.raises(ValidationError):
        second_factor.check(user=cast.finance, code=codes[0])
    assert not RecoveryCode.objects.filter(digest__contains=codes[1][:4]).exists()


def test_guessing_codes_is_paused_wherever_it_comes_from(cast: Cast) -> None:
    secret = with_app(with_password(cast.finance))
    for number in range(5):
        client = sign_in(cast.finance)
        assert client.post("/account/code/", {"code": f"00000{number}"}).status_code == 200
    right = pyotp.TOTP(secret)
    with pytest.raises(ValidationError, match="一刻钟"):
        second_factor.check(user=cast.finance, code=right.now())
    later = timezone.now() + timedelta(minutes=16)
    second_factor.check(user=cast.finance, code=right.at(later), at=later)
    assert AuditEvent.objects.filter(action="second_factor_failed").count() == 5


@pytest.mark.parametrize(
    ("name", "asked"),
    [("finance", True), ("chief", True), ("administrator", True), ("writer", False), ("editor", False)],
)
def test_who_must_have_an_app_sets_it_up_first(cast: Cast, settings: Any, name: str, asked: bool) -> None:
    settings.REQUIRE_TOTP = True
    client = sign_in(with_password(getattr(cast, name)))
    response = client.get("/notifications/")
    assert (response.status_code == 302) is asked
    if asked:
        assert response["Location"].startswith("/account/app/")
        assert client.get("/account/app/").status_code == 200


def test_taking_the_app_away_needs_a_code(cast: Cast) -> None:
    secret = with_app(cast.finance)
    client = Client()
    client.force_login(cast.finance, backend="django.contrib.auth.backends.ModelBackend")
    now = timezone.now()
    client.post("/account/code/", {"code": pyotp.TOTP(secret).at(now - timedelta(seconds=30))})
    client.post("/account/app/off/", {"code": "123456"})
    assert second_factor.confirmed(cast.finance)
    client.post("/account/app/off/", {"code": pyotp.TOTP(secret).at(now)})
    assert second_factor.confirmed(cast.finance) is None
    assert not RecoveryCode.objects.filter(user=cast.finance).exists()


def test_the_secret_is_unreadable_in_the_database(cast: Cast) -> None:
    secret = with_app(cast.finance)
    assert secret not in SecondFactor.objects.values_list("secret", flat=True).get()


# --- sessions


def test_one_sees_ones_own_browsers_and_signs_one_out(cast: Cast) -> None:
    desk = sign_in(
        with_password(cast.writer), **{"User-Agent": "Mozilla/5.0 (Windows NT 6.1) Chrome/109.0 Safari"}
    )
    phone = sign_in(
        cast.writer, **{"User-Agent": "Mozilla/5.0 (Linux; Android 12) MicroMessenger/8.0 Chrome"}
    )
    page = desk.get("/account/").content.decode()
    assert "Chrome · Windows" in page
    assert "微信 · Android" in page
    row = SignIn.objects.get(session_key=phone.session.session_key)
    stranger = sign_in(with_password(cast.other_writer))
    stranger.post(f"/account/sessions/{row.pk}/end/")
    assert phone.get("/").status_code == 200
    desk.post(f"/account/sessions/{row.pk}/end/")
    assert phone.get("/")["Location"].startswith("/login/")
    assert desk.get("/").status_code == 200


def test_sign_out_everywhere_means_everywhere(cast: Cast) -> None:
    with_password(cast.writer)
    clients = [sign_in(cast.writer) for _ in range(3)]
    assert clients[0].post("/account/sessions/end/")["Location"] == "/login/"
    for client in clients:
        assert client.get("/")["Location"].startswith("/login/")
    assert not SignIn.objects.filter(user=cast.writer).exists()


def test_a_new_password_signs_out_every_other_browser(cast: Cast) -> None:
    """Whoever stole the old one must be out."""
    mine, other = sign_in(with_password(cast.writer)), sign_in(cast.writer)
    mine.post("/password/", {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW})
    assert other.get("/")["Location"].startswith("/login/")
    assert mine.get("/account/").status_code == 200
    assert [one.session_key for one in sessions.living(cast.writer)] == [mine.session.session_key]


def test_the_account_page_costs_the_same_with_many_browsers(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    client = sign_in(with_password(cast.writer))
    client.get("/account/")
    with django_assert_num_queries(9):
        client.get("/account/")
    for _ in range(6):
        sign_in(cast.writer)
    with django_assert_num_queries(9):
        assert client.get("/account/").content.decode().count("/end/") == 7


def test_a_page_costs_nothing_more_for_being_watched(cast: Cast, django_assert_num_queries: Any) -> None:
    """The time-out and the gates live in the session: no query of their own within a minute."""
    client = sign_in(with_password(cast.writer))
    client.get("/notifications/")
    with django_assert_num_queries(6):
        client.get("/notifications/")


def test_sessions_that_ended_by_themselves_are_forgotten(cast: Cast) -> None:
    """Otherwise the table of sessions grows for years."""
    gone, open_ = sign_in(with_password(cast.writer)), sign_in(cast.writer)
    Session.objects.filter(pk=gone.session.session_key).update(expire_date=timezone.now())
    SignIn.objects.update(seen_at=timezone.now() - timedelta(hours=13))
    assert sessions.tidy() == 1
    assert [row.session_key for row in SignIn.objects.all()] == [open_.session.session_key]


# --- bank cards

CARD = "6222020200012345678"


def test_a_card_is_masked_and_each_full_reading_is_on_record(cast: Cast) -> None:
    writer = sign_in(with_password(cast.writer))
    writer.post("/account/card/", {"bank_card": "6222 0202 0001 2345 678"})
    cast.writer.refresh_from_db()
    assert cast.writer.bank_card == CARD
    assert CARD not in writer.get("/account/").content.decode()
    finance = sign_in(with_password(cast.finance))
    page = finance.get("/cards/").content.decode()
    assert "**** **** 5678" in page
    assert "6222" not in page
    assert "6222 0202 0001 2345 678" in finance.post(f"/cards/{cast.writer.pk}/read/").content.decode()
    event = AuditEvent.objects.get(action="read_bank_card")
    assert (event.actor, event.object_id) == (cast.finance, str(cast.writer.pk))
    assert CARD not in str(list(AuditEvent.objects.values_list("changes", flat=True)))


@pytest.mark.parametrize("name", ["writer", "editor", "chief", "leader", "auditor", "administrator"])
def test_nobody_but_finance_reads_cards(cast: Cast, name: str) -> None:
    client = Client()
    client.force_login(getattr(cast, name), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/cards/").status_code == 403
    assert client.post(f"/cards/{cast.head.pk}/read/").status_code == 403
    assert client.post(f"/cards/{cast.head.pk}/", {"bank_card": CARD}).status_code == 403


@pytest.mark.parametrize("text", ["123", "6222-abcd-0001", "１２３４５６７８９０１２３", "1" * 24])
def test_what_is_no_card_number_is_refused_in_words(cast: Cast, text: str) -> None:
    client = sign_in(with_password(cast.writer))
    page = client.post("/account/card/", {"bank_card": text}, follow=True).content.decode()
    assert "12" in page
    assert 'role="alert"' in page
    cast.writer.refresh_from_db()
    assert cast.writer.bank_card == ""


def test_the_list_of_cards_costs_the_same_with_many_people(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    client = sign_in(with_password(cast.finance))
    client.get("/cards/")
    with django_assert_num_queries(5):
        client.get("/cards/")
    User.objects.bulk_create(
        [User(staff_no=f"7{number:03}", name=f"员工{number}", bank_card=CARD) for number in range(60)]
    )
    with django_assert_num_queries(5):
        client.get("/cards/")
