"""What directories say of the images in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from labeling.formats.files.bundle import FolderBundle
from labeling.formats.options import ImportOptions
from labeling.formats.rows import Limits, Problem, Row
from labeling.formats.sets.dataset import open_dataset
from tests.labeling.import_files import write_images, write_mnist

LIMITS = Limits(text_chars=1_000, image_bytes=100_000, image_pixels=1_000_000)


def labels_in(folder: Path) -> dict[str, tuple[str | None, str]]:
    """Key -> (label, split)."""
    dataset = open_dataset(FolderBundle(folder), ImportOptions(), item_type="image", limits=LIMITS)
    rows = [row for row in dataset.reader.rows() if isinstance(row, Row)]
    by_number = {row.number: (row.label, row.split) for row in rows if row.label}
    assert {number: (label, split) for number, label, split in dataset.reader.labels()} == by_number
    return {row.key or "": (row.label, row.split) for row in rows}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.png", "b.png"], {"a.png": (None, "pool"), "b.png": (None, "pool")}),
        (["cat/a.png", "dog/b.png"], {"cat/a.png": ("cat", "pool"), "dog/b.png": ("dog", "pool")}),
        (["cat/a.png", "b.png"], {"cat/a.png": ("cat", "pool"), "b.png": (None, "pool")}),
        (
            ["train/cat/a.png", "val/cat/b.png", "test/dog/c.png"],
            {
                "train/cat/a.png": ("cat", "pool"),
                "val/cat/b.png": ("cat", "holdout"),
                "test/dog/c.png": ("dog", "test"),
            },
        ),
        (
            ["cat/a.png", "unlabeled/b.png", "unlabeled/x/c.png"],
            {
                "cat/a.png": ("cat", "pool"),
                "unlabeled/b.png": (None, "pool"),
                "unlabeled/x/c.png": (None, "pool"),
            },
        ),
        (["car/a.png", "train/b.png"], {"car/a.png": ("car", "pool"), "train/b.png": ("train", "pool")}),
        (  # folders that a zip program put above
            ["mydata/v1/cat/a.png", "mydata/v1/dog/b.png"],
            {"cat/a.png": ("cat", "pool"), "dog/b.png": ("dog", "pool")},
        ),
        (["images/a.png", "images/b.png"], {"images/a.png": (None, "pool"), "images/b.png": (None, "pool")}),
        (["only/a.png", "only/b.png"], {"only/a.png": ("only", "pool"), "only/b.png": ("only", "pool")}),
    ],
)
def test_directories_are_classes_unless_their_names_are_reserved(
    tmp_path: Path, names: list[str], expected: dict[str, tuple[str | None, str]]
) -> None:
    assert labels_in(write_images(tmp_path, names)) == expected


def test_hidden_files_are_passed_over_and_others_reported(tmp_path: Path) -> None:
    write_images(tmp_path, ["cat/a.png"])
    for name in (".DS_Store", "Thumbs.db", "__MACOSX/cat/a.png", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")

    dataset = open_dataset(FolderBundle(tmp_path), ImportOptions(), item_type="image", limits=LIMITS)
    problems = [row for row in dataset.reader.rows() if isinstance(row, Problem)]

    assert [problem.field for problem in problems] == ["notes.txt"]


def test_idx_keys_do_not_depend_on_packing(tmp_path: Path) -> None:
    keys = []
    for packed in (False, True):
        folder = tmp_path / str(packed)
        folder.mkdir()
        dataset = open_dataset(
            FolderBundle(write_mnist(folder, 12, packed=packed)),
            ImportOptions(),
            item_type=None,
            limits=LIMITS,
        )
        rows = list(dataset.reader.rows())
        assert list(dataset.reader.rows(skip=5)) == rows[5:]
        assert list(dataset.reader.labels()) == [(i + 1, str(i % 10), "pool") for i in range(12)]
        keys.append([row.key for row in rows if isinstance(row, Row)])

    assert keys[0] == keys[1]
    assert keys[0][3] == "train-images-idx3-ubyte/03"
