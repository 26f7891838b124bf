"""Who is who, as predicates that read as sentences; other layers build theirs from these."""

from __future__ import annotations

from typing import Any

import rules
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from hospital.states import Role


def _holds(*roles: Role) -> Any:
    """A predicate: the person is active and holds one of the roles."""

    def test(user: Any) -> bool:
        return bool(user.is_authenticated and user.is_active and user.has_role(*roles))

    return rules.predicate(test, name="_or_".join(roles))


is_correspondent = _holds(Role.CORRESPONDENT)
is_head = _holds(Role.HEAD)
is_leader = _holds(Role.LEADER)
is_editor = _holds(Role.EDITOR)
is_chief = _holds(Role.CHIEF)
is_finance = _holds(Role.FINANCE)
is_auditor = _holds(Role.AUDITOR)
is_administrator = _holds(Role.ADMINISTRATOR)
is_security = _holds(Role.SECURITY)
is_office = is_editor | is_chief


@rules.predicate
def administrators_are_split(user: Any) -> bool:
    """The hospital wants system, security and audit administrators to be three people."""
    return bool(settings.SPLIT_ADMINISTRATORS)


# The system administrator keeps people and departments; the security administrator gives roles, resets passwords and
# second factors and lifts lockouts. Where the hospital doesn't split them, one administrator does both.
keeps_people = is_administrator
keeps_accounts = is_security | (is_administrator & ~administrators_are_split)
can_keep_cards = is_finance
SPLIT_ROLES = frozenset({Role.ADMINISTRATOR, Role.SECURITY, Role.AUDITOR})


def check_split(roles: frozenset[str]) -> None:
    """Refuse that one person watches themselves, where the hospital wants three people."""
    if settings.SPLIT_ADMINISTRATORS and len(SPLIT_ROLES & roles) > 1:
        raise ValidationError(_("System, security and audit administrator must be different people."))


for _model in ("user", "department", "rolegrant"):
    rules.add_perm(f"hospital.view_{_model}", is_administrator | is_security | is_auditor)
for _verb in ("add", "change", "delete"):
    rules.add_perm(f"hospital.{_verb}_department", keeps_people)
    rules.add_perm(f"hospital.{_verb}_rolegrant", keeps_accounts)
rules.add_perm("hospital.add_user", keeps_people)
rules.add_perm("hospital.change_user", keeps_people | keeps_accounts)
rules.add_perm("hospital.delete_user", keeps_people)
rules.add_perm("hospital.keep_people", keeps_people)
rules.add_perm("hospital.keep_accounts", keeps_accounts)
rules.add_perm("hospital.view_historicaluser", is_administrator | is_auditor)
rules.add_perm("hospital.view_historicaldepartment", is_administrator | is_auditor)
rules.add_perm("hospital", is_administrator | is_security)
