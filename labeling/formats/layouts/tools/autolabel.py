"""Autolabel: a table with what a language model answered, beside people's labels if there are some. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from labeling.formats.columns.names import LABEL_NAMES, fold
from labeling.formats.layouts.layout import Layout, Sample
from labeling.formats.layouts.values import read_one_label, read_share
from labeling.formats.rows import ColumnRole, Said, SaidKind

SUCCESS = "_successfully_labeled"
ABOUT = ("_error", "_explanation", "_prompt", "_curr_confidence", SUCCESS)


def recognise(sample: Sample) -> Layout | None:
    """MyTask_label, MyTask_confidence, MyTask_successfully_labeled, ..."""
    task = next(
        (
            name.removesuffix(SUCCESS)
            for name in sample.names
            if name.endswith(SUCCESS) and sample.has(f"{name.removesuffix(SUCCESS)}_label")
        ),
        None,
    )
    if task is None:
        return None
    guess, confidence = f"{task}_label", f"{task}_confidence"
    label = next((name for name in sample.names if name != guess and fold(name) in LABEL_NAMES), None)
    layout = Layout("autolabel", labels_from="auto" if label else "machine")
    layout.claim(label, ColumnRole.LABEL, "people's labels, beside a model's guesses")
    layout.claim(
        guess,
        ColumnRole.IGNORE if label else ColumnRole.LABEL,
        "a model's guesses, kept as a machine's labels",
    )
    if sample.has(confidence):
        layout.claim(confidence, ColumnRole.IGNORE, "from 0 to 1: how sure the guess is, kept with it")
    for name in sample.names:
        if name.startswith(f"{task}_") and name.endswith(ABOUT):
            layout.claim(name, ColumnRole.IGNORE, "about the guess, not of the item")
    layout.needs = tuple(name for name in (label, guess, confidence) if name and sample.has(name))
    layout.hear = partial(_hear, label=label or "", guess=guess, confidence=confidence, task=task)
    return layout


def _hear(record: Mapping[str, object], *, label: str, guess: str, confidence: str, task: str) -> list[Said]:
    heard = []
    said = read_one_label(record.get(label), label) if label else None
    if said is not None:
        heard.append(Said(SaidKind.LABEL, said, True))
    guessed = read_one_label(record.get(guess), guess)
    if guessed is not None and guessed != "NO_LABEL":  # what it writes where the model gave none
        heard.append(Said(SaidKind.LABEL, guessed, False, task, None, read_share(record.get(confidence))))
    return heard
