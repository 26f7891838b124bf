"""App configurations of the roof and of the Django admin as this product uses it."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.utils.translation import gettext_lazy as _


class PublicityConfig(AppConfig):
    name = "publicity"
    verbose_name = _("Publicity workbench")

    def ready(self) -> None:
        from publicity import checks, receivers  # noqa: F401 - importing the receivers connects them

        checks.register_all()


class WorkbenchAdminConfig(AdminConfig):
    default_site = "publicity.admin_site.WorkbenchAdminSite"
