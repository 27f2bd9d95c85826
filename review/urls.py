"""Routes under /api/."""

from __future__ import annotations

from django.urls import URLPattern, path

from review.api import (
    AnswersView,
    AnswerUndoView,
    ClaimView,
    MyAnswersView,
    QueueView,
    RefillView,
    ReleaseView,
)
from review.oversight_api import (
    CandidatesFlagView,
    DiscardView,
    DisputesView,
    FlagResolveView,
    FlagsView,
    HistoryView,
    ItemFlagsView,
    LabelView,
    PublicationsView,
    RelabelView,
    VerdictView,
)

urlpatterns: list[URLPattern] = [
    path("projects/<int:project_id>/queue/claim", ClaimView.as_view(), name="queue-claim"),
    path("projects/<int:project_id>/answers", AnswersView.as_view(), name="answers"),
    path("projects/<int:project_id>/queue", QueueView.as_view(), name="queue"),
    path("projects/<int:project_id>/queue/release", ReleaseView.as_view(), name="queue-release"),
    path("projects/<int:project_id>/queue/refill", RefillView.as_view(), name="queue-refill"),
    path("projects/<int:project_id>/answers/mine", MyAnswersView.as_view(), name="answers-mine"),
    path("answers/<uuid:key>/undo", AnswerUndoView.as_view(), name="answer-undo"),
    path("projects/<int:project_id>/labels", RelabelView.as_view(), name="labels"),
    path("labels/<int:label_id>", LabelView.as_view(), name="label"),
    path("items/<int:item_id>/flags", ItemFlagsView.as_view(), name="item-flags"),
    path("projects/<int:project_id>/flags", FlagsView.as_view(), name="flags"),
    path("flags/<int:flag_id>/resolve", FlagResolveView.as_view(), name="flag-resolve"),
    path("inspections/<int:inspection_id>/flag", CandidatesFlagView.as_view(), name="label-errors-flag"),
    path("projects/<int:project_id>/disputes", DisputesView.as_view(), name="disputes"),
    path("entries/<int:entry_id>/verdict", VerdictView.as_view(), name="entry-verdict"),
    path("items/<int:item_id>/history", HistoryView.as_view(), name="item-history"),
    path("projects/<int:project_id>/publications", PublicationsView.as_view(), name="publications"),
    path(
        "projects/<int:project_id>/publications/discard", DiscardView.as_view(), name="publications-discard"
    ),
]
