"""What helps to answer."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.web.http import ErrorOutput
from labeling.web.permissions import person_of, project_for
from review.help.explanations import explanations_of
from review.help.serializers import ExplanationOutput, ExplanationsQuery, explanation_json


@extend_schema(tags=["review"])
class ExplanationsView(APIView):
    @extend_schema(
        operation_id="queue_explanations",
        summary="The labeled items most like those you hold, and the words that weigh most for the model",
        description="Made by a worker after each round for what it put into the queue. Items that are asked blind, "
        "or that no worker has come to, are left out.",
        parameters=[ExplanationsQuery],
        responses={200: ExplanationOutput(many=True), 400: ErrorOutput},
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        query = ExplanationsQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        found = explanations_of(
            project, query.validated_data["items"], person=person_of(request), role=project.member_role
        )
        return Response([explanation_json(one) for one in found])
