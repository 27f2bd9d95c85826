"""Networks that learn from unlabeled items as well: recipes of semi-supervised deep learning."""

from training.learners.built_in.views import FLIP, augmentation
from training.learners.spec import LearnerSpec, Param

KINDS = ("image", "text", "table", "series")


def _shared(*, n_steps: int = 2_000, dropout: float = 0.4, noise: float | None = 0.1) -> tuple[Param, ...]:
    """The parameters of training/learners/deep/base.py. `noise` None: for images only."""
    params = [
        Param("n_steps", "int", n_steps, 1, 1_000_000, help="Training steps; each sees one batch."),
        Param("batch_size", "int", 128, 8, 4096, help="Items per step, labeled and unlabeled together."),
        Param(
            "labeled_share",
            "float",
            0.25,
            0.01,
            0.9,
            help="Labeled part of each batch, however few labels there are.",
        ),
        Param("learning_rate", "float", 0.003, 1e-5, 1.0, help="Of AdamW, at its peak."),
        Param("dropout", "float", dropout, 0.0, 0.9, help="Share of units switched off in each step."),
        augmentation(
            "shift", "Weak views of images: random shifts, or shifts with rotation, scale and shear."
        ),
        FLIP,
        Param(
            "patience",
            "int",
            0,
            0,
            20,
            help="Stop after so many of the 20 checks without gain on a held-out tenth of the labels. 0: do all "
            "steps. Needs 200 labels.",
        ),
    ]
    if noise is not None:
        params.append(
            Param(
                "noise",
                "float",
                noise,
                0.0,
                5.0,
                help="Texts, tables and series: random noise added in each step; columns have a spread of about 1.",
            )
        )
    return tuple(params)


COLOUR = Param("colour", "bool", False, help="Strong views also change colours. For photographs.")

SPECS = (
    LearnerSpec(
        name="pseudo_label",
        title="Pseudo-labels, ramped weight",
        description="The network's answers as labels, with a weight that rises (Lee 2013). The simplest of its kind.",
        item_types=KINDS,
        factory="training.learners.deep.pseudo_label:PseudoLabel",
        takes="items",
        uses_unlabeled=True,
        params=(
            Param(
                "answers",
                "choice",
                "average",
                choices=("average", "own"),
                help="Whose: of the average of the network's past, or its own in the same step, as in the paper.",
            ),
            Param("weight", "float", 1.0, 0.0, 100.0, help="Weight of unlabeled items in the end."),
            Param("threshold", "float", 0.0, 0.0, 1.0, help="Least confidence of an answer that counts."),
            *_shared(),
        ),
    ),
    LearnerSpec(
        name="soft_pseudo_label",
        title="Soft pseudo-labels with mixup",
        description="Whole answers as targets, rows mixed in pairs, labeled rows in each batch (Arazo 2020). "
        "Slow to believe its own mistakes.",
        item_types=KINDS,
        factory="training.learners.deep.soft_pseudo_label:SoftPseudoLabel",
        takes="items",
        uses_unlabeled=True,
        params=(
            Param("alpha", "float", 1.0, 0.01, 10.0, help="How evenly two rows are mixed."),
            Param(
                "prior",
                "float",
                0.8,
                0.0,
                10.0,
                help="Pull towards equally frequent classes; 0 where they are far from equal.",
            ),
            Param("entropy", "float", 1.2, 0.0, 10.0, help="Push towards certain answers."),
            *_shared(),
        ),
    ),
    LearnerSpec(
        name="mean_teacher",
        title="Mean Teacher",
        description="Noisy copies of an item must agree with the average of the network's past "
        "(Tarvainen and Valpola 2017).",
        item_types=KINDS,
        factory="training.learners.deep.mean_teacher:MeanTeacher",
        takes="items",
        uses_unlabeled=True,
        params=(
            Param("weight", "float", 3.0, 0.0, 1000.0, help="Weight of the agreement, after its rise."),
            *_shared(),
        ),
    ),
    LearnerSpec(
        name="vat",
        title="Virtual adversarial training",
        description="The answer must hold where a small change would turn it (Miyato 2018). Needs no augmentation: "
        "a good choice for tables.",
        item_types=KINDS,
        factory="training.learners.deep.vat:VirtualAdversarial",
        takes="items",
        uses_unlabeled=True,
        params=(
            Param(
                "epsilon",
                "float",
                0.5,
                0.01,
                10.0,
                help="Size of the change, in distances between an item and its nearest neighbour.",
            ),
            Param("weight", "float", 1.0, 0.0, 100.0, help="Weight of the adversarial loss."),
            Param("entropy", "float", 1.0, 0.0, 10.0, help="Push towards certain answers."),
            *_shared(),
        ),
    ),
    LearnerSpec(
        name="mixmatch",
        title="MixMatch",
        description="Sharpened guesses, and every row mixed with another (Berthelot 2019). Weak below about four "
        "labels per class.",
        item_types=KINDS,
        factory="training.learners.deep.mixmatch:MixMatch",
        takes="items",
        uses_unlabeled=True,
        params=(
            Param("weight", "float", 25.0, 0.0, 1000.0, help="Weight of unlabeled items, after its rise."),
            Param("alpha", "float", 0.75, 0.01, 10.0, help="How evenly two rows are mixed."),
            Param("temperature", "float", 0.5, 0.05, 1.0, help="Less makes guesses more certain."),
            *_shared(),
        ),
    ),
    LearnerSpec(
        name="fixmatch",
        title="FixMatch",
        description="Sure answers to a weak view are the labels of a strong one (Sohn 2020), with fixed, adaptive or "
        "soft thresholds.",
        item_types=("image",),
        factory="training.learners.deep.fixmatch:FixMatch",
        takes="items",
        uses_unlabeled=True,
        params=(
            Param(
                "weighting",
                "choice",
                "adamatch",
                choices=("fixed", "flexmatch", "freematch", "softmatch", "adamatch"),
                help="Which answers count. adamatch follows the labels; the others ask less of how they were drawn.",
            ),
            Param(
                "threshold",
                "float",
                0.95,
                0.0,
                1.0,
                help="Least confidence (fixed, flexmatch), or share of the confidence on labels (adamatch).",
            ),
            Param("weight", "float", 1.0, 0.0, 100.0, help="Weight of unlabeled items."),
            COLOUR,
            *_shared(noise=None),
        ),
    ),
    LearnerSpec(
        name="noisy_student",
        title="Noisy Student",
        description="A fresh, noisy network learns from the calm answers of the one before (Xie 2020).",
        item_types=KINDS,
        factory="training.learners.deep.noisy_student:NoisyStudent",
        takes="items",
        uses_unlabeled=True,
        params=(
            Param("n_rounds", "int", 2, 1, 10, help="Students, one after the other."),
            Param("threshold", "float", 0.3, 0.0, 1.0, help="Least confidence of an answer that counts."),
            Param(
                "balanced",
                "bool",
                True,
                help="Equally many answers of each class; off where classes are far from equal.",
            ),
            COLOUR,
            *_shared(n_steps=800, dropout=0.5, noise=0.2),
        ),
    ),
)
