"""Parameters that learners of images share: how an image may be changed without changing its class."""

from training.learners.spec import Param

SHIFTS = "Random shifts, or shifts with rotation, scale and shear."
FLIP = Param(
    "flip", "bool", False, help="Mirror images at random. Right for photographs, wrong for digits and text."
)


def augmentation(default: str, help: str = SHIFTS) -> Param:
    return Param("augmentation", "choice", default, choices=("none", "shift", "affine"), help=help)
