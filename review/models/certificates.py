"""Attempts, audits, certificates and forecasts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models import Item, LabelClass, Project, Source
from labeling.models.keeping import Keeps
from labeling.models.rows import ProjectRow
from review.models.queue import Entry
from training.models import Round


class Promise(models.TextChoices):
    """Of what at most the share eps is wrong."""

    DATASET = "dataset", "All labels"
    MACHINE = "machine", "The machine's labels"


class AttemptState(models.TextChoices):
    QUEUED = "queued", "Being frozen"
    AUDITING = "auditing", "Audits are being answered"
    REVIEWING = "reviewing", "Short: people continue from the cut"
    CERTIFIED = "certified", "Certified"
    ABANDONED = "abandoned", "Abandoned"
    REFUSED = "refused", "Refused"


OPEN_ATTEMPTS = (AttemptState.QUEUED, AttemptState.AUDITING, AttemptState.REVIEWING)


EVIDENCE = Keeps("audits", with_label=True, is_evidence=True)


class Attempt(ProjectRow):
    """One try to certify the labels of one model version: what was frozen, drawn, and what came of it.

    What is frozen never changes again, and no column says how many audits failed while they are being
    answered: migrations 0006 and 0008 have the triggers.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="attempts", db_index=False)
    # 1, 2, ... within the project, given when it is frozen: delta is split over them. Null: never was.
    number = models.PositiveIntegerField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=AttemptState.choices, default=AttemptState.QUEUED)
    # A sentence: why refused or abandoned, how many more, what of the server it waits for.
    state_reason = models.TextField(blank=True)
    # The goal, as it was asked for.
    promise = models.CharField(max_length=10, choices=Promise.choices)
    eps = models.FloatField()  # share allowed wrong, above 0, below 1
    confidence = models.FloatField()  # 1 - delta of the project's goal
    per_class = models.BooleanField(default=False)
    n_audits_wanted = models.PositiveIntegerField(null=True, blank=True)  # null: in stages
    n_second_wanted = models.PositiveIntegerField(default=0)  # blind second answers to people's labels
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    # Frozen before the first audit is answered.
    delta = models.FloatField(null=True, blank=True)  # of this attempt's test alone
    round = models.ForeignKey(Round, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    classes = models.JSONField(default=list)  # [{"id", "name"}] in the project's order
    question = models.TextField(blank=True)
    ranked_by = models.CharField(max_length=200, blank=True)  # the score that ordered the candidates
    n_items = models.PositiveIntegerField(default=0)  # labeled by people, and candidates
    n_human = models.PositiveIntegerField(default=0)
    n_candidates = models.PositiveIntegerField(default=0)
    # How many audits are answered by the end of each stage, ascending: review/certification/stages.py.
    stages = models.JSONField(default=list)
    salt = models.CharField(max_length=64, blank=True)
    salt_hash = models.CharField(max_length=64, blank=True)
    items_hash = models.CharField(max_length=64, blank=True)
    human_hash = models.CharField(max_length=64, blank=True)
    ranking_hash = models.CharField(max_length=64, blank=True)
    model_hash = models.CharField(max_length=64, blank=True)  # over the saved model's files
    frozen_at = models.DateTimeField(null=True, blank=True)
    # What came of it.
    stage = models.PositiveSmallIntegerField(
        default=1
    )  # 1, 2, ... of the stages: the one under way, or the last
    # Answers to blind entries given from the freeze up to here have been counted, and stand.
    settled_at = models.DateTimeField(null=True, blank=True)
    cut = models.PositiveIntegerField(null=True, blank=True)  # ranks up to here keep the machine's label
    # {"walk": review/certification/walk.py, Cut; "per_class": class id -> Cut, where that was asked}
    result = models.JSONField(default=dict)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="attempt_number_once"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(state__in=list(OPEN_ATTEMPTS)), name="attempt_one_open"
            ),
            models.CheckConstraint(
                name="attempt_goal_range",
                condition=Q(eps__gt=0, eps__lt=1, confidence__gt=0, confidence__lt=1),
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.project}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_ATTEMPTS

    @property
    def n_audits(self) -> int:
        """Audits asked for so far, answered or not; those of later stages are drawn, and wait."""
        return int(self.stages[self.stage - 1]) if self.stages else 0


