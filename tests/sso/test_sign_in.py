"""Single sign-on against real servers: an OIDC provider, a CAS server and OpenLDAP; the product runs with its own
settings as a process of its own, and a browser-like client walks the redirects.
"""

from __future__ import annotations

import html
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings

from tests.sso import directory
from tests.waiting import eventually

PEOPLE = """
from hospital.models import RoleGrant, User
for number, name, active in (("0231", "李娜", True), ("0232", "离职者", False)):
    person = User(staff_no=number, name=name, is_active=active)
    person.set_unusable_password()
    person.save()
    RoleGrant.objects.create(user=person, role="correspondent")
"""
CAS_PASSWORD = "Cas-Tulip-2026"


@dataclass(frozen=True)
class Site:
    """The running product, and how to look into its database."""

    url: str
    environment: dict[str, str]

    def ask(self, code: str) -> str:
        command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code]
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout.strip()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The product and the three identity services; 0231 is known to all, 9999 to the services only."""
    folder = tmp_path_factory.mktemp("sso")
    oidc, cas, ldap, web = (free_port() for _ in range(4))
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
    }
    environment |= {
        "PUBLICITY_VAR": str(folder / "var"),
        "PUBLICITY_NO_DOTENV": "1",
        "OIDC_ISSUER": f"http://127.0.0.1:{oidc}",
        "OIDC_AUTHORIZATION_URL": f"http://127.0.0.1:{oidc}/oauth2/authorize",
        "OIDC_TOKEN_URL": f"http://127.0.0.1:{oidc}/oauth2/token",
        "OIDC_USER_URL": f"http://127.0.0.1:{oidc}/userinfo",
        "OIDC_JWKS_URL": f"http://127.0.0.1:{oidc}/jwks",
        "OIDC_CLIENT_ID": "publicity",
        "OIDC_CLIENT_SECRET": "secret-of-the-test",
        "OIDC_VERIFY_KID": "false",
        "CAS_URL": f"http://127.0.0.1:{cas}/cas/",
        "LDAP_URL": f"ldap://127.0.0.1:{ldap}",
        "LDAP_SEARCH_BASE": directory.BASE,
        "LDAP_BIND_TEMPLATE": "uid={staff_no}," + directory.BASE,
        "LDAP_CA_FILE": str(folder / "ldap" / "ca.pem"),
        "NO_PROXY": "*",
    }
    made = Site(f"http://127.0.0.1:{web}", environment)
    python, log = sys.executable, (folder / "log").open("wb")
    common: dict[str, Any] = {
        "cwd": settings.BASE_DIR,
        "env": environment,
        "stdin": subprocess.DEVNULL,
        "stdout": log,
        "stderr": subprocess.STDOUT,
        "start_new_session": True,
    }
    subprocess.run([python, "manage.py", "migrate", "--verbosity", "0"], check=True, **common)
    made.ask(PEOPLE)
    users = [
        json.dumps({"sub": f"u{number}", "preferred_username": number}) for number in ("0231", "0232", "9999")
    ]
    claims = [part for user in users for part in ("--user-claims", user)]
    processes = [
        subprocess.Popen([python, "-m", "oidc_provider_mock", "--port", str(oidc), *claims], **common),
        subprocess.Popen([python, "-m", "tests.sso.cas_server", str(folder), str(cas)], **common),
        subprocess.Popen(
            [python, "-m", "gunicorn", "publicity.wsgi", "--bind", f"127.0.0.1:{web}", "--threads", "4"],
            **common,
        ),
        directory.start(folder / "ldap", ldap, ("0231", "0232", "9999")),
    ]
    try:
        for port in (oidc, cas, web, ldap):
            eventually(
                lambda port=port: answers(port),
                what=f"port {port} answers: {(folder / 'log').read_text()[-3000:]}",
            )
        yield made
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(20)
        log.close()


@pytest.fixture
def visitor() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Accept"] = "text/html"
        yield session


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    fields = re.findall(r'<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?', page)
    return {name: html.unescape(value) for name, value in fields}


def through_oidc(
    site: Site, visitor: requests.Session, sub: str, next_page: str = "/drafts/"
) -> requests.Response:
    asked = visitor.get(f"{site.url}/sso/oidc/authenticate/", params={"next": next_page}, timeout=20)
    assert asked.url.startswith(site.environment["OIDC_ISSUER"]), asked.text[:500]
    return visitor.post(asked.url, data={"sub": sub}, timeout=20)


def through_cas(
    site: Site, visitor: requests.Session, name: str, next_page: str = "/drafts/"
) -> requests.Response:
    asked = visitor.get(f"{site.url}/sso/cas/", params={"next": next_page}, timeout=20)
    assert asked.url.startswith(site.environment["CAS_URL"]), asked.text[:500]
    data = {**hidden(asked.text), "username": name, "password": CAS_PASSWORD}
    return visitor.post(asked.url, data=data, timeout=20)


def with_password(site: Site, visitor: requests.Session, name: str, password: str) -> requests.Response:
    page = visitor.get(f"{site.url}/login/?next=/drafts/", timeout=20)
    data = {**hidden(page.text), "username": name, "password": password, "next": "/drafts/"}
    return visitor.post(f"{site.url}/login/", data=data, timeout=20)


pytestmark = pytest.mark.ldap


def test_the_sign_in_page_offers_the_services(site: Site, visitor: requests.Session) -> None:
    page = visitor.get(f"{site.url}/login/", timeout=20).text
    assert 'href="/sso/oidc/authenticate/"' in page
    assert 'href="/sso/cas/"' in page


def test_oidc_signs_a_known_person_in(site: Site, visitor: requests.Session) -> None:
    arrived = through_oidc(site, visitor, "u0231")
    assert (arrived.status_code, arrived.url) == (200, f"{site.url}/drafts/")
    assert "李娜" in visitor.get(f"{site.url}/account/", timeout=20).text


def test_cas_signs_a_known_person_in(site: Site, visitor: requests.Session) -> None:
    arrived = through_cas(site, visitor, "0231")
    assert (arrived.status_code, arrived.url) == (200, f"{site.url}/drafts/")
    assert "统一身份认证管理" in visitor.get(f"{site.url}/account/", timeout=20).text


def test_the_directory_signs_a_known_person_in(site: Site, visitor: requests.Session) -> None:
    """The server refuses passwords without encryption, so this also proves STARTTLS and its certificate."""
    arrived = with_password(site, visitor, "0231", directory.PASSWORD)
    assert (arrived.status_code, arrived.url) == (200, f"{site.url}/drafts/")


@pytest.mark.parametrize("number", ["9999", "0232"])
@pytest.mark.parametrize("service", ["oidc", "cas"])
def test_who_is_not_on_our_list_is_turned_away_in_words(
    site: Site, visitor: requests.Session, service: str, number: str
) -> None:
    """9999 works elsewhere in the hospital, 0232 has left: neither gets an account by signing in."""
    walk = through_oidc if service == "oidc" else through_cas
    arrived = walk(site, visitor, f"u{number}" if service == "oidc" else number)
    assert arrived.url == f"{site.url}/login/?why=unknown"
    assert "没有您工号的有效账号" in arrived.text
    assert visitor.get(f"{site.url}/account/", timeout=20).url.startswith(f"{site.url}/login/")
    assert site.ask("from hospital.models import User; print(User.objects.count())") == "2"


@pytest.mark.parametrize(
    ("number", "password"),
    [
        ("0231", "wrong"),
        ("0232", directory.PASSWORD),
        ("9999", directory.PASSWORD),
        ("*", directory.PASSWORD),
        ("0231)(uid=*", directory.PASSWORD),
    ],
)
def test_the_directory_turns_others_away(
    site: Site, visitor: requests.Session, number: str, password: str
) -> None:
    arrived = with_password(site, visitor, number, password)
    assert "工号或密码" in arrived.text
    assert site.ask("from hospital.models import User; print(User.objects.count())") == "2"


def test_an_unknown_person_at_the_service_locks_nobody_out(site: Site, visitor: requests.Session) -> None:
    """A whole hospital comes from one address; six strangers at the CAS server must not close the door for all."""
    for _try in range(6):
        with requests.Session() as stranger:
            stranger.trust_env = False
            through_cas(site, stranger, "9999")
    assert through_cas(site, visitor, "0231").url == f"{site.url}/drafts/"


@pytest.mark.parametrize("walk", [through_oidc, through_cas])
def test_no_service_leads_to_another_site(site: Site, visitor: requests.Session, walk: Any) -> None:
    who = "u0231" if walk is through_oidc else "0231"
    assert walk(site, visitor, who, "//evil.invalid/").url == f"{site.url}/"


def test_a_made_up_ticket_and_a_made_up_code_open_nothing(site: Site, visitor: requests.Session) -> None:
    assert visitor.get(f"{site.url}/sso/cas/?ticket=ST-forged", timeout=20).url.endswith(
        "/login/?why=unknown"
    )
    forged = f"{site.url}/sso/oidc/callback/?code=x&state=y"
    assert "/login/?why=" in visitor.get(forged, timeout=20).url
    visitor.get(f"{site.url}/sso/oidc/authenticate/", timeout=20)
    assert visitor.get(forged, timeout=20).url.endswith("/login/?why=service")


def test_a_token_for_another_program_is_refused(site: Site) -> None:
    """The library checks the signature only: another program's token of the same service would open ours."""
    code = """
import jwt, time
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from hospital.account.sso_oidc import StaffBackend
settings.OIDC_RP_SIGN_ALGO = "HS256"
def answer(**changes):
    claims = {"sub": "u0231", "aud": "publicity", "iss": settings.OIDC_ISSUER, "exp": time.time() + 60, "nonce": "n"}
    token = jwt.encode({**claims, **changes}, settings.OIDC_RP_CLIENT_SECRET * 3, algorithm="HS256")
    backend = StaffBackend()
    backend.OIDC_RP_CLIENT_SECRET *= 3
    try:
        return backend.verify_token(token, nonce="n")["sub"]
    except (SuspiciousOperation, jwt.PyJWTError) as error:
        return type(error).__name__
print(answer(), answer(aud="other"), answer(iss="http://other.invalid"), answer(nonce="m"), answer(exp=1))
"""
    assert site.ask(code).split() == ["u0231", *["SuspiciousOperation"] * 3, "ExpiredSignatureError"]


def test_passwords_never_reach_a_directory_with_a_foreign_certificate(site: Site, tmp_path: Path) -> None:
    """Somebody between us and the directory must not read passwords."""
    directory.certificate(tmp_path)
    other = Site(site.url, {**site.environment, "LDAP_CA_FILE": str(tmp_path / "ca.pem")})
    code = "from hospital.account.sso_ldap import StaffBackend as Directory; "
    code += f"print(Directory().authenticate(None, '0231', '{directory.PASSWORD}'))"
    assert site.ask(code) == "李娜"
    assert other.ask(code) == "None"


def test_a_directory_that_is_away_is_no_error_page(site: Site) -> None:
    away = Site(site.url, {**site.environment, "LDAP_URL": f"ldap://127.0.0.1:{free_port()}"})
    code = "from hospital.account.sso_ldap import StaffBackend as Directory; "
    assert away.ask(code + "print(Directory().authenticate(None, '0231', 'any'))") == "None"
