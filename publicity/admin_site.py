"""The Django admin under our name: open to leaders (plans) and administrators (people, departments, settings)."""

from django.contrib.admin import AdminSite
from django.utils.translation import gettext_lazy as _


class WorkbenchAdminSite(AdminSite):
    site_title = _("Publicity workbench")
    site_header = _("Publicity workbench administration")
    index_title = _("Administration")
    enable_nav_sidebar = False
