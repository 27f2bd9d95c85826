"""Signing in and out, passwords, keys, and tokens. Users are made by the command line or the admin, never here."""

from __future__ import annotations

import datetime as dt
import logging
import secrets
import time

from django.conf import settings
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from knox.models import AuthToken

from labeling.errors import InvalidInput, TooMany
from labeling.models import ApiToken, KeyChoices, LoginFailure

logger = logging.getLogger(__name__)

FAILURE_WINDOW = dt.timedelta(minutes=5)
MAX_FAILURES_OF_NAME = 10  # by one address, or by one browser that the name knows, within the window
MAX_FAILURES_OF_ADDRESS = 100  # then its tries are slow: many people may share an address
SLOW_SECONDS = 1.0

# A browser in which a person has signed in before: strangers who guess the name's password do not lock it out.
# https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
DEVICE_COOKIE = "assay_device"
DEVICE_SALT = "assay.device"
DEVICE_LIFE = dt.timedelta(days=365)


class TooManyFailures(TooMany):
    """Too many wrong passwords; the next try must wait."""

    code = "too_many_failures"


def session_open(*, request: HttpRequest, username: str, password: str) -> User:
    """The browser is signed in as the user. Raises InvalidInput, TooManyFailures."""
    user = password_check(request=request, username=username, password=password)
    if user is None:
        raise InvalidInput("User name or password is wrong.", code="wrong_password")
    login(request, user)
    return user


def password_check(*, request: HttpRequest, username: str, password: str) -> User | None:
    """The user of that name and password, or None. Raises TooManyFailures. Every way of signing in goes through it.

    Failures are counted in the database, so that every web process and host knows of them. Who fails too often
    with one name from one address is refused for a while; who fails too often with many names is slowed down.
    """
    username = username[:150]
    device = device_of(request, username)
    whose = device or request.META.get("REMOTE_ADDR", "")
    _check_failures(username, whose)
    if device is None and _recent_failures(whose).count() >= MAX_FAILURES_OF_ADDRESS:
        time.sleep(SLOW_SECONDS)  # signing in has threads of its own (deploy/front): nobody else waits
    user = authenticate(request, username=username, password=password)
    if user is None:
        now = timezone.now()
        LoginFailure.objects.filter(at__lt=now - FAILURE_WINDOW).delete()
        LoginFailure.objects.create(username=username, address=whose, at=now)
        logger.warning("Wrong password for %r from %s.", username, request.META.get("REMOTE_ADDR", ""))
    else:
        LoginFailure.objects.filter(username=username, address=whose).delete()
    return user


def device_of(request: HttpRequest, username: str) -> str | None:
    """A word for this browser, if this name has signed in with it before."""
    cookie = request.COOKIES.get(DEVICE_COOKIE, "")
    try:
        device, name = signing.loads(cookie, salt=DEVICE_SALT, max_age=DEVICE_LIFE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return f"device {device}" if name == username else None


def device_remember(response: HttpResponse, request: HttpRequest, username: str) -> None:
    """The browser is one that the name knows, from now on."""
    if device_of(request, username) is None:
        response.set_cookie(
            DEVICE_COOKIE,
            signing.dumps([secrets.token_urlsafe(12), username], salt=DEVICE_SALT),
            max_age=DEVICE_LIFE,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def session_close(*, request: HttpRequest) -> None:
    """The browser is signed out, and its session gone."""
    logout(request)


def keys_choose(*, user: User, keys: dict[str, list[str]]) -> None:
    """The user's keys are these, and for every action that is not named the page's own."""
    KeyChoices.objects.update_or_create(user=user, defaults={"keys": keys})


def password_change(*, request: HttpRequest, user: User, old: str, new: str, with_tokens: bool) -> int:
    """The user's password is `new`; sessions elsewhere end, and with `with_tokens` all tokens, too.

    Returns how many tokens were revoked. Raises InvalidInput, TooManyFailures.
    """
    if password_check(request=request, username=user.get_username(), password=old) is None:
        raise InvalidInput(
            "The old password is wrong.",
            code="wrong_password",
            fields={"old_password": ["It is another one."]},
        )
    try:
        validate_password(new, user)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), fields={"new_password": error.messages}) from error
    with transaction.atomic():
        user.set_password(new)
        user.save(update_fields=["password"])
        tokens = AuthToken.objects.filter(user=user) if with_tokens else AuthToken.objects.none()
        n_tokens: int = tokens.count()
        tokens.delete()
    update_session_auth_hash(request, user)  # sessions carry a hash of the password: only this one goes on
    return n_tokens


@transaction.atomic
def token_create(*, user: User, name: str = "", days: int | None = None) -> tuple[ApiToken, str]:
    """A new token of the user for `days` days, and its text: shown once, kept only as a hash.

    `days` None: as many as ASSAY_TOKEN_DAYS says. Raises InvalidInput.
    """
    longest = settings.ASSAY_TOKEN_DAYS
    days = longest if days is None else days
    if not 1 <= days <= longest:
        sentence = f"A token may be good for 1 to {longest} days; {days} were asked for."
        raise InvalidInput(sentence, fields={"days": [sentence]})
    token, text = AuthToken.objects.create(user, expiry=dt.timedelta(days=days))
    return ApiToken.objects.create(token=token, name=name), text


def token_revoke(*, token: ApiToken) -> None:
    """Requests with this token are refused from now on."""
    token.token.delete()


def _recent_failures(whose: str) -> QuerySet[LoginFailure]:
    return LoginFailure.objects.filter(address=whose, at__gt=timezone.now() - FAILURE_WINDOW)


def _check_failures(username: str, whose: str) -> None:
    if _recent_failures(whose).filter(username=username).count() >= MAX_FAILURES_OF_NAME:
        minutes = FAILURE_WINDOW.seconds // 60
        raise TooManyFailures(
            f"Too many wrong passwords for this name from here. Try again in {minutes} minutes."
        )
