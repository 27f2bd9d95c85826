"""The guide: examples of each class beside the instructions."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.blindness import sight_of
from labeling.guide.serializers import GuideOutput
from labeling.guide.services import example_choose, example_forget, guide_examples
from labeling.items.serializers import item_json
from labeling.models import Item
from labeling.web.http import ErrorOutput
from labeling.web.permissions import MAY_ENGINEER_OR_REVIEW, person_of, project_for, row_for


@extend_schema(tags=["projects"])
class GuideView(APIView):
    @extend_schema(
        operation_id="guide_show",
        summary="Examples of each class: those chosen, then the newest that people labeled",
        responses=GuideOutput,
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        classes = [
            {
                "class_id": class_id,
                "examples": [
                    {"item": item_json(row.item, row.label), "is_chosen": is_chosen}
                    for row, is_chosen in rows
                ],
            }
            for class_id, rows in guide_examples(project, sight_of(project.member_role)).items()
        ]
        return Response({"classes": classes})


@extend_schema(tags=["items"])
class ItemExampleView(APIView):
    @extend_schema(
        operation_id="item_example_choose",
        summary="Show the item in the guide, as an example of the class that a person gave it",
        request=None,
        responses={204: None, 409: ErrorOutput},
    )
    def put(self, request: Request, item_id: int) -> Response:
        item = row_for(person_of(request), Item.objects.all(), item_id, MAY_ENGINEER_OR_REVIEW)
        example_choose(item=item, by=person_of(request))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        operation_id="item_example_forget",
        summary="Show the item in the guide no more, unless it is among the newest of its class",
        responses={204: None},
    )
    def delete(self, request: Request, item_id: int) -> Response:
        example_forget(item=row_for(person_of(request), Item.objects.all(), item_id, MAY_ENGINEER_OR_REVIEW))
        return Response(status=status.HTTP_204_NO_CONTENT)
