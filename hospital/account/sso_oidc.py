"""Signing in through OpenID Connect. Loaded only where OIDC_ISSUER is set."""

from __future__ import annotations

import logging
from typing import Any

import jwt
import requests
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from mozilla_django_oidc.auth import OIDCAuthenticationBackend
from mozilla_django_oidc.views import OIDCAuthenticationCallbackView

from hospital.models import User

log = logging.getLogger(__name__)


class StaffBackend(OIDCAuthenticationBackend):
    """Finds the person by staff number and creates nobody."""

    def verify_claims(self, claims: dict[str, Any]) -> bool:
        return bool(claims.get(settings.OIDC_STAFF_NO_CLAIM))

    def filter_users_by_claims(self, claims: dict[str, Any]) -> QuerySet[User]:
        people: QuerySet[User] = User.objects.active()
        return people.filter(staff_no=str(claims[settings.OIDC_STAFF_NO_CLAIM]))

    def describe_user_by_claims(self, claims: dict[str, Any]) -> str:
        return f"staff number {claims.get(settings.OIDC_STAFF_NO_CLAIM)}"

    def verify_token(self, token: str, **kwargs: Any) -> dict[str, Any]:
        """The library checks signature and nonce; that the token was issued to us, by whom, and until when, is ours."""
        try:
            payload: dict[str, Any] = super().verify_token(token, **kwargs)
        except KeyError as missing:
            raise SuspiciousOperation(f"The token or its key has no {missing}.") from missing
        audience = payload.get("aud", [])
        if settings.OIDC_RP_CLIENT_ID not in (audience if isinstance(audience, list) else [audience]):
            raise SuspiciousOperation("The token was issued to somebody else.")
        if payload.get("iss") != settings.OIDC_ISSUER:
            raise SuspiciousOperation("The token comes from another issuer.")
        if "exp" not in payload:
            raise SuspiciousOperation("The token never ends.")
        return payload

    def get_userinfo(self, access_token: str, id_token: str, payload: dict[str, Any]) -> dict[str, Any]:
        claims: dict[str, Any] = super().get_userinfo(access_token, id_token, payload)
        if claims.get("sub") != payload.get("sub"):
            raise SuspiciousOperation("The claims are of another person than the token.")
        return claims


class CallbackView(OIDCAuthenticationCallbackView):
    """An identity service that fails is a sentence on the sign-in page, not an error page."""

    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            return super().get(request)
        except (requests.RequestException, jwt.PyJWTError, SuspiciousOperation) as error:
            log.warning("The identity service's answer was refused: %s", error)
            return redirect("/login/?why=service")
