"""Signing in and out, keys, and tokens. Users are made by the command line or the admin, never here."""

from __future__ import annotations

import datetime as dt

from django.contrib.auth import authenticate, login, logout
from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from knox.models import AuthToken

from labeling.errors import InvalidInput, TooMany
from labeling.models import ApiToken, KeyChoices, LoginFailure

FAILURE_WINDOW = dt.timedelta(minutes=5)
MAX_FAILURES_OF_NAME = 10  # by one address within the window
MAX_FAILURES_OF_ADDRESS = 100  # many people may share one


class TooManyFailures(TooMany):
    """Too many wrong passwords; the next try must wait."""

    code = "too_many_failures"


def session_open(*, request: HttpRequest, username: str, password: str) -> AbstractBaseUser:
    """The browser is signed in as the user. Raises InvalidInput, TooManyFailures.

    Failures are counted in the database, so that every web process and host knows of them.
    """
    address = request.META.get("REMOTE_ADDR", "")
    _check_failures(username, address)
    user = authenticate(request, username=username, password=password)
    if user is None:
        now = timezone.now()
        LoginFailure.objects.filter(at__lt=now - FAILURE_WINDOW).delete()
        LoginFailure.objects.create(username=username[:150], address=address, at=now)
        raise InvalidInput("User name or password is wrong.", code="wrong_password")
    LoginFailure.objects.filter(username=username[:150], address=address).delete()
    login(request, user)
    return user


def session_close(*, request: HttpRequest) -> None:
    """The browser is signed out, and its session gone."""
    logout(request)


def keys_choose(*, user: AbstractBaseUser, keys: dict[str, list[str]]) -> None:
    """The user's keys are these, and for every action that is not named the page's own."""
    KeyChoices.objects.update_or_create(user=user, defaults={"keys": keys})


@transaction.atomic
def token_create(*, user: AbstractBaseUser, name: str = "") -> tuple[ApiToken, str]:
    """A new token of the user, and its text: shown once, kept only as a hash."""
    token, text = AuthToken.objects.create(user)
    return ApiToken.objects.create(token=token, name=name), text


def token_revoke(*, token: ApiToken) -> None:
    """Requests with this token are refused from now on."""
    token.token.delete()


def _check_failures(username: str, address: str) -> None:
    recent = LoginFailure.objects.filter(address=address, at__gt=timezone.now() - FAILURE_WINDOW)
    of_name = recent.filter(username=username[:150]).count()
    if of_name >= MAX_FAILURES_OF_NAME or recent.count() >= MAX_FAILURES_OF_ADDRESS:
        minutes = FAILURE_WINDOW.seconds // 60
        raise TooManyFailures(f"Too many wrong passwords from this address. Try again in {minutes} minutes.")
