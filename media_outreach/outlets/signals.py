"""News for the layers above, sent after the change is committed: ``placement_verified.send(sender, placement=…)``."""

from django.dispatch import Signal

placement_verified = Signal()
placement_voided = Signal()  # only for one that had been verified
