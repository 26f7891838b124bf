"""Who may open what belongs to no single app."""

from __future__ import annotations

from hospital.models import User
from hospital.permissions import administrators_are_split, is_administrator, is_auditor, is_office

can_read_office_dashboard = is_office | is_auditor
can_read_reports = is_office | is_auditor
can_start_reports = is_office
can_read_audit = is_auditor | (is_administrator & ~administrators_are_split)


def readable_jobs(user: User) -> list[str]:
    """Kinds of jobs this person may open although somebody else, or the schedule, started them."""
    return ["appraisal"] if can_read_reports.test(user) else []
