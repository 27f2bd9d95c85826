"""Whose layouts of files are known, one description each; the modules beside this one read them. Pure, and light.

A recogniser looks at the first records (`Sample`) and says which column is what, and how a record tells who said what
(`Layout`), or None; whatever it does not claim is guessed as in any other table. Another layout is another
`ImportLayout` in BUILT_IN, or an entry point of an installed package, which is asked before ours:

    [project.entry-points."assay.import_layouts"]
    our-tool = "assay_extra:OUR_TOOL"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from labeling.kinds import accepted, kinds_of, load_factory

if TYPE_CHECKING:
    from labeling.formats.layouts.layout import Layout, Sample

ENTRY_POINT_GROUP = "assay.import_layouts"


@dataclass(frozen=True)
class ImportLayout:
    """`recognise`: "module:function" of each recogniser, asked in order with a Sample, and with class_names (column ->
    names, out of the file's metadata) if it has a parameter for them. Empty: whoever opens the file sees it.
    """

    name: str  # what a report calls it, as Layout.name
    title: str
    holds: str  # what is read
    recognise: tuple[str, ...] = ()
    tells_whose: bool = True  # a tool's file says whose labels are; else whoever imports is asked


BUILT_IN = (
    ImportLayout("assay", "Assay", "our own exports, without loss ([export.md](export.md))"),
    ImportLayout(
        "label-studio",
        "Label Studio",
        "JSON with annotations and predictions; JSON-MIN, CSV and TSV",
        ("labeling.formats.layouts.tools.label_studio:recognise",),
    ),
    ImportLayout(
        "prodigy",
        "Prodigy",
        "JSONL of accepted, rejected and ignored answers, and of choices",
        ("labeling.formats.layouts.tools.prodigy:recognise",),
    ),
    ImportLayout(
        "sagemaker",
        "SageMaker Ground Truth",
        "augmented manifests: names of classes, human or machine, confidence, time",
        ("labeling.formats.layouts.tools.sagemaker:recognise",),
    ),
    ImportLayout(
        "mturk",
        "Mechanical Turk, Toloka",
        "batch results; rejected work says nothing",
        ("labeling.formats.layouts.tools.mturk:recognise",),
    ),
    ImportLayout(
        "argilla",
        "Argilla",
        "2: Parquet and JSON, responses by user, suggestions with score and agent, vectors; 1: records and feedback",
        (
            "labeling.formats.layouts.tools.argilla:recognise",
            "labeling.formats.layouts.tools.argilla1:recognise",
        ),
    ),
    ImportLayout(
        "doccano",
        "doccano",
        "JSONL and JSON; labels as lists of one; who approved",
        ("labeling.formats.layouts.tools.doccano:recognise",),
    ),
    ImportLayout(
        "crowd",
        "tables of several people",
        "rows of one item by different people, with a column that names them; a column for each person",
        ("labeling.formats.layouts.wide:recognise",),
    ),
    ImportLayout(
        "predictions",
        "predictions",
        "a label with a confidence (also in percent), the probability of each class, or a model's guesses beside "
        "people's labels",
        ("labeling.formats.layouts.tools.predictions:recognise_lists",),
        tells_whose=False,
    ),
    ImportLayout(
        "hugging-face",
        "Hugging Face",
        "Parquet with the names of its classes in the metadata; -1 is no label",
        ("labeling.formats.layouts.tools.hugging_face:recognise",),
        tells_whose=False,
    ),
    ImportLayout(
        "autolabel",
        "Autolabel",
        "what a model answered, with its confidence, beside people's labels",
        ("labeling.formats.layouts.tools.autolabel:recognise",),
    ),
    ImportLayout("fiftyone", "FiftyOne", "`labels.json` beside a folder of images", tells_whose=False),
    ImportLayout("fasttext", "fastText", "lines of `__label__x` and a text", tells_whose=False),
)


@cache
def import_layouts() -> Mapping[str, ImportLayout]:
    """By name."""
    return kinds_of(ENTRY_POINT_GROUP, ImportLayout, BUILT_IN)


def layout_of(sample: Sample, class_names: Mapping[str, Sequence[str]]) -> Layout | None:
    """What the first recogniser that knows the table says of it; those of other packages are asked first."""
    added = [one for one in import_layouts().values() if one not in BUILT_IN]
    for layout in (*added, *BUILT_IN):
        for path in layout.recognise:
            recognise: Callable[..., Any] = load_factory(path)
            found: Layout | None = recognise(sample, **accepted(recognise, {"class_names": class_names}))
            if found is not None:
                return found
    return None


def tells_whose(layout: str) -> bool:
    """Whether files of this layout say whose their labels are."""
    known = import_layouts().get(layout)
    return known.tells_whose if known is not None else layout != ""
