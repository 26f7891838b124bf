"""Two people at once, on PostgreSQL, where two transactions really run side by side."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from correspondents.models import Review, Revision, Submission
from correspondents.services import StaleVersion, submission_create, submission_move, submission_save
from plans.models import Delivery
from tests.correspondents.factories import fresh, info_category, make_draft, make_submitted, moved
from tests.factories import Cast, make_cast
from toolkit.moves import MoveLost

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    info_category()
    return make_cast()


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Start all at the same moment, each on a connection of its own; what each returned or raised."""
    barrier, results = threading.Barrier(len(calls)), [None] * len(calls)

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            barrier.wait(timeout=20)
            results[place] = call()
        except Exception as error:  # whatever it is, the test looks at it
            results[place] = error  # type: ignore[call-overload]  # a list of anything
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


def test_two_editors_accepting_at_once_count_it_once(cast: Cast) -> None:
    for _round in range(5):
        draft = moved(make_submitted(cast), "pass", cast.head)
        before = Delivery.objects.count()
        results = at_once(
            *(
                lambda editor=editor, draft=draft: submission_move(
                    submission=fresh(draft), action="pass", actor=editor
                )
                for editor in (cast.editor, cast.second_editor, cast.chief)
            )
        )
        lost = [result for result in results if isinstance(result, MoveLost)]
        assert len(lost) == 2, results
        assert fresh(draft).state == "accepted"
        assert Delivery.objects.count() == before + 1
        assert Review.objects.filter(submission=draft, stage="editor").count() == 1


def test_accepting_and_withdrawing_at_once_leave_one_outcome(cast: Cast) -> None:
    for _round in range(5):
        draft = moved(make_submitted(cast), "pass", cast.head)
        at_once(
            lambda draft=draft: submission_move(submission=fresh(draft), action="pass", actor=cast.editor),
            lambda draft=draft: submission_move(
                submission=fresh(draft), action="withdraw", actor=cast.writer
            ),
        )
        counted = Delivery.objects.filter(source_id=draft.pk).count()
        assert (fresh(draft).state, counted) in [("accepted", 1), ("withdrawn", 0)]


def test_one_form_sent_twice_at_once_makes_one_draft_and_one_text(cast: Cast) -> None:
    key = uuid.uuid4()
    results = at_once(
        *[lambda: submission_create(author=cast.writer, department=cast.nursing, form_key=key)] * 4
    )
    assert len({draft.pk for draft in results}) == 1
    assert Submission.objects.get().authorships.count() == 1
    draft = make_draft(cast)
    at_once(*[lambda: submission_move(submission=fresh(draft), action="submit", actor=cast.writer)] * 3)
    assert Revision.objects.filter(submission=draft).count() == 1


def test_two_windows_saving_at_once_do_not_overwrite_each_other(cast: Cast) -> None:
    draft = make_draft(cast)
    results = at_once(
        *(
            lambda title=title: submission_save(
                submission=draft, version=draft.version, data={"title": title}, actor=cast.writer
            )
            for title in ("甲", "乙", "丙")
        )
    )
    assert sum(isinstance(result, StaleVersion) for result in results) == 2
    assert fresh(draft).version == draft.version + 1
