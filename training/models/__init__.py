"""What is guessed: runs, rounds, predictions. Words: docs/concepts.md."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from labeling.jobs.work import OPEN_STATES, Work
from labeling.models import Item, LabelClass, Project, Source
from labeling.models.rows import ProjectRow


class Trigger(models.TextChoices):
    """What made a run start."""

    PERSON = "person", "Started by a person"
    LABELS = "labels", "Enough new human labels"
    BREACH = "breach", "An audit failed"
    FILE = "file", "Predictions came by file"


class Run(ProjectRow, Work):
    """One training job: a learner, its settings, a threshold policy, a number of rounds.

    Or, with `takes_in`, no training: one round of what a file's model said (training/filed/pipeline.py).
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="runs")
    number = models.PositiveIntegerField()  # 1, 2, ... within the project
    learner = models.CharField(
        max_length=50, blank=True
    )  # training.learners.create knows it; empty: takes_in
    params = models.JSONField(default=dict)  # of the learner, checked; where the predictions are from
    policy = models.JSONField(default=dict)  # {"kind": "fixed", "threshold": 0.95} and so on
    n_rounds = models.PositiveIntegerField(default=5)  # at most
    seed = models.PositiveIntegerField(default=0)
    trigger = models.CharField(max_length=20, choices=Trigger.choices, default=Trigger.PERSON)
    last_human_label_id = models.BigIntegerField(default=0)  # the newest one when it was asked for
    stop_reason = models.CharField(max_length=300, blank=True)  # why it did no more rounds
    takes_in = models.OneToOneField(  # a file's machine labels, which are this run's only round
        Source, null=True, blank=True, on_delete=models.PROTECT, related_name="taken_in_by"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="run_number_once"),
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(state__in=list(OPEN_STATES)) & ~Q(trigger="file"),
                name="run_one_open",
            ),
            models.CheckConstraint(
                name="run_learns_or_takes_in", condition=Q(takes_in__isnull=True) | Q(trigger="file")
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.number} of {self.project}"


class RunLogLine(models.Model):
    """One line of a run's log."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="log_lines")
    at = models.DateTimeField(auto_now_add=True)
    level = models.CharField(max_length=10, default="info")  # info, warning, error
    message = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["run", "id"], name="log_page")]

    def __str__(self) -> str:
        return self.message


class RoundState(models.TextChoices):
    """ready is where training stops: the round is a candidate, and review publishes it or does not.

    Which round stands now is no state of a round: training/rounds/standing.py.
    """

    RUNNING = "running", "Running"
    READY = "ready", "Candidate"
    PUBLISHED = "published", "Published"  # was, at least once
    SKIPPED = "skipped", "Not published"  # a later round took its place as a candidate, or was published


class Round(ProjectRow):
    """Fit, evaluate, predict, decide; makes one model version."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="rounds")
    number = models.PositiveIntegerField()  # 1, 2, ... within the run
    state = models.CharField(max_length=10, choices=RoundState.choices, default=RoundState.RUNNING)
    source = models.OneToOneField(  # the model version; set when ready
        Source, null=True, blank=True, on_delete=models.PROTECT, related_name="round"
    )
    n_human = models.PositiveIntegerField(default=0)  # human labels it was trained on
    last_human_label_id = models.BigIntegerField(default=0)  # the newest human label it could see
    labels_hash = models.CharField(max_length=64, blank=True)  # SHA-256 over those labels
    code_version = models.CharField(max_length=100, blank=True)
    temperature = models.FloatField(null=True, blank=True)  # of the calibration; null: not calibrated
    threshold = models.JSONField(default=dict)  # {"all": 0.95} or class id -> threshold
    metrics = models.JSONField(default=dict)  # see training/rules/metrics.py
    confidences = models.JSONField(
        default=dict
    )  # counts by class and confidence: training/rules/thresholds.py
    artifact = models.CharField(max_length=300, blank=True)  # folder in the storage: weights and JSON
    seconds = models.JSONField(default=dict)  # step -> seconds spent
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    pruned_at = models.DateTimeField(null=True, blank=True)  # its predictions are gone since then
    # Why a project that publishes by itself did not publish it: review/publishing_rule.py. Empty: it did, or no rule.
    held_back = models.JSONField(default=dict, blank=True)
    state_reason = models.TextField(blank=True, default="")  # what of the server its publishing waits for

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "number"], name="round_number_once"),
            models.CheckConstraint(
                name="round_ready_has_provenance",
                condition=Q(state="running")
                | Q(state="skipped")
                | (Q(source__isnull=False) & ~Q(labels_hash="")),
            ),
        ]

    def __str__(self) -> str:
        return f"round {self.number} of {self.run}"


