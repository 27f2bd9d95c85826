"""What is known: projects, classes, items, sources, labels. Words: docs/concepts.md."""

from __future__ import annotations

import secrets
import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Collate, Left, Now

from labeling.jobs.work import Work
from labeling.models.keeping import Keeps
from labeling.models.querysets import LabelQuerySet, ProjectQuerySet

TEXT_PREFIX_CHARS = 40  # of an item's text that the item list can search by


class ItemType(models.TextChoices):
    IMAGE = "image", "Image"
    TEXT = "text", "Text"
    TABLE = "table", "Table row"
    SERIES = "series", "Numeric series"


class Role(models.TextChoices):
    """What a member may do; each role includes those below it, except that reviewers and engineers differ."""

    OWNER = "owner", "Owner"  # everything, members and deletion included
    ENGINEER = "engineer", "Engineer"  # import, train, publish, export, settings
    REVIEWER = "reviewer", "Reviewer"  # answer, adjudicate, relabel any item
    ANNOTATOR = "annotator", "Annotator"  # answer what the queue hands out
    VIEWER = "viewer", "Viewer"  # read only


class Acquisition(models.TextChoices):
    """How the queue orders what the model is unsure of."""

    MARGIN = "margin", "Margin"
    MARGIN_RANDOM = "margin_random", "Margin, every second at random"
    ENTROPY = "entropy", "Entropy"
    LEAST_CONFIDENT = "least_confident", "Least confident"
    RANDOM = "random", "Random"


class Publishing(models.TextChoices):
    """Who makes the labels of a finished round stand."""

    BY_HAND = "by_hand", "By hand"  # it waits as a candidate until somebody publishes it
    # As soon as it is ready, unless the holdout says that it is worse: review/publishing_rule.py.
    BY_ITSELF = "by_itself", "By itself"


def _salt() -> str:
    return secrets.token_hex(8)


