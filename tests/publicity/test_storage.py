"""Uploads in S3-type storage, against a real server of that kind."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from tests.factories import Cast
from toolkit import jobs
from toolkit.backup import making
from toolkit.models import Job, JobState


@pytest.fixture
def bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An empty private bucket, and the product set to it as its environment would."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    given = {
        "S3_BUCKET": "hospital",
        "S3_ENDPOINT_URL": f"http://{host}:{port}",
        "S3_ACCESS_KEY": "key",
        "S3_SECRET_KEY": "secret",
        "S3_PREFIX": "county",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    from publicity import storage

    client = boto3.client(
        "s3",
        endpoint_url=given["S3_ENDPOINT_URL"],
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="hospital")
    options = storage.s3_options()
    settings.STORAGES = settings.STORAGES | {
        "default": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    }
    yield client
    server.stop()


@pytest.mark.django_db
def test_a_file_written_on_one_machine_is_read_on_another(cast: Cast, bucket: Any, client: Any) -> None:
    """The worker that builds a workbook and the web server that hands it out share no disk."""
    jobs.job("storage-test")(build)
    job = jobs.start(kind="storage-test", owner=cast.editor, params={})
    assert jobs.run(job.pk)
    done = Job.objects.get(pk=job.pk)
    assert (done.state, done.error) == (JobState.DONE, "")
    stored = [item["Key"] for item in bucket.list_objects_v2(Bucket="hospital")["Contents"]]
    assert stored == [f"county/{done.file.name}"]
    address = reverse("jobs:download", args=[job.pk])
    client.force_login(cast.editor)
    response = client.get(address)
    assert response.status_code == 200
    assert b"".join(response.streaming_content) == b"twelve bytes"
    assert list(making.stored_names(done.file.storage)) == [done.file.name]
    other = client.__class__()
    other.force_login(cast.writer)
    assert other.get(address).status_code == 404


def build(job: Job, progress: jobs.Progress) -> tuple[str, bytes]:
    return "year.xlsx", b"twelve bytes"


@pytest.mark.django_db
def test_an_import_waits_for_its_confirmation_in_the_shared_storage(bucket: Any) -> None:
    """Preview on one web node, confirm on another: a folder of the first would be no good."""
    from hospital.import_sheets import StoredUpload
    from toolkit.sheets import SheetRefused

    first = StoredUpload()
    first.save(b"a sheet")
    again = StoredUpload(name=first.name)
    assert again.read() == b"a sheet"
    again.remove()
    with pytest.raises(SheetRefused):
        first.read()
