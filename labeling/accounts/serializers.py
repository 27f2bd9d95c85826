"""Who is signed in, and tokens, as the API takes and gives them."""

from __future__ import annotations

import re

from django.contrib.auth.models import User
from rest_framework import serializers

from labeling.models import (
    KeyChoices,
)
from labeling.projects.services import may_create_accounts

MAX_ACTIONS = 2_000  # with keys of their own: every class may have some


class LoginInput(serializers.Serializer[object]):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=1_000, trim_whitespace=False)


class PasswordInput(serializers.Serializer[object]):
    old_password = serializers.CharField(max_length=1_000, trim_whitespace=False)
    new_password = serializers.CharField(max_length=1_000, trim_whitespace=False)
    revoke_tokens = serializers.BooleanField(
        required=False, default=False, help_text="Programs with a token of yours are signed out as well."
    )


class PasswordOutput(serializers.Serializer[object]):
    n_tokens_revoked = serializers.IntegerField()


class MeOutput(serializers.Serializer[object]):
    id = serializers.IntegerField()
    username = serializers.CharField()
    is_staff = serializers.BooleanField(help_text="May open the admin.")
    may_create_accounts = serializers.SerializerMethodField(help_text="While making somebody a member.")
    keys = serializers.SerializerMethodField(
        help_text="Action of a page -> the keys that you gave it; the others have the page's own."
    )

    def get_may_create_accounts(self, user: User) -> bool:
        return may_create_accounts(user)

    def get_keys(self, user: User) -> dict[str, list[str]]:
        chosen: dict[str, list[str]] | None = (
            KeyChoices.objects.filter(user_id=user.pk).values_list("keys", flat=True).first()
        )
        return chosen or {}


class KeysInput(serializers.Serializer[object]):
    """All keys that differ from the pages' own; an empty object sets every key back."""

    keys = serializers.DictField(
        child=serializers.ListField(
            child=serializers.RegexField(
                r"^[^\s\x00-\x1f]{1,20}$",
                error_messages={
                    "invalid": "Name a key as the help of the page does, such as z, Enter or Space."
                },
            ),
            max_length=4,
        ),
        help_text="Action of a page -> up to four keys, as KeyboardEvent.key names them, letters in lower case.",
    )

    def validate_keys(self, keys: dict[str, list[str]]) -> dict[str, list[str]]:
        if len(keys) > MAX_ACTIONS:
            raise serializers.ValidationError(f"Name {MAX_ACTIONS:,} actions at most.")
        wrong = next((name for name in keys if not re.fullmatch(r"[a-z][a-z0-9-]{0,60}", name)), None)
        if wrong is not None:
            raise serializers.ValidationError(
                f"{wrong[:60]!r} is no action; they are named in lower case, such as skip-all or class-12."
            )
        return keys


class TokenInput(serializers.Serializer[object]):
    name = serializers.CharField(max_length=100, required=False, default="", allow_blank=True)
    days = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        min_value=1,
        max_value=36_500,
        help_text="For how long it is good, ASSAY_TOKEN_DAYS at most; so long if left out.",
    )


class TokenOutput(serializers.Serializer[object]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    begins_with = serializers.CharField(source="token.token_key", help_text="To tell one from another.")
    created_at = serializers.DateTimeField(source="token.created")
    expires_at = serializers.DateTimeField(
        source="token.expiry", allow_null=True, help_text="Refused from then on; null: never."
    )


class NewTokenOutput(TokenOutput):
    token = serializers.CharField(help_text="Shown this once. Send it as `Token <it>`.")
