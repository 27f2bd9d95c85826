"""Flags, labels by hand, publications, and the history of an item."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.blindness import Sight, check_not_withheld, check_takes_home, sight_of
from labeling.errors import Conflict, InvalidInput
from labeling.labels.selectors import publication_of
from labeling.models import Item, Label
from labeling.projects.api import valid
from labeling.web.http import PAGE_PARAMETERS, ErrorOutput, keyset_page, page_of, page_response
from labeling.web.permissions import (
    MAY_ANSWER,
    MAY_ENGINEER,
    MAY_ENGINEER_OR_REVIEW,
    MAY_REVIEW,
    MAY_SEE,
    project_for,
    row_for,
)
from review.adjudication.relabeling import MAX_RELABELED, Relabel, items_relabel, label_withdraw
from review.answering.flagging import flag_add, flag_resolve
from review.answering.selectors import flags_of, publications_of
from review.answering.serializers import (
    CandidatesInput,
    FlagInput,
    FlagOutput,
    GoldEndOutput,
    GoldInput,
    GoldOutput,
    HistoryOutput,
    PeopleOutput,
    PickInput,
    PickOutput,
    PublicationOutput,
    PublishInput,
    RelabeledOutput,
    RelabelInput,
)
from review.models import Flag
from review.people.gold import gold_ask, gold_end
from review.people.history import item_history
from review.people.second_looks import candidates_flag
from review.people.selectors import people_work
from review.people.wrong_share import wrong_share
from review.publishing.candidates import beside_standing
from review.publishing.publish import ANY, publication_discard, round_publish
from review.publishing.serializers import BesideOutput
from review.queue.picking import items_pick
from training.models import Inspection, Round


@extend_schema(tags=["review"])
class ItemFlagsView(APIView):
    @extend_schema(
        operation_id="flag_add",
        summary="Ask a reviewer for a second look at an item",
        request=FlagInput,
        responses={201: FlagOutput, 400: ErrorOutput},
    )
    def post(self, request: Request, item_id: int) -> Response:
        item = row_for(request.user, Item.objects.all(), item_id, MAY_ANSWER)
        flag = flag_add(item=item, person=request.user, note=valid(FlagInput, request)["note"])
        return Response(FlagOutput(flag).data, status=status.HTTP_201_CREATED)


@extend_schema(tags=["review"])
class FlagsView(APIView):
    @extend_schema(
        operation_id="flags_list",
        summary="Flags of a project, settled ones included, the newest first",
        parameters=PAGE_PARAMETERS,
        responses=page_of(FlagOutput),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(request.user, project_id)
        flags = flags_of(project, request.user, project.member_role)
        return page_response(*keyset_page(request, flags), FlagOutput)


@extend_schema(tags=["review"])
class FlagResolveView(APIView):
    @extend_schema(
        operation_id="flag_resolve",
        summary="Settle a flag; with the item's last one, its flagged entry leaves the queue",
        request=None,
        responses={200: FlagOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, flag_id: int) -> Response:
        flag = row_for(request.user, Flag.objects.select_related("person", "item"), flag_id, MAY_REVIEW)
        if flag.person_id != request.user.pk:
            check_not_withheld(flag.item_id, flag.member_role, what=f"flag {flag_id}")
        return Response(FlagOutput(flag_resolve(flag=flag)).data)


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
        inspection = row_for(request.user, inspections, inspection_id, MAY_ENGINEER_OR_REVIEW)
        item_ids = valid(CandidatesInput, request)["item_ids"]
        flags = candidates_flag(inspection=inspection, person=request.user, item_ids=item_ids)
        return Response(FlagOutput(flags, many=True).data)


@extend_schema(tags=["review"])
class PickView(APIView):
    @extend_schema(
        operation_id="items_pick",
        summary="Send up to 10,000 items to the queue, ahead of what a refill chose",
        request=PickInput,
        responses={200: PickOutput, 400: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(request.user, project_id, MAY_ENGINEER_OR_REVIEW)
        picked = items_pick(project=project, item_ids=valid(PickInput, request)["item_ids"])
        return Response(PickOutput(picked).data)


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
        project = project_for(request.user, project_id, MAY_ENGINEER_OR_REVIEW)
        given = valid(GoldInput, request)
        asked = gold_ask(project=project, n=given.get("n"), item_ids=given.get("item_ids"))
        return Response(GoldOutput(asked).data)

    @extend_schema(
        operation_id="gold_end",
        summary="Ask nobody about gold any more; the answers given stay",
        responses=GoldEndOutput,
    )
    def delete(self, request: Request, project_id: int) -> Response:
        project = project_for(request.user, project_id, MAY_ENGINEER_OR_REVIEW)
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
        project = project_for(request.user, project_id)
        sight = sight_of(project.member_role)
        people, by_reason, n_answers = people_work(project, sight)
        if project.member_role not in MAY_ENGINEER_OR_REVIEW:
            people = [one for one in people if one.username == request.user.get_username()]
        found = {
            "n_answers": n_answers,
            "people": people,
            "by_reason": by_reason,
            "machine_wrong": None if sight == Sight.OWN else wrong_share(project, sight),
        }
        return Response(PeopleOutput(found).data)


@extend_schema(tags=["review"])
class RelabelView(APIView):
    @extend_schema(
        operation_id="items_relabel",
        summary="Label up to 10,000 items directly, past the queue; all or none",
        request=RelabelInput(many=True),
        responses={200: RelabeledOutput, 400: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(request.user, project_id, MAY_REVIEW)
        if not isinstance(request.data, list) or not 1 <= len(request.data) <= MAX_RELABELED:
            raise InvalidInput(f"Send a list of 1 to {MAX_RELABELED:,} objects of item_id and class_id.")
        changes = [Relabel(**row) for row in valid(RelabelInput, request, many=True)]
        labels = items_relabel(project=project, person=request.user, changes=changes)
        return Response({"label_ids": [label.pk for label in labels]})


@extend_schema(tags=["review"])
class LabelView(APIView):
    @extend_schema(
        operation_id="label_withdraw",
        summary="Withdraw your own label; reviewers, any person's. It is retired, not deleted",
        responses={204: None, 403: ErrorOutput, 409: ErrorOutput},
    )
    def delete(self, request: Request, label_id: int) -> Response:
        labels = Label.objects.select_related("project", "source")
        label = row_for(request.user, labels, label_id, MAY_ANSWER)
        check_not_withheld(label.item_id, label.member_role, what=f"label {label_id}")
        label_withdraw(label=label, person=request.user, role=label.member_role)
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["review"])
class HistoryView(APIView):
    @extend_schema(
        operation_id="item_history",
        summary="Everything that happened to an item, the oldest first",
        responses=HistoryOutput,
    )
    def get(self, request: Request, item_id: int) -> Response:
        item = row_for(request.user, Item.objects.all(), item_id, MAY_SEE)
        return Response({"events": item_history(item=item, person=request.user, role=item.member_role)})


@extend_schema(tags=["publications"])
class PublicationsView(APIView):
    @extend_schema(
        operation_id="publications_list",
        summary="Which machine labels stood when, the newest first",
        parameters=PAGE_PARAMETERS,
        responses=page_of(PublicationOutput),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(request.user, project_id)
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
        round = row_for(request.user, rounds, round_id, project="run__project")
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
        round = row_for(request.user, rounds, round_id, MAY_ENGINEER, project="run__project")
        instead_of = valid(PublishInput, request).get("instead_of", ANY)
        try:
            publication = round_publish(round_id=round.pk, by=request.user, instead_of=instead_of)
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
        project = project_for(request.user, project_id, MAY_ENGINEER)
        return Response(PublicationOutput(publication_discard(project=project, by=request.user)).data)
