"""The queue and answers. Flags, labels by hand, publications and histories: oversight_api."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.errors import InvalidInput
from labeling.projects.api import valid
from labeling.web.http import PAGE_PARAMETERS, ErrorOutput, encode_cursor, page_of, page_response, read_page
from labeling.web.permissions import MAY_ANSWER, membership_for, person_of, project_for, row_for
from review.answering.answers import MAX_ANSWERS, answers_submit
from review.answering.facts import NewAnswer
from review.answering.grid import grid_claim
from review.answering.selectors import answer_page
from review.answering.serializers import (
    AnswerInput,
    AnswerOutput,
    AnswersInput,
    AnswersOutput,
    ClaimInput,
    ClaimOutput,
    EntryOutput,
    GridInput,
    GridOutput,
    ReleaseInput,
    ReleaseOutput,
    UndoInput,
)
from review.answering.undoing import answer_undo, answers_undo
from review.models import Answer
from review.queue.claims import entries_claim, entries_release


@extend_schema(tags=["review"])
class ClaimView(APIView):
    @extend_schema(
        operation_id="queue_claim",
        summary="Hold up to n entries: those you hold already, renewed, then the next in order",
        request=ClaimInput,
        responses={200: ClaimOutput, 400: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        membership = membership_for(person_of(request), project_id, MAY_ANSWER)
        n = valid(ClaimInput, request)["n"]
        return Response(
            entries_claim(
                project=membership.project, person_id=person_of(request).pk, role=membership.role, n=n
            )
        )


@extend_schema(tags=["review"])
class GridView(APIView):
    @extend_schema(
        operation_id="grid_claim",
        summary="Hold up to n items that the model says are of one class, the most doubtful first",
        description="To be confirmed many at once: answer them as any other entries, those that are wrong with "
        "their class or as `not_this`. Each answer is recorded as given in a grid, with the suggestion shown. "
        "Nothing that is asked blind is ever here. Those you hold already, of this class, come renewed; those of "
        "other classes are given back.",
        request=GridInput,
        responses={200: GridOutput, 400: ErrorOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_ANSWER)
        given = valid(GridInput, request)
        entries = grid_claim(project=project, person_id=person_of(request).pk, **given)
        return Response({"entries": entries})


@extend_schema(tags=["review"])
class ReleaseView(APIView):
    @extend_schema(
        operation_id="queue_release",
        summary="Give entries back unanswered, for others to have at once",
        request=ReleaseInput,
        responses={200: ReleaseOutput, 400: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_ANSWER)
        entry_ids = valid(ReleaseInput, request)["entry_ids"]
        n_released = entries_release(project=project, person_id=person_of(request).pk, entry_ids=entry_ids)
        return Response({"n_released": n_released})


@extend_schema(tags=["review"])
class AnswersView(APIView):
    @extend_schema(
        operation_id="answers_submit",
        summary="Answer up to 500 entries; sending an answer twice is sending it once",
        description="Every answer has its own outcome, in the order sent. A refused one says why, and does "
        "not hold up the others. A late answer is stored as long as its entry wants answers.",
        request=AnswersInput,
        responses={200: AnswersOutput, 400: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        membership = membership_for(person_of(request), project_id, MAY_ANSWER)
        results = read_answers(request.data)
        good = [row for row in results if isinstance(row, NewAnswer)]
        stored = iter(
            answers_submit(
                project=membership.project, person=person_of(request), role=membership.role, answers=good
            )
        )
        return Response({"results": [next(stored) if isinstance(row, NewAnswer) else row for row in results]})


@extend_schema(tags=["review"])
class MyAnswersView(APIView):
    @extend_schema(
        operation_id="answers_mine",
        summary="Your answers, those undone included, the newest first",
        parameters=PAGE_PARAMETERS,
        responses=page_of(AnswerOutput),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        page = read_page(request, dt.datetime, UUID)
        answers, last = answer_page(
            project=project, person=person_of(request), after=page.after, limit=page.limit
        )
        return page_response(answers, encode_cursor(*last) if last else None, AnswerOutput)


@extend_schema(tags=["review"])
class AnswerUndoView(APIView):
    @extend_schema(
        operation_id="answer_undo",
        summary="Take your answer back; you hold its entry again",
        request=None,
        responses={200: EntryOutput, 404: ErrorOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, key: UUID) -> Response:
        mine = Answer.objects.filter(person=person_of(request)).select_related("label")
        answer = row_for(person_of(request), mine, key, MAY_ANSWER)
        return Response(answer_undo(answer=answer, person=person_of(request)))


@extend_schema(tags=["review"])
class AnswersUndoView(APIView):
    @extend_schema(
        operation_id="answers_undo",
        summary="Take up to 500 of your answers back; you hold their entries again",
        description="Every key has its own outcome, in the order sent: stored (it is undone), repeated (it was "
        "before), or refused, which says why and does not hold up the others.",
        request=UndoInput,
        responses={200: AnswersOutput, 400: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_ANSWER)
        keys = valid(UndoInput, request)["keys"]
        return Response({"results": answers_undo(project=project, person=person_of(request), keys=keys)})


def read_answers(body: Any) -> list[NewAnswer | dict[str, str]]:
    """Each answer of the body, or its refusal: one that has no good shape does not hold up the others."""
    rows = body.get("answers") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_ANSWERS:
        sentence = f"Send 1 to {MAX_ANSWERS} answers as a list."
        raise InvalidInput(sentence, fields={"answers": [sentence]})
    checker = AnswerInput()  # one for all: to make it takes longer than to check an answer
    return [_read_answer(checker, row) for row in rows]


def _read_answer(checker: AnswerInput, row: Any) -> NewAnswer | dict[str, str]:
    try:
        return NewAnswer(**checker.run_validation(row))
    except ValidationError as error:
        detail: Any = error.detail  # field -> sentences
        field, sentences = next(iter(detail.items()))
    return {
        "key": str(row.get("key", "")) if isinstance(row, dict) else "",
        "outcome": "refused",
        "code": "invalid_input",
        "message": f"{field}: {sentences[0]}",
    }
