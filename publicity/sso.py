"""The hospital's own identity service as another way of signing in: OIDC, CAS, LDAP, each by its environment variables.

People and roles stay the administrator's: nobody is created by signing in, an unknown staff number is turned away.
The libraries are in requirements-sso.txt. docs/signing-in.md explains each name.
"""

from __future__ import annotations

import os
import ssl
from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, include, path
from django.utils.translation import gettext_lazy as _

from publicity import environment

OIDC = (
    "OIDC_ISSUER",
    "OIDC_AUTHORIZATION_URL",
    "OIDC_TOKEN_URL",
    "OIDC_USER_URL",
    "OIDC_JWKS_URL",
    "OIDC_CLIENT_ID",
)


def settings_from(*, apps: list[str], backends: list[str], production: bool) -> dict[str, Any]:
    """Settings to add; empty when the environment names no identity service."""
    found: dict[str, Any] = {"SSO_BUTTONS": [], "SSO_URLS": []}
    for wanted, library, configure in (
        ("OIDC_ISSUER", "mozilla_django_oidc", _oidc),
        ("CAS_URL", "django_cas_ng", _cas),
        ("LDAP_URL", "django_python3_ldap", _ldap),
    ):
        if not os.environ.get(wanted):
            continue
        if find_spec(library) is None:
            raise ImproperlyConfigured(
                f"{wanted} is set, but {library} isn't installed: pip install -r requirements-sso.txt"
            )
        configure(found, apps, backends, production)
    return found


def _oidc(found: dict[str, Any], apps: list[str], backends: list[str], production: bool) -> None:
    backends.append("hospital.account.sso_oidc.StaffBackend")
    found["SSO_BUTTONS"].append(
        ("oidc_authentication_init", _("Sign in with the hospital's identity service"))
    )
    found["SSO_URLS"].append("oidc")
    issuer, authorize, token, user, keys, client = (_address(name, production) for name in OIDC)
    found |= {
        "OIDC_ISSUER": issuer,
        "OIDC_OP_AUTHORIZATION_ENDPOINT": authorize,
        "OIDC_OP_TOKEN_ENDPOINT": token,
        "OIDC_OP_USER_ENDPOINT": user,
        "OIDC_OP_JWKS_ENDPOINT": keys,
        "OIDC_RP_CLIENT_ID": client,
        "OIDC_RP_CLIENT_SECRET": os.environ.get("OIDC_CLIENT_SECRET", ""),
        "OIDC_RP_SIGN_ALGO": os.environ.get("OIDC_SIGN_ALGORITHM") or "RS256",
        "OIDC_RP_SCOPES": os.environ.get("OIDC_SCOPES") or "openid profile",
        "OIDC_STAFF_NO_CLAIM": os.environ.get("OIDC_STAFF_NO_CLAIM") or "preferred_username",
        # Some services publish one key and leave its name out of their tokens.
        "OIDC_VERIFY_KID": environment.boolean("OIDC_VERIFY_KID", default=True),
        "OIDC_CREATE_USER": False,
        "OIDC_USE_PKCE": True,
        "OIDC_TIMEOUT": 10,
        "OIDC_CALLBACK_CLASS": "hospital.account.sso_oidc.CallbackView",
        "LOGIN_REDIRECT_URL_FAILURE": "/login/?why=unknown",
    }


def _cas(found: dict[str, Any], apps: list[str], backends: list[str], production: bool) -> None:
    apps.append("django_cas_ng")
    backends.append("django_cas_ng.backends.CASBackend")
    found["SSO_BUTTONS"].append(("cas_ng_login", _("Sign in through CAS")))
    found["SSO_URLS"].append("cas")
    found |= {
        "CAS_SERVER_URL": _address("CAS_URL", production).rstrip("/") + "/",
        "CAS_VERSION": environment.choice("CAS_VERSION", allowed=("2", "3"), default="3"),
        "CAS_USERNAME_ATTRIBUTE": os.environ.get("CAS_STAFF_NO_ATTRIBUTE") or "cas:user",
        "CAS_CREATE_USER": False,
        "CAS_STORE_NEXT": True,
        "CAS_IGNORE_REFERER": True,
        "CAS_LOGIN_MSG": None,
        "CAS_LOGGED_MSG": None,
    }


def _ldap(found: dict[str, Any], apps: list[str], backends: list[str], production: bool) -> None:
    backends.append("hospital.account.sso_ldap.StaffBackend")
    url = os.environ["LDAP_URL"]
    if not url.startswith(("ldap://", "ldaps://")):
        raise ImproperlyConfigured("LDAP_URL must start with ldap:// or ldaps://.")
    start_tls = environment.boolean("LDAP_START_TLS", default=url.startswith("ldap://"))
    if production and url.startswith("ldap://") and not start_tls:
        raise ImproperlyConfigured(
            "LDAP_URL would send passwords unencrypted; use ldaps:// or LDAP_START_TLS."
        )
    trust: dict[str, Any] = {
        "validate": ssl.CERT_REQUIRED,
        "ca_certs_file": os.environ.get("LDAP_CA_FILE") or None,
    }
    found |= {
        "LDAP_AUTH_URL": [url],
        "LDAP_AUTH_USE_TLS": start_tls,
        "LDAP_AUTH_TLS_ARGS": trust,
        "LDAP_AUTH_CONNECT_ARGS": _tls(trust) if url.startswith("ldaps://") else {},
        "LDAP_AUTH_SEARCH_BASE": _needed("LDAP_SEARCH_BASE"),
        "LDAP_AUTH_OBJECT_CLASS": os.environ.get("LDAP_OBJECT_CLASS") or "person",
        "LDAP_AUTH_USER_FIELDS": {"staff_no": os.environ.get("LDAP_STAFF_NO_ATTRIBUTE") or "uid"},
        "LDAP_AUTH_USER_LOOKUP_FIELDS": ("staff_no",),
        "LDAP_AUTH_FORMAT_USERNAME": "hospital.account.sso_ldap.bind_name",
        "LDAP_BIND_TEMPLATE": _needed("LDAP_BIND_TEMPLATE", must_hold="{staff_no}"),
        # One round: by default a directory that is away would keep the sign-in waiting for ever.
        "LDAP_AUTH_POOL_ACTIVE": 1,
        "LDAP_AUTH_CONNECT_TIMEOUT": 5,
        "LDAP_AUTH_RECEIVE_TIMEOUT": 5,
    }


def _tls(trust: dict[str, Any]) -> dict[str, Any]:
    import ldap3

    return {"tls": ldap3.Tls(**trust)}


def _needed(name: str, *, must_hold: str = "") -> str:
    value = os.environ.get(name, "")
    if not value or must_hold not in value:
        raise ImproperlyConfigured(f"{name} is needed{f' and must hold {must_hold}' if must_hold else ''}.")
    return value


def _address(name: str, production: bool) -> str:
    """A needed value; addresses must be https in production, or anybody on the way signs in as anybody."""
    value = _needed(name)
    if name.endswith("CLIENT_ID"):
        return value
    if not value.startswith("https://") and (production or not value.startswith("http://")):
        raise ImproperlyConfigured(f"{name} must start with https://.")
    return value


def urls(kinds: list[str]) -> list[URLPattern | URLResolver]:
    """The addresses of the identity services that are in use."""
    patterns: list[URLPattern | URLResolver] = []
    if "oidc" in kinds:
        patterns.append(path("sso/oidc/", include("mozilla_django_oidc.urls")))
    if "cas" in kinds:
        from hospital.account.sso_cas import SignInView

        patterns.append(path("sso/cas/", SignInView.as_view(), name="cas_ng_login"))
    return patterns
