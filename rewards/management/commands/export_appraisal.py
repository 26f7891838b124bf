"""manage.py export_appraisal --year 2026: the year-end appraisal as a job, run here and now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from rewards.appraisal import KIND
from toolkit import jobs


class Command(BaseCommand):
    help = "Compute the year-end appraisal and keep its workbook with a job record."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--year", type=int, default=timezone.localdate().year)

    def handle(self, *args: Any, **options: Any) -> None:
        year = options["year"]
        if not 2000 <= year <= 2100:
            raise CommandError(f"{year} is no year of this hospital: give one between 2000 and 2100.")
        job = jobs.start(kind=KIND, owner=None, params={"year": year})
        jobs.run(job.pk)
        job.refresh_from_db()
        if job.error:
            raise CommandError(job.error)
        self.stdout.write(f"{job.file_name}: {job.file.path if job.file else '-'} ({job.state})")
