"""The default learner, and the graph that it leans on."""

from training.learners.spec import ITEM_TYPES, LearnerSpec, Param

SPECS = (
    LearnerSpec(
        name="auto",
        title="Automatic",
        description="No settings. Tries what suits the items, uses the unlabeled ones where that helps, and says what it chose.",
        item_types=ITEM_TYPES,
        factory="training.learners.auto:Auto",
        takes="items",
        uses_unlabeled=True,
        trusted_types=(
            "training.learners.auto.Auto",
            "training.learners.auto.candidates.PoolFeatures",
            "training.learners.auto.student.Student",
        ),
    ),
    LearnerSpec(
        name="label_propagation",
        title="Label propagation",
        description="Labels spread along a graph of similar items. Strong with few labels where classes hang together.",
        item_types=ITEM_TYPES,
        factory="training.learners.graph:LabelPropagation",
        takes="items",
        uses_unlabeled=True,
        params=(
            Param("n_neighbors", "int", 10, 1, 100, help="Neighbours of each item in the graph."),
            Param(
                "alpha",
                "float",
                0.99,
                0.0,
                0.999,
                help="How far labels spread: 0 is not at all, 0.99 is far.",
            ),
        ),
        trusted_types=("training.learners.graph.LabelPropagation",),
    ),
)
