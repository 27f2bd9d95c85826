"""The formats that exports are written in. Pure, and light to import: web processes read it.

Another one is another `ExportFormat` in BUILT_IN, or an entry point of an installed package:

    [project.entry-points."assay.export_formats"]
    tsv = "assay_extra:TSV"
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from labeling.errors import Conflict
from labeling.item_types import form_of
from labeling.kinds import kinds_of

ENTRY_POINT_GROUP = "assay.export_formats"


@dataclass(frozen=True)
class ExportFormat:
    """A format, and what writes it.

    `writer` is "module:attribute", called with a binary file and the pyarrow schema of its rows. Of
    feature_names (of table rows, else None), class_names (a list) and read_image (bytes by a blob's name)
    it is handed those it has a parameter for. It returns a Writer (labeling/exports/formats/tables.py).
    With `with_images` its rows also have blob_name and media_type.
    """

    name: str  # at most 10 characters
    title: str
    description: str
    suffix: str  # of the file, with its dot
    media_type: str
    writer: str
    item_types: tuple[str, ...] | None = None  # None: every type
    with_images: bool = False

    def suits(self, item_type: str) -> bool:
        return self.item_types is None or bool({item_type, form_of(item_type)} & set(self.item_types))


BUILT_IN = (
    ExportFormat(
        name="csv",
        title="CSV",
        description="UTF-8, comma, one header line; a missing value is an empty cell",
        suffix=".csv",
        media_type="text/csv; charset=utf-8",
        writer="labeling.exports.formats.tables:CsvWriter",
    ),
    ExportFormat(
        name="jsonl",
        title="JSONL",
        description="one object a line",
        suffix=".jsonl",
        media_type="application/jsonl",
        writer="labeling.exports.formats.tables:JsonlWriter",
    ),
    ExportFormat(
        name="parquet",
        title="Parquet",
        description="Zstandard; `decided_at` is a timestamp",
        suffix=".parquet",
        media_type="application/vnd.apache.parquet",
        writer="labeling.exports.formats.tables:ParquetWriter",
    ),
    ExportFormat(
        name="images",
        title="Images, a folder per class (zip)",
        description="a zip: one folder per class, `unlabeled/`, and `labels.csv` with the columns below and `file`",
        suffix=".zip",
        media_type="application/zip",
        writer="labeling.exports.formats.image_folders:ImageFolderWriter",
        item_types=("image",),
        with_images=True,
    ),
)


@cache
def export_formats() -> Mapping[str, ExportFormat]:
    """By name."""
    return kinds_of(ENTRY_POINT_GROUP, ExportFormat, BUILT_IN)


def export_format(name: str) -> ExportFormat:
    """That a stored export has. Raises Conflict if its package is no longer installed."""
    found = export_formats().get(name)
    if found is None:
        raise Conflict(
            f"The format {name} is no longer installed on this server. Install its package again, or export in "
            f"another: {', '.join(export_formats())}."
        )
    return found


def export_formats_for(item_type: str) -> list[ExportFormat]:
    return [one for one in export_formats().values() if one.suits(item_type)]
