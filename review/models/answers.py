"""What people answered, flagged and decided."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models import Item, Label, LabelClass, Project
from labeling.models.keeping import Keeps
from labeling.models.rows import ProjectRow
from review.models.queue import Entry, EntryState
from review.reasons import rule_of
from training.rules.other_classes import others_unpack


def shown_suggestion(
    reason: str,
    *,
    is_blind: bool,
    class_id: int | None,
    confidence: float | None,
    others: bytes | memoryview | None,
) -> dict[str, Any] | None:
    """The suggestion as people are told it: none where they answer blind, or where somebody said it is wrong."""
    if is_blind or class_id is None or rule_of(reason).hides_guess:
        return None
    rest = [{"class_id": one.class_id, "confidence": one.confidence} for one in others_unpack(others)]
    return {"class_id": class_id, "confidence": confidence, "others": rest}


class AnswerKind(models.TextChoices):
    LABEL = "label", "Label"
    SKIP_ME = "skip_me", "Skipped, for me"
    SKIP_ALL = "skip_all", "Skipped, for everyone"
    NOT_THIS = "not_this", "Marked in a grid as not of the class suggested"


class Answer(ProjectRow):
    """What a person said about an entry, with what the person was shown. Kept for ever."""

    keeps_item = Keeps("answers")

    key = models.UUIDField(primary_key=True)  # made by the client: sending twice is sending once
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="answers", db_index=False)
    entry = models.ForeignKey(Entry, null=True, blank=True, on_delete=models.SET_NULL, related_name="answers")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="answers")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="answers", db_index=False
    )
    kind = models.CharField(max_length=10, choices=AnswerKind.choices)
    label_class = models.ForeignKey(
        LabelClass, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    label = models.ForeignKey(Label, null=True, blank=True, on_delete=models.SET_NULL, related_name="answers")
    seen = models.JSONField(default=dict)  # suggestion, blind, reason, in_grid: as shown
    seconds = models.FloatField(null=True, blank=True)  # from shown to answered, on the client's clock
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # undone by its author

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="answer_label_has_class",
                condition=(
                    Q(kind="label", label_class__isnull=False)
                    | (~Q(kind="label") & Q(label_class__isnull=True))
                ),
            ),
            models.UniqueConstraint(
                fields=["entry", "person"],
                condition=Q(withdrawn_at__isnull=True, kind="label"),
                name="answer_once_per_person",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "project", "-created_at"], name="answer_mine"),
            models.Index(fields=["project", "-created_at"], name="answer_recent"),
            models.Index(fields=["entry"], condition=Q(withdrawn_at__isnull=False), name="answer_withdrawn"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of item {self.item_id}"


class Flag(ProjectRow):
    """Somebody's note that an item needs a second look."""

    keeps_item = Keeps("flags")

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="flags", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="flags")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["project", "-created_at"], name="flag_recent")]

    def __str__(self) -> str:
        return f"item {self.item_id}: {self.note[:50]}"


class VerdictKind(models.TextChoices):
    LABEL = "label", "The item's label is this class"
    KEEP = "keep", "The label stays as it is"


class Verdict(ProjectRow):
    """A reviewer's decision where people disagree, or where a model says otherwise than people. Kept for ever.

    With an entry, it ended a dispute or a flag; with a model's class, it decided between that and a person's
    label. Kept against a class, a label is not shown for that class again.
    """

    keeps_item = Keeps("verdicts")

    key = models.UUIDField(primary_key=True)  # made by the client: sending twice is sending once
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="verdicts", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="verdicts")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="verdicts", db_index=False
    )
    kind = models.CharField(max_length=10, choices=VerdictKind.choices)
    entry = models.ForeignKey(
        Entry, null=True, blank=True, on_delete=models.SET_NULL, related_name="verdicts"
    )
    entry_state = models.CharField(max_length=10, choices=EntryState.choices, blank=True)  # until then
    # The class decided, or kept; null: a flag was settled on an item that has no label.
    label_class = models.ForeignKey(
        LabelClass, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # What the model said against it.
    model_class = models.ForeignKey(
        LabelClass, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    label = models.ForeignKey(  # that it made; null: it kept what was there
        Label, null=True, blank=True, on_delete=models.SET_NULL, related_name="verdicts"
    )
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)  # undone by its author

    class Meta:
        constraints = [
            models.UniqueConstraint(  # a label is kept against a class once; also how lists leave such pairs out
                fields=["item", "label_class", "model_class"],
                condition=Q(kind="keep", model_class__isnull=False, withdrawn_at__isnull=True),
                name="verdict_kept_once",
            ),
            models.CheckConstraint(
                name="verdict_label_has_class",
                condition=Q(kind="keep", label__isnull=True) | Q(kind="label", label_class__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["person", "project", "-created_at"], name="verdict_mine")]

    def __str__(self) -> str:
        return f"{self.kind} of item {self.item_id}"
