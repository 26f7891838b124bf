"""Logging where a piece ran, its proof, verifying it and taking it back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from correspondents.models import Submission
from correspondents.states import Genre, SubmissionState
from hospital.models import Department, User
from hospital.services import notify
from media_outreach.outlets import permissions
from media_outreach.outlets.links import tidy_link
from media_outreach.outlets.models import Credit, Evidence, Outlet, Placement
from media_outreach.outlets.proofs import Proof
from media_outreach.outlets.signals import placement_verified, placement_voided
from media_outreach.outlets.states import PlacementState
from plans.models import Category, QuotaItem
from plans.services import record_delivery, reverse_delivery
from plans.states import Counts, SourceKind
from toolkit import audit
from toolkit.moves import Move, MoveRefused, MoveTable

EARLIEST = date(2000, 1, 1)
LONGEST_REASON = 200

MOVES = MoveTable(
    moves=[
        Move(
            "verify",
            gettext_lazy("Verify"),
            sources=[PlacementState.LOGGED],
            target=PlacementState.VERIFIED,
            permission=permissions.can_verify,
        ),
        Move(
            "void",
            gettext_lazy("Void this placement"),
            sources=[PlacementState.LOGGED, PlacementState.VERIFIED],
            target=PlacementState.VOID,
            permission=permissions.can_void,
            note_required=True,
        ),
    ]
)


class DuplicatePlacement(ValidationError):
    """The same thing was logged before; ``first`` is that row, for a link to it."""

    def __init__(self, first: Placement) -> None:
        super().__init__(
            _("This has already been logged: %(headline)s, %(outlet)s, %(day)s.")
            % {"headline": first.headline, "outlet": first.outlet, "day": first.published_on.isoformat()},
            code="duplicate",
        )
        self.first = first


@transaction.atomic
def placement_log(
    *,
    actor: User,
    outlet: Outlet,
    published_on: date,
    headline: str = "",
    submission: Submission | None = None,
    department: Department | None = None,
    genre: str = "",
    credits: Sequence[User] | None = None,
    url: str = "",
    page: str = "",
    part: QuotaItem | None = None,
    is_paid: bool = False,
    evidence: Iterable[Proof] = (),
    at: datetime | None = None,
) -> Placement:
    """Log one piece in one outlet. Headline, department, genre and credits come from the draft where not given.

    ``credits`` are people in their order; each is credited with the department they belong to now.
    Raises ValidationError (by field), DuplicatePlacement, or MoveRefused when the actor isn't of the office.
    """
    if not permissions.can_log.test(actor):
        raise MoveRefused(_("Only the publicity office logs placements."), code="forbidden")
    department = department or (submission.department if submission else None)
    headline = " ".join((headline or (submission.title if submission else "")).split())
    url, page = tidy_link(url), page.strip()
    now = at or timezone.now()
    if department is None:
        raise ValidationError({"department": _("Please choose the department the piece is about.")})
    if part is not None and part.department_id != department.pk:
        raise ValidationError(
            {"part": _("This part belongs to another department's target. Please choose another.")}
        )
    _check(submission, headline, published_on, url, page, now)
    placement = Placement(
        submission=submission,
        outlet=outlet,
        headline=headline,
        department=department,
        genre=genre or (submission.genre if submission else Genre.NEWS),
        published_on=published_on,
        page=page,
        url=url,
        part=part,
        is_paid=is_paid,
        logged_by=actor,
    )
    _save_unless_known(placement)
    _credit(placement, _people(submission, credits))
    audit.record(actor=actor, action="log", obj=placement, changes={"published_on": [None, published_on]})
    with _files_only_if_all_goes_well() as stored:
        for proof in evidence:
            _store(placement, proof, actor, stored)
    return placement


def _check(
    submission: Submission | None,
    headline: str,
    published_on: date,
    url: str,
    page: str,
    now: datetime,
) -> None:
    """Every problem of the form at once, by field."""
    wrong: dict[str, str] = {}
    if submission is not None and submission.state != SubmissionState.ACCEPTED:
        wrong["submission"] = _("Only an accepted draft can have a placement. Accept it first.")
    if not headline:
        wrong["headline"] = _("Please write the headline as it was published.")
    if not (url or page):
        wrong["url"] = _("Please give the link, or the page or programme below: one of them is needed.")
    if sentence := _wrong_day(submission, published_on, now):
        wrong["published_on"] = sentence
    if wrong:
        raise ValidationError(wrong)


def _wrong_day(submission: Submission | None, published_on: date, now: datetime) -> str:
    if published_on > timezone.localdate(now):
        return _("The day of publication lies in the future. Log it when it has been published.")
    if published_on < EARLIEST:
        return _("The day of publication lies too far back. Please check the year.")
    begun = timezone.localdate(submission.created_at) if submission else None
    if begun is not None and published_on < begun:
        return _("The draft was begun on %(day)s; it can't have been published before that.") % {
            "day": begun.isoformat()
        }
    return ""


def _save_unless_known(placement: Placement) -> None:
    """Two people may log the same thing at once: the database's constraint decides, the second is shown the first."""
    if first := same_placement(placement):
        raise DuplicatePlacement(first)
    try:
        with transaction.atomic():
            placement.save()
    except IntegrityError:
        if first := same_placement(placement):
            raise DuplicatePlacement(first) from None
        raise


def same_placement(placement: Placement) -> Placement | None:
    """The valid placement with the same link, or with the same outlet, day and headline."""
    known = Placement.objects.valid().select_related("outlet")
    found: Placement | None = None
    if placement.url:
        found = known.filter(url=placement.url).first()
    same = {
        "outlet": placement.outlet,
        "published_on": placement.published_on,
        "headline": placement.headline,
    }
    return found or known.filter(**same).first()