class Prediction(models.Model):
    """What a round thinks of an item that no person has labeled. Written once, by COPY.

    Derived data: no foreign keys in the database, so that a million rows load in seconds; pruned
    with old rounds.
    """

    pk = models.CompositePrimaryKey("round_id", "item_id")
    round = models.ForeignKey(
        Round, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="predictions"
    )
    item = models.ForeignKey(
        Item, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    label_class = models.ForeignKey(
        LabelClass, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    confidence = models.FloatField()  # calibrated probability of the class, 0 to 1
    raw_confidence = models.FloatField()  # before calibration
    margin = models.FloatField()  # first minus second probability, 0 to 1; low: unsure
    entropy = models.FloatField()  # nats, 0 to ln(n_classes); high: unsure
    threshold = models.FloatField()  # that it had to pass
    is_accepted = models.BooleanField()  # confidence >= threshold, and the policy's other rules
    others = models.BinaryField(
        null=True
    )  # likeliest classes after the first: training/rules/other_classes.py

    class Meta:
        indexes = [
            # Lists by class and confidence; a list of all classes takes the head of each.
            models.Index(fields=["round", "label_class", "confidence", "item"], name="prediction_class"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.label_class_id} by round {self.round_id}"


class MeasuredPrediction(models.Model):
    """What a round thought of an item that measures it: of the holdout or the test set.

    What the confusion matrix counts, item by item. Derived data, kept and pruned as predictions are.
    """

    pk = models.CompositePrimaryKey("round_id", "item_id")
    round = models.ForeignKey(
        Round, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="measured"
    )
    item = models.ForeignKey(
        Item, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    is_test = models.BooleanField()  # of the test set, else of the holdout
    truth = models.ForeignKey(  # what people said when the round measured
        LabelClass, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    label_class = models.ForeignKey(
        LabelClass, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    confidence = models.FloatField()  # calibrated probability of label_class, 0 to 1

    class Meta:
        indexes = [
            models.Index(
                fields=["round", "is_test", "truth", "label_class", "confidence", "item"],
                name="measured_cell",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.label_class_id}, truly {self.truth_id}"


class MeasuredBy(models.TextChoices):
    """Which labels measure the learners of a comparison."""

    HOLDOUT = "holdout", "The holdout"
    TEST = "test", "The test file"
    CROSS_VALIDATION = "cross_validation", "Cross-validation over the training labels"


class Comparison(ProjectRow, Work):
    """Several learners on the same labels and the same seeds; its trials hold what each came to."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="comparisons")
    number = models.PositiveIntegerField()  # 1, 2, ... within the project
    learners = models.JSONField(default=list)  # [{"learner", "params"}], checked, as they were asked for
    n_labels = models.JSONField(default=list)  # sizes to draw from the training labels; empty: all of them
    n_seeds = models.PositiveIntegerField(default=3)
    seed = models.PositiveIntegerField(default=0)  # the first; the others follow
    max_seconds = models.PositiveIntegerField(default=900)  # of one trial; past it, it is stopped
    # The snapshot that it is of. Set when it begins; taken up again by whoever goes on with it.
    as_of = models.DateTimeField(null=True, blank=True)  # labels standing at this moment
    last_item_id = models.BigIntegerField(default=0)  # the newest item that is part of it
    rows_hash = models.CharField(max_length=64, blank=True)  # SHA-256 over items, labels and their roles
    measured_by = models.CharField(max_length=20, choices=MeasuredBy.choices, blank=True)
    n_human = models.PositiveIntegerField(default=0)  # training labels
    n_test = models.PositiveIntegerField(default=0)  # labels that measure; with cross-validation n_human
    n_pool = models.PositiveIntegerField(default=0)  # items given as unlabeled
    code_version = models.CharField(max_length=100, blank=True)
    table = models.JSONField(default=list)  # of the trials so far; training/comparisons/rules/table.py

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="comparison_number_once"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(state__in=list(OPEN_STATES)), name="comparison_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"comparison {self.number} of {self.project}"


class Trial(models.Model):
    """One learner, so many labels, one seed, and what came of it."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="trials")
    learner = models.CharField(max_length=50)
    n_labels = models.PositiveIntegerField(null=True, blank=True)  # null: all
    seed = models.PositiveIntegerField()
    outcome = models.JSONField()  # training/comparisons/rules/trial.py, Outcome
    finished_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["comparison", "learner", "n_labels", "seed"],
                name="trial_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.learner}, seed {self.seed}, of {self.comparison}"


class Inspection(ProjectRow, Work):
    """A look at the data and the labels: map, label errors, near duplicates, drift, reliability."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="inspections")
    number = models.PositiveIntegerField()  # 1, 2, ... within the project
    learner = models.CharField(max_length=50)  # whose out-of-fold opinion the labels are held against
    seed = models.PositiveIntegerField(default=0)
    # The snapshot that it is of.
    labels_hash = models.CharField(max_length=64, blank=True)  # as Round.labels_hash
    last_human_label_id = models.BigIntegerField(default=0)
    n_human = models.PositiveIntegerField(default=0)  # training labels
    n_items = models.PositiveIntegerField(default=0)
    round = models.ForeignKey(  # whose model made the map's features; null: no model could
        Round, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    findings = models.JSONField(default=dict)  # tool -> what it found; training/inspections/pipeline.py
    map_points = models.BinaryField(
        null=True
    )  # JSON, gzipped as it is served: training/inspections/map_pipeline.py

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="inspection_number_once"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(state__in=list(OPEN_STATES)), name="inspection_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"inspection {self.number} of {self.project}"
