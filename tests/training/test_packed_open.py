"""The packed cache: the same arrays whatever happened to its files, and new items without packing old ones."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image

from labeling.models import Blob, Item, Project
from labeling.projects.services import project_delete
from tests.makers import make_items, make_project
from training.data import packed as packed_module
from training.data.packed import PackedItems, packed_open
from training.errors import DataUnfit


def folder_of(project: Project) -> Path:
    """Where the project's one cache lies."""
    root = django_settings.ASSAY_DATA_DIR / "cache" / "packed" / f"{project.pk}-{project.salt}"
    (folder,) = root.iterdir()
    return folder


def everything(packed: PackedItems) -> Any:
    return packed.take(np.arange(len(packed)))


def make_image_items(project: Project, pixels: list[np.ndarray], *, prefix: str = "image") -> list[Item]:
    items = []
    for i, array in enumerate(pixels):
        file = io.BytesIO()
        Image.fromarray(array).save(file, "PNG")
        digest = hashlib.sha256(file.getvalue() + f"{prefix}{i}{project.pk}".encode()).hexdigest()
        blob = Blob.objects.create(
            sha256=digest,
            name=default_storage.save(f"blobs/{digest}", ContentFile(file.getvalue())),
            media_type="image/png",
            width=array.shape[1],
            height=array.shape[0],
            mode="L" if array.ndim == 2 else "RGB",
            n_bytes=len(file.getvalue()),
        )
        items.append(Item(project=project, key=f"{prefix}-{i}", content_hash=digest[:32], blob=blob))
    return Item.objects.bulk_create(items)


def make_feature_items(project: Project, rows: list[Any]) -> list[Item]:
    return Item.objects.bulk_create(
        Item(project=project, key=f"row-{i}", content_hash=f"{i:032x}", features=row)
        for i, row in enumerate(rows)
    )


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> int:
    """A few items fill several chunks."""
    monkeypatch.setattr(packed_module, "CHUNK_ROWS", 10)
    monkeypatch.setattr(packed_module, "PAGE_ROWS", 4)
    return 10


# What learners get


def test_grey_images_keep_their_pixels(ada: User) -> None:
    project = make_project(owner=ada, item_type="image")
    pixels = [noise(9, 7, seed=i) for i in range(5)]
    items = make_image_items(project, pixels)

    packed = packed_open(project)

    assert packed.ids.tolist() == [item.pk for item in items]
    assert everything(packed).dtype == np.uint8
    assert np.array_equal(everything(packed), np.stack(pixels))


def test_one_colour_image_makes_all_of_them_colour(ada: User) -> None:
    project = make_project(owner=ada, item_type="image")
    grey, colour = noise(8, 8), noise(8, 8, 3)
    make_image_items(project, [grey, colour])

    images = everything(packed_open(project))

    assert np.array_equal(images[0], np.repeat(grey[:, :, None], 3, axis=2))
    assert np.array_equal(images[1], colour)


def test_images_of_several_sizes_take_the_median_and_at_most_64_pixels(ada: User) -> None:
    project = make_project(owner=ada, item_type="image")
    make_image_items(project, [noise(20, 10), noise(256, 128), noise(300, 200)])

    assert everything(packed_open(project)).shape == (3, 64, 32)
    assert everything(packed_open(project, image_size=16)).shape == (3, 16, 16)


def test_texts_come_back_as_they_are(ada: User) -> None:
    project = make_project(owner=ada)
    items = make_items(project, 3, prefix="grüße, 世界\n")

    assert everything(packed_open(project)) == [item.text for item in items]


def test_table_rows_become_numbers_and_words_with_gaps(ada: User) -> None:
    project = make_project(owner=ada, item_type="table")
    make_feature_items(
        project,
        [
            {"age": 31, "town": "Ulm", "code": 7, "empty": None},
            {"age": None, "town": "", "code": "x", "empty": ""},
            {"age": 2.5, "code": 7.5},
        ],
    )

    frame = everything(packed_open(project))

    assert list(frame.columns) == ["age", "code", "town"]
    assert frame["age"].dtype == np.float64
    assert frame["age"].fillna(-1).tolist() == [31.0, -1, 2.5]
    assert frame["code"].tolist() == ["7", "x", "7.5"]
    assert frame["town"].fillna("missing").tolist() == ["Ulm", "missing", "missing"]


def test_series_are_float32_with_or_without_channels(ada: User) -> None:
    one = make_project(owner=ada, item_type="series")
    two = make_project(owner=ada, item_type="series")
    make_feature_items(one, [[1, 2.5, 3], [4, 5, 6]])
    make_feature_items(two, [[[1, 2], [3, 4]], [[5, 6], [7, 8]]])

    assert everything(packed_open(one)).dtype == np.float32
    assert everything(packed_open(one)).tolist() == [[1, 2.5, 3], [4, 5, 6]]
    assert everything(packed_open(two)).shape == (2, 2, 2)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([[1, 2, 3], [1, 2, 3], [1, 2]], "'row-2'"),
        ([[1, 2], [1, None]], "'row-1'"),
        ([[1, 2], ["a", "b"]], "'row-1'"),
        ([[1, 2], [1, 1e300]], "'row-1'"),
    ],
)
def test_a_series_that_does_not_fit_is_named(ada: User, rows: list[Any], words: str) -> None:
    project = make_project(owner=ada, item_type="series")
    make_feature_items(project, rows)

    with pytest.raises(DataUnfit, match=words):
        packed_open(project)


def test_an_image_that_is_gone_from_the_storage_is_named(ada: User) -> None:
    project = make_project(owner=ada, item_type="image")
    items = make_image_items(project, [noise(8, 8, seed=i) for i in range(3)])
    default_storage.delete(items[1].blob.name)

    with pytest.raises(DataUnfit, match="'image-1'"):
        packed_open(project)


