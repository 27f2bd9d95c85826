"""What waits for people, who holds it, and how the queue was filled. Why: review/reasons."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models import Item, LabelClass, Project
from labeling.models.keeping import Keeps
from labeling.models.rows import ProjectRow
from review.reasons import Reason, reason_choices
from training.models import Round


class EntryState(models.TextChoices):
    OPEN = "open", "Open"
    DISPUTED = "disputed", "People disagree; a reviewer decides"
    DONE = "done", "Answered"
    SKIPPED = "skipped", "Skipped for everyone"
    WITHDRAWN = "withdrawn", "Withdrawn by a later round"


# Entries that a reviewer decides: people disagree, or somebody asked for a second look.
AWAITS_VERDICT = Q(state="disputed") | Q(state="open", reason="flagged")


class Entry(ProjectRow):
    """One item that people should look at, why, and how soon.

    Its id says nothing of when or why it was made: the database gives a keyed permutation of a sequence
    (migration 0019), 2^40 and above, so that audits that were drawn together do not stand together.
    """

    keeps_item = Keeps("gold", where=Q(reason=Reason.GOLD), with_label=True)

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="entries", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="entries")
    reason = models.CharField(max_length=10, choices=reason_choices)  # review/reasons
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
    # Of the round's prediction, copied: the likeliest classes after the suggested, training/rules/other_classes.py.
    suggested_others = models.BinaryField(null=True, blank=True)
    # Chance with which its refill picked this item, above 0 to 1; null: it was not picked by a refill's draw.
    probability = models.FloatField(null=True, blank=True)
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
                fields=["project", "-priority", "created_at", "id"],
                condition=Q(state="open", n_free__gt=0),
                name="entry_next",
            ),
            # Counts, from the index alone; is_blind is a key column, since included ones are not deduplicated.
            models.Index(fields=["project", "state", "reason", "is_blind"], name="entry_count"),
            models.Index(
                fields=["project", "created_at", "id"], condition=AWAITS_VERDICT, name="entry_verdict"
            ),
            models.Index(  # what was answered blind since a moment: the view labeling_withheld
                fields=["project", "closed_at"],
                condition=Q(is_blind=True, state__in=["done", "skipped"]),
                name="entry_blind_closed",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} ({self.reason})"


class LeaseState(models.TextChoices):
    HELD = "held", "Held"
    ANSWERED = "answered", "Answered"
    SKIPPED = "skipped", "Skipped by this person"
    RELEASED = "released", "Given back"
    EXPIRED = "expired", "Ran out"
    BARRED = "barred", "Not asked: knows too much"  # its label is theirs, or they were shown the suggestion


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
    in_grid = models.BooleanField(default=False, db_default=False)  # handed out with many others of one class
    # Whether the suggestion was kept back from this person: as the entry was when it was handed out.
    is_blind = models.BooleanField(
        null=True, blank=True
    )  # null: handed out before this was kept; the entry tells
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
    explained_at = models.DateTimeField(null=True, blank=True)  # its entries have their explanations
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["project", "-id"], name="refill_last")]

    def __str__(self) -> str:
        return f"{self.n_added} of {self.n_asked} added"


class Explanation(models.Model):
    """What may help with an item in the queue: labeled items that are most like it, and why the model says what it says.

    Made after a refill, for entries that are not asked blind; the next round's takes its place.
    """

    item = models.OneToOneField(Item, primary_key=True, on_delete=models.CASCADE, related_name="explanation")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="+")
    nearest = models.JSONField(
        default=list
    )  # [item id, cosine of the model's features], the most alike first
    # [word, nats], the weightiest first: training/inspections/rules/weighty_words.py; null: not looked for
    words = models.JSONField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.item_id}"
