"""The two pages of an import in the admin, upload with preview and confirmation, and the template to start from."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from import_export.admin import ImportMixin

from hospital.forms import SheetConfirmForm, SheetUploadForm
from hospital.import_sheets import SafeSheet, StoredUpload
from toolkit import audit
from toolkit.sheets import SheetRefused
from toolkit.sheets.writer import CONTENT_TYPE, Workbook


class SheetImportMixin(ImportMixin):
    """For a ModelAdmin whose `sheet` names the columns and explains them."""

    sheet: ClassVar[type[SafeSheet]]
    import_form_class = SheetUploadForm
    confirm_form_class = SheetConfirmForm
    tmp_storage_class = StoredUpload
    import_template_name = "admin/hospital/import.html"
    # Each row is in the audit trail; the admin's own log would say it a second time.
    skip_admin_log = True

    def get_import_formats(self) -> list[type[SafeSheet]]:
        return [self.sheet]

    def has_import_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_add_permission(request) and self.has_change_permission(request))

    def get_urls(self) -> list[Any]:
        app, model = self.get_model_info()
        view = self.admin_site.admin_view(self.template_file)
        return [path("import/template/", view, name=f"{app}_{model}_import_template"), *super().get_urls()]

    def get_import_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {"sheet_help": self.sheet.explained()}

    def add_data_read_fail_error_to_form(self, form: Any, e: Exception) -> None:
        """What our reader refuses has a sentence; anything else is a fault of ours and must be seen as one."""
        if not isinstance(e, ValidationError):
            raise e
        form.add_error("import_file", e)

    @method_decorator(require_POST)
    def process_import(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        """Take in what the preview showed: all of it or nothing."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        app, model = self.get_model_info()
        form = self.create_confirm_form(request)
        try:
            if not form.is_valid():
                raise SheetRefused(_("The upload is no longer there. Please choose the file again."))
            stored = StoredUpload(name=form.cleaned_data["import_file_name"])
            dataset = self.sheet().create_dataset(stored.read())
        except SheetRefused as refused:
            messages.error(request, refused.sentence)
            return redirect(f"admin:{app}_{model}_import")
        result = self.process_dataset(dataset, form, request, rollback_on_validation_errors=True)
        if result.has_errors() or result.has_validation_errors():
            sentence = _(
                "Something has changed since the preview; nothing was imported. Please choose the file again."
            )
            messages.error(request, sentence)
            return redirect(f"admin:{app}_{model}_import")
        stored.remove()
        response: HttpResponse = self.process_result(result, request)
        return response

    def add_success_message(self, result: Any, request: HttpRequest) -> None:
        counts = {
            "new": result.totals["new"],
            "changed": result.totals["update"],
            "same": result.totals["skip"],
        }
        sentence = _("Imported: %(new)s new, %(changed)s changed, %(same)s as they were.") % counts
        label = str(self.model._meta.verbose_name_plural)
        audit.record(actor=request.user, action="import", label=label, note=sentence)
        messages.success(request, sentence)

    def template_file(self, request: HttpRequest) -> HttpResponse:
        """An empty sheet with the right headings, and a second one that explains them."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        book = Workbook()
        book.sheet(_("Fill in here"), columns=list(self.sheet.columns))
        notes = book.sheet(_("How to fill it in"), columns=[_("Column"), _("What to write")])
        for name, sentence in self.sheet.explained():
            notes.row([name, sentence])
        response = HttpResponse(book.content(), content_type=CONTENT_TYPE)
        response["Content-Disposition"] = f'attachment; filename="{self.get_model_info()[1]}-template.xlsx"'
        return response
