from django.conf import settings
from django.urls import path

from correspondents.views import background, reading, reviewing, writing

app_name = "drafts"
urlpatterns = [
    path("drafts/", reading.drafts, name="list"),
    path("drafts/new/", writing.new, name="new"),
    path("drafts/autosave/", background.autosave, name="autosave"),
    path("drafts/people/", background.people, name="people"),
    path("drafts/picture/<uuid:form_key>/", background.picture_add, name="picture_add"),
    path("drafts/upload/<uuid:form_key>/", background.upload, name="upload"),
    path("drafts/<int:pk>/", reading.detail, name="detail"),
    path("drafts/<int:pk>/edit/", writing.edit, name="edit"),
    path("drafts/<int:pk>/move/", reading.move, name="move"),
    path("drafts/<int:pk>/compare/", reading.compare, name="compare"),
    path("review/", reviewing.queue, name="queue"),
    path("review/<int:pk>/", reviewing.review, name="review"),
    # Under the media prefix, because rich text shows pictures from there and from nowhere else.
    path(
        f"{settings.MEDIA_URL.lstrip('/')}drafts/<int:pk>/<uuid:key>.<slug:extension>",
        reading.picture,
        name="picture",
    ),
]
