"""An effect whose every run leaves a line that nothing unique would hide; workers load it with --include."""

import time

from toolkit import audit, outbox
from toolkit.models import OutboxMessage

EFFECT = "drill_effect"


@outbox.handler(EFFECT)
def write_line(message: OutboxMessage) -> None:
    audit.record(actor=None, action=EFFECT, label=message.key)
    time.sleep(0.05)
