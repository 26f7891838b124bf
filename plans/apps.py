from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PlansConfig(AppConfig):
    name = "plans"
    verbose_name = _("Plans and quotas")

    def ready(self) -> None:
        from plans.defaults import fill_empty_table

        post_migrate.connect(fill_empty_table, sender=self, dispatch_uid="plans.fill_empty_table")
