"""Tokens, checked in one statement. They are knox's: stored as a hash, made and revoked through it."""

from __future__ import annotations

import binascii

from django.contrib.auth import get_user
from django.contrib.auth.models import User
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.plumbing import build_bearer_security_scheme_object
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from labeling.database.hot import fetch_prepared

# What a request may ask of its user without another query; from_db wants the model's own order.
_USER_COLUMNS = ["id", "is_superuser", "username", "is_staff", "is_active"]
_FIND = f"""
    SELECT {", ".join(f'"user".{column}' for column in _USER_COLUMNS)}, token.expiry
    FROM knox_authtoken token JOIN auth_user "user" ON "user".id = token.user_id
    WHERE token.digest = %(digest)s"""


class PreparedTokenAuthentication(TokenAuthentication):
    """Knox loads the token, its user and all the user's other tokens; a request needs the user alone.

    `request.auth` is the token's digest. An expired token is refused; the list of tokens shows it.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[User, str]:
        try:
            digest = hash_token(token.decode())
        except (UnicodeDecodeError, TypeError, binascii.Error) as error:
            raise AuthenticationFailed("This is no token.") from error
        rows = fetch_prepared(_FIND, {"digest": digest})
        if not rows:
            raise AuthenticationFailed("This token is not known; make a new one.")
        *columns, expiry = rows[0]
        user = User.from_db("default", _USER_COLUMNS, columns)
        if not user.is_active or (expiry is not None and expiry < timezone.now()):
            raise AuthenticationFailed("This token has expired, or its user is no longer active.")
        return user, digest


def is_signed_in(request: HttpRequest) -> bool:
    """Whether a valid token or a session comes with the request. Reads no body.

    For whoever decides before the request is whole; the request itself is checked as any other.
    """
    try:
        if PreparedTokenAuthentication().authenticate(Request(request)) is not None:
            return True
    except AuthenticationFailed:
        return False
    SessionMiddleware(lambda _: HttpResponse()).process_request(request)
    return bool(get_user(request).is_authenticated)


class PreparedTokenScheme(OpenApiAuthenticationExtension):
    """How the schema tells of it."""

    target_class = PreparedTokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return build_bearer_security_scheme_object(header_name="Authorization", token_prefix="Token")
