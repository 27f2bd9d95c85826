"""What is known: projects, classes, items, sources, labels. Words: docs/concepts.md."""

from __future__ import annotations

from labeling.models.accounts import ApiToken, KeyChoices, LoginFailure
from labeling.models.exports import Export
from labeling.models.imports import Check, Import, ImportedAnswer, ImportFile, ImportUndo, Removal, Upload
from labeling.models.items import (
    TEXT_PREFIX_CHARS,
    Blob,
    Embedding,
    GuideExample,
    Item,
    Leftover,
    SealedTruth,
    Split,
    shown_split,
)
from labeling.models.labels import Label, Publication, Retirement, Source, SourceKind, Withheld
from labeling.models.projects import (
    Acquisition,
    Erasure,
    ItemType,
    LabelClass,
    Membership,
    Project,
    Publishing,
    Role,
    TableColumns,
)
from labeling.models.projects import _salt as _salt  # migration 0001 names it here
from labeling.models.work import Setback, WorkerPulse

__all__ = [
    "TEXT_PREFIX_CHARS",
    "Acquisition",
    "ApiToken",
    "Blob",
    "Check",
    "Embedding",
    "Erasure",
    "Export",
    "GuideExample",
    "Import",
    "ImportFile",
    "ImportUndo",
    "ImportedAnswer",
    "Item",
    "ItemType",
    "KeyChoices",
    "Label",
    "LabelClass",
    "Leftover",
    "LoginFailure",
    "Membership",
    "Project",
    "Publication",
    "Publishing",
    "Removal",
    "Retirement",
    "Role",
    "SealedTruth",
    "Setback",
    "Source",
    "SourceKind",
    "Split",
    "TableColumns",
    "Upload",
    "Withheld",
    "WorkerPulse",
    "shown_split",
]
