"""Signing in and out, keys, and tokens."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.middleware.csrf import get_token
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.accounts.serializers import (
    KeysInput,
    LoginInput,
    MeOutput,
    NewTokenOutput,
    PasswordInput,
    PasswordOutput,
    TokenInput,
    TokenOutput,
)
from labeling.accounts.services import (
    device_remember,
    keys_choose,
    password_change,
    session_close,
    session_open,
    token_create,
    token_revoke,
)
from labeling.errors import NotFound
from labeling.models import ApiToken
from labeling.web.http import PAGE_PARAMETERS, ErrorOutput, keyset_page, page_of, page_response
from labeling.web.permissions import person_of
from labeling.web.strict_types import check_body


@extend_schema(tags=["accounts"])
class SessionView(APIView):
    permission_classes = [AllowAny]

    @extend_schema(
        operation_id="session_show",
        summary="Who is signed in. Sets the cookie csrftoken either way",
        responses={200: MeOutput, 401: ErrorOutput},
    )
    def get(self, request: Request) -> Response:
        get_token(request._request)
        if not request.user.is_authenticated:
            raise NotAuthenticated("Nobody is signed in.")
        return Response(MeOutput(request.user).data)

    @extend_schema(
        operation_id="session_open",
        summary="Sign in. Send the cookie csrftoken back as the header X-CSRFToken",
        request=LoginInput,
        responses={200: MeOutput, 400: ErrorOutput, 429: ErrorOutput},
    )
    def post(self, request: Request) -> Response:
        # DRF asks only those who are signed in; without this another site could sign a browser in.
        SessionAuthentication().enforce_csrf(request)
        login = check_body(LoginInput(data=request.data), request.data)
        user = session_open(request=request._request, **login)
        response = Response(MeOutput(user).data)
        device_remember(response, request._request, user.get_username())
        return response

    @extend_schema(operation_id="session_close", summary="Sign out", responses={204: None})
    def delete(self, request: Request) -> Response:
        SessionAuthentication().enforce_csrf(request)
        session_close(request=request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["accounts"])
class PasswordView(APIView):
    @extend_schema(
        operation_id="password_change",
        summary="Change your password; your sessions elsewhere end, and your tokens if you want it",
        request=PasswordInput,
        responses={200: PasswordOutput, 400: ErrorOutput, 429: ErrorOutput},
    )
    def put(self, request: Request) -> Response:
        given = check_body(PasswordInput(data=request.data), request.data)
        n_tokens = password_change(
            request=request._request,
            user=get_user_model().objects.get(pk=person_of(request).pk),
            old=given["old_password"],
            new=given["new_password"],
            with_tokens=given["revoke_tokens"],
        )
        return Response(PasswordOutput({"n_tokens_revoked": n_tokens}).data)


@extend_schema(tags=["accounts"])
class KeysView(APIView):
    @extend_schema(
        operation_id="keys_choose",
        summary="Your keys for the actions of the pages, in place of those you chose before",
        request=KeysInput,
        responses={200: MeOutput, 400: ErrorOutput},
    )
    def put(self, request: Request) -> Response:
        chosen = check_body(KeysInput(data=request.data), request.data)
        keys_choose(user=person_of(request), **chosen)
        return Response(MeOutput(person_of(request)).data)


@extend_schema(tags=["accounts"])
class TokensView(APIView):
    @extend_schema(
        operation_id="tokens_list",
        summary="Your tokens",
        parameters=PAGE_PARAMETERS,
        responses=page_of(TokenOutput),
    )
    def get(self, request: Request) -> Response:
        mine = ApiToken.objects.filter(token__user=person_of(request)).select_related("token")
        return page_response(*keyset_page(request, mine), TokenOutput)

    @extend_schema(
        operation_id="token_create",
        summary="A new token, shown this once",
        request=TokenInput,
        responses={201: OpenApiResponse(NewTokenOutput), 400: ErrorOutput},
    )
    def post(self, request: Request) -> Response:
        named = check_body(TokenInput(data=request.data), request.data)
        token, text = token_create(user=person_of(request), **named)
        return Response(TokenOutput(token).data | {"token": text}, status=status.HTTP_201_CREATED)


@extend_schema(tags=["accounts"])
class TokenView(APIView):
    @extend_schema(operation_id="token_revoke", summary="Revoke one of your tokens", responses={204: None})
    def delete(self, request: Request, token_id: int) -> Response:
        token = ApiToken.objects.filter(pk=token_id, token__user=person_of(request)).first()
        if token is None:
            raise NotFound(f"You have no token {token_id}.")
        token_revoke(token=token)
        return Response(status=status.HTTP_204_NO_CONTENT)
