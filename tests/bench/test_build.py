"""The builder of large hospitals, at a small size, and what breaks only when there is much."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from bench.build import build
from correspondents.models import Review, Submission
from hospital.models import User
from media_outreach.outlets.models import Placement
from plans.models import Delivery
from rewards.models import Entry
from toolkit import audit_chain

ROWS = 1_200


@pytest.fixture
def hospital(db: None) -> None:
    build(rows=ROWS)


def test_much_is_built_whole_and_leaves_as_a_workbook(hospital: None) -> None:
    """Figures of a hospital that lacks half its rows say nothing; a year's placements must leave on SQLite too."""
    counts = [model.objects.count() for model in (Submission, Placement, Delivery, Entry)]
    assert counts == [ROWS] * 4
    assert Review.objects.count() == ROWS - ROWS // 50
    assert audit_chain.verify().problem == ""
    client = Client()
    client.force_login(
        User.objects.get(staff_no="B00000"), backend="django.contrib.auth.backends.ModelBackend"
    )
    response = client.get(reverse("outlets:export"))
    assert response.status_code == 200
    sheet = load_workbook(BytesIO(response.content), read_only=True).worksheets[0]
    filled = [row for row in sheet.iter_rows(values_only=True) if isinstance(row[0], int)]
    assert (len(filled), filled[-1][0]) == (ROWS, ROWS)
