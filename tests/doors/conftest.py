"""One little hospital for all doors: each request's changes are taken back, so building it once is enough."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, override_settings

from tests.doors.people import World, build


@pytest.fixture(scope="module")
def hospital(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    media = tmp_path_factory.mktemp("doors")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media), transaction.atomic():
        made = build()
        made.rows["media"] = media
        made.rows["cookies"] = {}
        made.rows["handler"] = Client(raise_request_exception=False).handler
        for name, person in made.people.items():
            client = Client()
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
            made.rows["cookies"][name] = {key: morsel.value for key, morsel in client.cookies.items()}
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def world(hospital: World, own_media: None, settings: Any) -> World:
    settings.MEDIA_ROOT = Path(hospital.rows["media"])
    return hospital
