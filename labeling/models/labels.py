"""Labels, who said them, and which machine's stand."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.models.items import Item
from labeling.models.projects import LabelClass, Project
from labeling.models.querysets import LabelQuerySet
from labeling.models.rows import ProjectRow


class SourceKind(models.TextChoices):
    PERSON = "person", "Person"
    CONSENSUS = "consensus", "Consensus of several people"
    FILE = "file", "Imported file"
    MODEL = "model", "Model version"


class Source(models.Model):
    """Who said so. A label's provenance is this one reference."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="sources")
    kind = models.CharField(max_length=10, choices=SourceKind.choices)
    is_human = models.BooleanField()  # an imported file may be either; its importer says which
    name = models.CharField(max_length=300)  # user name, file name, or "run 12, round 3"
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    details = models.JSONField(default=dict, blank=True)
    taken_from = (
        models.ForeignKey(  # the model version whose predictions these labels are, as a certificate's
            "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="taken", db_index=False
        )
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "user"], condition=Q(kind="person"), name="source_person_once"
            ),
            models.UniqueConstraint(
                fields=["project"], condition=Q(kind="consensus"), name="source_consensus_once"
            ),
            models.UniqueConstraint(fields=["id", "is_human"], name="source_is_human_key"),
            models.CheckConstraint(
                name="source_kind_human",
                condition=(
                    Q(kind__in=["person", "consensus"], is_human=True)
                    | Q(kind="model", is_human=False)
                    | Q(kind="file")
                ),
            ),
            models.CheckConstraint(
                name="source_person_has_user",
                condition=Q(kind="person", user__isnull=False) | (~Q(kind="person") & Q(user__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Retirement(models.TextChoices):
    """Why one label was retired. (A whole round is retired by ending its Publication.)"""

    CORRECTED = "corrected", "A person said otherwise"
    CONFIRMED = "confirmed", "A person said the same; the person's label stands instead"
    WITHDRAWN = "withdrawn", "Withdrawn by its author"
    REPLACED = "replaced", "A later human label stands instead"
    BREACH = "breach", "An audit failed"
    DISCARDED = "discarded", "Discarded by hand"


class Label(ProjectRow):
    """One source's word on one item. Rows are added and retired, never edited or deleted.

    Few indexes, on purpose: a round writes a million of these rows (docs/decisions).

    The current label of an item is its unretired human label; if there is none, its unretired
    machine label from the source that the open Publication names. (labeling/models/querysets.py: current)
    """

    # That item, class and source are there, and of this project, is checked by a trigger once for each
    # statement (migration 0005): foreign keys look at each row by itself, 40 seconds for a million.
    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    item = models.ForeignKey(
        Item, on_delete=models.CASCADE, related_name="labels", db_constraint=False, db_index=False
    )
    label_class = models.ForeignKey(
        LabelClass, on_delete=models.PROTECT, related_name="labels", db_constraint=False, db_index=False
    )
    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, related_name="labels", db_constraint=False, db_index=False
    )
    is_human = models.BooleanField()  # copy of source.is_human, held to it by the same trigger
    confidence = models.FloatField(null=True, blank=True)  # calibrated, 0 to 1; null for people
    threshold = models.FloatField(null=True, blank=True)  # that confidence passed; null for people
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_reason = models.CharField(max_length=10, choices=Retirement.choices, blank=True)
    retired_by = models.ForeignKey(  # the person whose act retired it
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    objects = LabelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item"], condition=Q(is_human=True, retired_at__isnull=True), name="label_one_human"
            ),
            models.UniqueConstraint(
                fields=["source", "item"], condition=Q(is_human=False), name="label_one_per_machine_source"
            ),
            models.CheckConstraint(
                name="label_confidence_range",
                condition=Q(confidence__isnull=True) | Q(confidence__gte=0, confidence__lte=1),
            ),
            models.CheckConstraint(
                name="label_retired_with_reason",
                condition=(
                    Q(retired_at__isnull=True, retired_reason="")
                    | (Q(retired_at__isnull=False) & ~Q(retired_reason=""))
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["item"], name="label_item"),
            models.Index(  # human counts by class, and the trigger of the next run
                fields=["project", "id"],
                include=["label_class", "item"],
                condition=Q(is_human=True),
                name="label_human",
            ),
            models.Index(  # list pages by score
                fields=["source", "confidence", "item"], condition=Q(is_human=False), name="label_score"
            ),
            models.Index(  # list pages, counts, exports and the timeline of what people said, at any moment
                fields=["project", "item"],
                include=["label_class", "created_at", "retired_at"],
                condition=Q(is_human=True),
                name="label_human_item",
            ),
            models.Index(  # what has been retired of a published set since it was published
                fields=["source", "retired_at"],
                include=["label_class"],
                condition=Q(is_human=False, retired_at__isnull=False),
                name="label_machine_retired",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.label_class_id} by {self.source_id}"


class Publication(models.Model):
    """A time span in which one machine source's labels stood. One open per project.

    Opening one and ending the one before, in one transaction, is what retires and replaces a whole
    set of pseudo-labels: the reader sees the old set or the new.
    """

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="publications", db_index=False
    )
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="publications")
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.CharField(max_length=300, blank=True)  # "superseded by run 4, round 2"
    n_labels = models.BigIntegerField(default=0)  # that stood when it began
    class_counts = models.JSONField(default=dict)  # class id -> labels when it began
    diff = models.JSONField(default=dict)  # kept, changed, dropped, new against the one before

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(ended_at__isnull=True), name="publication_one_open"
            ),
        ]
        indexes = [models.Index(fields=["project", "-started_at"], name="publication_history")]

    def __str__(self) -> str:
        return f"{self.source} from {self.started_at:%Y-%m-%d %H:%M}"


class Withheld(models.Model):
    """An item of which whoever may be asked is not told what others say: labeling/blindness.py.

    A view over the rows of review/, defined by its migrations; nothing is written here.
    """

    item = models.OneToOneField(
        Item, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    project = models.ForeignKey(Project, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    since = models.DateTimeField()  # what was said from here on is withheld from the counts, too
    is_closed = models.BooleanField()  # answered, if only for a while: what has moved the counts

    class Meta:
        managed = False
        db_table = "labeling_withheld"
        verbose_name_plural = "withheld"

    def __str__(self) -> str:
        return f"{self.item_id}"
