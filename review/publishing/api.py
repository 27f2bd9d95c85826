"""Publications: what stood when, what a candidate would change, publishing and taking back."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.blindness import check_sees_items, check_takes_home
from labeling.errors import Conflict
from labeling.labels.selectors import publication_of
from labeling.projects.api import valid
from labeling.web.http import PAGE_PARAMETERS, ErrorOutput, keyset_page, page_of, page_response
from labeling.web.permissions import MAY_ENGINEER, person_of, project_for, row_for
from review.publishing.candidates import beside_standing
from review.publishing.publish import ANY, publication_discard, round_publish
from review.publishing.selectors import publications_of
from review.publishing.serializers import BesideOutput, PublicationOutput, PublishInput
from training.models import Round


@extend_schema(tags=["publications"])
class PublicationsView(APIView):
    @extend_schema(
        operation_id="publications_list",
        summary="Which machine labels stood when, the newest first",
        parameters=PAGE_PARAMETERS,
        responses=page_of(PublicationOutput),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        check_sees_items(project.member_role)
        return page_response(*keyset_page(request, publications_of(project)), PublicationOutput)


@extend_schema(tags=["publications"])
class RoundBesideView(APIView):
    @extend_schema(
        operation_id="round_beside_standing",
        summary="A round beside what stands: how right both are on the same held-out items, and what would change",
        description="For a candidate (a round in the state `ready`) before it is published, and for an earlier round "
        "before it is put back. Counts a million labels in seconds.",
        responses={200: BesideOutput, 409: ErrorOutput},
    )
    def get(self, request: Request, round_id: int) -> Response:
        rounds = Round.objects.select_related("run__project", "source").defer("metrics", "confidences")
        round = row_for(person_of(request), rounds, round_id, project="run__project")
        check_takes_home(round.run.project, round.member_role)  # its counts move with each answer
        return Response(BesideOutput(beside_standing(round)).data)


@extend_schema(tags=["publications"])
class RoundPublishView(APIView):
    @extend_schema(
        operation_id="round_publish",
        summary="Publish a candidate, or put an earlier round back, in one act; twice is once",
        description="Name in `instead_of` the publication that stood when you looked (null: none did): if another "
        "stands by now, nothing is replaced and the answer is 409. A round that stands already is answered with "
        "its publication. A valid certificate is revoked, for good.",
        request=PublishInput,
        responses={
            200: PublicationOutput,
            201: PublicationOutput,
            400: ErrorOutput,
            404: ErrorOutput,
            409: ErrorOutput,
        },
    )
    def post(self, request: Request, round_id: int) -> Response:
        rounds = Round.objects.select_related("run__project")
        round = row_for(person_of(request), rounds, round_id, MAY_ENGINEER, project="run__project")
        instead_of = valid(PublishInput, request).get("instead_of", ANY)
        try:
            publication = round_publish(round_id=round.pk, by=person_of(request), instead_of=instead_of)
        except Conflict as conflict:
            stands = publication_of(round.run.project)
            if conflict.code != "already_published" or stands is None:
                raise
            return Response(PublicationOutput(stands).data)
        return Response(PublicationOutput(publication).data, status=status.HTTP_201_CREATED)


@extend_schema(tags=["publications"])
class DiscardView(APIView):
    @extend_schema(
        operation_id="publication_discard",
        summary="Take all machine labels away; people's stay, and a round can be put back",
        request=None,
        responses={200: PublicationOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_ENGINEER)
        return Response(PublicationOutput(publication_discard(project=project, by=person_of(request))).data)
