"""Signing in and out, the admin's frame, and the pages a person sees when something is wrong."""

import pytest
from django.contrib.auth.hashers import make_password
from django.test import Client

from tests.browsers import Browse, axe, no_sideways_scroll, shot
from tests.factories import PASSWORD, Cast

pytestmark = pytest.mark.django_db


def with_password(cast: Cast) -> Cast:
    cast.writer.password = make_password(PASSWORD)
    cast.writer.save(update_fields=["password"])
    return cast


def test_a_wrong_password_gets_a_chinese_sentence_and_keeps_the_staff_number(
    client: Client, cast: Cast
) -> None:
    """Otherwise a correspondent sees English, or types everything anew."""
    response = client.post("/login/", {"username": "0231", "password": "wrong"})
    page = response.content.decode()
    assert 'role="alert"' in page
    assert "工号或密码" in page
    assert 'value="0231"' in page


def test_signing_in_leads_to_the_page_asked_for(client: Client, cast: Cast) -> None:
    with_password(cast)
    response = client.post(
        "/login/?next=/password/", {"username": "0231", "password": PASSWORD, "next": "/password/"}
    )
    assert response.status_code == 302
    assert response["Location"] == "/password/"


def test_signing_in_never_leads_to_another_site(client: Client, cast: Cast) -> None:
    with_password(cast)
    response = client.post("/login/", {"username": "0231", "password": PASSWORD, "next": "//evil.invalid/"})
    assert response["Location"] == "/"


def test_a_sixth_guess_is_told_to_wait(client: Client, cast: Cast) -> None:
    """Otherwise passwords can be guessed all night."""
    for _guess in range(5):
        response = client.post("/login/", {"username": "0231", "password": "wrong"})
    assert response.status_code == 429
    assert "尝试次数过多" in response.content.decode()


def test_signing_out_is_a_post(client: Client, cast: Cast) -> None:
    """Otherwise a picture in a draft could sign its reader out."""
    client.force_login(cast.writer, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/login/"


def test_a_page_that_is_not_there_says_so_in_chinese(client: Client, cast: Cast) -> None:
    response = client.get("/no-such-page/")
    assert response.status_code == 404
    assert "页面不存在" in response.content.decode()


def test_a_form_from_a_stale_page_is_explained(cast: Cast) -> None:
    response = Client(enforce_csrf_checks=True).post("/login/", {"username": "0231", "password": "x"})
    assert response.status_code == 403
    assert "页面停留时间过长" in response.content.decode()


def test_the_admin_shows_the_way_back(client: Client, cast: Cast) -> None:
    """A leader who came to approve a plan must find the workbench again."""
    client.force_login(cast.administrator, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/admin/").content.decode()
    assert "返回工作台" in page
    assert "css/admin.css" in page


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [1360, 390])
def test_signing_in_and_changing_the_password_in_a_browser(
    browse: Browse, transactional_db: None, cast: Cast, width: int
) -> None:
    with_password(cast)
    page = browse(width=width)
    page.goto("/password/")
    axe(page)
    no_sideways_scroll(page)
    shot(page, f"login-{width}")
    page.get_by_label("工号").fill("0231")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.get_by_label("旧密码").fill(PASSWORD)
    page.locator("[name=new_password1]").fill("Blue-Kettle-77")
    page.locator("[name=new_password2]").fill("Blue-Kettle-77")
    axe(page)
    no_sideways_scroll(page)
    page.get_by_role("button", name="修改密码").click()
    page.get_by_role("heading", name="密码已修改").wait_for()
    shot(page, f"password-{width}")
