"""PostgreSQL is restarted, once in order and once by a crash, while people keep saving.

python -m drills.restart     prints JSON

Eight clients save drafts through the service, each behind Django's own beginning and end of a request, as fast as they
can. A save that came back counts as acknowledged. `last_error_seconds` is how long after the server took connections
again the last save failed; below zero means none did.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from typing import Any

from drills.servers import Postgres, Servers, use

CLIENTS = 8
BEFORE, AFTER = 3.0, 6.0


class Load:
    """Clients that save until told to stop."""

    def __init__(self, office: dict[str, Any]) -> None:
        from correspondents.services import submission_create

        self.stopped = threading.Event()
        self.saved: list[tuple[int, str]] = []  # draft, the title that was acknowledged
        self.errors: list[tuple[float, str]] = []
        self._drafts = [
            submission_create(author=office["writer"], department=office["department"], form_key=uuid.uuid4())
            for _number in range(CLIENTS)
        ]
        self._office = office
        self._threads = [threading.Thread(target=self._work, args=[draft.pk]) for draft in self._drafts]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self.stopped.set()
        for thread in self._threads:
            thread.join()

    def _work(self, pk: int) -> None:
        from django.db import Error, close_old_connections, connection

        from correspondents.models import Submission
        from correspondents.services import submission_save

        number = 0
        while not self.stopped.is_set():
            number += 1
            title = f"第{number}次保存"
            close_old_connections()
            try:
                draft = Submission.objects.get(pk=pk)
                submission_save(
                    submission=draft,
                    version=draft.version,
                    data={"title": title},
                    actor=self._office["writer"],
                )
                self.saved.append((pk, title))
            except Error as error:
                self.errors.append((time.monotonic(), type(error).__name__))
                time.sleep(0.02)
            close_old_connections()
        connection.close()

    def lost(self) -> int:
        """Drafts whose newest acknowledged title isn't the one that stands (nor a later one)."""
        from correspondents.models import Submission

        newest = {pk: int(title[1:-3]) for pk, title in self.saved}
        stands = Submission.objects.filter(pk__in=newest).values_list("pk", "title")
        return sum(int(title[1:-3] or 0) < newest[pk] for pk, title in stands)


def drill(server: Postgres, mode: str, office: dict[str, Any]) -> dict[str, Any]:
    from django.db import connection

    load = Load(office)
    connection.close()
    load.start()
    time.sleep(BEFORE)
    begun = time.monotonic()
    server.restart(mode)
    back = time.monotonic()
    time.sleep(AFTER)
    load.stop()
    last = max((at for at, _name in load.errors), default=begun)
    return {
        "mode": mode,
        "acknowledged": len(load.saved),
        "errors": len(load.errors),
        "away_seconds": back - begun,
        "last_error_seconds": last - back,
        "lost_acknowledged": load.lost(),
    }


def main() -> None:
    with Servers() as servers:
        server = servers.postgres()
        use(database=server.url, folder=servers.folder / "var")
        from django.db import connection

        from drills.hospital import make_office

        office = make_office(1)
        results = [drill(server, mode, office) for mode in ("fast", "immediate")]
        connection.close()
    print(json.dumps(results))


if __name__ == "__main__":
    main()
