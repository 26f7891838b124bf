"""Hostile files at the image, file and spreadsheet doors: refused with a sentence and on record, or made harmless."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from correspondents.models import Picture
from media_outreach.outlets.forms import ProofsField
from tests.corpora.files import CANARY, IMAGES_CLEANED, IMAGES_REFUSED, SHEETS_REFUSED
from tests.correspondents.factories import make_draft
from tests.factories import Cast
from tests.plans.factories import make_draft as make_plan
from toolkit.images import reencode
from toolkit.models import AuditEvent
from toolkit.refusals import UploadRefused
from toolkit.sheets import read_tables
from toolkit.sheets.reader import SheetRefused
from toolkit.uploads import DocumentUploadField, ImageUploadField

CHINESE = re.compile(r"[一-鿿].*[。！？]")
# Form fields that take a file and pass it to one of our doors themselves.
PASSED_ON = {("QuotaUploadForm", "file"), ("SchemeForm", "file"), ("SheetUploadForm", "import_file")}


@pytest.mark.parametrize("name", IMAGES_REFUSED)
def test_an_image_that_is_none_is_refused_with_a_sentence(name: str) -> None:
    with pytest.raises(UploadRefused) as refused:
        reencode(IMAGES_REFUSED[name]())
    assert CHINESE.search(refused.value.sentence)


@pytest.mark.parametrize("name", IMAGES_CLEANED)
def test_nothing_of_what_came_along_with_a_picture_is_kept(name: str) -> None:
    """Neither the place it was taken at nor a page or an archive behind it."""
    content = reencode(IMAGES_CLEANED[name]()).content
    assert CANARY not in content
    assert b"PK\x03\x04" not in content
    assert "张三".encode() not in content
    with Image.open(BytesIO(content)) as picture:
        assert not picture.getexif()


@pytest.mark.parametrize("name", SHEETS_REFUSED)
def test_a_hostile_sheet_is_refused_and_we_live_on(name: str) -> None:
    with pytest.raises(SheetRefused) as refused:
        read_tables(SHEETS_REFUSED[name](), kind="xlsx")
    assert CHINESE.search(refused.value.sentence)
    assert read_tables("科室\n护理部\n".encode("gb18030"), kind="csv")[0].texts() == [["科室"], ["护理部"]]


@pytest.mark.parametrize("name", [name for name in IMAGES_REFUSED if name != "empty"])
def test_a_refused_picture_is_on_record_and_leaves_nothing(client: Client, cast: Cast, name: str) -> None:
    draft = make_draft(cast)
    client.force_login(cast.writer, backend="django.contrib.auth.backends.ModelBackend")
    address = reverse("drafts:upload", args=[draft.form_key])
    response = client.post(address, {"upload": SimpleUploadedFile("图.jpg", IMAGES_REFUSED[name]())})
    assert response.status_code == 400
    assert CHINESE.search(response.json()["error"]["message"])
    assert not Picture.objects.exists()
    event = AuditEvent.objects.get(action="upload_refused")
    assert event.actor == cast.writer
    assert event.note.startswith("image (")


@pytest.mark.parametrize("name", ["macro", "billion_cells", "page", "no_zip"])
def test_a_refused_sheet_is_on_record_though_its_transaction_is_not(
    client: Client, cast: Cast, name: str
) -> None:
    plan = make_plan(cast)
    client.force_login(cast.editor, backend="django.contrib.auth.backends.ModelBackend")
    upload = SimpleUploadedFile("任务.xlsx", SHEETS_REFUSED[name]())
    response = client.post(reverse("plans:import", args=[plan.pk]), {"file": upload})
    assert response.status_code == 200
    assert not plan.imports.exists()
    assert AuditEvent.objects.filter(action="upload_refused", actor=cast.editor).count() == 1


def test_a_name_with_line_ends_writes_no_header(client: Client, cast: Cast) -> None:
    draft = make_draft(cast)
    client.force_login(cast.writer, backend="django.contrib.auth.backends.ModelBackend")
    upload = SimpleUploadedFile("a\r\nX-Bad: 1\r\n.jpg", IMAGES_CLEANED["place"]())
    response = client.post(reverse("drafts:upload", args=[draft.form_key]), {"upload": upload})
    assert response.status_code == 200
    shown = client.get(response.json()["url"])
    assert shown.status_code == 200
    assert "X-Bad" not in response.headers
    assert "X-Bad" not in shown.headers
    shown.close()


def test_ten_megabytes_in_a_field_are_refused(client: Client, cast: Cast) -> None:
    draft = make_draft(cast)
    client.force_login(cast.writer, backend="django.contrib.auth.backends.ModelBackend")
    response = client.post(
        reverse("drafts:edit", args=[draft.pk]), {"body": "文" * 3_500_000, "version": "2"}
    )
    assert response.status_code in {400, 413}


def _forms(parent: type[forms.BaseForm] = forms.BaseForm) -> Iterator[type[forms.BaseForm]]:
    for form in parent.__subclasses__():
        yield form
        yield from _forms(form)


def test_every_file_of_every_form_goes_through_a_door() -> None:
    """A form somebody adds with a bare FileField fails here."""
    reverse("dashboard")  # loads the address book, and with it every form
    doors = (ImageUploadField, DocumentUploadField, ProofsField)
    ours = ("publicity", "rewards", "media_outreach", "correspondents", "plans", "hospital", "toolkit")
    bare = {
        (form.__name__, name)
        for form in _forms()
        if form.__module__.startswith(ours)
        for name, field in getattr(form, "base_fields", {}).items()
        if isinstance(field, forms.FileField) and not isinstance(field, doors)
    }
    assert bare == PASSED_ON
