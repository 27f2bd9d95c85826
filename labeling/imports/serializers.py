"""Shapes in and out of uploads, previews and imports."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from labeling.formats.rows import ColumnRole
from labeling.item_types import item_type_choices
from labeling.jobs.serializers import WorkOutput
from labeling.models import Import
from labeling.web.kinds import KindField

OPTIONS_HELP = (
    "All may be left out. format: csv, json, jsonl, parquet, idx, images; entry: the table in an archive; "
    "encoding; delimiter; quote; escape; skip_lines: lines above the table; has_header; decimal: . or ,; "
    "columns: {name: role}, the others are guessed; join_classes: {name in the file: class, or blank for no label}; "
    "labels_from: auto, person or machine; "
    "split: auto, pool or test; classes: add or known_only; label_first: take so many labels only; "
    "balanced; seed; sealed: keep the other labels as sealed truth; dry_run: check all, write nothing."
)


class UndoReportOutput(serializers.Serializer[object]):
    """Complete once the undoing is over; grows while it runs."""

    n_items_removed = serializers.IntegerField(default=0)
    n_items_kept = serializers.IntegerField(default=0, help_text="That somebody has worked on since.")
    kept = serializers.DictField(
        child=serializers.IntegerField(),
        default=dict,
        help_text="What keeps them (answers, labels, flags, gold, ...) to how many items; one may have several.",
    )
    n_labels_removed = serializers.IntegerField(default=0, help_text="With their items.")
    n_labels_withdrawn = serializers.IntegerField(default=0, help_text="Of items that stay.")
    n_labels_kept = serializers.IntegerField(
        default=0, help_text="That a certificate, gold or the guide needs."
    )
    n_answers_removed = serializers.IntegerField(default=0, help_text="Single answers that the file told.")
    classes_removed = serializers.ListField(child=serializers.CharField(), default=list)
    classes_kept = serializers.ListField(child=serializers.CharField(), default=list)
    notes = serializers.ListField(child=serializers.CharField(), default=list)


class ImportUndoOutput(WorkOutput):
    report = UndoReportOutput()


class UploadInput(serializers.Serializer[object]):
    file = serializers.FileField(allow_empty_file=True, max_length=None, use_url=False)


class UploadOutput(serializers.Serializer[object]):
    upload = serializers.UUIDField(source="id")
    file_name = serializers.CharField()
    n_bytes = serializers.IntegerField()


MAX_UPLOADS = 100  # of one import
UPLOADS_HELP = "Several uploads that belong together: a table and its images, splits or shards of one set."


class UploadsInput(serializers.Serializer[object]):
    """One upload, or several that are read together as one set."""

    upload = serializers.UUIDField(required=False)
    uploads = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MAX_UPLOADS, help_text=UPLOADS_HELP
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """`uploads` holds all of them, each once, whichever way they were sent."""
        one, several = given.pop("upload", None), given.get("uploads", [])
        if (one is None) == (not several):
            message = "Send the upload to read as `upload`, or several that belong together as `uploads`."
            raise serializers.ValidationError({"upload": [message]})
        return given | {"uploads": list(dict.fromkeys([one] if one is not None else several))}


class PreviewInput(UploadsInput):
    item_type = KindField(
        item_type_choices,
        required=False,
        allow_null=True,
        default=None,
        help_text="Guessed if left out.",
    )
    options = serializers.DictField(required=False, default=dict, help_text=OPTIONS_HELP)


class ImportInput(UploadsInput):
    options = serializers.DictField(required=False, default=dict, help_text=OPTIONS_HELP)


class ProblemOutput(serializers.Serializer[object]):
    row = serializers.IntegerField(allow_null=True, help_text="From 1; a header is no row.")
    file = serializers.CharField(allow_blank=True, default="")
    field = serializers.CharField()
    message = serializers.CharField()


class ReadColumnOutput(serializers.Serializer[object]):
    name = serializers.CharField()
    role = serializers.ChoiceField(choices=[str(role) for role in ColumnRole])
    why = serializers.CharField(default="", help_text="What the role was seen by, or that somebody chose it.")


class ColumnSampleOutput(ReadColumnOutput):
    examples = serializers.ListField(child=serializers.CharField())


class ImagePreviewOutput(serializers.Serializer[object]):
    name = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    data_url = serializers.CharField(help_text="A small PNG.")


class RowPreviewOutput(serializers.Serializer[object]):
    row = serializers.IntegerField()
    key = serializers.CharField()
    split = serializers.CharField()
    text = serializers.CharField(allow_null=True)
    features = serializers.JSONField(allow_null=True)
    image = ImagePreviewOutput(allow_null=True)
    label = serializers.CharField(allow_null=True)  # type: ignore[assignment]  # DRF has that name, too
    confidence = serializers.FloatField(allow_null=True)


class ClassFoundOutput(serializers.Serializer[object]):
    name = serializers.CharField()
    n = serializers.IntegerField()


class ClassOfferOutput(serializers.Serializer[object]):
    """Names that may be one class; options.join_classes joins them."""

    names = serializers.ListField(child=serializers.CharField())
    counts = serializers.ListField(child=serializers.IntegerField(), help_text="Labels of each name.")
    suggested = serializers.CharField()


class SpellingOutput(serializers.Serializer[object]):
    written = serializers.CharField(help_text="A label as the file has it.")
    name = serializers.CharField(allow_null=True, help_text="The class it is read as; null for no label.")
    n = serializers.IntegerField()


class QuestionOutput(serializers.Serializer[object]):
    """What is not sure, with the likeliest answer."""

    about = serializers.ChoiceField(choices=["encoding", "label_column", "labels_from", "join_classes"])
    sentence = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField(allow_blank=True))
    chosen = serializers.CharField(allow_blank=True)


class PreviewOutput(serializers.Serializer[object]):
    """The first rows as they will be. Counts are of the rows seen."""

    item_type = KindField(item_type_choices)
    format = serializers.CharField()
    layout = serializers.CharField(help_text="The tool that wrote the file, where that is seen.")
    notes = serializers.ListField(child=serializers.CharField(), help_text="Decided for the whole file.")
    questions = QuestionOutput(many=True)
    options = serializers.DictField(
        help_text="With everything detected filled in; send them with the import."
    )
    columns = ColumnSampleOutput(many=True)
    rows = RowPreviewOutput(many=True)
    n_rows_seen = serializers.IntegerField()
    is_whole_file = serializers.BooleanField()
    classes = ClassFoundOutput(many=True)
    class_offers = ClassOfferOutput(many=True)
    n_labeled = serializers.IntegerField()
    n_unlabeled = serializers.IntegerField()
    problems = ProblemOutput(many=True)
    n_problems = serializers.IntegerField()


class DuplicateOutput(serializers.Serializer[object]):
    row = serializers.IntegerField()
    key = serializers.CharField()
    same_as = serializers.CharField(help_text="Key of the item with the same content.")


class ConflictOutput(serializers.Serializer[object]):
    row = serializers.IntegerField()
    key = serializers.CharField()
    label = serializers.CharField(help_text="What this row says.")  # type: ignore[assignment]  # DRF has that name, too
    other = serializers.CharField(help_text="What was said before; blank if it said two things already.")
    message = serializers.CharField()


class LabelOriginsOutput(serializers.Serializer[object]):
    person = serializers.IntegerField(default=0)
    machine = serializers.IntegerField(default=0)
    none = serializers.IntegerField(default=0, help_text="Items that the file adds without any label.")


class LeftOutOutput(serializers.Serializer[object]):
    what = serializers.CharField(help_text="rows, labels, values, files, ...")
    n = serializers.IntegerField()
    why = serializers.CharField()


class ImportReportOutput(serializers.Serializer[object]):
    """What was understood and what came of it. Complete once the import is over; grows while it runs.

    Lists hold the first, counts count all. n_rows = n_items + n_repeats + n_dropped.
    """

    file = serializers.CharField(default="")
    format = serializers.CharField(default="")
    encoding = serializers.CharField(allow_null=True, default=None)
    delimiter = serializers.CharField(allow_null=True, default=None)
    layout = serializers.CharField(default="", help_text="The tool that wrote the file, where that is seen.")
    item_type = serializers.CharField(default="")
    columns = ReadColumnOutput(many=True, default=list)
    labels_from = serializers.CharField(default="", help_text="person or machine; auto: each label tells.")
    n_rows = serializers.IntegerField(default=0)
    n_items = serializers.IntegerField(default=0, help_text="Items that the file adds.")
    n_repeats = serializers.IntegerField(
        default=0, help_text="Rows whose item is there already, by this file or from before."
    )
    n_dropped = serializers.IntegerField(default=0, help_text="Rows left out.")
    classes = ClassFoundOutput(many=True, default=list)
    spellings = SpellingOutput(many=True, default=list)
    class_offers = ClassOfferOutput(many=True, default=list)
    labels = LabelOriginsOutput(default=dict)
    dropped = LeftOutOutput(many=True, default=list)
    n_items_added = serializers.IntegerField(default=0)
    n_known = serializers.IntegerField(default=0, help_text="Rows whose item was there before.")
    n_labels_added = serializers.IntegerField(default=0)
    n_labels_known = serializers.IntegerField(default=0)
    n_labels_asked_blind = serializers.IntegerField(
        default=0, help_text="Left out, whatever they say: of items that people are asked about blind."
    )
    n_sealed = serializers.IntegerField(default=0)
    n_labels_left_out = serializers.IntegerField(default=0)
    n_holdout = serializers.IntegerField(default=0)
    n_test = serializers.IntegerField(default=0)
    n_duplicate_content = serializers.IntegerField(default=0)
    duplicates = DuplicateOutput(many=True, default=list)
    n_label_conflicts = serializers.IntegerField(default=0)
    conflicts = ConflictOutput(many=True, default=list)
    classes_added = serializers.ListField(child=serializers.CharField(), default=list)
    n_problems = serializers.IntegerField(default=0)
    problems = ProblemOutput(many=True, default=list)
    notes = serializers.ListField(child=serializers.CharField(), default=list)
    warnings = serializers.ListField(child=serializers.CharField(), default=list)
    questions = QuestionOutput(many=True, default=list)


class ImportOutput(WorkOutput):
    project_id = serializers.IntegerField()
    file_name = serializers.CharField()
    options = serializers.DictField()
    report = ImportReportOutput()
    n_items_added = serializers.IntegerField()
    n_labels_added = serializers.IntegerField()
    undo = serializers.SerializerMethodField(help_text="Its undoing, the last if several were tried.")

    @extend_schema_field(ImportUndoOutput(allow_null=True))
    def get_undo(self, work: Import) -> dict[str, object] | None:
        last = max(work.undos.all(), key=lambda undo: undo.pk, default=None)
        return None if last is None else ImportUndoOutput(last).data


class CheckInput(UploadsInput):
    item_type = KindField(item_type_choices)
    options = serializers.DictField(required=False, default=dict, help_text=OPTIONS_HELP)
    project = serializers.IntegerField(
        required=False,
        allow_null=True,
        default=None,
        help_text="That they would go into; a new one if left out.",
    )


class CheckOutput(WorkOutput):
    """Counts of all rows; `report` grows until `is_open` is false."""

    file_name = serializers.CharField()
    item_type = KindField(item_type_choices)
    options = serializers.DictField()
    report = ImportReportOutput()
