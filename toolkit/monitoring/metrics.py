"""What Prometheus reads. Requests are counted in each process; everything else is asked of the database at reading.

`PROMETHEUS_MULTIPROC_DIR` (the settings set it) lets the processes of one web server count into one folder, so that it
doesn't matter which of them answers. What comes from the database is the same on every node: take `max` over nodes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Max, Min
from django.utils import timezone
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

from toolkit.models import Job, JobRun, JobState, OutboxMessage, OutboxState

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
RECENTLY = timedelta(days=1)

_counted = CollectorRegistry()
REQUESTS = Counter(
    "publicity_requests", "Requests answered.", ["method", "route", "status"], registry=_counted
)
SECONDS = Histogram(
    "publicity_request_seconds",
    "Time until the answer was ready.",
    ["method", "route"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    registry=_counted,
)


class FromDatabase:
    """Gauges over outbox, jobs and scheduled runs: four small queries."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from self._outbox()
        yield from self._jobs()
        yield from self._runs()

    def _outbox(self) -> Iterator[GaugeMetricFamily]:
        states = GaugeMetricFamily("publicity_outbox_messages", "Messages not yet sent.", labels=["state"])
        unsent = OutboxMessage.objects.exclude(state=OutboxState.SENT).order_by()
        counts = dict(unsent.values_list("state").annotate(Count("pk")))
        for state in (OutboxState.PENDING, OutboxState.FAILED):
            states.add_metric([state.value], counts.get(state.value, 0))
        yield states
        oldest = OutboxMessage.objects.due(self.at).order_by().aggregate(first=Min("next_try_at"))["first"]
        waited = 0.0 if oldest is None else (self.at - oldest).total_seconds()
        yield _gauge(
            "publicity_outbox_late_seconds", "How long the oldest message that is due has waited.", waited
        )

    def _jobs(self) -> Iterator[GaugeMetricFamily]:
        states = GaugeMetricFamily(
            "publicity_jobs", "Background jobs; finished ones of the last day.", labels=["state"]
        )
        counts = dict.fromkeys(JobState.values, 0)
        unfinished = Job.objects.filter(state__in=[JobState.WAITING, JobState.RUNNING])
        finished = Job.objects.filter(
            state__in=[JobState.DONE, JobState.FAILED], created_at__gt=self.at - RECENTLY
        )
        for rows in (unfinished, finished):
            counts |= dict(rows.order_by().values_list("state").annotate(Count("pk")))
        for state, count in counts.items():
            states.add_metric([state], count)
        yield states

    def _runs(self) -> Iterator[GaugeMetricFamily]:
        last = GaugeMetricFamily(
            "publicity_run_last_success_timestamp_seconds",
            "When the scheduled work of this kind last ended well; kind tick: when the scheduler last came by.",
            labels=["kind"],
        )
        done = JobRun.objects.filter(state=JobRun.State.DONE).order_by()
        for kind, moment in done.values_list("kind").annotate(Max("finished_at")):
            if moment is not None:
                last.add_metric([kind], moment.timestamp())
        yield last


def exposition() -> bytes:
    """The whole page in Prometheus' text format. Raises DatabaseError when the database can't be asked."""
    registry = CollectorRegistry()
    registry.register(FromDatabase(timezone.now()))
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)
        return bytes(generate_latest(registry))
    return bytes(generate_latest(_counted) + generate_latest(registry))


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, value=value)
