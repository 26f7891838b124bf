from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CorrespondentsConfig(AppConfig):
    name = "correspondents"
    verbose_name = _("Correspondents and drafts")

    def ready(self) -> None:
        from correspondents import permissions  # noqa: F401 - registers the permissions the admin asks for
        from correspondents.piece_links import draft_links
        from plans import sources

        # "submission" is plans.states.SourceKind.SUBMISSION: the matrix links its pieces to their drafts.
        sources.register("submission", draft_links)
