"""Items: the list, one of them, its image."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import FileResponse, HttpResponseBase, HttpResponseNotModified
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.blindness import sight_of
from labeling.errors import InvalidInput, NotFound
from labeling.items.selectors import ItemOrder, LabeledItem, imported_answers_of, item_page, redact
from labeling.items.serializers import (
    ImportedAnswerOutput,
    ItemDraft,
    ItemListQuery,
    ItemOutput,
    ItemsAddedOutput,
    ItemShownOutput,
    items_json,
    labeled_json,
)
from labeling.items.services import items_add
from labeling.labels.selectors import current_labels_of
from labeling.models import Blob, Item
from labeling.removals.api import WITH_WORK, item_delete_response
from labeling.removals.serializers import RemovalOutput
from labeling.web.http import PAGE_PARAMETERS, ErrorOutput, encode_cursor, page_of, read_page
from labeling.web.permissions import MAY_ENGINEER, person_of, project_for, row_for


@extend_schema(tags=["items"])
class ItemsView(APIView):
    @extend_schema(
        operation_id="items_list",
        summary="Items with their current labels, by whom, class, confidence, split, or how they begin",
        description="Without the labels of what is asked blind, for whoever may be asked; annotators see none.",
        parameters=[ItemListQuery, *PAGE_PARAMETERS],
        responses={200: page_of(ItemOutput), 400: ErrorOutput},
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        query = ItemListQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        order = ItemOrder(query.validated_data["order"])
        page = read_page(request, *((float, int) if order.is_by_confidence else (int,)))
        rows, last = item_page(
            project,
            query.filters(),
            order,
            sight=sight_of(project.member_role),
            after=page.after,
            limit=page.limit,
        )
        return Response({"results": items_json(rows), "next": encode_cursor(*last) if last else None})

    @extend_schema(
        operation_id="items_add",
        summary="Add up to 10,000 texts, rows or series, some of them labeled; all or none",
        request=ItemDraft(many=True),
        responses={201: ItemsAddedOutput, 400: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_ENGINEER)
        if not isinstance(request.data, list):
            raise InvalidInput('Send a list of items, such as [{"key": "a1", "text": "First."}].')
        added = items_add(project=project, rows=request.data, by=person_of(request))
        return Response(ItemsAddedOutput(added).data, status=status.HTTP_201_CREATED)


@extend_schema(tags=["items"])
class ItemView(APIView):
    @extend_schema(
        operation_id="item_show", summary="One item with its current label", responses=ItemShownOutput
    )
    def get(self, request: Request, item_id: int) -> Response:
        item = row_for(person_of(request), Item.objects.select_related("blob"), item_id)
        (row,) = redact(
            [LabeledItem(item, current_labels_of([item_id]).get(item_id))], sight_of(item.member_role)
        )
        said = [] if row.is_withheld else imported_answers_of(item_id)
        return Response(
            labeled_json(row)
            | {
                "project_id": item.project_id,
                "imported_answers": ImportedAnswerOutput(said, many=True).data,
            }
        )

    @extend_schema(
        operation_id="item_delete",
        summary="Delete an item, unless people have worked on it or a certificate rests on it",
        parameters=[WITH_WORK],
        responses={200: RemovalOutput, 409: ErrorOutput},
    )
    def delete(self, request: Request, item_id: int) -> Response:
        return item_delete_response(request, item_id)


IF_NONE_MATCH = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER)


@extend_schema(tags=["items"])
class ItemImageView(APIView):
    """The bytes as they were imported: decoded safely then, and served as nothing but an image."""

    @extend_schema(
        operation_id="item_image",
        summary="The image of an item",
        parameters=[IF_NONE_MATCH],
        responses={(200, "image/*"): OpenApiTypes.BINARY, 304: None, 404: ErrorOutput},
    )
    def get(self, request: Request, item_id: int) -> HttpResponseBase:
        return image_response(request, item_id, is_small=False)


@extend_schema(tags=["items"])
class ItemThumbnailView(APIView):
    @extend_schema(
        operation_id="item_thumbnail",
        summary="The image of an item, 256 pixels at most",
        parameters=[IF_NONE_MATCH],
        responses={(200, "image/*"): OpenApiTypes.BINARY, 304: None, 404: ErrorOutput},
    )
    def get(self, request: Request, item_id: int) -> HttpResponseBase:
        return image_response(request, item_id, is_small=True)


def image_response(request: Request, item_id: int, *, is_small: bool) -> HttpResponseBase:
    """The image or its thumbnail, streamed; the browser keeps it, since its bytes never change."""
    item = row_for(person_of(request), Item.objects.select_related("blob"), item_id)
    if item.blob is None:
        raise NotFound(f"Item {item_id} has no image.")
    name, media_type = _shown(item.blob, is_small=is_small)
    is_small = name == item.blob.thumbnail
    etag = f'"{item.blob.sha256}{"-small" if is_small else "-shown" if name == item.blob.shown else ""}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponseBase = HttpResponseNotModified()
    else:
        try:
            content = default_storage.open(name)
        except FileNotFoundError as error:
            raise NotFound(f"The bytes of item {item_id} are no longer in the storage.") from error
        response = FileResponse(content, content_type=media_type)
        response["Content-Disposition"] = "inline"
        response["X-Content-Type-Options"] = "nosniff"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    return response


def _shown(blob: Blob, *, is_small: bool) -> tuple[str, str]:
    """(name in the storage, media type) of what a browser is to show of the blob."""
    if is_small and blob.thumbnail:
        return blob.thumbnail, "image/jpeg"
    if blob.shown:
        return blob.shown, "image/png" if blob.shown.endswith(".png") else "image/jpeg"
    return blob.name, blob.media_type
