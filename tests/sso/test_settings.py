"""A wrong setting refuses to start and says which, instead of a door that is open or never opens."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from publicity import environment, sso

OIDC = {name: f"https://id.hospital.test/{name.lower()}" for name in sso.OIDC}
LDAP = {
    "LDAP_URL": "ldap://directory.hospital.test",
    "LDAP_SEARCH_BASE": "dc=hospital,dc=test",
    "LDAP_BIND_TEMPLATE": "uid={staff_no},dc=hospital,dc=test",
}


# ldap3 is no longer kept in step with the newest pyasn1; what it warns of still works.
pytestmark = pytest.mark.filterwarnings("ignore:.* is deprecated:DeprecationWarning:ldap3.*")


def configured(monkeypatch: pytest.MonkeyPatch, *, production: bool = True, **values: str) -> list[str]:
    for name in [*OIDC, *LDAP, "CAS_URL", "CAS_VERSION", "LDAP_START_TLS", "LDAP_CA_FILE"]:
        monkeypatch.delenv(name, raising=False)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    backends: list[str] = []
    sso.settings_from(apps=[], backends=backends, production=production)
    return backends


def test_without_a_service_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert configured(monkeypatch) == []


def test_whole_settings_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    found = configured(monkeypatch, **OIDC, **LDAP, CAS_URL="https://cas.hospital.test/cas")
    assert len(found) == 3
    assert len(configured(monkeypatch, **{**LDAP, "LDAP_URL": "ldaps://directory.hospital.test"})) == 1


@pytest.mark.parametrize("missing", [name for name in OIDC if name != "OIDC_ISSUER"])
def test_half_an_oidc_service_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=missing):
        configured(monkeypatch, **{**OIDC, missing: ""})


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({**OIDC, "OIDC_TOKEN_URL": "http://id.hospital.test/token"}, "OIDC_TOKEN_URL"),
        ({"CAS_URL": "http://cas.hospital.test/"}, "CAS_URL"),
        ({"CAS_URL": "https://cas.hospital.test/", "CAS_VERSION": "1"}, "CAS_VERSION"),
        ({**LDAP, "LDAP_URL": "directory"}, "LDAP_URL"),
        ({**LDAP, "LDAP_START_TLS": "false"}, "LDAP_URL"),
        ({**LDAP, "LDAP_BIND_TEMPLATE": "uid=admin"}, "LDAP_BIND_TEMPLATE"),
        ({**LDAP, "LDAP_SEARCH_BASE": ""}, "LDAP_SEARCH_BASE"),
    ],
)
def test_what_would_be_unsafe_or_unreadable_is_named(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], name: str
) -> None:
    """Unencrypted, anybody on the hospital's network could read passwords or sign in as anybody."""
    with pytest.raises(ImproperlyConfigured, match=name):
        configured(monkeypatch, **values)


def test_a_field_key_is_made_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second start with another key would make every phone unreadable."""
    monkeypatch.delenv("FIELD_KEYS", raising=False)
    _texts, path = environment.field_keys("FIELD_KEYS", folder=tmp_path)
    first = path.read_text()
    environment.field_keys("FIELD_KEYS", folder=tmp_path)
    assert path.read_text() == first
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["short", "not base64 at all !", "A" * 43])
def test_a_broken_field_key_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("FIELD_KEYS", text)
    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS"):
        environment.field_keys("FIELD_KEYS", folder=tmp_path)