def _people(submission: Submission | None, credits: Sequence[User] | None) -> list[User]:
    if credits is not None:
        return list(dict.fromkeys(credits))
    if submission is None:
        return []
    authorships = submission.authorships.select_related("person__department").order_by("order", "pk")
    return [authorship.person for authorship in authorships]


def _credit(placement: Placement, people: Sequence[User]) -> None:
    if not people:
        raise ValidationError({"first_author": _("Please choose at least one author.")})
    Credit.objects.bulk_create(
        Credit(
            placement=placement,
            person=person,
            department=person.department or placement.department,
            order=order,
        )
        for order, person in enumerate(people, start=1)
    )


@transaction.atomic
def evidence_add(*, placement: Placement, proof: Proof, actor: User) -> Evidence:
    """Attach one proof; a file that is there already is returned, not stored twice."""
    if not permissions.can_add_evidence.test(actor, placement):
        raise MoveRefused(_("You can't add a proof to this placement."), code="forbidden")
    with _files_only_if_all_goes_well() as stored:
        evidence = _store(placement, proof, actor, stored)
        audit.record(actor=actor, action="add_evidence", obj=placement, note=evidence.name)
    return evidence


def _store(placement: Placement, proof: Proof, actor: User, stored: list[Evidence]) -> Evidence:
    if existing := placement.evidence.filter(sha256=proof.sha256).first():
        return existing
    evidence = Evidence(
        placement=placement,
        name=proof.name,
        content_type=proof.content_type,
        size=len(proof.content),
        sha256=proof.sha256,
        uploaded_by=actor,
    )
    evidence.file.save(f"proof.{proof.extension}", ContentFile(proof.content), save=False)
    stored.append(evidence)
    evidence.save()
    return evidence


@contextmanager
def _files_only_if_all_goes_well() -> Iterator[list[Evidence]]:
    """A rolled-back row must not leave its file behind: what was stored goes when anything fails."""
    stored: list[Evidence] = []
    try:
        yield stored
    except BaseException:
        for evidence in stored:
            evidence.file.delete(save=False)
        raise


@transaction.atomic
def placement_move(
    *, placement: Placement, action: str, actor: User, note: str = "", at: datetime | None = None
) -> Move:
    """Verify or void. Verified: deliveries are recorded; voided after that: exactly those are reversed.

    ``placement_verified`` or ``placement_voided`` is sent after commit. Raises MoveRefused or MoveLost.
    """
    note = note.strip()
    was_verified = placement.state == PlacementState.VERIFIED
    if action == "verify":
        _must_be_verifiable(placement, actor)
        changes = {"verified_by": actor, "verified_at": at or timezone.now()}
    else:
        _must_be_short(note)
        changes = {"void_reason": note} if action == "void" else {}
    move = MOVES.perform(obj=placement, action=action, actor=actor, note=note, changes=changes)
    if move.action == "verify":
        _count(placement, actor)
        _tell_authors(placement, key="verified", title=_("Published: “%(headline)s” in %(outlet)s"), body="")
        transaction.on_commit(lambda: _send(placement_verified, placement))
    elif was_verified:
        reverse_delivery(source_kind=SourceKind.PLACEMENT, source_id=placement.pk, actor=actor, note=note)
        _tell_authors(placement, key="void", title=_("Taken back: “%(headline)s” in %(outlet)s"), body=note)
        transaction.on_commit(lambda: _send(placement_voided, placement))
    return move


def _must_be_verifiable(placement: Placement, actor: User) -> None:
    if placement.state != PlacementState.LOGGED:
        return  # the table of moves has the better sentence, with who was first
    if permissions.logged_it.test(actor, placement):
        raise MoveRefused(
            _("You logged this placement yourself; a colleague of the office has to verify it."),
            code="forbidden",
        )
    if not placement.url and not placement.evidence.exists():
        raise MoveRefused(
            _("There is neither a link nor a proof yet. Upload a scan, screenshot or PDF first."),
            code="no_proof",
        )


def _must_be_short(note: str) -> None:
    if len(note) > LONGEST_REASON:
        raise MoveRefused(_("Please shorten the reason to 200 characters."), code="too_long")


def _count(placement: Placement, actor: User) -> None:
    """One delivery for every category such a placement counts for."""
    outlet, submission = placement.outlet, placement.submission
    first = placement.credits.select_related("person").first()
    for category in Category.objects.active().filter(counts=Counts.PLACED):
        if not category.counts_placement_at(level=outlet.level, medium=outlet.medium):
            continue
        part = placement.part or (submission.part if submission else None)
        record_delivery(
            category=category,
            department=placement.department,
            person=first.person if first else None,
            happened_on=placement.published_on,
            title=placement.headline,
            source_kind=SourceKind.PLACEMENT,
            source_id=placement.pk,
            part=part if part and part.category_id == category.pk else None,
            actor=actor,
        )


def _tell_authors(placement: Placement, *, key: str, title: str, body: str) -> None:
    words = {"headline": placement.headline, "outlet": placement.outlet}
    for credit in placement.credits.select_related("person"):
        notify(
            key=f"placement-{key}:{placement.pk}:{credit.person_id}",
            recipient=credit.person,
            title=title % words,
            body=body,
            url=placement.get_absolute_url(),
        )


def _send(signal: Signal, placement: Placement) -> None:
    """The change is committed: a listener that fails is logged and caught up later, it can't undo anything."""
    signal.send_robust(sender=Placement, placement=placement)
