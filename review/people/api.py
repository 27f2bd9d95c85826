"""Flags, labels by hand, publications, and the history of an item."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.blindness import Sight, sight_of
from labeling.models import Item
from labeling.projects.api import valid
from labeling.web.http import ErrorOutput
from labeling.web.permissions import MAY_ENGINEER_OR_REVIEW, MAY_SEE, person_of, project_for, row_for
from review.people.gold import gold_ask, gold_end
from review.people.history import item_history
from review.people.second_looks import candidates_flag
from review.people.selectors import people_work
from review.people.serializers import GoldEndOutput, GoldInput, GoldOutput, HistoryOutput, PeopleOutput
from review.people.wrong_share import wrong_share
from review.queue.serializers import CandidatesInput, FlagOutput
from training.models import Inspection


@extend_schema(tags=["review"])
class GoldView(APIView):
    @extend_schema(
        operation_id="gold_ask",
        summary="Ask everybody, blind, about up to 1,000 items whose answer is known",
        description="Each who may answer finds them in the queue once, like any blind entry. The answers label nothing: "
        "they say how often each person is right (`people`).",
        request=GoldInput,
        responses={200: GoldOutput, 400: ErrorOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_ENGINEER_OR_REVIEW)
        given = valid(GoldInput, request)
        asked = gold_ask(project=project, n=given.get("n"), item_ids=given.get("item_ids"))
        return Response(GoldOutput(asked).data)

    @extend_schema(
        operation_id="gold_end",
        summary="Ask nobody about gold any more; the answers given stay",
        responses=GoldEndOutput,
    )
    def delete(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_ENGINEER_OR_REVIEW)
        return Response({"n_withdrawn": gold_end(project=project)})


@extend_schema(tags=["review"])
class PeopleView(APIView):
    @extend_schema(
        operation_id="people_show",
        summary="Pace and agreement of people in the newest answers, what the queue's order finds, and how many "
        "machine labels are wrong by blind answers to random items",
        responses=PeopleOutput,
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        sight = sight_of(project.member_role)
        people, by_reason, n_answers = people_work(project, sight)
        if project.member_role not in MAY_ENGINEER_OR_REVIEW:
            people = [one for one in people if one.username == person_of(request).get_username()]
        found = {
            "n_answers": n_answers,
            "people": people,
            "by_reason": by_reason,
            "machine_wrong": None if sight == Sight.OWN else wrong_share(project, sight),
        }
        return Response(PeopleOutput(found).data)


@extend_schema(tags=["review"])
class HistoryView(APIView):
    @extend_schema(
        operation_id="item_history",
        summary="Everything that happened to an item, the oldest first",
        responses=HistoryOutput,
    )
    def get(self, request: Request, item_id: int) -> Response:
        item = row_for(person_of(request), Item.objects.all(), item_id, MAY_SEE)
        return Response({"events": item_history(item=item, person=person_of(request), role=item.member_role)})


@extend_schema(tags=["review"])
class CandidatesFlagView(APIView):
    @extend_schema(
        operation_id="label_errors_flag",
        summary="Send label-error candidates of an inspection to the queue, each flagged with its reason",
        request=CandidatesInput,
        responses={200: FlagOutput(many=True), 400: ErrorOutput},
    )
    def post(self, request: Request, inspection_id: int) -> Response:
        inspections = Inspection.objects.select_related("project").defer("map_points")
        inspection = row_for(person_of(request), inspections, inspection_id, MAY_ENGINEER_OR_REVIEW)
        item_ids = valid(CandidatesInput, request)["item_ids"]
        flags = candidates_flag(inspection=inspection, person=person_of(request), item_ids=item_ids)
        return Response(FlagOutput(flags, many=True).data)
