"""The types of items: one description each, for whoever reads, shows, exports, packs or learns them. Pure, and light.

Another type whose items are kept and learned as those of one of ours is a copy of that description, in BUILT_IN or as
an entry point of an installed package:

    [project.entry-points."assay.item_types"]
    headline = "assay_extra:HEADLINE"

    HEADLINE = replace(TEXT, name="headline", title="Headline", inspector="naive_bayes")

Another *form*, such as sound, needs what reads its files, a payload, features and a view of the page: docs/kinds.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from labeling.kinds import kinds_of

ENTRY_POINT_GROUP = "assay.item_types"


@dataclass(frozen=True)
class ItemKind:
    """One type of items. What is named as "module:function" is imported by whoever stands above and needs it.

    form       image, text, table or series: how items are kept, read, shown and learned. Ours are a form each
    role       what a file's columns that make the item are: labeling.formats.rows.ColumnRole
    column     of the item's row that holds it: text, features, or blob__name
    exported   (column, SQL) in exports
    by_rows    may be sent to the API as JSON, without a file
    packed     "module:function": called with (project, image_size=...), how all items become arrays
    measured   "module:function": arrays -> a frame of numbers that a person understands, by which drift is told
    inspector  learner of inspections: good on few labels, and quick enough to be fitted five times
    """

    name: str  # at most 10 characters
    title: str
    form: str
    role: str
    column: str
    exported: tuple[str, str]
    packed: str
    measured: str
    inspector: str
    by_rows: bool = True


IMAGE = ItemKind(
    name="image",
    title="Image",
    form="image",
    role="image",
    column="blob__name",
    exported=("image_sha256", "blob.sha256"),
    packed="training.data.packed:image_payload",
    measured="training.inspections.rules.drift:image_measures",
    inspector="svm",
    by_rows=False,
)
TEXT = ItemKind(
    name="text",
    title="Text",
    form="text",
    role="text",
    column="text",
    exported=("text", "item.text"),
    packed="training.data.packed:text_payload",
    measured="training.inspections.rules.drift:text_measures",
    inspector="logistic_regression",
)
TABLE = ItemKind(
    name="table",
    title="Table row",
    form="table",
    role="feature",
    column="features",
    exported=("features", "item.features::text"),
    packed="training.data.packed:table_payload",
    measured="training.inspections.rules.drift:table_measures",
    inspector="random_forest",
)
SERIES = ItemKind(
    name="series",
    title="Numeric series",
    form="series",
    role="series",
    column="features",
    exported=("features", "item.features::text"),
    packed="training.data.packed:series_payload",
    measured="training.inspections.rules.drift:series_measures",
    inspector="random_forest",
)
BUILT_IN = (IMAGE, TEXT, TABLE, SERIES)
FORMS = tuple(kind.form for kind in BUILT_IN)
PAYLOAD_ROLES = {kind.form: kind.role for kind in BUILT_IN}


@cache
def item_types() -> Mapping[str, ItemKind]:
    """By name."""
    return kinds_of(ENTRY_POINT_GROUP, ItemKind, BUILT_IN)


def item_type_choices() -> list[tuple[str, str]]:
    """For a field of a model, and the API's schema."""
    return [(one.name, one.title) for one in item_types().values()]


def form_of(item_type: str) -> str:
    """image, text, table or series."""
    return item_types()[item_type].form
