"""Checks of uploads: all rows counted in the background, before an import."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.blindness import Sight
from labeling.imports.checks.services import check_create, check_for
from labeling.imports.redaction import reports_redact
from labeling.imports.serializers import CheckInput, CheckOutput
from labeling.imports.services import uploads_for
from labeling.jobs.work import work_request_cancel
from labeling.models import Check
from labeling.projects.api import valid
from labeling.web.http import ErrorOutput
from labeling.web.permissions import MAY_ENGINEER, person_of, project_for


def _mine(request: Request, check_id: int) -> Check:
    """The person's own check. Who may no longer import into its project sees nothing of it. Raises NotFound."""
    check = check_for(user=person_of(request), check_id=check_id)
    if check.project_id is not None:
        project_for(person_of(request), check.project_id, MAY_ENGINEER)
    return check


@extend_schema(tags=["imports"])
class ChecksView(APIView):
    @extend_schema(
        operation_id="check_create",
        summary="Count all rows of an upload, or of several together, in the background, as an import would",
        request=CheckInput,
        responses={201: CheckOutput, 400: ErrorOutput},
    )
    def post(self, request: Request) -> Response:
        given = valid(CheckInput, request)
        project_id = given["project"]
        project = None if project_id is None else project_for(person_of(request), project_id, MAY_ENGINEER)
        check = check_create(
            uploads=uploads_for(user=person_of(request), upload_ids=given["uploads"]),
            item_type=given["item_type"] if project is None else project.item_type,
            options=given["options"],
            project=project,
            user=person_of(request),
        )
        return Response(CheckOutput(check).data, status=status.HTTP_201_CREATED)


@extend_schema(tags=["imports"])
class CheckView(APIView):
    @extend_schema(operation_id="check_show", summary="One check of uploads", responses=CheckOutput)
    def get(self, request: Request, check_id: int) -> Response:
        check = _mine(request, check_id)
        return Response(CheckOutput(*reports_redact([check], Sight.SETTLED)).data)


@extend_schema(tags=["imports"])
class CheckCancelView(APIView):
    @extend_schema(
        operation_id="check_cancel",
        summary="Stop counting",
        request=None,
        responses={200: CheckOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, check_id: int) -> Response:
        check = _mine(request, check_id)
        work_request_cancel(check)
        check.refresh_from_db()
        return Response(CheckOutput(*reports_redact([check], Sight.SETTLED)).data)
