"""Signing in with the password of the hospital's directory. Loaded only where LDAP_URL is set."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from django_python3_ldap import ldap
from ldap3.core.exceptions import LDAPException

from hospital.models import User

log = logging.getLogger(__name__)


class StaffBackend(ModelBackend):
    """The directory says whether the password is right; who may work here is on our own list of people."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        # An empty password would bind anonymously, which a directory answers with "yes".
        if not username or not password:
            return None
        # Only somebody on the list, written as it is there, is asked about: no visitor's text reaches the directory.
        person = User.objects.active().filter(staff_no=username).first()
        if person is None:
            return None
        try:
            with ldap.connection(staff_no=person.staff_no, password=password) as directory:
                if directory is None or not directory.has_user(staff_no=person.staff_no):
                    return None
        except LDAPException as error:
            # A directory that is away or can't be trusted: whoever has a password here can still sign in.
            log.warning("The directory's answer was refused: %s", error)
            return None
        return person


def bind_name(fields: dict[str, str]) -> str:
    """The name to bind with, such as uid=0231,ou=people,dc=hospital or 0231@hospital.local."""
    return str(settings.LDAP_BIND_TEMPLATE).format(staff_no=fields["staff_no"])
