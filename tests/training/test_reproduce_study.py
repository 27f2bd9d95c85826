"""The case study of seed 001, on pictures small enough for a test."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from labeling.errors import InvalidInput
from training.reproduce import digits_read, reproduce_seed_001, table_markdown, table_text


def write_idx(path: Path, array: np.ndarray, *, is_packed: bool) -> None:
    content = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, dtype=">u4").tobytes() + array.tobytes()
    if is_packed:
        path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(content))
    else:
        path.write_bytes(content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three kinds of picture, told apart by which third is bright; half of the files gzipped."""
    draw = np.random.default_rng(0)
    for name, n, is_packed in (("train", 240, True), ("t10k", 60, False)):
        labels = draw.integers(0, 3, n).astype(np.uint8)
        images = draw.integers(0, 90, (n, 9, 9)).astype(np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[3 * label : 3 * label + 3] += 120
        write_idx(tmp_path / f"{name}-images-idx3-ubyte", images, is_packed=is_packed)
        write_idx(tmp_path / f"{name}-labels-idx1-ubyte", labels, is_packed=is_packed)
    return tmp_path


@pytest.mark.slow
def test_the_study_measures_each_cell_and_goes_on_where_it_stopped(folder: Path, tmp_path: Path) -> None:
    results = tmp_path / "cells.jsonl"
    first_lines: list[str] = []
    second_lines: list[str] = []
    wanted: dict[str, Any] = {"sizes": (20,), "thresholds": (0.9,), "n_rounds": 2, "results": results}

    cells = reproduce_seed_001(folder, **wanted, tell=first_lines.append)
    again = reproduce_seed_001(folder, **wanted, tell=second_lines.append)

    cell, reference = cells
    assert again == cells
    assert first_lines
    assert not second_lines
    assert cell.rounds[0].n_pseudo == 0
    assert cell.rounds[1].n_pseudo == cell.rounds[0].n_accepted
    assert cell.rounds[-1].precision > 0.9
    assert cell.rounds[-1].test_accuracy > 0.9
    assert reference.n_labels == 240
    assert len(reference.rounds) == 1
    for table in (table_text(cells), table_markdown(cells)):
        assert "0.90" in table
        assert "all labeled" in table


def test_files_that_are_missing_or_no_idx_are_named(folder: Path) -> None:
    (folder / "t10k-labels-idx1-ubyte").write_bytes(b"text")
    with pytest.raises(InvalidInput, match="t10k-labels"):
        digits_read(folder)

    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(InvalidInput, match="neither"):
        digits_read(folder)


def test_a_file_that_is_cut_off_is_named(folder: Path) -> None:
    path = folder / "t10k-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-5])

    with pytest.raises(InvalidInput, match="cut off"):
        digits_read(folder)
