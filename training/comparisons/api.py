"""Comparisons of learners over HTTP. Engineers start and cancel; every member reads."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.blindness import check_sees_items
from labeling.errors import InvalidInput
from labeling.projects.api import valid
from labeling.web.http import PAGE_PARAMETERS, ErrorOutput, keyset_page, page_of, page_response
from labeling.web.permissions import MAY_ENGINEER, person_of, project_for, row_for
from training.comparisons.serializers import ComparisonInput, ComparisonOutput
from training.comparisons.services import comparison_cancel, comparison_request
from training.models import Comparison

SHOWN = Comparison.objects.select_related("created_by")


@extend_schema(tags=["training"])
class ComparisonsView(APIView):
    @extend_schema(
        operation_id="comparisons_list",
        summary="The comparisons of a project, newest first, with their tables",
        parameters=PAGE_PARAMETERS,
        responses=page_of(ComparisonOutput),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        check_sees_items(project.member_role)
        return page_response(*keyset_page(request, SHOWN.filter(project=project)), ComparisonOutput)

    @extend_schema(
        operation_id="comparison_start",
        summary="Compare learners on the same labels and seeds; a project has one at a time",
        request=ComparisonInput,
        responses={201: ComparisonOutput, 400: ErrorOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_ENGINEER)
        given = valid(ComparisonInput, request)
        chosen = given.pop("learners")
        learners = {each["learner"]: each["params"] for each in chosen}
        if len(learners) < len(chosen):
            sentence = "Name each learner once."
            raise InvalidInput(sentence, fields={"learners": [sentence]})
        comparison = comparison_request(project=project, user=person_of(request), learners=learners, **given)
        return Response(ComparisonOutput(comparison).data, status=status.HTTP_201_CREATED)


@extend_schema(tags=["training"])
class ComparisonView(APIView):
    @extend_schema(
        operation_id="comparison_show",
        summary="One comparison, with its progress and its table so far",
        responses=ComparisonOutput,
    )
    def get(self, request: Request, comparison_id: int) -> Response:
        comparison = row_for(person_of(request), SHOWN.all(), comparison_id)
        check_sees_items(comparison.member_role)
        return Response(ComparisonOutput(comparison).data)


@extend_schema(tags=["training"])
class ComparisonCancelView(APIView):
    @extend_schema(
        operation_id="comparison_cancel",
        summary="Stop a comparison within seconds; its finished trials stay",
        request=None,
        responses={200: ComparisonOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, comparison_id: int) -> Response:
        comparison = row_for(person_of(request), SHOWN.all(), comparison_id, MAY_ENGINEER)
        return Response(ComparisonOutput(comparison_cancel(comparison)).data)
