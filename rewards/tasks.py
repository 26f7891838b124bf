"""The work of the appraisal's background job."""

from __future__ import annotations

from rewards import appraisal
from toolkit.jobs import Progress, job
from toolkit.models import Job


@job(appraisal.KIND)
def export_appraisal(job: Job, progress: Progress) -> tuple[str, bytes]:
    return appraisal.build(year=int(job.params["year"]), progress=progress)
