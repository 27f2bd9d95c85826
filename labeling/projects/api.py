"""Projects, their members and their classes."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.blindness import check_sees_items, sight_of
from labeling.labels.selectors import deletions_of, progress, table_columns
from labeling.models import LabelClass, Membership, Project
from labeling.projects.serializers import (
    ClassChange,
    ClassInput,
    ClassOutput,
    ColumnsOutput,
    DeletionOutput,
    MemberChange,
    MemberInput,
    MemberOutput,
    MomentOutput,
    NewMemberOutput,
    ProgressOutput,
    ProjectChange,
    ProjectInput,
    ProjectOutput,
    columns_json,
)
from labeling.projects.services import (
    ClassDraft,
    class_remove,
    class_update,
    classes_add,
    member_add,
    member_add_new,
    member_change,
    member_remove,
    project_create,
    project_delete,
    project_update,
)
from labeling.projects.timeline import timeline
from labeling.web.http import PAGE_PARAMETERS, ErrorOutput, keyset_page, page_of, page_response
from labeling.web.permissions import MAY_ENGINEER, MAY_OWN, MAY_SEE, Roles, person_of, project_for, row_for
from labeling.web.strict_types import check_body


def valid(
    shape: type[serializers.Serializer[Any]], request: Request, *, partial: bool = False
) -> dict[str, Any]:
    """The body of the request in this shape. Raises ValidationError."""
    given = shape(data=request.data, partial=partial)
    if isinstance(request.data, QueryDict):  # a form, which has no types
        given.is_valid(raise_exception=True)
        checked: dict[str, Any] = given.validated_data
    else:
        checked = check_body(given, request.data)
    return checked


def valid_rows(shape: type[serializers.Serializer[Any]], request: Request) -> list[dict[str, Any]]:
    """The body of the request, a list of this shape. Raises ValidationError."""
    rows: list[dict[str, Any]] = check_body(shape(data=request.data, many=True), request.data)
    return rows


@extend_schema(tags=["projects"])
class ProjectsView(APIView):
    @extend_schema(
        operation_id="projects_list",
        summary="The projects that you are a member of, newest first",
        parameters=PAGE_PARAMETERS,
        responses=page_of(ProjectOutput),
    )
    def get(self, request: Request) -> Response:
        mine = Project.objects.visible_to(person_of(request)).prefetch_related("classes")
        return page_response(*keyset_page(request, mine), ProjectOutput)

    @extend_schema(
        operation_id="project_create",
        summary="Make a project; you own it",
        request=ProjectInput,
        responses={201: ProjectOutput, 400: ErrorOutput},
    )
    def post(self, request: Request) -> Response:
        settings = valid(ProjectInput, request)
        classes = settings.pop("classes", [])
        project = project_create(owner=person_of(request), settings=settings, classes=classes)
        shown = Project.objects.visible_to(person_of(request)).get(pk=project.pk)
        return Response(ProjectOutput(shown).data, status=status.HTTP_201_CREATED)


@extend_schema(tags=["projects"])
class ProjectView(APIView):
    @extend_schema(operation_id="project_show", summary="One project", responses=ProjectOutput)
    def get(self, request: Request, project_id: int) -> Response:
        return Response(ProjectOutput(project_for(person_of(request), project_id)).data)

    @extend_schema(
        operation_id="project_update",
        summary="Change some settings",
        request=ProjectChange,
        responses={200: ProjectOutput, 400: ErrorOutput},
    )
    def patch(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_ENGINEER)
        self.change(request, project, valid(ProjectChange, request, partial=True))
        return Response(ProjectOutput(project).data)

    def change(self, request: Request, project: Project, settings: dict[str, Any]) -> None:
        project_update(project=project, settings=settings)

    @extend_schema(
        operation_id="project_delete",
        summary="Delete the project with everything in it",
        description="Nobody sees it from now on. A worker takes its rows and files away; `/api/deletions` tells how far.",
        responses={204: None},
    )
    def delete(self, request: Request, project_id: int) -> Response:
        project_delete(project=project_for(person_of(request), project_id, MAY_OWN))
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(tags=["projects"])
class DeletionsView(APIView):
    @extend_schema(
        operation_id="deletions_list",
        summary="Projects of yours that are being deleted, and how far that is",
        description="To owners. A project is listed until nothing of it is left in the database and the storage.",
        responses=page_of(DeletionOutput),
    )
    def get(self, request: Request) -> Response:
        return page_response(deletions_of(person_of(request)), None, DeletionOutput)


@extend_schema(tags=["projects"])
class TimelineView(APIView):
    @extend_schema(
        operation_id="timeline_show",
        summary="Items by whose label stood for them, at 60 moments from the project's beginning to now",
        responses=MomentOutput(many=True),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        check_sees_items(project.member_role)
        return Response(MomentOutput(timeline(project, sight_of(project.member_role)), many=True).data)


@extend_schema(tags=["projects"])
class ProgressView(APIView):
    @extend_schema(
        operation_id="project_progress",
        summary="How many items are labeled, by whom and as what",
        description="For whoever may be asked blind, without the answers that can still be taken back or are not counted "
        "yet. Annotators learn the number of items alone, as each count would tell them what others said.",
        responses=ProgressOutput,
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        return Response(ProgressOutput(progress(project, sight_of(project.member_role))).data)


@extend_schema(tags=["projects"])
class ColumnsView(APIView):
    @extend_schema(
        operation_id="project_columns",
        summary="The columns of its table rows in the order of the file, and what is usual in each",
        description="Measured on a random sample of about 10,000 rows: after each import, and where rows that came "
        "one by one have grown by a quarter. Empty for projects of other items.",
        responses=ColumnsOutput,
    )
    def get(self, request: Request, project_id: int) -> Response:
        return Response(columns_json(table_columns(project_for(person_of(request), project_id))))


@extend_schema(tags=["members"])
class MembersView(APIView):
    @extend_schema(
        operation_id="members_list",
        summary="Who may do what",
        parameters=PAGE_PARAMETERS,
        responses=page_of(MemberOutput),
    )
    def get(self, request: Request, project_id: int) -> Response:
        members = project_for(person_of(request), project_id).memberships.select_related("user")
        return page_response(*keyset_page(request, members, newest_first=False), MemberOutput)

    @extend_schema(
        operation_id="member_add",
        summary="Make a user a member; an administrator may make the account with it",
        request=MemberInput,
        responses={201: NewMemberOutput, 404: ErrorOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_OWN)
        asked = valid(MemberInput, request)
        password: str | None = None
        if asked.pop("create", False):
            member, password = member_add_new(project=project, by=person_of(request), **asked)
        else:
            member = member_add(project=project, **asked)
        shown = MemberOutput(member).data | {"initial_password": password}
        return Response(shown, status=status.HTTP_201_CREATED, headers={"Cache-Control": "no-store"})


@extend_schema(tags=["members"])
class MemberView(APIView):
    @extend_schema(
        operation_id="member_change",
        summary="Give a member another role",
        request=MemberChange,
        responses={200: MemberOutput, 409: ErrorOutput},
    )
    def patch(self, request: Request, member_id: int) -> Response:
        member = self.member(request, member_id, MAY_OWN)
        return Response(MemberOutput(member_change(member=member, **valid(MemberChange, request))).data)

    @extend_schema(
        operation_id="member_remove",
        summary="Remove a member, or leave",
        responses={204: None, 409: ErrorOutput},
    )
    def delete(self, request: Request, member_id: int) -> Response:
        is_me = Membership.objects.filter(pk=member_id, user=person_of(request)).exists()
        member_remove(member=self.member(request, member_id, MAY_SEE if is_me else MAY_OWN))
        return Response(status=status.HTTP_204_NO_CONTENT)

    def member(self, request: Request, member_id: int, roles: Roles) -> Membership:
        return row_for(person_of(request), Membership.objects.select_related("user"), member_id, roles)


@extend_schema(tags=["classes"])
class ClassesView(APIView):
    @extend_schema(
        operation_id="classes_list",
        summary="The allowed answers, in order of position; all on one page",
        responses=page_of(ClassOutput),
    )
    def get(self, request: Request, project_id: int) -> Response:
        return page_response(project_for(person_of(request), project_id).classes.all(), None, ClassOutput)

    @extend_schema(
        operation_id="class_add",
        summary="One more allowed answer",
        request=ClassInput,
        responses={201: ClassOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_ENGINEER)
        (added,) = classes_add(project=project, drafts=[ClassDraft(**valid(ClassInput, request))])
        return Response(ClassOutput(added).data, status=status.HTTP_201_CREATED)


@extend_schema(tags=["classes"])
class ClassView(APIView):
    @extend_schema(
        operation_id="class_update",
        summary="Rename, recolour, move; labels follow",
        request=ClassChange,
        responses={200: ClassOutput, 409: ErrorOutput},
    )
    def patch(self, request: Request, class_id: int) -> Response:
        label_class = row_for(person_of(request), LabelClass.objects.all(), class_id, MAY_ENGINEER)
        changes = valid(ClassChange, request, partial=True)
        return Response(ClassOutput(class_update(label_class=label_class, changes=changes)).data)

    @extend_schema(
        operation_id="class_remove",
        summary="Remove a class that nobody has used",
        responses={204: None, 409: ErrorOutput},
    )
    def delete(self, request: Request, class_id: int) -> Response:
        class_remove(
            label_class=row_for(person_of(request), LabelClass.objects.all(), class_id, MAY_ENGINEER)
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