class Project(models.Model):
    """One dataset and one question."""

    name = models.CharField(max_length=200)
    question = models.TextField(blank=True)  # what is asked of people, shown on the review page
    instructions = models.TextField(blank=True, max_length=20_000)  # how to decide, in the guide
    item_type = models.CharField(max_length=10, choices=ItemType.choices)
    target_precision = models.FloatField(
        default=0.99, validators=[MinValueValidator(0.5), MaxValueValidator(1.0)]
    )
    confidence_level = models.FloatField(
        default=0.95, validators=[MinValueValidator(0.5), MaxValueValidator(0.9999)]
    )
    holdout_share = models.FloatField(  # of the human labels that come by a uniform draw
        default=0.2, validators=[MinValueValidator(0.0), MaxValueValidator(0.9)]
    )
    answers_wanted = models.PositiveSmallIntegerField(  # people per item; over 1 means consensus
        default=1, validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    acquisition = models.CharField(max_length=20, choices=Acquisition.choices, default=Acquisition.MARGIN)
    review_budget = models.PositiveIntegerField(default=1000)  # entries open after a refill
    random_share = models.FloatField(  # of the review budget, drawn uniformly: feeds the holdout
        default=0.1, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )
    retrain_after = models.PositiveIntegerField(default=0)  # new human labels; 0: only by hand
    publishing = models.CharField(max_length=10, choices=Publishing.choices, default=Publishing.BY_HAND)
    monitor_per_week = models.PositiveIntegerField(  # blind audits of certified labels after release
        default=20, validators=[MaxValueValidator(10_000)]
    )
    lease_seconds = models.PositiveIntegerField(
        default=900, validators=[MinValueValidator(5), MaxValueValidator(86_400)]
    )
    # While somebody above relies on question and classes as they are: why they cannot change, in a sentence.
    locked_because = models.CharField(max_length=300, blank=True, editable=False)
    salt = models.CharField(max_length=32, default=_salt, editable=False)  # of the random draws
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)  # nobody sees it; a worker takes it away

    objects = ProjectQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="project_answers_wanted_positive", condition=Q(answers_wanted__gte=1)
            ),
            models.CheckConstraint(
                name="project_holdout_share_range", condition=Q(holdout_share__gte=0, holdout_share__lt=1)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """Who may do what in a project."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "project"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} as {self.role} of {self.project}"


class LabelClass(models.Model):
    """One allowed answer."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="classes")
    name = models.CharField(max_length=200)
    description = models.CharField(max_length=1_000, blank=True)  # what belongs here and what does not
    colour = models.CharField(max_length=7, default="#888888")  # #rrggbb
    hotkey = models.CharField(max_length=20, blank=True)  # one key; blank: found by typing
    position = models.PositiveIntegerField(default=0)  # order on the page
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "id"]
        verbose_name_plural = "label classes"
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="class_name_once"),
            models.UniqueConstraint(
                fields=["project", "hotkey"], condition=~Q(hotkey=""), name="class_hotkey_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Blob(models.Model):
    """The bytes of one image, stored once under their content hash, decoded safely once."""

    sha256 = models.CharField(max_length=64, unique=True)  # hex
    name = models.CharField(max_length=200)  # in the storage
    thumbnail = models.CharField(max_length=200, blank=True)  # blank: small enough to be its own
    shown = models.CharField(
        max_length=200, blank=True
    )  # PNG or JPEG for browsers; blank: they show it itself
    media_type = models.CharField(max_length=50)  # of the original
    width = models.PositiveIntegerField()  # pixels
    height = models.PositiveIntegerField()
    mode = models.CharField(max_length=10)  # "L" grey or "RGB": how learners see it
    n_bytes = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.sha256[:12]


class Split(models.TextChoices):
    """What an item's human label is for. To the holdout and the test set an item goes for good."""

    POOL = "pool", "Pool"  # labeled or not; human labels here are trained on
    HOLDOUT = "holdout", "Holdout"  # drawn at random, never trained on
    TEST = "test", "Test"  # an imported test file: never trained on, queued or pseudo-labeled
    # Drawn for an open certificate attempt: not trained on until it has ended, then back to the pool.
    # Nobody is told which items these are: shown_split says pool.
    AUDIT = "audit", "Audit"

    @classmethod
    def shown_choices(cls) -> list[tuple[str, str]]:
        return [choice for choice in cls.choices if choice[0] != cls.AUDIT]


def shown_split(split: str) -> str:
    """The split as people and exports are told it: an audit that is under way must not stand out."""
    return Split.POOL.value if split == Split.AUDIT else split


class Item(models.Model):
    """One thing to label. The payload is in exactly one of text, features or blob."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="items", db_index=False)
    # The user's own name for it, unique in the project. Collation C: the index finds prefixes too.
    key = models.CharField(max_length=500, db_collation="C")
    content_hash = models.CharField(max_length=32)  # first 128 bits of SHA-256, hex
    split = models.CharField(max_length=8, choices=Split.choices, default=Split.POOL)
    text = models.TextField(null=True, blank=True)
    features = models.JSONField(null=True, blank=True)  # table: object by column; series: list
    extras = models.JSONField(null=True, blank=True)  # columns kept for people to see and for exports
    blob = models.ForeignKey(
        Blob, null=True, blank=True, on_delete=models.PROTECT, related_name="items", db_index=False
    )
    imported_by = models.ForeignKey(
        "Import", null=True, blank=True, on_delete=models.SET_NULL, related_name="items", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "key"], name="item_key_once"),
            models.CheckConstraint(
                name="item_one_payload",
                condition=(
                    Q(text__isnull=False, features__isnull=True, blob__isnull=True)
                    | Q(text__isnull=True, features__isnull=False, blob__isnull=True)
                    | Q(text__isnull=True, features__isnull=True, blob__isnull=False)
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["project", "id"], name="item_page"),
            models.Index(fields=["project", "content_hash"], name="item_content"),
            models.Index(fields=["project", "split", "id"], name="item_split", condition=~Q(split="pool")),
            models.Index(  # items that no import counted
                fields=["project", "created_at"], condition=Q(imported_by__isnull=True), name="item_by_hand"
            ),
            models.Index(  # who else uses a blob, when a project goes
                fields=["blob"], condition=Q(blob__isnull=False), name="item_blob"
            ),
            models.Index(  # search by how the text begins
                "project",
                Collate(Left("text", TEXT_PREFIX_CHARS), "C"),
                condition=Q(text__isnull=False),
                name="item_text_prefix",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Leftover(models.Model):
    """A file in the storage that no row names: on its way in, or on its way out.

    Written before the file is, and taken back in the transaction that gives it its owner; or written in the
    transaction in which its last owner goes. So nothing that dies half-way leaves a file that nobody knows of.
    """

    name = models.CharField(max_length=500, unique=True)  # in the storage
    due_at = models.DateTimeField()  # a worker deletes the file from then on; nobody takes it back any more
    # Whose deletion waits for it; no foreign key, since the file outlives rows. Null: nobody's.
    project_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="leftover_due"),
            models.Index(
                fields=["project_id"], condition=Q(project_id__isnull=False), name="leftover_project"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Erasure(models.Model):
    """How far the deletion of a project is. It goes with the project."""

    project = models.OneToOneField(
        Project, primary_key=True, on_delete=models.CASCADE, related_name="erasure"
    )
    n_items = models.BigIntegerField(default=0)  # when it began
    n_items_left = models.BigIntegerField(default=0)
    problem = models.TextField(blank=True)  # what it waits for, in a sentence
    n_tries = models.PositiveIntegerField(default=0)  # in vain, one after the other
    try_at = models.DateTimeField(null=True, blank=True)  # not before

    def __str__(self) -> str:
        return f"deletion of {self.project_id}"


class GuideExample(models.Model):
    """An item that the guide shows as an example of whatever class its human label has."""

    keeps_item = Keeps("guide_examples", with_label=True)

    item = models.OneToOneField(
        Item, primary_key=True, on_delete=models.CASCADE, related_name="guide_example"
    )
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="guide_examples")
    chosen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.item_id}"


class TableColumns(models.Model):
    """The columns of a project of table rows: their order, and what is usual in each (labeling/projects/columns.py)."""

    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="table_columns")
    names = models.JSONField(default=list)  # in the order of the files, the first file's first
    usual = models.JSONField(default=dict)  # name -> {"low", "high"} or {"common"}
    n_items = models.PositiveBigIntegerField(default=0)  # of the project, when that was measured
    n_sampled = models.PositiveIntegerField(default=0)  # rows it was measured on
    measured_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"columns of {self.project}"


class SealedTruth(models.Model):
    """The true class of a pool item, imported for a benchmark.

    Read by one thing only: the true precision of pseudo-labels (training/metrics). Never trained
    on, never shown, never exported.
    """

    item = models.OneToOneField(Item, primary_key=True, on_delete=models.CASCADE, related_name="sealed_truth")
    label_class = models.ForeignKey(LabelClass, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.item_id}: {self.label_class_id}"


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


class Label(models.Model):
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


class Import(Work):
    """Files, folders or archives on their way in, read together as one set. Its source is the labels' provenance."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="imports", db_index=False)
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=500)  # as the user calls it, or them
    options = models.JSONField(default=dict)  # what was detected or chosen: format, columns, ...
    report = models.JSONField(default=dict)  # counts, classes found, first problems by row
    cursor = models.JSONField(default=dict)  # where the next batch begins, written with each batch
    n_items_added = models.BigIntegerField(default=0)
    n_labels_added = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["project", "-created_at"], name="import_history")]

    def __str__(self) -> str:
        return self.file_name