class Frozen(models.Model):
    """An item that an attempt is about, as it stood at the freeze. Written once; no foreign keys, as predictions.

    rank > 0: a candidate, 1 the surest, with the class that the frozen model gave it. rank < 0: labeled by a
    person before, with that class.
    """

    keeps_item = Keeps(
        "certificates",
        where=Q(attempt__state__in=list(OPEN_ATTEMPTS)) | Q(attempt__certificate__isnull=False),
        project="attempt__project",
        with_label=True,
        is_evidence=True,
    )

    pk = models.CompositePrimaryKey("attempt_id", "rank")
    attempt = models.ForeignKey(
        Attempt, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="frozen"
    )
    rank = models.IntegerField()
    item = models.ForeignKey(
        Item, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    label_class = models.ForeignKey(
        LabelClass, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    # Chance that the class is right, 0 to 1, by the score that ranks; null for people's.
    confidence = models.FloatField(null=True)

    class Meta:
        verbose_name_plural = "frozen"
        indexes = [models.Index(fields=["attempt", "item"], name="frozen_item")]

    def __str__(self) -> str:
        return f"{self.rank}: item {self.item_id}"


class Audit(models.Model):
    """One candidate drawn for an attempt, what the frozen model said of it, and what a person did, blind."""

    keeps_item = EVIDENCE

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="audits")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="audits")
    position = models.PositiveIntegerField(default=1)  # 1, 2, ... of the draw: it decides the stage
    rank = models.PositiveIntegerField()
    label_class = models.ForeignKey(LabelClass, on_delete=models.PROTECT, related_name="+", db_index=False)
    entry = models.OneToOneField(  # null until its stage
        Entry, null=True, blank=True, on_delete=models.SET_NULL, related_name="audit"
    )
    # Written when the attempt has all its answers. Both null then: skipped, which counts as wrong.
    answered_class = models.ForeignKey(
        LabelClass, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    answered_by = models.CharField(max_length=300, blank=True)  # name of the source
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "item"], name="audit_once")]

    def __str__(self) -> str:
        return f"audit of item {self.item_id}"


class SecondAnswer(models.Model):
    """A person's label drawn for a blind second answer by somebody else: how often do people differ?"""

    keeps_item = EVIDENCE

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="second_answers")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="second_answers")
    label_class = models.ForeignKey(LabelClass, on_delete=models.PROTECT, related_name="+", db_index=False)
    entry = models.OneToOneField(
        Entry, null=True, blank=True, on_delete=models.SET_NULL, related_name="second_answer"
    )
    answered_class = models.ForeignKey(
        LabelClass, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    answered_by = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "item"], name="second_answer_once")]

    def __str__(self) -> str:
        return f"second answer to item {self.item_id}"


class Decoy(models.Model):
    """An item that is asked among the audits of a stage, so that blind does not mean audit.

    Drawn as the audits are. Its answer is a label; or, of an item that people have labeled already, a second answer that
    nobody counts. No estimate is made of decoys; one that is an audit of a later stage is its audit from then on.
    """

    keeps_item = EVIDENCE

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="decoys")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    stage = models.PositiveSmallIntegerField()  # 1, 2, ... in which it is asked
    entry = models.OneToOneField(  # null until its stage
        Entry, null=True, blank=True, on_delete=models.SET_NULL, related_name="decoy"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "item"], name="decoy_once")]

    def __str__(self) -> str:
        return f"decoy {self.item_id}"


class Certificate(ProjectRow):
    """The statement that an attempt's audits support, with everything needed to check it."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="certificates", db_index=False
    )
    number = models.PositiveIntegerField()  # 1, 2, ... within the project
    attempt = models.OneToOneField(Attempt, on_delete=models.CASCADE, related_name="certificate")
    source = models.OneToOneField(  # the certified labels'
        Source, on_delete=models.PROTECT, related_name="certificate"
    )
    document = models.JSONField()  # docs/certificate.schema.json
    issued_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_reason = models.TextField(blank=True)  # a sentence
    is_breach = models.BooleanField(default=False)  # revoked by the monitor
    monitor = models.JSONField(
        default=dict
    )  # review/certificates/monitor_pipeline.py, monitor_state: when last looked at

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="certificate_number_once"),
            models.UniqueConstraint(
                fields=["project"], condition=Q(revoked_at__isnull=True), name="certificate_one_valid"
            ),
        ]

    def __str__(self) -> str:
        return f"certificate {self.number} of {self.project}"


class MonitorAudit(models.Model):
    """A certified machine label that a person looks at, blind, after release; in the order of the draw."""

    keeps_item = EVIDENCE

    certificate = models.ForeignKey(Certificate, on_delete=models.CASCADE, related_name="monitor_audits")
    position = models.PositiveIntegerField()  # 1, 2, ... of the draw
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="monitor_audits")
    label_class = models.ForeignKey(LabelClass, on_delete=models.PROTECT, related_name="+", db_index=False)
    entry = models.OneToOneField(
        Entry, null=True, blank=True, on_delete=models.SET_NULL, related_name="monitor_audit"
    )
    asked_at = models.DateTimeField()
    answered_class = models.ForeignKey(
        LabelClass, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    answered_at = models.DateTimeField(null=True, blank=True)  # set, and no class: skipped, counts as wrong

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["certificate", "position"], name="monitor_audit_position"),
            models.UniqueConstraint(fields=["certificate", "item"], name="monitor_audit_once"),
        ]

    def __str__(self) -> str:
        return f"monitoring audit {self.position} of {self.certificate}"


class Forecast(models.Model):
    """What certifying would cost in human labels, worked out after a round: review/certification/planner.py."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="forecasts", db_index=False)
    round = models.ForeignKey(Round, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    n_items = models.PositiveIntegerField()
    n_human = models.PositiveIntegerField()
    # What it was made on: review/certificates/forecasts.py compares it with what is now. Empty: made by 0.1, which kept none.
    basis = models.JSONField(default=dict)
    plan = models.JSONField(default=dict)  # rows by eps, confidence, promise and answers wanted
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="forecast_last")]

    def __str__(self) -> str:
        return f"forecast of {self.project} at {self.n_human} human labels"
