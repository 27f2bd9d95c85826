"""Learners, policies, runs and rounds over HTTP. Engineers start and cancel; all but annotators read."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.blindness import check_sees_items, check_takes_home, sight_of
from labeling.errors import InvalidInput, NotFound
from labeling.projects.api import valid
from labeling.web.http import (
    PAGE_PARAMETERS,
    ErrorOutput,
    encode_cursor,
    keyset_page,
    page_of,
    page_response,
    read_page,
)
from labeling.web.permissions import MAY_ENGINEER, person_of, project_for, row_for
from training.models import Round, Run
from training.rounds.artifacts import artifact_zip
from training.rounds.diff import diff_cells, diff_page
from training.rounds.items import RoundItemFilters, round_item_page
from training.rules.policies import policy_kinds
from training.runs.selectors import learners_offered, log_lines, round_summaries
from training.runs.serializers import (
    ConfidencesOutput,
    DiffItemOutput,
    DiffItemQuery,
    DiffOutput,
    DiffQuery,
    LearnerOutput,
    LearnerQuery,
    LogLineOutput,
    PolicyOutput,
    RoundItemOutput,
    RoundItemQuery,
    RoundOutput,
    RoundSummaryOutput,
    RunInput,
    RunOutput,
    diff_item_json,
    diff_json,
    round_item_json,
)
from training.runs.services import run_cancel, run_request

LOG_LINES = 500  # of one answer
AFTER = OpenApiParameter("after", int, description="Id of the last line that you have; 0 for all.")


def runs_shown() -> QuerySet[Run]:
    """Runs with what RunOutput shows of them."""
    rounds = Prefetch(
        "rounds", queryset=round_summaries(Round.objects.order_by("number")), to_attr="round_summaries"
    )
    return Run.objects.select_related("created_by", "project").prefetch_related(rounds)


@extend_schema(tags=["training"])
class LearnersView(APIView):
    @extend_schema(
        operation_id="learners_list",
        summary="The learners that may be chosen, with their parameters",
        parameters=[LearnerQuery],
        responses=LearnerOutput(many=True),
    )
    def get(self, request: Request) -> Response:
        query = LearnerQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        return Response(
            LearnerOutput(learners_offered(query.validated_data.get("item_type")), many=True).data
        )


@extend_schema(tags=["training"])
class PoliciesView(APIView):
    @extend_schema(
        operation_id="policies_list",
        summary="The threshold policies that may be chosen",
        responses=PolicyOutput(many=True),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project_for(person_of(request), project_id)
        return Response(PolicyOutput(policy_kinds().values(), many=True).data)


@extend_schema(tags=["training"])
class RunsView(APIView):
    @extend_schema(
        operation_id="runs_list",
        summary="The runs of a project, newest first",
        parameters=PAGE_PARAMETERS,
        responses=page_of(RunOutput),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        check_sees_items(project.member_role)
        return page_response(*keyset_page(request, runs_shown().filter(project=project)), RunOutput)

    @extend_schema(
        operation_id="run_start",
        summary="Start a run; a project has one at a time",
        request=RunInput,
        responses={201: RunOutput, 400: ErrorOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_ENGINEER)
        run = run_request(project=project, user=person_of(request), **valid(RunInput, request))
        return Response(RunOutput(runs_shown().get(pk=run.pk)).data, status=status.HTTP_201_CREATED)


@extend_schema(tags=["training"])
class RunView(APIView):
    @extend_schema(
        operation_id="run_show", summary="One run, with its progress and rounds", responses=RunOutput
    )
    def get(self, request: Request, run_id: int) -> Response:
        run = row_for(person_of(request), runs_shown(), run_id)
        check_sees_items(run.member_role)
        return Response(RunOutput(run).data)


@extend_schema(tags=["training"])
class RunCancelView(APIView):
    @extend_schema(
        operation_id="run_cancel",
        summary="Stop a run within seconds; its whole rounds stay",
        request=None,
        responses={200: RunOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, run_id: int) -> Response:
        run = row_for(person_of(request), runs_shown(), run_id, MAY_ENGINEER)
        run_cancel(run)
        return Response(RunOutput(runs_shown().get(pk=run.pk)).data)


@extend_schema(tags=["training"])
class RunLogView(APIView):
    @extend_schema(
        operation_id="run_log",
        summary="Lines of a run's log, oldest first",
        description=f"At most {LOG_LINES} lines. `next` is null when these are the newest; else pass it as `after`.",
        parameters=[AFTER],
        responses=inline_serializer(
            "LogLinePage",
            {"results": LogLineOutput(many=True), "next": serializers.CharField(allow_null=True)},
        ),
    )
    def get(self, request: Request, run_id: int) -> Response:
        run = row_for(person_of(request), Run.objects.all(), run_id)
        check_sees_items(run.member_role)
        lines = log_lines(run, after=read_after(request), limit=LOG_LINES)
        return page_response(lines, str(lines[-1].pk) if len(lines) == LOG_LINES else None, LogLineOutput)


@extend_schema(tags=["training"])
class RoundsView(APIView):
    @extend_schema(
        operation_id="rounds_list",
        summary="The rounds of all runs of a project, oldest first",
        parameters=PAGE_PARAMETERS,
        responses=page_of(RoundSummaryOutput),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        check_sees_items(project.member_role)
        rounds = round_summaries(Round.objects.filter(run__project=project))
        return page_response(*keyset_page(request, rounds, newest_first=False), RoundSummaryOutput)


@extend_schema(tags=["training"])
class RoundView(APIView):
    @extend_schema(
        operation_id="round_show",
        summary="One round with everything that it measured",
        responses=RoundOutput,
    )
    def get(self, request: Request, round_id: int) -> Response:
        rounds = round_summaries(Round.objects.all()).defer(None).defer("confidences").select_related("run")
        round = row_for(person_of(request), rounds, round_id, project="run__project")
        check_sees_items(round.member_role)
        return Response(RoundOutput(round).data)


@extend_schema(tags=["training"])
class RoundConfidencesView(APIView):
    @extend_schema(
        operation_id="round_confidences",
        summary="Predictions of a round counted by class and confidence, and how many of the holdout were right",
        responses=ConfidencesOutput,
    )
    def get(self, request: Request, round_id: int) -> Response:
        rounds = Round.objects.only("confidences", "run")
        round = row_for(person_of(request), rounds, round_id, project="run__project")
        check_sees_items(round.member_role)
        return Response({"n_pool": 0, "n_holdout": 0, "classes": []} | round.confidences)


@extend_schema(tags=["training"])
class RoundItemsView(APIView):
    @extend_schema(
        operation_id="round_items",
        summary="The items behind a round's charts, by what it said of them, by confidence",
        parameters=[RoundItemQuery, *PAGE_PARAMETERS],
        responses={200: page_of(RoundItemOutput), 400: ErrorOutput, 409: ErrorOutput},
    )
    def get(self, request: Request, round_id: int) -> Response:
        rounds = Round.objects.select_related("run").defer("metrics", "confidences")
        round = row_for(person_of(request), rounds, round_id, project="run__project")
        check_sees_items(round.member_role)
        query = RoundItemQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        chosen = dict(query.validated_data)
        surest_first = chosen.pop("order") == "-confidence"
        page = read_page(request, float, int)
        rows, last = round_item_page(
            round,
            RoundItemFilters(**chosen),
            sight=sight_of(round.member_role),
            surest_first=surest_first,
            after=page.after,
            limit=page.limit,
        )
        return Response(
            {
                "results": [round_item_json(row) for row in rows],
                "next": encode_cursor(*last) if last else None,
            }
        )


@extend_schema(tags=["training"])
class RoundDiffView(APIView):
    @extend_schema(
        operation_id="rounds_diff",
        summary="Two rounds' pseudo-labels against each other, counted class by class",
        parameters=[DiffQuery],
        responses={200: DiffOutput, 400: ErrorOutput, 409: ErrorOutput},
    )
    def get(self, request: Request, project_id: int) -> Response:
        left, right, _ = _two_rounds(request, project_id, DiffQuery)
        return Response(diff_json(diff_cells(left, right)))


@extend_schema(tags=["training"])
class RoundDiffItemsView(APIView):
    @extend_schema(
        operation_id="rounds_diff_items",
        summary="The items of one cell of that table with what each round said of them, the surest first",
        parameters=[DiffItemQuery, *PAGE_PARAMETERS],
        responses={200: page_of(DiffItemOutput), 400: ErrorOutput, 409: ErrorOutput},
    )
    def get(self, request: Request, project_id: int) -> Response:
        left, right, asked = _two_rounds(request, project_id, DiffItemQuery)
        sight = sight_of(project_for(person_of(request), project_id).member_role)
        page = read_page(request, float, int)
        rows, last = diff_page(
            left,
            right,
            left_id=asked.get("left_class"),
            right_id=asked.get("right_class"),
            sight=sight,
            after=page.after,
            limit=page.limit,
        )
        results = [diff_item_json(row) for row in rows]
        return Response({"results": results, "next": encode_cursor(*last) if last else None})


def _two_rounds(
    request: Request, project_id: int, query_type: type[DiffQuery]
) -> tuple[Round, Round, dict[str, Any]]:
    """The rounds that ?left= and ?right= name, both of this project, and the rest of the query."""
    project = project_for(person_of(request), project_id)
    check_sees_items(project.member_role)
    query = query_type(data=request.query_params)
    query.is_valid(raise_exception=True)
    asked = dict(query.validated_data)
    rounds = Round.objects.filter(run__project=project).select_related("run").defer("metrics", "confidences")
    found = rounds.in_bulk([asked["left"], asked["right"]])
    missing = [name for name in ("left", "right") if asked[name] not in found]
    if missing:
        raise NotFound(f"There is no round {asked[missing[0]]} in this project.")
    return found[asked["left"]], found[asked["right"]], asked


@extend_schema(tags=["training"])
class RoundModelView(APIView):
    @extend_schema(
        operation_id="round_model",
        summary="The fitted model of a round as a zip: weights and JSON, nothing that runs code",
        responses={(200, "application/zip"): OpenApiTypes.BINARY, 409: ErrorOutput},
    )
    def get(self, request: Request, round_id: int) -> FileResponse:
        rounds = Round.objects.select_related("run__project")
        round = row_for(person_of(request), rounds, round_id, project="run__project")
        check_takes_home(round.run.project, round.member_role)
        name = f"run-{round.run.number}-round-{round.number}.zip"
        return FileResponse(artifact_zip(round), as_attachment=True, filename=name)


def read_after(request: Request) -> int:
    text = request.query_params.get("after", "0")
    if text.isdecimal() and int(text) < 2**63:
        return int(text)
    sentence = "Use the id of a log line, or 0 for all."
    raise InvalidInput(f"after is {text!r:.40}. {sentence}", fields={"after": [sentence]})