class ImportFile(models.Model):
    """One of the files that an import reads."""

    brought_by = models.ForeignKey("Import", on_delete=models.CASCADE, related_name="files", db_index=False)
    place = models.PositiveSmallIntegerField()  # from 0, in the order that they were given
    file_name = models.CharField(max_length=500)  # as the user calls it
    stored_name = models.CharField(max_length=500, blank=True)  # in the storage; blank: server_path
    server_path = models.CharField(max_length=1000, blank=True)  # only the command line may set it

    class Meta:
        constraints = [models.UniqueConstraint(fields=["brought_by", "place"], name="import_file_once")]
        indexes = [models.Index(fields=["stored_name"], name="import_file_stored")]

    def __str__(self) -> str:
        return self.file_name


class Check(Work):
    """Uploads counted over all their rows before anybody imports them. Only who sent them sees it; swept with them."""

    project = models.ForeignKey(  # that they would go into; null: a new one
        Project, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    item_type = models.CharField(max_length=10, choices=ItemType.choices)
    file_name = models.CharField(max_length=500)  # as the user calls it, or them
    files = models.JSONField(default=list)  # [name in the storage, name as the user calls it] of each
    options = models.JSONField(default=dict)
    report = models.JSONField(default=dict)  # grows with each batch, as that of an import

    class Meta:
        indexes = [models.Index(fields=["created_by", "-created_at"], name="check_of_person")]

    def __str__(self) -> str:
        return self.file_name


class ImportUndo(Work):
    """The way back of one import: what it brought goes, in steps; what people did since stays."""

    project = models.ForeignKey(
        Project, on_delete=models.CASCADE, related_name="import_undos", db_index=False
    )
    brought_by = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="undos", db_index=False)
    cursor = models.BigIntegerField(default=0)  # the last item looked at, written with each batch
    report = models.JSONField(default=dict)  # labeling/removal_report.py

    class Meta:
        verbose_name = "undoing of an import"
        verbose_name_plural = "undoings of imports"
        constraints = [
            models.UniqueConstraint(
                fields=["brought_by"],
                condition=Q(state__in=["queued", "running", "done"]),
                name="import_undo_once",
            ),
        ]
        indexes = [models.Index(fields=["project", "-created_at"], name="import_undo_history")]

    def __str__(self) -> str:
        return f"undoing of import {self.brought_by_id}"


