"""The queue as a whole: filling it, picking items for it, and flags."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.blindness import check_not_withheld
from labeling.models import Item
from labeling.projects.api import valid
from labeling.web.http import PAGE_PARAMETERS, ErrorOutput, keyset_page, page_of, page_response
from labeling.web.permissions import (
    MAY_ANSWER,
    MAY_ENGINEER,
    MAY_ENGINEER_OR_REVIEW,
    MAY_REVIEW,
    person_of,
    project_for,
    row_for,
)
from review.models import Flag
from review.queue.flagging import flag_add, flag_resolve
from review.queue.picking import items_pick
from review.queue.selectors import flags_of, queue_summary
from review.queue.serializers import (
    FlagInput,
    FlagOutput,
    PickInput,
    PickOutput,
    QueueOutput,
    RefillOutput,
)
from review.queue.services import queue_refill_request


@extend_schema(tags=["review"])
class ItemFlagsView(APIView):
    @extend_schema(
        operation_id="flag_add",
        summary="Ask a reviewer for a second look at an item",
        request=FlagInput,
        responses={201: FlagOutput, 400: ErrorOutput},
    )
    def post(self, request: Request, item_id: int) -> Response:
        item = row_for(person_of(request), Item.objects.all(), item_id, MAY_ANSWER)
        flag = flag_add(item=item, person=person_of(request), note=valid(FlagInput, request)["note"])
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
        project = project_for(person_of(request), project_id)
        flags = flags_of(project, person_of(request), project.member_role)
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
        flag = row_for(person_of(request), Flag.objects.select_related("person", "item"), flag_id, MAY_REVIEW)
        if flag.person_id != person_of(request).pk:
            check_not_withheld(flag.item_id, flag.member_role, what=f"flag {flag_id}")
        return Response(FlagOutput(flag_resolve(flag=flag)).data)


@extend_schema(tags=["review"])
class PickView(APIView):
    @extend_schema(
        operation_id="items_pick",
        summary="Send up to 10,000 items to the queue, ahead of what a refill chose",
        request=PickInput,
        responses={200: PickOutput, 400: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_ENGINEER_OR_REVIEW)
        picked = items_pick(project=project, item_ids=valid(PickInput, request)["item_ids"])
        return Response(PickOutput(picked).data)


@extend_schema(tags=["review"])
class QueueView(APIView):
    @extend_schema(
        operation_id="queue_show", summary="How much waits in the queue, and why", responses=QueueOutput
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        return Response(queue_summary(project=project, person=person_of(request), role=project.member_role))


@extend_schema(tags=["review"])
class RefillView(APIView):
    @extend_schema(
        operation_id="queue_refill",
        summary="Choose anew what people see next, up to the review budget",
        request=None,
        responses=RefillOutput,
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_ENGINEER)
        return Response(RefillOutput(queue_refill_request(project=project)).data)
