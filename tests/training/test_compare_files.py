"""Labeled files and folders as datasets of a comparison."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from labeling.errors import InvalidInput
from tests.training.test_reproduce_study import write_idx
from training.comparisons.rules.dataset import dataset_read, dataset_write
from training.comparisons.rules.files import files_read, stratified


def write_table(path: Path, n: int) -> None:
    lines = [
        "width,colour,kind",
        *(f"{i % 7}.5,{'red' if i % 2 else 'blue'},{'abc'[i % 3]}" for i in range(n)),
    ]
    path.write_text("\n".join(lines))


def test_a_table_with_train_and_test_files(tmp_path: Path) -> None:
    write_table(tmp_path / "train.csv", 60)
    write_table(tmp_path / "test.csv", 30)
    (tmp_path / "README.md").write_text("Where it comes from.")

    found = files_read(tmp_path, label_column="kind")

    assert found.item_type == "table"
    assert found.class_names == ("a", "b", "c")
    assert list(found.X.columns) == ["width", "colour"]
    assert (len(found.labeled_rows), len(found.test_rows)) == (60, 30)


def test_a_single_file_gives_a_quarter_for_testing_in_proportion(tmp_path: Path) -> None:
    path = tmp_path / "mail.tsv.gz"
    texts = [("spam" if i % 5 == 0 else "ham", f"message number {i} about this and that") for i in range(200)]
    path.write_bytes(gzip.compress("\n".join("\t".join(row) for row in texts).encode()))

    found = files_read(path)

    assert found.item_type == "text"
    assert len(found.test_rows) == 50
    assert (found.y[found.test_rows] == found.class_names.index("spam")).sum() == 10
    assert np.array_equal(found.is_test, files_read(path).is_test)
    assert not np.array_equal(found.is_test, files_read(path, seed=1).is_test)


def test_idx_files_and_image_folders_give_the_same_pixels(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (12, 6, 5)).astype(np.uint8)
    labels = (np.arange(12) % 2).astype(np.uint8)
    idx, folders = tmp_path / "idx", tmp_path / "folders"
    idx.mkdir()
    for name, rows in (("train", slice(0, 8)), ("t10k", slice(8, 12))):
        write_idx(idx / f"{name}-images-idx3-ubyte", pixels[rows], is_packed=True)
        write_idx(idx / f"{name}-labels-idx1-ubyte", labels[rows], is_packed=False)
    for i in range(12):
        place = folders / ("train" if i < 8 else "test") / f"{labels[i]}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels[i]).save(place / f"{i:02}.png")

    one, other = files_read(idx), files_read(folders)

    assert one.X.shape == other.X.shape == (12, 6, 5)
    assert one.is_test.sum() == other.is_test.sum() == 4
    assert {image.tobytes() for image in one.X} == {image.tobytes() for image in other.X}


@pytest.mark.parametrize(
    ("content", "column", "words"),
    [
        ("width,height\n1,2\n3,4\n", None, "looks like the label"),
        ("width,kind\n1,a\n3,b\n", "class", "'class'"),
        ("width,label\n1,\n3,\n", None, "no labeled row"),
    ],
)
def test_files_that_cannot_be_compared_on_say_why(
    tmp_path: Path, content: str, column: str | None, words: str
) -> None:
    (tmp_path / "table.csv").write_text(content)

    with pytest.raises(InvalidInput, match=words):
        files_read(tmp_path / "table.csv", label_column=column, item_type="table")


def test_a_draw_has_every_class_in_proportion_and_grows_with_its_size() -> None:
    y = np.repeat([0, 1, 2], [800, 190, 10])

    small, large = stratified(y, 50, seed=3), stratified(y, 100, seed=3)

    assert small.sum() == 50
    assert np.bincount(y[large]).tolist() == [80, 19, 1]
    assert not np.array_equal(small, stratified(y, 50, seed=4))
    with pytest.raises(InvalidInput, match="too few"):
        stratified(y, 2, seed=0)


def test_a_written_dataset_is_read_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    write_table(tmp_path / "in" / "train.csv", 40)
    dataset = files_read(tmp_path / "in", label_column="kind")

    dataset_write(dataset, tmp_path)
    again = dataset_read(tmp_path)

    pd.testing.assert_frame_equal(again.X, dataset.X)
    assert again.class_names == dataset.class_names
    assert np.array_equal(again.y, dataset.y)
    assert np.array_equal(again.is_test, dataset.is_test)
