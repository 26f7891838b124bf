from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class ToolkitConfig(AppConfig):
    name = "toolkit"
    verbose_name = _("Toolkit")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from toolkit import (
            append_only,
            audit_chain,
            checks,  # noqa: F401  importing it registers the system checks
        )

        # Sent for each app at the end of every migrate, whatever it did. The chain has to be there before any
        # other receiver writes an event; the guards come last.
        post_migrate.connect(audit_chain.after_migrate, dispatch_uid="audit_chain")
        post_migrate.connect(append_only.after_migrate, sender=self, dispatch_uid="append_only")
