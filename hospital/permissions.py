"""Who is who, as predicates that read as sentences; other layers build theirs from these."""

from __future__ import annotations

from typing import Any

import rules

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
is_office = is_editor | is_chief

# People, departments and roles are the administrator's; auditors may look.
for _model in ("user", "department", "rolegrant"):
    rules.add_perm(f"hospital.view_{_model}", is_administrator | is_auditor)
    for _verb in ("add", "change", "delete"):
        rules.add_perm(f"hospital.{_verb}_{_model}", is_administrator)
rules.add_perm("hospital.view_historicaluser", is_administrator | is_auditor)
rules.add_perm("hospital.view_historicaldepartment", is_administrator | is_auditor)
rules.add_perm("hospital", is_administrator)
