"""kill -9 of the worker, again and again, while messages keep coming; beat's tick sweeps every half minute as always.

python -m drills.worker_kills filesystem|valkey [kills]     prints JSON

Each message's effect is a line in the audit trail, written by a handler that takes 50 ms. Lost: a message without a
line when all is over. Doubled: a message with more than one.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from datetime import timedelta
from typing import Any

from drills import processes
from drills.servers import Servers, use

KILLS = 20
AT_ONCE = 40  # messages that wait at each kill
PATIENCE = 240.0


def drill(kills: int, folder: Any) -> dict[str, Any]:
    from django.db.models import F, Max

    from drills.effects import EFFECT
    from toolkit.models import AuditEvent, OutboxMessage, OutboxState

    messages, interrupted, slow = 0, 0, 0
    beat = processes.beat(folder)
    try:
        for _round in range(kills):
            worker = processes.worker(folder)
            messages += _enqueue(messages)
            before = _sent()
            # In the middle of its work: some of this round's messages are done, others wait or are being handled.
            slow += not processes.wait(lambda before=before: _sent() >= before + 5, seconds=90)
            worker.kill()
            interrupted += OutboxMessage.objects.filter(state=OutboxState.PENDING, tries__gt=0).count()
        killed = time.monotonic()
        worker = processes.worker(folder)
        finished = processes.wait(
            lambda: not OutboxMessage.objects.filter(state=OutboxState.PENDING).exists(), seconds=PATIENCE
        )
        recovered = time.monotonic() - killed
        worker.stop()
    finally:
        beat.stop()
    lines = Counter(AuditEvent.objects.filter(action=EFFECT).values_list("object_label", flat=True))
    kinds = OutboxMessage.objects.filter(kind=EFFECT)
    waited = kinds.filter(tries__gt=1).annotate(took=F("sent_at") - F("created_at"))
    longest: timedelta | None = waited.aggregate(longest=Max("took"))["longest"]
    return {
        "kills": kills,
        "messages": messages,
        "in_hand_when_killed": interrupted,
        "taken_twice": waited.count(),
        "lost": messages - len(lines),
        "doubled": sum(count > 1 for count in lines.values()),
        "finished": finished,
        "recovered_seconds": recovered,
        "longest_wait_seconds": longest.total_seconds() if longest else 0,
        "kills_without_progress": slow,
    }


def _enqueue(already: int) -> int:
    from django.db import transaction

    from drills.effects import EFFECT
    from toolkit import outbox

    for number in range(already, already + AT_ONCE):
        with transaction.atomic():
            outbox.enqueue(key=f"drill-{number}", kind=EFFECT, payload={})
    return AT_ONCE


def _sent() -> int:
    from toolkit.models import OutboxMessage, OutboxState

    return int(OutboxMessage.objects.filter(state=OutboxState.SENT).count())


def main() -> None:
    kills = int(sys.argv[2]) if len(sys.argv) > 2 else KILLS
    with Servers() as servers:
        database = servers.postgres().url
        broker = servers.valkey() if sys.argv[1] == "valkey" else ""
        use(database=database, broker=broker, folder=servers.folder / "var")
        from django.db import connection

        result = drill(kills, servers.folder)
        connection.close()
    print(json.dumps({"broker": sys.argv[1]} | result))


if __name__ == "__main__":
    main()
