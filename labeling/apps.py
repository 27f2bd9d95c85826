from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class LabelingConfig(AppConfig):
    name = "labeling"
    default_auto_field = "django.db.models.BigAutoField"


class AssayAdminConfig(AdminConfig):
    """The admin, behind our way of signing in."""

    default_site = "labeling.accounts.admin_site.AssayAdminSite"
