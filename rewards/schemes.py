"""Issuing a version of the reward scheme. What is issued never changes; a new version follows it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from hospital.models import Department, User
from plans.models import Category
from plans.states import Counts
from rewards import permissions
from rewards.models import Exemption, Rule, SchemeVersion, ShortfallRate
from rewards.regulation import RuleReading, SchemeReading, SchemeRefused, read_scheme
from rewards.states import VersionState
from toolkit import audit

Exempt = tuple[Department, int]


def rates_for(reading: SchemeReading) -> list[tuple[Category, int]]:
    """办法所称「相应奖励标准」: per category that placements fill, the place of its rule in `reading.rules`.

    A category corresponds to a rule when some outlet would satisfy both. Where several do, the lowest amount is
    taken: nobody is deducted more than the regulation plainly says. No corresponding rule: no deduction.
    """
    if not reading.shortfall_text:
        return []
    found = []
    for category in Category.objects.active().filter(counts=Counts.PLACED):
        fitting = [
            (rule.amount_fen, place)
            for place, rule in enumerate(reading.rules)
            if _correspond(category, rule)
        ]
        if fitting:
            found.append((category, min(fitting)[1]))
    return found


def _correspond(category: Category, rule: RuleReading) -> bool:
    pairs = ((category.levels, rule.levels), (category.media, rule.media))
    return all(not ours or not theirs or set(ours) & set(theirs) for ours, theirs in pairs)


@transaction.atomic
def scheme_load(
    *,
    text: str,
    number: int,
    effective_from: date,
    actor: User | None,
    document_number: str = "",
    exemptions: Iterable[Exempt] = (),
) -> SchemeVersion:
    """Read a scheme in its YAML form and issue it at once, in force from `effective_from`.

    `exemptions` are (department, pieces per person and year). `actor` None: an installation's own data. Raises
    SchemeRefused with a sentence for each problem; nothing is kept then.
    """
    if actor is not None and not permissions.can_issue_scheme.test(actor):
        raise SchemeRefused(_("Only the publicity chief issues a reward scheme."))
    reading = read_scheme(text)
    refuse_taken(number=number, effective_from=effective_from)
    rates = rates_for(reading)
    try:
        with transaction.atomic():
            version = _create(reading, number, effective_from, document_number)
    except IntegrityError as error:
        raise SchemeRefused(_("Somebody issued a version with this number or date a moment ago.")) from error
    rules = Rule.objects.bulk_create(
        Rule(
            version=version,
            order=order,
            levels=list(one.levels),
            media=list(one.media),
            genres=list(one.genres),
            amount_fen=one.amount_fen,
        )
        for order, one in enumerate(reading.rules, 1)
    )
    Exemption.objects.bulk_create(
        Exemption(version=version, department=department, quota_per_person=count)
        for department, count in exemptions
    )
    ShortfallRate.objects.bulk_create(
        ShortfallRate(version=version, category=category, rule=rules[place]) for category, place in rates
    )
    audit.record(actor=actor, action="issue", obj=version, changes={"effective_from": [None, effective_from]})
    return version


def _create(reading: SchemeReading, number: int, effective_from: date, document_number: str) -> SchemeVersion:
    version: SchemeVersion = SchemeVersion.objects.create(
        name=reading.name,
        number=number,
        document_number=document_number.strip(),
        effective_from=effective_from,
        same_piece=reading.same_piece,
        exemption_text=reading.exemption_text,
        shortfall_text=reading.shortfall_text,
        state=VersionState.IN_FORCE,
    )
    return version


def refuse_taken(*, number: int, effective_from: date) -> None:
    """Numbers and days are taken once."""
    problems = []
    if SchemeVersion.objects.filter(number=number).exists():
        problems.append(
            _("Version %(number)s is already there. Please take the next number.") % {"number": number}
        )
    if SchemeVersion.objects.filter(effective_from=effective_from).exists():
        problems.append(
            _("Another version is already in force from %(day)s. Please choose another day.")
            % {"day": effective_from.isoformat()}
        )
    if problems:
        raise SchemeRefused(problems)


@transaction.atomic
def scheme_issue(*, version: SchemeVersion, actor: User) -> None:
    """Put a version typed in the admin into force. One UPDATE decides; an issued one can't be issued again."""
    if not version.rules.exists():
        raise SchemeRefused(
            _("“%(version)s” has no rules yet. Please add them first.") % {"version": version}
        )
    won = SchemeVersion.objects.filter(pk=version.pk, state=VersionState.DRAFT).update(
        state=VersionState.IN_FORCE
    )
    if not won:
        raise SchemeRefused(_("“%(version)s” is already issued.") % {"version": version})
    version.state = VersionState.IN_FORCE
    audit.record(actor=actor, action="issue", obj=version)