@pytest.mark.parametrize("item_type", ["image", "table", "series"])
def test_a_project_without_items_says_so(ada: User, item_type: str) -> None:
    with pytest.raises(DataUnfit):
        packed_open(make_project(owner=ada, item_type=item_type))


# Rows


def test_rows_across_chunks_come_in_order(ada: User, small_chunks: int) -> None:
    project = make_project(owner=ada)
    items = make_items(project, 35)
    packed = packed_open(project)
    wanted = np.array([0, 3, 9, 10, 24, 34])

    assert packed.take(wanted) == [items[row].text for row in wanted]
    assert packed.rows_of(np.array([items[row].pk for row in wanted])).tolist() == wanted.tolist()
    assert packed.take(np.array([], dtype=np.int64)) == []


def test_rows_that_do_not_ascend_and_items_that_are_not_there_are_refused(ada: User) -> None:
    project = make_project(owner=ada)
    make_items(project, 3)
    packed = packed_open(project)

    with pytest.raises(ValueError, match="ascend"):
        packed.take(np.array([2, 1]))
    with pytest.raises(KeyError):
        packed.rows_of(np.array([10**9]))


# The cache


def test_new_items_are_added_and_whole_chunks_are_not_written_again(ada: User, small_chunks: int) -> None:
    project = make_project(owner=ada)
    make_items(project, 25)
    packed_open(project)
    before = {path.name: path.stat().st_mtime_ns for path in folder_of(project).glob("*.arrow")}
    more = make_items(project, 30, prefix="more")

    packed = packed_open(project)

    after = {path.name: path.stat().st_mtime_ns for path in folder_of(project).glob("*.arrow")}
    assert len(packed) == 55
    assert everything(packed)[-1] == more[-1].text
    assert len(after) == 6
    assert sum(after.get(name) == at for name, at in before.items()) == 2


def test_an_open_cache_is_not_touched_by_a_later_one(ada: User, small_chunks: int) -> None:
    project = make_project(owner=ada)
    items = make_items(project, 5)
    early = packed_open(project)
    make_items(project, 30, prefix="more")
    packed_open(project)

    assert everything(early) == [item.text for item in items]


def test_a_second_opening_reads_nothing_from_the_storage(ada: User) -> None:
    project = make_project(owner=ada, item_type="image")
    items = make_image_items(project, [noise(8, 8, seed=i) for i in range(3)])
    first = everything(packed_open(project))
    for item in items:
        default_storage.delete(item.blob.name)

    assert np.array_equal(everything(packed_open(project)), first)


def _truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize("damage", [Path.unlink, _truncate, lambda path: path.write_bytes(b"noise" * 100)])
@pytest.mark.parametrize("pattern", ["*.npy", "*.ids.npy", "manifest.json"])
def test_whatever_is_broken_is_packed_again(ada: User, small_chunks: int, damage: Any, pattern: str) -> None:
    project = make_project(owner=ada, item_type="series")
    make_feature_items(project, [[i, i + 1, i + 2] for i in range(25)])
    whole = everything(packed_open(project)).tolist()
    damage(sorted(folder_of(project).glob(pattern))[-1])

    packed = packed_open(project)

    assert everything(packed).tolist() == whole


def test_an_item_that_appears_below_the_last_one_is_not_missed(ada: User, small_chunks: int) -> None:
    """Ids are given out before their rows are committed."""
    project = make_project(owner=ada)
    items = make_items(project, 30)
    late = items[12]
    Item.objects.filter(pk=late.pk).delete()
    assert len(packed_open(project)) == 29
    Item.objects.bulk_create(
        [Item(pk=late.pk, project=project, key="late", text="late", content_hash="0" * 32)]
    )

    packed = packed_open(project)

    assert len(packed) == 30
    assert everything(packed)[12] == "late"


def test_an_item_that_is_deleted_is_forgotten(ada: User, small_chunks: int) -> None:
    project = make_project(owner=ada)
    items = make_items(project, 30)
    packed_open(project)
    Item.objects.filter(pk=items[3].pk).delete()

    assert items[3].text not in everything(packed_open(project))


def test_what_a_killed_packer_left_is_cleared_away(ada: User) -> None:
    project = make_project(owner=ada)
    make_items(project, 3)
    packed_open(project)
    stray = folder_of(project) / "writing.arrow"
    stray.write_bytes(b"half a file")

    packed_open(project)

    assert not stray.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_packing_at_once_get_the_same(ada: User, small_chunks: int) -> None:
    from django.db import connection

    project = make_project(owner=ada)
    items = make_items(project, 95)
    found: list[list[str]] = []

    def pack() -> None:
        try:
            found.append(everything(packed_open(project)))
        finally:
            connection.close()

    threads = [threading.Thread(target=pack) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [[item.text for item in items]] * 4


def test_the_web_does_not_load_the_array_libraries() -> None:
    code = (
        "import sys, django; django.setup(); import deploy.urls; "
        "heavy = {'torch', 'sklearn', 'pandas', 'pyarrow', 'scipy'} & set(sys.modules); "
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_the_caches_of_projects_that_are_gone_go_from_this_host(ada: User, project: Project) -> None:
    make_items(project, 3)
    packed = packed_open(project)
    gone = make_project(owner=ada)
    make_items(gone, 3)
    packed_open(gone)
    project_delete(project=gone)

    assert f"{gone.pk}-{gone.salt}" in packed_module.packed_sweep()

    assert folder_of(project).is_dir()
    assert len(everything(packed)) == 3
    assert not (django_settings.ASSAY_DATA_DIR / "cache" / "packed" / f"{gone.pk}-{gone.salt}").exists()
    assert f"{gone.pk}-{gone.salt}" not in packed_module.packed_sweep()
