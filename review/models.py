"""Where what is known and what is guessed meet: the queue, leases, answers, flags."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models import Item, Label, LabelClass, Project
from training.models import Round


class Reason(models.TextChoices):
    """Why an item is in the queue."""

    UNCERTAIN = "uncertain", "The model is unsure"
    DIVERSE = "diverse", "Unlike what is labeled so far"
    RANDOM = "random", "Drawn at random, to measure"
    FLAGGED = "flagged", "Somebody flagged it"
    AUDIT = "audit", "A blind check of an accepted label"


class EntryState(models.TextChoices):
    OPEN = "open", "Open"
    DISPUTED = "disputed", "People disagree; a reviewer decides"
    DONE = "done", "Answered"
    SKIPPED = "skipped", "Skipped for everyone"
    WITHDRAWN = "withdrawn", "Withdrawn by a later round"


class Entry(models.Model):
    """One item that people should look at, why, and how soon."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="entries", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="entries")
    reason = models.CharField(max_length=10, choices=Reason.choices)
    priority = models.FloatField()  # higher: sooner
    state = models.CharField(max_length=10, choices=EntryState.choices, default=EntryState.OPEN)
    n_wanted = models.PositiveSmallIntegerField(default=1)  # answers, each by another person
    n_free = models.SmallIntegerField(default=1)  # wanted, less answers, less leases held
    round = models.ForeignKey(
        Round, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    suggested_class = models.ForeignKey(
        LabelClass, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    suggested_confidence = models.FloatField(null=True, blank=True)  # calibrated, 0 to 1
    is_blind = models.BooleanField(default=False)  # the suggestion is not shown
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=Q(state__in=["open", "disputed"]), name="entry_one_open"
            ),
            models.CheckConstraint(
                name="entry_free_range", condition=Q(n_free__gte=0, n_free__lte=models.F("n_wanted"))
            ),
        ]
        indexes = [
            models.Index(  # the order in which the queue is handed out
                fields=["project", "-priority", "id"],
                condition=Q(state="open", n_free__gt=0),
                name="entry_next",
            ),
            models.Index(fields=["project", "state", "reason"], name="entry_count"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} ({self.reason})"


class LeaseState(models.TextChoices):
    HELD = "held", "Held"
    ANSWERED = "answered", "Answered"
    SKIPPED = "skipped", "Skipped by this person"
    RELEASED = "released", "Given back"
    EXPIRED = "expired", "Ran out"


class Lease(models.Model):
    """Who has an entry in hand, and until when. Never more open than answers still wanted."""

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="leases")
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    state = models.CharField(max_length=10, choices=LeaseState.choices, default=LeaseState.HELD)
    until = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(  # a person sees an entry once, unless it was given back
                fields=["entry", "person"],
                condition=Q(state__in=["held", "answered", "skipped"]),
                name="lease_once_per_person",
            ),
        ]
        indexes = [
            models.Index(fields=["project", "until"], condition=Q(state="held"), name="lease_expiry"),
            models.Index(fields=["person", "project"], condition=Q(state="held"), name="lease_mine"),
        ]

    def __str__(self) -> str:
        return f"entry {self.entry_id}, {self.state}"


class AnswerKind(models.TextChoices):
    LABEL = "label", "Label"
    SKIP_ME = "skip_me", "Skipped, for me"
    SKIP_ALL = "skip_all", "Skipped, for everyone"


class Answer(models.Model):
    """What a person said about an entry, with what the person was shown. Kept for ever."""

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
    seen = models.JSONField(default=dict)  # suggestion, confidence, blind, reason: as shown
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
        ]

    def __str__(self) -> str:
        return f"{self.kind} of item {self.item_id}"


class Flag(models.Model):
    """Somebody's note that an item needs a second look."""

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


class Refill(models.Model):
    """One filling of a project's queue. Tells the sweep whether asking again could find more."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="refills", db_index=False)
    round = models.ForeignKey(  # whose predictions ordered it; null: there was no model
        Round, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    n_asked = models.PositiveIntegerField()  # entries that the budget had room for
    n_added = models.PositiveIntegerField()  # fewer than asked: the pool had no more
    n_withdrawn = models.PositiveIntegerField(default=0)
    last_item_id = models.BigIntegerField(default=0)  # the project's newest item at that time
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="refill_last")]

    def __str__(self) -> str:
        return f"{self.n_added} of {self.n_asked} added"
