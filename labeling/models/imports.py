"""Uploads, imports, what they told, and how they are taken back."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from labeling.item_types import item_type_choices
from labeling.jobs.work import Work
from labeling.models.items import Item
from labeling.models.labels import Source
from labeling.models.projects import LabelClass, Project
from labeling.models.rows import ProjectRow


class Import(ProjectRow, Work):
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
    item_type = models.CharField(max_length=10, choices=item_type_choices)
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
