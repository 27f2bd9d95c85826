"""What waits for a reviewer, and verdicts: on disputes, on flags, and between a person's label and a model."""

from __future__ import annotations

import datetime as dt
import uuid

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.blindness import check_not_withheld
from labeling.errors import InvalidInput
from labeling.items.serializers import LabelOutput
from labeling.models import Label
from labeling.projects.api import valid, valid_rows
from labeling.web.http import PAGE_PARAMETERS, ErrorOutput, encode_cursor, page_of, read_page
from labeling.web.permissions import MAY_ANSWER, MAY_REVIEW, person_of, project_for, row_for
from review.adjudication.disagreements import disagreement_page
from review.adjudication.relabeling import MAX_RELABELED, Relabel, items_relabel, label_withdraw
from review.adjudication.selectors import adjudication_summary, dispute_page, disputes_of, verdicts_of
from review.adjudication.serializers import (
    AdjudicationOutput,
    AdjudicationQuery,
    DisagreementOutput,
    DisagreementQuery,
    DisputeOutput,
    NewVerdictInput,
    RelabeledOutput,
    RelabelInput,
    SettledOutput,
    SettleInput,
    VerdictInput,
    VerdictOutput,
    VerdictUndoneOutput,
    WeighingOutput,
    disagreement_json,
    disputes_json,
)
from review.adjudication.services import NewVerdict, verdict_give, verdict_undo
from review.adjudication.weighing import disputes_settle, weigh
from review.models import Entry, Verdict

N_RECALLED = 50  # verdicts of one's own that are listed


@extend_schema(tags=["review"])
class AdjudicationView(APIView):
    @extend_schema(
        operation_id="adjudication_show",
        summary="How much waits for a reviewer, and whose opinions people's labels are held against",
        parameters=[AdjudicationQuery],
        responses=AdjudicationOutput,
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_REVIEW)
        query = AdjudicationQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        summary = adjudication_summary(project, person_of(request), **query.validated_data)
        return Response(AdjudicationOutput(summary).data)


@extend_schema(tags=["review"])
class DisputesView(APIView):
    @extend_schema(
        operation_id="disputes_list",
        summary="Disputed and flagged entries with what each person said, the oldest first",
        parameters=PAGE_PARAMETERS,
        responses=page_of(DisputeOutput),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_REVIEW)
        page = read_page(request, dt.datetime, int)
        entries, last = dispute_page(project, person_of(request), after=page.after, limit=page.limit)
        return Response({"results": disputes_json(entries), "next": encode_cursor(*last) if last else None})


@extend_schema(tags=["review"])
class WeighingView(APIView):
    @extend_schema(
        operation_id="weighing_show",
        summary="How right each person is where several answered, and the disputes that their weights would settle",
        responses=WeighingOutput,
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_REVIEW)
        return Response(WeighingOutput(weigh(project, person_of(request))).data)

    @extend_schema(
        operation_id="disputes_settle",
        summary="Settle the disputes whose weighed class has at least this quality; each is a verdict to undo",
        request=SettleInput,
        responses={200: SettledOutput, 400: ErrorOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_REVIEW)
        n = disputes_settle(project=project, person=person_of(request), **valid(SettleInput, request))
        return Response({"n_settled": n})


@extend_schema(tags=["review"])
class DisagreementsView(APIView):
    @extend_schema(
        operation_id="disagreements_list",
        summary="Labels by people that a model contradicts which had not learned them; the surest first",
        parameters=[DisagreementQuery, *PAGE_PARAMETERS],
        responses=page_of(DisagreementOutput),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_REVIEW)
        query = DisagreementQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        page = read_page(request, float, int)
        rows, last = disagreement_page(project, **query.validated_data, after=page.after, limit=page.limit)
        return Response(
            {
                "results": [disagreement_json(row) for row in rows],
                "next": encode_cursor(*last) if last else None,
            }
        )


@extend_schema(tags=["review"])
class VerdictsView(APIView):
    @extend_schema(
        operation_id="verdicts_list",
        summary=f"Your last {N_RECALLED} verdicts, those undone included, the newest first",
        responses=VerdictOutput(many=True),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_REVIEW)
        return Response(VerdictOutput(verdicts_of(project, person_of(request))[:N_RECALLED], many=True).data)

    @extend_schema(
        operation_id="verdict_give",
        summary="Decide an entry, or between a person's label and a model; or keep what is there",
        request=NewVerdictInput,
        responses={201: VerdictOutput, 400: ErrorOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_REVIEW)
        new = NewVerdict(**valid(NewVerdictInput, request))
        verdict = verdict_give(project=project, person=person_of(request), new=new)
        return Response(VerdictOutput(verdict).data, status=status.HTTP_201_CREATED)


@extend_schema(tags=["review"])
class VerdictUndoView(APIView):
    @extend_schema(
        operation_id="verdict_undo",
        summary="Take your verdict back: what it closed waits again",
        request=None,
        responses={200: VerdictUndoneOutput, 403: ErrorOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, key: uuid.UUID) -> Response:
        verdicts = Verdict.objects.select_related("project")
        verdict = row_for(person_of(request), verdicts, key, MAY_REVIEW)
        undone = verdict_undo(verdict=verdict, person=person_of(request))
        reopened = disputes_of(verdict.project, person_of(request)).filter(verdicts=undone)
        disputes = disputes_json(reopened)
        disagreements: list[dict[str, object]] = []
        if undone.model_class_id is not None:
            rows, _ = disagreement_page(
                verdict.project, confidence_min=0, item_id=undone.item_id, after=None, limit=1
            )
            disagreements = [disagreement_json(row) for row in rows]
        return Response(
            {
                "dispute": disputes[0] if disputes else None,
                "disagreement": disagreements[0] if disagreements else None,
            }
        )


@extend_schema(tags=["review"])
class VerdictView(APIView):
    @extend_schema(
        operation_id="entry_decide",
        summary="Decide a disputed or flagged entry",
        request=VerdictInput,
        responses={200: LabelOutput, 400: ErrorOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, entry_id: int) -> Response:
        entry = row_for(person_of(request), Entry.objects.select_related("project"), entry_id, MAY_REVIEW)
        class_id = valid(VerdictInput, request)["class_id"]
        new = NewVerdict(key=uuid.uuid4(), entry_id=entry.pk, class_id=class_id)
        verdict = verdict_give(project=entry.project, person=person_of(request), new=new)
        return Response(LabelOutput(verdict.label).data)


@extend_schema(tags=["review"])
class RelabelView(APIView):
    @extend_schema(
        operation_id="items_relabel",
        summary="Label up to 10,000 items directly, past the queue; all or none",
        request=RelabelInput(many=True),
        responses={200: RelabeledOutput, 400: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_REVIEW)
        if not isinstance(request.data, list) or not 1 <= len(request.data) <= MAX_RELABELED:
            raise InvalidInput(f"Send a list of 1 to {MAX_RELABELED:,} objects of item_id and class_id.")
        changes = [Relabel(**row) for row in valid_rows(RelabelInput, request)]
        labels = items_relabel(project=project, person=person_of(request), changes=changes)
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
        label = row_for(person_of(request), labels, label_id, MAY_ANSWER)
        check_not_withheld(label.item_id, label.member_role, what=f"label {label_id}")
        label_withdraw(label=label, person=person_of(request), role=label.member_role)
        return Response(status=status.HTTP_204_NO_CONTENT)
