"""Tokens, keys and failed sign-ins."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class KeyChoices(models.Model):
    """The keys that a person gave to actions of the pages. What each page does with them: frontend/src/keys."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="key_choices"
    )
    keys = models.JSONField(default=dict)  # action id -> names of keys; an action not named has its own
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "key choices"

    def __str__(self) -> str:
        return f"keys of {self.user}"


class ApiToken(models.Model):
    """The name that a person gave to a token. The token itself is knox's, and only its hash is kept."""

    token = models.OneToOneField("knox.AuthToken", on_delete=models.CASCADE, related_name="api_token")
    name = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return self.name or f"token {self.pk}"


class LoginFailure(models.Model):
    """A sign-in that was refused; too many of them slow the next one down."""

    username = models.CharField(max_length=150)  # as typed
    address = models.CharField(max_length=100)  # of the client, as the web server saw it
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["address", "at"], name="login_failure_recent")]

    def __str__(self) -> str:
        return f"{self.username} from {self.address}"
