from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutletsConfig(AppConfig):
    name = "media_outreach.outlets"
    label = "outlets"
    verbose_name = _("Outlets and placements")

    def ready(self) -> None:
        from media_outreach.outlets.piece_links import placement_links
        from plans import sources

        # "placement" is plans.states.SourceKind.PLACEMENT: the matrix links its pieces to their placements.
        sources.register("placement", placement_links)
