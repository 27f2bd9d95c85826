"""Attempts to certify, certificates, their monitor, and the plan."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from django.db import connection
from django.db.models import Aggregate, Case, Count, F, Model, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from labeling.blindness import check_sees_items, check_takes_home
from labeling.errors import Conflict, NotFound
from labeling.jobs.setbacks import setback_of
from labeling.projects.api import valid
from labeling.web.http import PAGE_PARAMETERS, ErrorOutput, keyset_page, page_of, page_response
from labeling.web.permissions import MAY_ENGINEER, MAY_SEE, person_of, project_for, row_for
from review.certificates.attempts import attempt_abandon, attempt_ask
from review.certificates.monitoring import monitor_ask
from review.certificates.out_of_date import Change, forecasts_out_of_date
from review.certificates.rows import HEADER, certificate_rows
from review.certificates.serializers import (
    AttemptInput,
    AttemptOutput,
    CertificateOutput,
    MonitorAuditsInput,
    MonitorAuditsOutput,
    PlanOutput,
    ReasonInput,
)
from review.models import (
    Answer,
    AnswerKind,
    Attempt,
    AttemptState,
    Audit,
    Certificate,
    Entry,
    EntryState,
    Forecast,
    SecondAnswer,
)
from review.publishing.revoking import certificate_revoke
from training.rounds.standing import standing_round


@extend_schema(tags=["certificates"])
class AttemptsView(APIView):
    @extend_schema(
        operation_id="attempts_list",
        summary="Attempts to certify, the newest first",
        parameters=PAGE_PARAMETERS,
        responses=page_of(AttemptOutput),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        check_sees_items(project.member_role)
        return page_response(*keyset_page(request, _attempts().filter(project=project)), AttemptOutput)

    @extend_schema(
        operation_id="attempt_ask",
        summary="Freeze ranking and items, and draw blind audits: an attempt to certify the labels",
        request=AttemptInput,
        responses={202: AttemptOutput, 400: ErrorOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id, MAY_ENGINEER)
        attempt = attempt_ask(project=project, user=person_of(request), **valid(AttemptInput, request))
        return Response(AttemptOutput(_attempts().get(pk=attempt.pk)).data, status=status.HTTP_202_ACCEPTED)


@extend_schema(tags=["certificates"])
class AttemptView(APIView):
    @extend_schema(operation_id="attempt", summary="An attempt and how far it is", responses=AttemptOutput)
    def get(self, request: Request, attempt_id: int) -> Response:
        attempt = row_for(person_of(request), _attempts(), attempt_id, MAY_SEE)
        check_sees_items(attempt.member_role)
        return Response(AttemptOutput(attempt).data)


@extend_schema(tags=["certificates"])
class AttemptAbandonView(APIView):
    @extend_schema(
        operation_id="attempt_abandon",
        summary="End an attempt without a certificate; its share of delta stays spent",
        request=ReasonInput,
        responses={200: AttemptOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, attempt_id: int) -> Response:
        attempt = row_for(person_of(request), _attempts(), attempt_id, MAY_ENGINEER)
        reason = valid(ReasonInput, request)["reason"]
        attempt_abandon(attempt=attempt, reason=reason)
        return Response(AttemptOutput(_attempts().get(pk=attempt.pk)).data)


@extend_schema(tags=["certificates"])
class CertificatesView(APIView):
    @extend_schema(
        operation_id="certificates_list",
        summary="Certificates, the newest first",
        parameters=PAGE_PARAMETERS,
        responses=page_of(CertificateOutput),
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        check_sees_items(project.member_role)
        certificates = _certificates().filter(project=project)
        page = keyset_page(request, certificates)
        return page_response(*page, CertificateOutput, context={"role": project.member_role})


@extend_schema(tags=["certificates"])
class CertificateView(APIView):
    @extend_schema(operation_id="certificate", summary="A certificate in short", responses=CertificateOutput)
    def get(self, request: Request, certificate_id: int) -> Response:
        certificate = row_for(person_of(request), _certificates(), certificate_id, MAY_SEE)
        check_sees_items(certificate.member_role)
        return Response(CertificateOutput(certificate, context={"role": certificate.member_role}).data)


@extend_schema(tags=["certificates"])
class CertificateDocumentView(APIView):
    @extend_schema(
        operation_id="certificate_document",
        summary="The whole certificate, as `assay verify` reads it (docs/certificate.schema.json)",
        responses={200: OpenApiTypes.OBJECT, 409: ErrorOutput},
    )
    def get(self, request: Request, certificate_id: int) -> Response:
        certificate = row_for(person_of(request), _certificates(), certificate_id, MAY_SEE)
        check_takes_home(certificate.project, certificate.member_role)
        if not certificate.document:
            raise Conflict(
                "A worker is writing this certificate; ask again in some seconds.", code="not_written"
            )
        response = Response(certificate.document)
        response["Content-Disposition"] = f'attachment; filename="certificate-{certificate.number}.json"'
        return response


@extend_schema(tags=["certificates"])
class CertificateLabelsView(APIView):
    @extend_schema(
        operation_id="certificate_labels",
        summary="The labels that a certificate is about, as CSV, as they stood when it was issued",
        responses={(200, "text/csv"): OpenApiTypes.STR, 409: ErrorOutput},
    )
    def get(self, request: Request, certificate_id: int) -> StreamingHttpResponse:
        certificate = row_for(person_of(request), _certificates(), certificate_id, MAY_SEE)
        check_takes_home(certificate.project, certificate.member_role)
        response = StreamingHttpResponse(_csv_lines(certificate), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = (
            f'attachment; filename="certificate-{certificate.number}-labels.csv"'
        )
        return response


@extend_schema(tags=["certificates"])
class CertificateRevokeView(APIView):
    @extend_schema(
        operation_id="certificate_revoke",
        summary="Revoke a certificate; its labels stand on, without it",
        request=ReasonInput,
        responses={200: CertificateOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, certificate_id: int) -> Response:
        certificate = row_for(person_of(request), _certificates(), certificate_id, MAY_ENGINEER)
        reason = valid(ReasonInput, request)["reason"] or f"Revoked by {person_of(request).get_username()}."
        revoked = certificate_revoke(certificate=certificate, reason=reason)
        return Response(CertificateOutput(revoked, context={"role": certificate.member_role}).data)


@extend_schema(tags=["certificates"])
class CertificateAuditsView(APIView):
    @extend_schema(
        operation_id="certificate_audits",
        summary="Ask for more monitoring audits now",
        request=MonitorAuditsInput,
        responses={200: MonitorAuditsOutput, 409: ErrorOutput},
    )
    def post(self, request: Request, certificate_id: int) -> Response:
        certificate = row_for(person_of(request), _certificates(), certificate_id, MAY_ENGINEER)
        return Response(
            {"n_asked": monitor_ask(certificate=certificate, n=valid(MonitorAuditsInput, request)["n"])}
        )


FORECAST_TASK = "review.tasks.forecast_project"


@extend_schema(tags=["certificates"])
class PlanView(APIView):
    @extend_schema(
        operation_id="plan",
        summary="How many human labels each goal would cost, by the newest forecast",
        responses={200: PlanOutput, 404: ErrorOutput},
    )
    def get(self, request: Request, project_id: int) -> Response:
        project = project_for(person_of(request), project_id)
        check_sees_items(project.member_role)
        forecast = (
            Forecast.objects.filter(project=project).select_related("round__source").order_by("-pk").first()
        )
        setback = setback_of(FORECAST_TASK, project.pk)
        if forecast is None:
            if setback:
                raise NotFound(f"The forecast could not be made. {setback}", code="forecast_failed")
            raise NotFound(
                "There is no forecast yet: one is made when items are there, and after each published round.",
                code="no_forecast",
            )
        changes = forecasts_out_of_date(project.pk).get(project.pk, [])
        standing = standing_round(project)
        if forecast.round_id != (standing.pk if standing is not None else None):
            changes.append(Change("round"))
        valid = Certificate.objects.filter(project=project, revoked_at__isnull=True).order_by("-number")
        about = {
            "changes": changes,
            "setback": setback,
            "valid_certificate": valid.values_list("number", flat=True).first(),
        }
        return Response(PlanOutput(forecast, context=about).data)


def _attempts() -> QuerySet[Attempt]:
    """Attempts with how far people have come: never how many audits failed while they are answered, nor how many
    are answered, for a count that moves with some blind answers and not with others tells them apart.
    """
    audits = Audit.objects.filter(attempt=OuterRef("pk"))
    seconds = SecondAnswer.objects.filter(attempt=OuterRef("pk"))
    closed = Q(entry__state__in=[EntryState.DONE, EntryState.SKIPPED])
    failed = Q(answered_class__isnull=True) | ~Q(answered_class=F("label_class"))
    asked = Q(entry__isnull=False) | Q(answered_at__isnull=False)
    is_auditing = Q(state=AttemptState.AUDITING)
    stage = Entry.objects.filter(
        Q(audit__attempt=OuterRef("pk"))
        | Q(second_answer__attempt=OuterRef("pk"))
        | Q(decoy__attempt=OuterRef("pk")),
        created_at__gte=Coalesce(OuterRef("settled_at"), OuterRef("asked_at")),
    )
    given = Answer.objects.filter(
        project=OuterRef("project"),
        created_at__gte=Coalesce(OuterRef("settled_at"), OuterRef("frozen_at")),
        withdrawn_at__isnull=True,
        kind__in=[AnswerKind.LABEL, AnswerKind.SKIP_ALL],
        seen__is_blind=True,
    )
    rows = Attempt.objects.select_related("project", "round__source", "asked_by", "certificate")
    return rows.annotate(
        n_audits_done=Case(When(is_auditing, then=_settled_audits()), default=_count(audits.filter(closed))),
        n_second=_count(seconds),
        n_second_done=Case(
            When(is_auditing & Q(settled_at__isnull=True), then=0), default=_count(seconds.filter(closed))
        ),
        n_wrong=Case(When(cut__isnull=False, then=_count(audits.filter(asked & failed)))),
        n_asked=Case(When(is_auditing, then=_total(stage, "project", Sum("n_wanted"))), default=0),
        n_given=Case(When(is_auditing, then=_total(given, "project", Count("pk"))), default=0),
    )


def _settled_audits() -> Coalesce:
    """Audits of the stages before the one under way."""
    before = Audit.objects.filter(attempt=OuterRef("pk"), entry__created_at__lt=OuterRef("settled_at"))
    return _count(before)


def _total(rows: QuerySet[Model], by: str, total: Aggregate) -> Coalesce:
    return Coalesce(Subquery(rows.order_by().values(by).annotate(n=total).values("n")), 0)


def _count(rows: QuerySet[Model]) -> Coalesce:
    return Coalesce(Subquery(rows.values("attempt").annotate(n=Count("pk")).values("n")), 0)


def _certificates() -> QuerySet[Certificate]:
    return Certificate.objects.select_related("project", "attempt", "source")


class _Line:
    """A file for csv.writer that hands each line back."""

    def write(self, line: str) -> str:
        return line


def _csv_lines(certificate: Certificate) -> Iterator[str]:
    writer = csv.writer(_Line(), lineterminator="\n")
    try:
        yield writer.writerow(HEADER)
        for row in certificate_rows(certificate):
            yield writer.writerow(row)
    finally:
        connection.close()
