"""The learners that ship, a light module of specs for each family; the code behind them lies beside this package."""

from training.learners.built_in import auto, classical, deep, generative, networks, pretraining, weak

BUILT_IN = (
    *classical.SPECS,
    *networks.SPECS,
    *deep.SPECS,
    *pretraining.SPECS,
    *generative.SPECS,
    *auto.SPECS,
    *weak.SPECS,
)