class Removal(models.Model):
    """Items that are gone: one that somebody deleted, or a batch of those that an undone import had added.

    Kept as long as the project, so that the history of its counts stays true.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="removals", db_index=False)
    undo = models.ForeignKey(  # null: somebody deleted the item
        ImportUndo, null=True, blank=True, on_delete=models.SET_NULL, related_name="removals"
    )
    item_id = models.BigIntegerField(null=True, blank=True)  # of one item; null: of several
    key = models.CharField(max_length=500, blank=True)  # of one item
    n_items = models.BigIntegerField()
    n_human = models.BigIntegerField(default=0)  # of them, labeled by people or a file when they went
    is_imported = models.BooleanField()  # counted by an import when they came
    came_at = models.DateTimeField()  # when what goes began to count
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    went_with = models.JSONField(default=dict)  # what people had done on it -> how many; of one item

    class Meta:
        indexes = [
            models.Index(fields=["project", "-id"], name="removal_history"),
            models.Index(fields=["item_id"], condition=Q(item_id__isnull=False), name="removal_of_item"),
        ]

    def __str__(self) -> str:
        return self.key or f"{self.n_items} items"


class ImportedAnswer(models.Model):
    """What one person or machine said of an item, as an imported file tells it. Never edited.

    Only where a file tells more than one bare label of an item: who, when, several people, a rejection.
    The item's label is made of these by the project's rule; exports carry them.
    """

    class Kind(models.TextChoices):
        LABEL = "label", "Label"
        REJECT = "reject", "Not this class"
        IGNORE = "ignore", "Passed over"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+", db_index=False)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="imported_answers")
    brought_by = models.ForeignKey("Import", on_delete=models.CASCADE, related_name="imported_answers")
    source = models.ForeignKey(  # one for each person or model that the file names
        Source, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    label_class = models.ForeignKey(
        LabelClass, null=True, blank=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    confidence = models.FloatField(null=True, blank=True)  # of a machine, 0 to 1, as the file has it
    probabilities = models.JSONField(null=True, blank=True)  # class name -> 0 to 1
    said_at = models.DateTimeField(null=True, blank=True)  # as the file has it
    note = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.item_id}: {self.label_class_id} by {self.source_id}"


class Embedding(models.Model):
    """A vector that a file brought for an item, for learners: float32, little endian."""

    item = models.OneToOneField(Item, primary_key=True, on_delete=models.CASCADE, related_name="embedding")
    vector = models.BinaryField()

    def __str__(self) -> str:
        return f"embedding of {self.item_id}"


class Export(Work):
    """A file of items and labels on its way out."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="exports", db_index=False)
    format = models.CharField(max_length=10)  # csv, jsonl, parquet, images
    filters = models.JSONField(default=dict)  # the same names as the item list's
    carried = models.JSONField(default=list)  # beside the labels: labeling/carried.py
    as_of = models.DateTimeField(null=True, blank=True)  # a past state; null: now
    stored_name = models.CharField(max_length=500, blank=True)
    n_rows = models.BigIntegerField(default=0)
    n_bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    n_withheld = models.BigIntegerField(
        default=0
    )  # written as unlabeled, since people are asked about them blind

    class Meta:
        indexes = [models.Index(fields=["project", "-created_at"], name="export_history")]

    def __str__(self) -> str:
        return f"{self.format} of {self.project}"


