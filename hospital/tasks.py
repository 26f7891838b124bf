"""Loading this room makes the notice and mail handlers known to every worker."""

from hospital import services

__all__ = ["services"]
