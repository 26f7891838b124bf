"""Who may keep outlets, log placements, verify them and take them back."""

from __future__ import annotations

from typing import Any

import rules

from hospital.permissions import is_auditor, is_office
from media_outreach.outlets.states import PlacementState


@rules.predicate
def logged_it(user: Any, placement: Any) -> bool:
    return bool(placement is not None and placement.logged_by_id == user.pk)


@rules.predicate
def is_void(user: Any, placement: Any) -> bool:
    return bool(placement is not None and placement.state == PlacementState.VOID)


can_log = is_office
can_keep_outlets = is_office
can_see_outlets = is_office | is_auditor
can_verify = is_office & ~logged_it
can_void = is_office
can_add_evidence = is_office & ~is_void
can_see_trail = is_office | is_auditor
