"""Routes under /api/."""

from __future__ import annotations

from django.urls import URLPattern, path

from training.comparisons.api import ComparisonCancelView, ComparisonsView, ComparisonView
from training.inspections.api import InspectionCancelView, InspectionMapView, InspectionsView, InspectionView
from training.rounds.generated_api import RoundGeneratedView
from training.runs.api import (
    LearnersView,
    PoliciesView,
    RoundConfidencesView,
    RoundDiffItemsView,
    RoundDiffView,
    RoundItemsView,
    RoundModelView,
    RoundsView,
    RoundView,
    RunCancelView,
    RunLogView,
    RunsView,
    RunView,
)

urlpatterns: list[URLPattern] = [
    path("learners", LearnersView.as_view(), name="learners"),
    path("projects/<int:project_id>/policies", PoliciesView.as_view(), name="policies"),
    path("projects/<int:project_id>/runs", RunsView.as_view(), name="runs"),
    path("runs/<int:run_id>", RunView.as_view(), name="run"),
    path("runs/<int:run_id>/cancel", RunCancelView.as_view(), name="run-cancel"),
    path("runs/<int:run_id>/log", RunLogView.as_view(), name="run-log"),
    path("projects/<int:project_id>/rounds", RoundsView.as_view(), name="rounds"),
    path("projects/<int:project_id>/rounds/diff", RoundDiffView.as_view(), name="rounds-diff"),
    path(
        "projects/<int:project_id>/rounds/diff/items", RoundDiffItemsView.as_view(), name="rounds-diff-items"
    ),
    path("rounds/<int:round_id>", RoundView.as_view(), name="round"),
    path("rounds/<int:round_id>/confidences", RoundConfidencesView.as_view(), name="round-confidences"),
    path("rounds/<int:round_id>/items", RoundItemsView.as_view(), name="round-items"),
    path("rounds/<int:round_id>/generated", RoundGeneratedView.as_view(), name="round-generated"),
    path("rounds/<int:round_id>/model", RoundModelView.as_view(), name="round-model"),
    path("projects/<int:project_id>/comparisons", ComparisonsView.as_view(), name="comparisons"),
    path("comparisons/<int:comparison_id>", ComparisonView.as_view(), name="comparison"),
    path("comparisons/<int:comparison_id>/cancel", ComparisonCancelView.as_view(), name="comparison-cancel"),
    path("projects/<int:project_id>/inspections", InspectionsView.as_view(), name="inspections"),
    path("inspections/<int:inspection_id>", InspectionView.as_view(), name="inspection"),
    path("inspections/<int:inspection_id>/map", InspectionMapView.as_view(), name="inspection-map"),
    path("inspections/<int:inspection_id>/cancel", InspectionCancelView.as_view(), name="inspection-cancel"),
]
