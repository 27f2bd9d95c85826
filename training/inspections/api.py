"""Inspections of the data and the labels over HTTP. Engineers start and cancel; every member reads but annotators."""

from __future__ import annotations

import gzip

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.blindness import check_sees_items, sight_of
from labeling.errors import NotFound
from labeling.projects.api import valid
from labeling.web.http import PAGE_PARAMETERS, ErrorOutput, keyset_page, page_of, page_response
from labeling.web.permissions import MAY_ENGINEER, person_of, project_for, row_for
from training.inspections.serializers import (
    InspectionInput,
    InspectionOutput,
    InspectionSummaryOutput,
    MapOutput,
)
from training.inspections.services import inspection_cancel, inspection_request
from training.inspections.sight import findings_seen, points_seen
from training.models import Inspection

SHOWN = Inspection.objects.select_related("created_by").defer("map_points")


@extend_schema(tags=["training"])
class InspectionsView(APIView):
    @extend_schema(
        operation_id="inspections_list",
        summary="The inspections of a project, newest first, without what they found",
        parameters=PAGE_PARAMETERS,
        responses=page_of(InspectionSummaryOutput),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        check_sees_items(project.member_role)
        rows = SHOWN.filter(project=project).defer("findings")
        return page_response(*keyset_page(request, rows), InspectionSummaryOutput)

    @extend_schema(
        operation_id="inspection_start",
        summary="Look for label errors, drift and near duplicates, and draw a map; one at a time",
        request=InspectionInput,
        responses={201: InspectionOutput, 400: ErrorOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_ENGINEER)
        inspection = inspection_request(
            project=project, user=person_of(request), **valid(InspectionInput, request)
        )
        return Response(InspectionOutput(inspection).data, status=status.HTTP_201_CREATED)


@extend_schema(tags=["training"])
class InspectionView(APIView):
    @extend_schema(
        operation_id="inspection_show",
        summary="One inspection, with its progress and what it found so far",
        responses=InspectionOutput,
    )
    def get(self, request: Request, inspection_id: int) -> Response:
        inspection = row_for(person_of(request), SHOWN.all(), inspection_id)
        check_sees_items(inspection.member_role)
        inspection.findings = findings_seen(inspection.findings, sight_of(inspection.member_role))
        return Response(InspectionOutput(inspection).data)


@extend_schema(tags=["training"])
class InspectionMapView(APIView):
    """Stored as it is sent: nothing is unpacked for a page that shows a hundred thousand points, unless some are
    withheld from whoever looks.
    """

    @extend_schema(
        operation_id="inspection_map",
        summary="The items of an inspection's map, with what they are coloured by",
        responses={200: MapOutput, 404: ErrorOutput},
    )
    def get(self, request: Request, inspection_id: int) -> HttpResponse:
        inspection = row_for(
            person_of(request), Inspection.objects.only("map_points", "project"), inspection_id
        )
        check_sees_items(inspection.member_role)
        points = points_seen(inspection, sight_of(inspection.member_role))
        if points is None:
            raise NotFound(f"Inspection {inspection_id} has no map. Wait until it is done, or inspect again.")
        is_taken = "gzip" in request.headers.get("Accept-Encoding", "")
        body = bytes(points) if is_taken else gzip.decompress(points)
        response = HttpResponse(body, content_type="application/json")
        if is_taken:
            response["Content-Encoding"] = "gzip"
        response["Vary"] = "Accept-Encoding"
        return response


@extend_schema(tags=["training"])
class InspectionCancelView(APIView):
    @extend_schema(
        operation_id="inspection_cancel",
        summary="Stop an inspection within seconds; what it found so far stays",
        request=None,
        responses={200: InspectionOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, inspection_id: int) -> Response:
        inspection = row_for(person_of(request), SHOWN.all(), inspection_id, MAY_ENGINEER)
        return Response(InspectionOutput(inspection_cancel(inspection)).data)
