"""The admin's own way of signing in, under the same limits as the API's."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from labeling.accounts.services import TooManyFailures, device_remember, password_check


class LimitedSignIn(AdminAuthenticationForm):
    """Django's form, which asks `password_check` instead of Django."""

    def clean(self) -> dict[str, Any]:
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if username and password:
            assert self.request is not None  # AdminSite.login gives it
            try:
                user = password_check(request=self.request, username=username, password=password)
            except TooManyFailures as error:
                raise ValidationError(error.message, code=error.code) from error
            if user is None:
                raise self.get_invalid_login_error()
            self.user_cache = user
            self.confirm_login_allowed(user)
        return self.cleaned_data


class AssayAdminSite(AdminSite):
    """Django's admin, behind LimitedSignIn."""

    login_form = LimitedSignIn

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().login(request, extra_context)
        if request.method == "POST" and request.user.is_authenticated:
            device_remember(response, request, request.user.get_username())
        form = (getattr(response, "context_data", None) or {}).get("form")
        if form is not None and form.is_bound and form.has_error("__all__", TooManyFailures.code):
            response.status_code = TooManyFailures.status
        return response
