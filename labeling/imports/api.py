"""Uploads, previews and imports."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.blindness import Sight, check_sees_items, sight_of
from labeling.formats.options import options_from_json
from labeling.imports.preview.looking import look_preview
from labeling.imports.redaction import reports_redact
from labeling.imports.serializers import (
    ImportInput,
    ImportOutput,
    PreviewInput,
    PreviewOutput,
    UploadInput,
    UploadOutput,
)
from labeling.imports.services import (
    import_create,
    upload_check_size,
    upload_create,
    uploads_for,
)
from labeling.jobs.work import work_request_cancel
from labeling.models import Import
from labeling.projects.api import valid
from labeling.web.http import PAGE_PARAMETERS, ErrorOutput, keyset_page, page_of, page_response
from labeling.web.permissions import MAY_ENGINEER, person_of, project_for, row_for

IMPORTS = Import.objects.select_related("created_by").prefetch_related("undos__created_by")


@extend_schema(tags=["imports"])
class UploadsView(APIView):
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="upload_create",
        summary="Send a file that an import will read; only you can use it, for 7 days",
        request={"multipart/form-data": UploadInput},
        responses={201: UploadOutput, 400: ErrorOutput, 413: ErrorOutput},
    )
    def post(self, request: Request) -> Response:
        length = request.META.get("CONTENT_LENGTH", "")
        upload_check_size(int(length) if length.isdecimal() else 0)  # before the body is read
        file = valid(UploadInput, request)["file"]
        upload = upload_create(owner=person_of(request), file=file)
        return Response(UploadOutput(upload).data, status=status.HTTP_201_CREATED)


@extend_schema(tags=["imports"])
class PreviewsView(APIView):
    @extend_schema(
        operation_id="preview_create",
        summary="Look at the first rows of an upload, or of several together, as they would be imported",
        request=PreviewInput,
        responses={200: PreviewOutput, 400: ErrorOutput, 413: ErrorOutput},
    )
    def post(self, request: Request) -> Response:
        given = valid(PreviewInput, request)
        uploads = uploads_for(user=person_of(request), upload_ids=given["uploads"])
        options_from_json(given["options"])  # refused before anything is looked into
        preview = look_preview(uploads=uploads, item_type=given["item_type"], options=given["options"])
        return Response(PreviewOutput(preview).data)


@extend_schema(tags=["imports"])
class ImportsView(APIView):
    @extend_schema(
        operation_id="imports_list",
        summary="The project's imports, newest first",
        parameters=PAGE_PARAMETERS,
        responses=page_of(ImportOutput),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        check_sees_items(project.member_role)  # a report names rows with what the file says of them
        works, after = keyset_page(request, IMPORTS.filter(project=project))
        return page_response(reports_redact(works, sight_of(project.member_role)), after, ImportOutput)

    @extend_schema(
        operation_id="import_create",
        summary="Import an upload, or several together, in the background, or check all of it (options.dry_run)",
        request=ImportInput,
        responses={201: ImportOutput, 400: ErrorOutput, 409: ErrorOutput, 413: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_ENGINEER)
        given = valid(ImportInput, request)
        uploads = uploads_for(user=person_of(request), upload_ids=given["uploads"])
        work = import_create(
            project=project, uploads=uploads, options=given["options"], user=person_of(request)
        )
        return Response(ImportOutput(work).data, status=status.HTTP_201_CREATED)


@extend_schema(tags=["imports"])
class ImportView(APIView):
    @extend_schema(operation_id="import_show", summary="One import", responses=ImportOutput)
    def get(self, request: Request, import_id: int) -> Response:
        work = row_for(person_of(request), IMPORTS, import_id)
        check_sees_items(work.member_role)
        return Response(ImportOutput(*reports_redact([work], sight_of(work.member_role))).data)


@extend_schema(tags=["imports"])
class ImportCancelView(APIView):
    @extend_schema(
        operation_id="import_cancel",
        summary="Stop an import; what is in stays, importing again adds the rest",
        request=None,
        responses={200: ImportOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, import_id: int) -> Response:
        work = row_for(person_of(request), IMPORTS, import_id, MAY_ENGINEER)
        work_request_cancel(work)
        work.refresh_from_db()
        return Response(ImportOutput(*reports_redact([work], Sight.SETTLED)).data)
