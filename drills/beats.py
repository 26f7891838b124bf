"""Beat doubled, killed, its file lost, and the clock stepped: each kind of work runs once for its period.

python -m drills.beats     prints JSON

First a year passes in seconds: four tickers at once ask what is due at each of these moments and run it through
`jobs.once`, as the tick does; the clock also steps back a day, forward to the next month, and back again. Then two
real beats tick a real worker; one of them is killed with -9, its file deleted, and it is started again.
"""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from drills import processes
from drills.servers import Servers, use

TICKERS = 4
REAL_SECONDS = 135
YEAR = 2025


def moments() -> Iterator[datetime]:
    """A year of days at 9:00; on the 26th of each month the clock is stepped back and forth."""
    from django.utils import timezone

    at = timezone.make_aware(datetime(YEAR, 1, 1, 9))
    while at.year == YEAR:
        yield at
        if at.day == 26:
            yield at - timedelta(days=2)
            yield at + timedelta(days=31)
            yield at
        at += timedelta(days=1)


def a_year() -> dict[str, Any]:
    calls: Counter[tuple[str, str]] = Counter()
    lock, barrier = threading.Lock(), threading.Barrier(TICKERS)
    asked = list(moments())

    def ticker() -> None:
        from django.db import connection

        from publicity import schedule
        from toolkit import jobs

        for at in asked:
            barrier.wait(120)
            for item in schedule.due(at):
                if item.kind not in {"quota_reminder", "appraisal", "settle"}:
                    continue

                def call(item: Any = item) -> None:
                    with lock:
                        calls[item.kind, item.period] += 1
                    if item.kind != "settle":  # an empty ledger's nightly settling only takes time here
                        item.call()

                jobs.once(kind=item.kind, period=item.period, call=call)
        connection.close()

    threads = [threading.Thread(target=ticker) for _number in range(TICKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kinds = Counter(kind for kind, _period in calls)
    return {
        "tickers": TICKERS,
        "moments": len(asked),
        "periods": dict(kinds),
        "run_more_than_once": sum(times > 1 for times in calls.values()),
    }


def real_beats(folder: Any) -> dict[str, Any]:
    from toolkit.models import JobRun

    JobRun.objects.all().delete()
    worker = processes.worker(folder)
    beats = [processes.beat(folder, number) for number in (1, 2)]
    try:
        processes.wait(lambda: JobRun.objects.filter(state="done").count() >= 3, seconds=90)
        beats[0].kill()
        for path in folder.glob("beat-1*"):
            path.unlink()
        beats[0] = processes.beat(folder, 1)
        time.sleep(REAL_SECONDS)
    finally:
        for process in [*beats, worker]:
            process.stop()
    runs = list(JobRun.objects.values_list("kind", "period", "tries", "state"))
    return {
        "seconds": REAL_SECONDS,
        "runs": {f"{kind} {period}": tries for kind, period, tries, _state in runs},
        "all_done": all(state == "done" for *_rest, state in runs),
        "run_more_than_once": sum(tries > 1 for _kind, _period, tries, _state in runs),
    }


def main() -> None:
    with Servers() as servers:
        use(database=servers.postgres().url, folder=servers.folder / "var")
        from django.db import connection

        result = {"simulated": a_year(), "real": real_beats(servers.folder)}
        connection.close()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
