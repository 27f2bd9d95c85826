"""Exports: ask for one, watch it, cancel it, take the file home."""

from __future__ import annotations

import re
from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.blindness import Sight, check_sees_items, check_takes_home, sight_of
from labeling.carried import CARRIED
from labeling.errors import Conflict, NotFound
from labeling.exports.formats import export_format, export_formats
from labeling.exports.services import check_may_export, export_is_overtaken, export_request
from labeling.item_types import item_type_choices
from labeling.items.selectors import ItemFilters
from labeling.items.serializers import ItemQuery
from labeling.jobs.serializers import WorkOutput
from labeling.jobs.work import work_request_cancel
from labeling.models import Export
from labeling.web.http import PAGE_PARAMETERS, ErrorOutput, keyset_page, page_of, page_response
from labeling.web.kinds import KindField
from labeling.web.permissions import MAY_ENGINEER, MAY_SEE, Roles, person_of, project_for, row_for
from labeling.web.strict_types import check_body


class ExportFormatOutput(serializers.Serializer[object]):
    name = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    suffix = serializers.CharField(help_text="Of the file.")
    media_type = serializers.CharField()
    item_types = serializers.ListField(
        child=KindField(item_type_choices),
        allow_null=True,
        help_text="Null: all of them.",
    )


class ExportInput(serializers.Serializer[object]):
    format = KindField(export_formats)
    filters = ItemQuery(required=False, help_text="As in the item list.")
    as_of = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="A past moment whose state is wanted; the present one if left out.",
    )

    carried = serializers.ListField(
        child=serializers.ChoiceField(choices=list(CARRIED)),
        required=False,
        default=list,
        help_text="Beside the labels: single answers with times and notes, probabilities of the published round, "
        "extra columns of imported files.",
    )

    def validate_filters(self, value: dict[str, Any]) -> ItemFilters:
        return ItemFilters(**value)


class ExportOutput(WorkOutput):
    format = KindField(export_formats)
    filters = serializers.SerializerMethodField()
    carried = serializers.ListField(child=serializers.CharField())
    as_of = serializers.DateTimeField(help_text="The moment whose state the file holds.")
    n_rows = serializers.IntegerField()
    n_withheld = serializers.IntegerField(
        help_text="Rows without a label because people are asked about the item blind; export again when they have answered."
    )
    n_bytes = serializers.IntegerField()
    sha256 = serializers.CharField(help_text="Of the file, hex.")
    file_url = serializers.SerializerMethodField(help_text="Null until the file is there.")

    @extend_schema_field(ItemQuery)
    def get_filters(self, export: Export) -> dict[str, object]:
        return {"class" if key == "class_id" else key: value for key, value in export.filters.items()}

    def get_file_url(self, export: Export) -> str | None:
        return f"/api/exports/{export.pk}/file" if export.stored_name else None


def export_for(request: Request, export_id: int, roles: Roles = MAY_SEE) -> Export:
    return row_for(
        person_of(request), Export.objects.select_related("created_by", "project"), export_id, roles
    )


@extend_schema(tags=["exports"])
class ExportFormatsView(APIView):
    @extend_schema(
        operation_id="export_formats_list",
        summary="The formats that exports are written in",
        responses=ExportFormatOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        return Response(ExportFormatOutput(export_formats().values(), many=True).data)


@extend_schema(tags=["exports"])
class ExportsView(APIView):
    @extend_schema(
        operation_id="exports_list",
        summary="Exports of a project, newest first",
        parameters=PAGE_PARAMETERS,
        responses=page_of(ExportOutput),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        check_sees_items(project.member_role)
        exports = project.exports.select_related("created_by")
        return page_response(*keyset_page(request, exports), ExportOutput)

    @extend_schema(
        operation_id="export_request",
        summary="Have a file written in the background",
        request=ExportInput,
        responses={202: ExportOutput, 400: ErrorOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        check_may_export(project, project.member_role)
        wanted = check_body(ExportInput(data=request.data), request.data)
        export = export_request(
            project=project, by=person_of(request), **({"filters": ItemFilters()} | wanted)
        )
        return Response(ExportOutput(export).data, status=status.HTTP_202_ACCEPTED)


@extend_schema(tags=["exports"])
class ExportView(APIView):
    @extend_schema(operation_id="export_show", summary="How far an export is", responses=ExportOutput)
    def get(self, request: Request, export_id: int) -> Response:
        export = export_for(request, export_id)
        check_sees_items(export.member_role)
        return Response(ExportOutput(export).data)


@extend_schema(tags=["exports"])
class ExportCancelView(APIView):
    @extend_schema(
        operation_id="export_cancel",
        summary="Stop an export",
        request=None,
        responses={202: ExportOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, export_id: int) -> Response:
        work_request_cancel(export_for(request, export_id, MAY_ENGINEER))
        return Response(ExportOutput(export_for(request, export_id)).data, status=status.HTTP_202_ACCEPTED)


@extend_schema(tags=["exports"])
class ExportFileView(APIView):
    @extend_schema(
        operation_id="export_file",
        summary="The file of an export that is done",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 409: ErrorOutput},
    )
    def get(self, request: Request, export_id: int) -> FileResponse:
        export = export_for(request, export_id)
        check_takes_home(export.project, export.member_role)
        if sight_of(export.member_role) != Sight.ALL and export_is_overtaken(export):
            raise Conflict(
                "Since this file was written people are asked blind about items whose labels are in it. "
                "Ask for the export again.",
                code="asked_blind",
            )
        if not export.stored_name:
            raise Conflict(
                f"This export is {export.state}, so it has no file. Ask for it again once it is done."
            )
        format = export_format(export.format)
        try:
            content = default_storage.open(export.stored_name)
        except FileNotFoundError as error:
            raise NotFound("The file is no longer in the storage. Ask for the export again.") from error
        name = re.sub(r"[^A-Za-z0-9]+", "-", export.project.name).strip("-").lower() or "project"
        response = FileResponse(
            content,
            as_attachment=True,
            filename=f"{name}-{export.pk}{format.suffix}",
            content_type=format.media_type,
        )
        response["Content-Length"] = export.n_bytes
        response["X-Content-Type-Options"] = "nosniff"
        return response
