"""Items and the bytes of images."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Collate, Left

from labeling.models.keeping import Keeps
from labeling.models.projects import LabelClass, Project
from labeling.models.rows import ProjectRow

TEXT_PREFIX_CHARS = 40  # of an item's text that the item list can search by


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


class Item(ProjectRow):
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


class SealedTruth(models.Model):
    """The true class of a pool item, imported for a benchmark.

    Read by one thing only: the true precision of pseudo-labels (training/metrics). Never trained
    on, never shown, never exported.
    """

    item = models.OneToOneField(Item, primary_key=True, on_delete=models.CASCADE, related_name="sealed_truth")
    label_class = models.ForeignKey(LabelClass, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.item_id}: {self.label_class_id}"


class Embedding(models.Model):
    """A vector that a file brought for an item, for learners: float32, little endian."""

    item = models.OneToOneField(Item, primary_key=True, on_delete=models.CASCADE, related_name="embedding")
    vector = models.BinaryField()

    def __str__(self) -> str:
        return f"embedding of {self.item_id}"
