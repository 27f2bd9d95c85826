"""Networks trained on the labels alone."""

from training.learners.built_in.views import FLIP, augmentation
from training.learners.spec import LearnerSpec, Param

SPECS = (
    LearnerSpec(
        name="simple_cnn",
        title="Convolutional network",
        description="A small network of convolutions for images of any size, grey or colour.",
        item_types=("image",),
        factory="training.learners.network:SimpleCNN",
        takes="items",
        params=(
            Param("n_steps", "int", 1500, 1, 100_000, help="Training steps at most; each sees one batch."),
            Param("batch_size", "int", 128, 2, 1024, help="Images per step."),
            Param("learning_rate", "float", 0.003, 1e-5, 0.1, help="Of AdamW, at its peak."),
            Param(
                "dropout", "float", 0.4, 0.0, 0.9, help="Share of the dense units switched off in each step."
            ),
            augmentation(
                "none",
                "Random shifts, or shifts with rotation, scale and shear. Helps where few are labeled.",
            ),
            FLIP,
            Param(
                "patience", "int", 8, 1, 1000, help="Checks without gain on held-out labels before it stops."
            ),
        ),
    ),
)
