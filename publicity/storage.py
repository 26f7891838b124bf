"""Where uploads are kept: a folder of this machine, or S3-type storage that several machines share."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ImproperlyConfigured

NEEDED = ("S3_ENDPOINT_URL", "S3_ACCESS_KEY", "S3_SECRET_KEY")


def s3_options() -> dict[str, Any] | None:
    """Options for django-storages, or None when S3_BUCKET isn't set. Raises ImproperlyConfigured when they don't do."""
    bucket = os.environ.get("S3_BUCKET", "")
    if not bucket:
        return None
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        raise ImproperlyConfigured(f"S3_BUCKET is set, so {' and '.join(missing)} must be set too.")
    if find_spec("storages") is None or find_spec("boto3") is None:
        raise ImproperlyConfigured("S3_BUCKET needs django-storages: pip install -r requirements-s3.txt")
    return {
        "bucket_name": bucket,
        "endpoint_url": os.environ["S3_ENDPOINT_URL"],
        "access_key": os.environ["S3_ACCESS_KEY"],
        "secret_key": os.environ["S3_SECRET_KEY"],
        "region_name": os.environ.get("S3_REGION") or "us-east-1",
        "location": os.environ.get("S3_PREFIX", ""),
        "addressing_style": "path",  # what MinIO, Ceph and their like answer to
        "signature_version": "s3v4",
        "file_overwrite": False,
        "default_acl": None,  # the bucket's own, which has to be private
        "querystring_auth": True,
    }
