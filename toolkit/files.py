"""The one way a stored file leaves: through a view that has asked who is there, shown in the page only if a picture."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

SHOWN = frozenset({"image/jpeg", "image/png"})
POLICY = "default-src 'none'; sandbox"


def stored_file(
    file: Any, *, name: str, content_type: str = "application/octet-stream", show: bool = False
) -> HttpResponseBase:
    """`file`: a FieldFile. Only our own re-encoded pictures are ever shown; the rest leaves as a download.

    Behind nginx (`MEDIA_ACCEL_PREFIX`) the answer only names the file and nginx sends it. Raises FileNotFoundError.
    """
    show = show and content_type in SHOWN
    response: HttpResponseBase
    prefix = settings.MEDIA_ACCEL_PREFIX
    if prefix and isinstance(file.storage, FileSystemStorage):
        if not file.storage.exists(file.name):
            raise FileNotFoundError(file.name)
        response = HttpResponse(content_type=content_type)
        response["X-Accel-Redirect"] = f"{prefix.rstrip('/')}/{quote(file.name)}"
        if disposition := content_disposition_header(not show, name):
            response["Content-Disposition"] = disposition
    else:
        response = FileResponse(
            file.open("rb"), as_attachment=not show, filename=name, content_type=content_type
        )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = POLICY
    return response
