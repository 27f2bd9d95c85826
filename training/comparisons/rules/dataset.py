"""The rows of a comparison: what learners see, and which rows only measure.

It is written to a folder once, so that every trial, in a process of its own, reads the same rows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.learners.base import UNLABELED

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Dataset:
    """Items with the labels that are known.

    X        n rows as learners take them (training/learners/base.py)
    y        (n,) position of the class in class_names; UNLABELED where nobody has said
    is_test  (n,) True for rows that measure and are never trained on, labeled all; none of them
             where the comparison cross-validates
    """

    item_type: str
    class_names: tuple[str, ...]
    X: Any
    y: IntArray
    is_test: BoolArray

    def __len__(self) -> int:
        return len(self.y)

    @property
    def labeled_rows(self) -> IntArray:
        """Rows whose labels may be trained on, ascending."""
        return np.flatnonzero((self.y != UNLABELED) & ~self.is_test)

    @property
    def test_rows(self) -> IntArray:
        return np.flatnonzero(self.is_test)


def dataset_write(dataset: Dataset, folder: Path) -> None:
    """The dataset is in the folder, which exists. Takes as much disk as the rows take memory."""
    X = dataset.X
    if isinstance(X, pd.DataFrame):
        X.reset_index(drop=True).to_feather(folder / "X.feather")
    elif isinstance(X, np.ndarray):
        np.save(folder / "X.npy", X)
    else:
        pd.DataFrame({"text": list(X)}).to_feather(folder / "texts.feather")
    np.savez(folder / "labels.npz", y=dataset.y, is_test=dataset.is_test)
    about = {"item_type": dataset.item_type, "class_names": list(dataset.class_names)}
    (folder / "about.json").write_text(json.dumps(about))


def dataset_read(folder: Path) -> Dataset:
    """The dataset that `dataset_write` left. Arrays are memory-mapped, not loaded."""
    about = json.loads((folder / "about.json").read_text())
    labels = np.load(folder / "labels.npz", allow_pickle=False)
    X: Any
    if (folder / "X.npy").exists():
        X = np.load(folder / "X.npy", mmap_mode="r", allow_pickle=False)
    elif (folder / "X.feather").exists():
        X = pd.read_feather(folder / "X.feather")
    else:
        X = pd.read_feather(folder / "texts.feather")["text"].tolist()
    return Dataset(about["item_type"], tuple(about["class_names"]), X, labels["y"], labels["is_test"])
