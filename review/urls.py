"""Routes under /api/."""

from __future__ import annotations

from django.urls import URLPattern, path

from review.adjudication.api import (
    AdjudicationView,
    DisagreementsView,
    DisputesView,
    LabelView,
    RelabelView,
    VerdictsView,
    VerdictUndoView,
    VerdictView,
    WeighingView,
)
from review.answering.api import (
    AnswersUndoView,
    AnswersView,
    AnswerUndoView,
    ClaimView,
    GridView,
    MyAnswersView,
    ReleaseView,
)
from review.certificates.api import (
    AttemptAbandonView,
    AttemptsView,
    AttemptView,
    CertificateAuditsView,
    CertificateDocumentView,
    CertificateLabelsView,
    CertificateRevokeView,
    CertificatesView,
    CertificateView,
    PlanView,
)
from review.help.api import ExplanationsView
from review.people.api import CandidatesFlagView, GoldView, HistoryView, PeopleView
from review.publishing.api import DiscardView, PublicationsView, RoundBesideView, RoundPublishView
from review.queue.api import FlagResolveView, FlagsView, ItemFlagsView, PickView, QueueView, RefillView
from review.queue.project_api import ProjectView

urlpatterns: list[URLPattern] = [
    path("projects/<int:project_id>", ProjectView.as_view(), name="project"),
    path("projects/<int:project_id>/queue/claim", ClaimView.as_view(), name="queue-claim"),
    path(
        "projects/<int:project_id>/queue/explanations",
        ExplanationsView.as_view(),
        name="queue-explanations",
    ),
    path("projects/<int:project_id>/grid/claim", GridView.as_view(), name="grid-claim"),
    path("projects/<int:project_id>/answers", AnswersView.as_view(), name="answers"),
    path("projects/<int:project_id>/answers/undo", AnswersUndoView.as_view(), name="answers-undo"),
    path("projects/<int:project_id>/queue", QueueView.as_view(), name="queue"),
    path("projects/<int:project_id>/queue/release", ReleaseView.as_view(), name="queue-release"),
    path("projects/<int:project_id>/queue/refill", RefillView.as_view(), name="queue-refill"),
    path("projects/<int:project_id>/answers/mine", MyAnswersView.as_view(), name="answers-mine"),
    path("answers/<uuid:key>/undo", AnswerUndoView.as_view(), name="answer-undo"),
    path("projects/<int:project_id>/queue/items", PickView.as_view(), name="queue-items"),
    path("projects/<int:project_id>/gold", GoldView.as_view(), name="gold"),
    path("projects/<int:project_id>/people", PeopleView.as_view(), name="people"),
    path("projects/<int:project_id>/labels", RelabelView.as_view(), name="labels"),
    path("labels/<int:label_id>", LabelView.as_view(), name="label"),
    path("items/<int:item_id>/flags", ItemFlagsView.as_view(), name="item-flags"),
    path("projects/<int:project_id>/flags", FlagsView.as_view(), name="flags"),
    path("flags/<int:flag_id>/resolve", FlagResolveView.as_view(), name="flag-resolve"),
    path("inspections/<int:inspection_id>/flag", CandidatesFlagView.as_view(), name="label-errors-flag"),
    path("projects/<int:project_id>/disputes", DisputesView.as_view(), name="disputes"),
    path("projects/<int:project_id>/weighing", WeighingView.as_view(), name="weighing"),
    path("entries/<int:entry_id>/verdict", VerdictView.as_view(), name="entry-verdict"),
    path("projects/<int:project_id>/adjudication", AdjudicationView.as_view(), name="adjudication"),
    path("projects/<int:project_id>/disagreements", DisagreementsView.as_view(), name="disagreements"),
    path("projects/<int:project_id>/verdicts", VerdictsView.as_view(), name="verdicts"),
    path("verdicts/<uuid:key>/undo", VerdictUndoView.as_view(), name="verdict-undo"),
    path("items/<int:item_id>/history", HistoryView.as_view(), name="item-history"),
    path("projects/<int:project_id>/publications", PublicationsView.as_view(), name="publications"),
    path(
        "projects/<int:project_id>/publications/discard", DiscardView.as_view(), name="publications-discard"
    ),
    path("rounds/<int:round_id>/beside-standing", RoundBesideView.as_view(), name="round-beside-standing"),
    path("rounds/<int:round_id>/publish", RoundPublishView.as_view(), name="round-publish"),
    path("projects/<int:project_id>/attempts", AttemptsView.as_view(), name="attempts"),
    path("attempts/<int:attempt_id>", AttemptView.as_view(), name="attempt"),
    path("attempts/<int:attempt_id>/abandon", AttemptAbandonView.as_view(), name="attempt-abandon"),
    path("projects/<int:project_id>/certificates", CertificatesView.as_view(), name="certificates"),
    path("certificates/<int:certificate_id>", CertificateView.as_view(), name="certificate"),
    path(
        "certificates/<int:certificate_id>/document",
        CertificateDocumentView.as_view(),
        name="certificate-document",
    ),
    path(
        "certificates/<int:certificate_id>/labels", CertificateLabelsView.as_view(), name="certificate-labels"
    ),
    path(
        "certificates/<int:certificate_id>/revoke", CertificateRevokeView.as_view(), name="certificate-revoke"
    ),
    path(
        "certificates/<int:certificate_id>/audits", CertificateAuditsView.as_view(), name="certificate-audits"
    ),
    path("projects/<int:project_id>/plan", PlanView.as_view(), name="plan"),
]
