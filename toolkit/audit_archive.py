"""Moving old audit events into a file that can still be verified, with or without this database.

The file is gzip of JSON lines: first a line about the file, then one line per event in the chain's order, each with
its link. `AuditArchive` keeps its checksum and the hash that the next link in the database is bound to.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from toolkit import append_only, audit, audit_chain
from toolkit.models import AuditArchive, AuditEvent, AuditLink

KIND = "publicity-audit-archive-1"
LEAST_DAYS = 180
FIELDS = (
    "actor_id", "actor_label", "action", "object_type", "object_id", "object_label", "changes", "note", "address",
    "digest",
)  # fmt: skip


class ArchiveRefused(ValidationError):
    """Nothing was archived; the message says why."""


@dataclass(frozen=True)
class Archived:
    path: Path
    count: int
    first_number: int
    last_number: int


def archive(*, folder: Path, before: date | None = None, at: datetime | None = None) -> Archived | None:
    """Move the events of before that day into a new file in `folder`; None when there are none.

    Refuses days younger than `settings.AUDIT_KEEP_DAYS`, and a chain that doesn't verify: a file must not bury it.
    """
    now = at or timezone.now()
    newest = timezone.localdate(now) - timedelta(days=max(LEAST_DAYS, settings.AUDIT_KEEP_DAYS))
    if before is not None and before > newest:
        raise ArchiveRefused(
            _("Events must stay for %(days)s days: nothing after %(day)s can be archived yet.")
            % {"days": max(LEAST_DAYS, settings.AUDIT_KEEP_DAYS), "day": newest}
        )
    verdict = audit_chain.verify()
    if verdict.problem:
        raise ArchiveRefused(verdict.problem)
    day = before or newest
    links = _ready(timezone.make_aware(datetime.combine(day, time.min)))
    last = links.order_by("-number").first()
    return None if last is None else _move(links, last, folder, now)


def _ready(moment: datetime) -> QuerySet[AuditLink]:
    """The unbroken beginning of the chain that is older than the moment; the newest link always stays."""
    links = AuditLink.objects.order_by("number")
    first_young = links.filter(event__at__gte=moment).first()
    newest = AuditLink.objects.order_by("-number").first()
    end = first_young or newest
    return links.filter(number__lt=end.number) if end else links.none()


def _move(links: QuerySet[AuditLink], last: AuditLink, folder: Path, now: datetime) -> Archived:
    base = audit_chain.base()
    first = base.number + 1
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    path = folder / f"audit-{first:09d}-{last.number:09d}.jsonl.gz"
    count, digest = _write(path, links, base, last)
    problem = check_file(path)
    if problem:
        raise ArchiveRefused(problem)
    with transaction.atomic(), append_only.lifted(AuditEvent, AuditLink):
        AuditArchive.objects.create(
            first_number=first,
            last_number=last.number,
            last_hash=last.hash,
            file_name=path.name,
            sha256=digest,
            made_at=now,
        )
        audit.record(
            actor=None, action="audit_archive", label=path.name, changes={"sha256": digest, "events": count}
        )
        append_only.settle()
        gone = AuditLink.objects.filter(number__lte=last.number)
        # The models' own managers refuse to delete; a plain queryset asks the database, whose guard is lifted.
        QuerySet(AuditEvent).filter(pk__in=gone.values("event_id"))._raw_delete("default")
        QuerySet(AuditLink).filter(number__lte=last.number)._raw_delete("default")
    return Archived(path=path, count=count, first_number=first, last_number=last.number)


def _write(
    path: Path, links: QuerySet[AuditLink], base: audit_chain.Head, last: AuditLink
) -> tuple[int, str]:
    """The number of events and the file's SHA-256; the file is complete on the disk when this returns."""
    partial = path.with_suffix(".partial")
    about = {
        "kind": KIND,
        "first_number": base.number + 1,
        "last_number": last.number,
        "previous_hash": base.hash,
        "last_hash": last.hash,
    }
    count = 0
    with partial.open("wb") as raw:
        os.fchmod(raw.fileno(), 0o640)
        with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:
            packed.write(_line(about))
            for link in links.select_related("event").iterator(chunk_size=2000):
                packed.write(_line(_row(link)))
                count += 1
        raw.flush()
        os.fsync(raw.fileno())
    partial.replace(path)
    return count, hashlib.sha256(path.read_bytes()).hexdigest()


def _row(link: AuditLink) -> dict[str, Any]:
    event = link.event
    told = {name: getattr(event, name) for name in FIELDS}
    return {"number": link.number, "hash": link.hash, "id": event.pk, "at": event.at.isoformat(), **told}


def _line(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def check_file(path: Path) -> str:
    """What is wrong with an archive file, as a sentence; empty when every line is what was written."""
    try:
        return _check(path)
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        return _("The file %(name)s can't be read: %(error)s") % {"name": path.name, "error": error}


def _check(path: Path) -> str:
    lines = _lines(path)
    about = next(lines)
    if about.get("kind") != KIND:
        return _("The file %(name)s is no archive of the audit trail.") % {"name": path.name}
    kept = AuditArchive.objects.filter(first_number=about["first_number"]).first()
    if kept is not None and kept.sha256 != hashlib.sha256(path.read_bytes()).hexdigest():
        return _("The file %(name)s isn't the one that was archived: its checksum differs.") % {
            "name": path.name
        }
    number, previous = about["first_number"] - 1, about["previous_hash"]
    for row in lines:
        number += 1
        event = AuditEvent(at=datetime.fromisoformat(row["at"]), **{name: row[name] for name in FIELDS})
        digest = audit_chain.digest_of(event)
        fits = row["number"] == number and row["digest"] == digest
        if not fits or audit_chain.next_hash(previous, row["id"], digest) != row["hash"]:
            return _("Line %(number)s of %(name)s (event %(event)s) differs from what was archived.") % {
                "number": number - about["first_number"] + 2, "name": path.name, "event": row["id"]
            }  # fmt: skip
        previous = row["hash"]
    if (number, previous) != (about["last_number"], about["last_hash"]):
        return _("The file %(name)s is cut off: it ends with link %(number)s.") % {
            "name": path.name, "number": number
        }  # fmt: skip
    return ""


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as handle:
        for line in handle:
            yield json.loads(line)
