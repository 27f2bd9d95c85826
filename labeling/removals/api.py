"""Taking away: an import undone, an item deleted, and the list of what is gone."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.blindness import check_sees_items
from labeling.imports.serializers import ImportUndoOutput
from labeling.models import Import, Item
from labeling.removals.serializers import RemovalOutput, UndoLookOutput
from labeling.removals.services import item_delete, undo_look, undo_request
from labeling.web.http import PAGE_PARAMETERS, ErrorOutput, keyset_page, page_of, page_response
from labeling.web.permissions import MAY_ENGINEER, person_of, project_for, row_for

IMPORTS = Import.objects.select_related("created_by", "project")


class DeleteQuery(serializers.Serializer[object]):
    with_work = serializers.BooleanField(
        required=False, default=False, help_text="Also if people have worked on it: what they did goes along."
    )


@extend_schema(tags=["imports"])
class ImportUndoView(APIView):
    @extend_schema(
        operation_id="import_undo_look",
        summary="What undoing an import would take away now, and what would stay",
        responses={200: UndoLookOutput},
    )
    def get(self, request: Request, import_id: int) -> Response:
        work = row_for(person_of(request), IMPORTS, import_id, MAY_ENGINEER)
        return Response(UndoLookOutput(undo_look(work)).data)

    @extend_schema(
        operation_id="import_undo",
        summary="Undo an import in the background; what people did since stays",
        description="Asked for twice it is done once: the same undoing comes back.",
        request=None,
        responses={202: ImportUndoOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, import_id: int) -> Response:
        work = row_for(person_of(request), IMPORTS, import_id, MAY_ENGINEER)
        undo = undo_request(work=work, by=person_of(request))
        return Response(ImportUndoOutput(undo).data, status=status.HTTP_202_ACCEPTED)


@extend_schema(tags=["items"])
class RemovalsView(APIView):
    @extend_schema(
        operation_id="removals_list",
        summary="What was taken away: items deleted one by one, and those of undone imports; newest first",
        parameters=PAGE_PARAMETERS,
        responses=page_of(RemovalOutput),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        check_sees_items(project.member_role)
        removals = project.removals.select_related("by", "undo__brought_by")
        return page_response(*keyset_page(request, removals), RemovalOutput)


WITH_WORK = OpenApiParameter(
    "with_work", bool, description="Also if people have worked on it: what they did goes along."
)


def item_delete_response(request: Request, item_id: int) -> Response:
    """DELETE of an item: what `item_delete` says."""
    item = row_for(person_of(request), Item.objects.select_related("project"), item_id, MAY_ENGINEER)
    query = DeleteQuery(data=request.query_params)
    query.is_valid(raise_exception=True)
    removal = item_delete(
        item_id=item_id,
        project=item.project,
        by=person_of(request),
        with_work=query.validated_data["with_work"],
    )
    return Response(RemovalOutput(removal).data)
