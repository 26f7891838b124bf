"""One form with a rich text field, and an upload address that answers as CKEditor expects."""

from django import forms
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.urls import path
from django.utils.html import format_html

from toolkit.csp import editor_csp
from toolkit.richtext import RichTextFormField
from toolkit.uploads import UploadedImage, UploadRefused

RICH = "<h2>义诊进社区</h2><p>现场<strong>十分热闹</strong>。</p>"
PAGE = """<!doctype html><html lang="zh-hans"><head><title>t</title><link rel="icon" href="data:,">{css}</head>
<body><main><h1>t</h1><form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="{token}">
<label for="id_body">正文</label>{field}<button type="submit">保存</button></form></main>{js}</body></html>"""

posted: list[str] = []


class Draft(forms.Form):
    body = RichTextFormField(upload_url="/upload/")


@editor_csp
def write(request: HttpRequest) -> HttpResponse:
    form = Draft(
        request.POST or None,
        initial={"body": RICH if "rich" in request.GET else "<p>第一段</p><p>第二段</p>"},
    )
    if request.method == "POST" and form.is_valid():
        posted.append(form.cleaned_data["body"])
        return HttpResponse('<!doctype html><title>ok</title><link rel="icon" href="data:,"><p>ok</p>')
    css, js = form.media["css"], form.media["js"]
    return HttpResponse(format_html(PAGE, css=css, js=js, token=get_token(request), field=form["body"]))


def upload(request: HttpRequest) -> HttpResponse:
    """Without csrf_exempt: the token has to come in the header."""
    try:
        picture = UploadedImage(request.FILES["upload"], max_side=800)
    except UploadRefused as refused:
        return JsonResponse({"uploaded": 0, "error": {"message": refused.sentence}})
    name = default_storage.save(f"pictures/{picture.name}", picture)
    return JsonResponse({"uploaded": 1, "fileName": picture.name, "url": f"/media/{name}"})


def media(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(default_storage.open(name).read(), content_type="image/jpeg")


urlpatterns = [path("write/", write), path("upload/", upload), path("media/<path:name>", media)]
