"""Generative models of images that are classifiers too."""

from training.learners.built_in.views import FLIP, augmentation
from training.learners.spec import LearnerSpec, Param

BATCH_SIZE = Param("batch_size", "int", 200, 8, 4096, help="Images per step, labeled and unlabeled together.")
LABELED_SHARE = Param(
    "labeled_share", "float", 0.5, 0.01, 0.9, help="Labeled part of each batch, however few labels there are."
)

SPECS = (
    LearnerSpec(
        name="semi_gan",
        title="Semi-supervised GAN",
        description="A generator and a classifier train against each other (feature matching). Wants five labels a class or more.",
        item_types=("image",),
        factory="training.learners.generative.gan:SemiSupervisedGAN",
        takes="items",
        uses_unlabeled=True,
        params=(
            Param("n_steps", "int", 6000, 1, 1_000_000, help="Training steps; each sees one batch."),
            BATCH_SIZE,
            LABELED_SHARE,
            Param(
                "learning_rate",
                "float",
                0.003,
                1e-5,
                0.1,
                help="Of Adam, in the first half; the generator has three times that.",
            ),
            Param(
                "unlabeled_weight", "float", 1.0, 0.0, 10.0, help="Of unlabeled images beside labeled ones."
            ),
            Param("width", "float", 0.5, 0.05, 4.0, help="Of all layers, as a share of the published sizes."),
            augmentation("none"),
            FLIP,
        ),
    ),
    LearnerSpec(
        name="vae_m1m2",
        title="Variational autoencoder, M1+M2",
        description="Learns to rebuild images, then their classes; draws images of each class and spots odd ones.",
        item_types=("image",),
        factory="training.learners.generative.vae:VaeM1M2",
        takes="items",
        uses_unlabeled=True,
        params=(
            Param(
                "n_steps", "int", 6000, 2, 1_000_000, help="Training steps: half for codes, half for classes."
            ),
            BATCH_SIZE,
            LABELED_SHARE,
            Param("learning_rate", "float", 0.002, 1e-5, 0.1, help="Of Adam, at its start."),
            Param("n_latent", "int", 50, 2, 512, help="Numbers in the code of an image."),
            Param("n_style", "int", 10, 1, 512, help="Numbers in a style, what differs within a class."),
            Param("n_hidden", "int", 500, 8, 4096, help="Units in each hidden layer."),
            Param(
                "alpha", "float", 3.0, 0.0, 10_000.0, help="Weight of the labels beside one image's bound."
            ),
            augmentation("none"),
            FLIP,
        ),
    ),
    LearnerSpec(
        name="generated_cnn",
        title="Convolutional network, with generated images",
        description="Learns from the labels and, with a small weight, from images that an autoencoder draws of each class.",
        item_types=("image",),
        factory="training.learners.generative.generated_cnn:GeneratedCNN",
        takes="items",
        uses_unlabeled=True,
        params=(
            Param("n_generated", "int", 100, 1, 10_000, help="Images drawn of each class."),
            Param(
                "generated_weight",
                "float",
                0.1,
                0.0,
                1.0,
                help="Of all generated images together beside all labels; 0 leaves them out.",
            ),
            Param("n_generator_steps", "int", 3000, 2, 1_000_000, help="Training steps of the autoencoder."),
            Param("n_steps", "int", 1000, 1, 1_000_000, help="Training steps of the network."),
            Param("batch_size", "int", 128, 8, 4096, help="Images per step, labeled and generated together."),
            LABELED_SHARE,
            Param("learning_rate", "float", 0.003, 1e-5, 0.1, help="Of AdamW, at its peak."),
            Param(
                "dropout", "float", 0.4, 0.0, 0.9, help="Share of the dense units switched off in each step."
            ),
            augmentation("shift"),
            FLIP,
        ),
    ),
)
