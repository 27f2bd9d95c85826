"""Shapes of comparisons."""

from __future__ import annotations

from rest_framework import serializers

from training.models import MeasuredBy
from training.runs.serializers import TrainingWorkOutput


class ComparedLearner(serializers.Serializer[object]):
    learner = serializers.CharField(max_length=50)
    params = serializers.DictField(required=False, default=dict, help_text="Left out: its defaults.")


class ComparisonInput(serializers.Serializer[object]):
    """Left out: all training labels, three seeds from 0 on, 15 minutes a trial."""

    learners = ComparedLearner(many=True)
    n_labels = serializers.ListField(
        child=serializers.IntegerField(),
        required=False,
        default=list,
        help_text="Sizes to draw from the training labels; the rest of them counts as unlabeled.",
    )
    n_seeds = serializers.IntegerField(required=False, default=3)
    seed = serializers.IntegerField(required=False, default=0)
    max_seconds = serializers.IntegerField(required=False, default=900, help_text="Of one trial.")


class EstimateOutput(serializers.Serializer[object]):
    """A mean over seeds, with its 95% interval."""

    mean = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class ScoreOutput(EstimateOutput):
    behind = EstimateOutput(
        allow_null=True, help_text="How much worse than the best, paired; null: the best."
    )
    is_level = serializers.BooleanField(help_text="Cannot be told from the best.")
    is_best = serializers.BooleanField(help_text="The best, and no other is level with it.")


class ScoresOutput(serializers.Serializer[object]):
    accuracy = ScoreOutput()
    macro_f1 = ScoreOutput()
    log_loss = ScoreOutput()
    ece = ScoreOutput()


class ComparisonRowOutput(serializers.Serializer[object]):
    """One learner at one number of labels. Scores and costs are there once a seed is done."""

    learner = serializers.CharField()
    n_labels = serializers.IntegerField(allow_null=True, help_text="null: all.")
    n_seeds = serializers.IntegerField(help_text="Done without an error.")
    errors = serializers.ListField(  # type: ignore[assignment]  # DRF has that name, too
        child=serializers.CharField()
    )
    n_train = serializers.IntegerField(required=False)
    n_pool = serializers.IntegerField(required=False)
    n_test = serializers.IntegerField(required=False)
    metrics = ScoresOutput(required=False)
    fit_seconds = EstimateOutput(required=False)
    predict_seconds = EstimateOutput(required=False)
    peak_bytes = EstimateOutput(required=False)


class ComparisonOutput(TrainingWorkOutput):
    number = serializers.IntegerField()
    learners = ComparedLearner(many=True)
    n_labels = serializers.ListField(child=serializers.IntegerField(), help_text="Empty: all.")
    n_seeds = serializers.IntegerField()
    seed = serializers.IntegerField()
    max_seconds = serializers.IntegerField()
    as_of = serializers.DateTimeField(allow_null=True, help_text="Labels standing then; null: not begun.")
    rows_hash = serializers.CharField(help_text="SHA-256 over items, labels and their roles.")
    measured_by = serializers.ChoiceField(choices=[*MeasuredBy.choices, ("", "Not begun")], allow_blank=True)
    n_human = serializers.IntegerField(help_text="Training labels.")
    n_test = serializers.IntegerField(help_text="Labels that measure.")
    n_pool = serializers.IntegerField(help_text="Items given as unlabeled.")
    code_version = serializers.CharField()
    table = ComparisonRowOutput(many=True)
