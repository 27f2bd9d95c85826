"""Networks that learn from the whole pool, or from files that are there, before they see a label."""

import os
from importlib.metadata import entry_points
from pathlib import Path

from training.learners.built_in.views import FLIP, augmentation
from training.learners.spec import LearnerSpec, Param

ENTRY_POINT_GROUP = "assay.backbones"
ARCHITECTURES = ("resnet18", "resnet34", "resnet50")

PRETRAINED = (
    LearnerSpec(
        name="pretrained_cnn",
        title="Convolutional network, pretrained on the pool",
        description="First learns which views are of one image (SimCLR) from all images, then the labels.",
        item_types=("image",),
        factory="training.learners.pretraining:PretrainedCNN",
        takes="items",
        uses_unlabeled=True,
        params=(
            Param(
                "n_pretraining_steps", "int", 2000, 1, 1_000_000, help="Steps on all images, without labels."
            ),
            Param("pretraining_batch", "int", 256, 4, 4096, help="Images per step there, two views of each."),
            Param(
                "temperature", "float", 0.5, 0.01, 10.0, help="Lower looks harder at the most similar images."
            ),
            Param("n_steps", "int", 1000, 1, 1_000_000, help="Steps on the labels."),
            Param("batch_size", "int", 128, 2, 4096, help="Labeled images per step."),
            Param("learning_rate", "float", 0.002, 1e-5, 0.1, help="Of AdamW on the labels, at its peak."),
            Param(
                "dropout", "float", 0.4, 0.0, 0.9, help="Share of the dense units switched off in each step."
            ),
            augmentation(
                "shift", "Views of labeled images: random shifts, or shifts with rotation, scale and shear."
            ),
            FLIP,
            Param("colour", "bool", False, help="Views also change colours. For photographs."),
        ),
    ),
)


def backbone_folder() -> Path | None:
    """The folder of pretrained networks that the environment names, if it is there."""
    named = os.environ.get("ASSAY_BACKBONES", "")
    return Path(named) if named and Path(named).is_dir() else None


def backbone_specs(folder: Path | None) -> tuple[LearnerSpec, ...]:
    """Learners that stand on files of this folder: only what is there can be chosen."""
    inside = sorted(folder.iterdir()) if folder is not None else []
    weights = tuple(path.name for path in inside if path.is_file() and path.suffix in (".pt", ".pth"))
    encoders = tuple(path.name for path in inside if (path / "modules.json").is_file())
    added = tuple(sorted({entry.name for entry in entry_points(group=ENTRY_POINT_GROUP)}))
    specs = []
    if weights:
        specs.append(
            LearnerSpec(
                name="backbone",
                title="Pretrained network, frozen",
                description="A network trained on other images, from a local file, as features of a linear model.",
                item_types=("image",),
                factory="training.learners.backbones:BackboneClassifier",
                takes="items",
                uses_unlabeled=True,
                params=(
                    Param("weights", "choice", weights[0], choices=weights, help="File of the weights."),
                    Param(
                        "architecture",
                        "choice",
                        ARCHITECTURES[0],
                        choices=(*ARCHITECTURES, *added),
                        help="The network that the file was saved from.",
                    ),
                    Param(
                        "input_size", "int", 224, 32, 512, help="Side in pixels that images are scaled to."
                    ),
                    Param("C", "float", 0.1, 1e-4, 1e4, help="Inverse strength of regularization."),
                ),
            )
        )
    if encoders:
        specs.append(
            LearnerSpec(
                name="sentence_encoder",
                title="Sentence encoder, frozen",
                description="A sentence encoder from a local folder as features of a linear model.",
                item_types=("text",),
                factory="training.learners.backbones:SentenceEncoderClassifier",
                takes="items",
                uses_unlabeled=True,
                params=(
                    Param("folder", "choice", encoders[0], choices=encoders, help="Folder of the encoder."),
                    Param("C", "float", 1.0, 1e-4, 1e4, help="Inverse strength of regularization."),
                ),
            )
        )
    return tuple(specs)


SPECS = (*PRETRAINED, *backbone_specs(backbone_folder()))
