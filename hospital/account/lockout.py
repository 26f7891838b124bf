"""What counts toward the lockout after wrong passwords."""

from __future__ import annotations

from typing import Any


def is_identity_service(request: Any, credentials: dict[str, Any] | None = None) -> bool:
    """A try without a staff number came through OIDC or CAS: no password was guessed here."""
    return credentials is not None and not credentials.get("username")