class Setback(models.Model):
    """A task that ends in an error which waiting does not mend. labeling/jobs/setbacks.py"""

    task = models.CharField(max_length=200)
    of_id = models.BigIntegerField(default=0)  # the row that it is of; 0: none
    n = models.PositiveIntegerField(default=0)  # in a row
    error = models.CharField(max_length=500)
    since = models.DateTimeField()
    next_at = models.DateTimeField()  # not tried before

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "of_id"], name="setback_once")]

    def __str__(self) -> str:
        return f"{self.task}({self.of_id})"


class WorkerPulse(models.Model):
    """One process that is alive, or was. Written by the process itself every few seconds."""

    name = models.CharField(max_length=200, unique=True)  # kind@host:pid
    kind = models.CharField(max_length=20)  # worker, scheduler
    queues = models.JSONField(default=list)  # train, predict, io, default
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    unbroken_since = models.DateTimeField(
        db_default=Now()
    )  # without a miss: the database was there all the while
    stopped_at = models.DateTimeField(null=True, blank=True)  # left in good order
    problem = models.CharField(
        max_length=300, blank=True, db_default=""
    )  # why it does no work though it is there

    def __str__(self) -> str:
        return self.name


class KeyChoices(models.Model):
    """The keys that a person gave to actions of the pages. What each page does with them: frontend/src/keys."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="key_choices"
    )
    keys = models.JSONField(default=dict)  # action id -> names of keys; an action not named has its own
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "key choices"

    def __str__(self) -> str:
        return f"keys of {self.user}"


class ApiToken(models.Model):
    """The name that a person gave to a token. The token itself is knox's, and only its hash is kept."""

    token = models.OneToOneField("knox.AuthToken", on_delete=models.CASCADE, related_name="api_token")
    name = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return self.name or f"token {self.pk}"


class LoginFailure(models.Model):
    """A sign-in that was refused; too many of them slow the next one down."""

    username = models.CharField(max_length=150)  # as typed
    address = models.CharField(max_length=100)  # of the client, as the web server saw it
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["address", "at"], name="login_failure_recent")]

    def __str__(self) -> str:
        return f"{self.username} from {self.address}"


class Upload(models.Model):
    """A file on its way into an import. Only who sent it may use it; swept away after some days."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    file_name = models.CharField(max_length=500)  # as the user calls it
    stored_name = models.CharField(max_length=500)  # in the storage
    n_bytes = models.BigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="upload_age")]

    def __str__(self) -> str:
        return self.file_name


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
