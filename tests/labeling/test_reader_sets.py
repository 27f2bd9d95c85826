"""What several files are to each other: each set with what is right for it, stated before it was tried."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from labeling.errors import AssayError
from labeling.formats.files.bundle import Bundle, FolderBundle, ZipBundle
from labeling.formats.files.joined import bundle_of_files
from labeling.formats.options import ImportOptions
from labeling.formats.rows import Limits, Problem, Row
from labeling.formats.sets.chain import files_of
from labeling.formats.sets.dataset import Dataset, open_dataset
from tests.labeling.import_files import image_bytes, write_zip
from tests.running import ROOT

LIMITS = Limits(text_chars=2_000, image_bytes=100_000, image_pixels=1_000_000)
CASES = ROOT / ".." / "shared" / "cases"


class Seen(NamedTuple):
    item_type: str
    items: dict[str, tuple[str | None, str]]  # key -> (label, split)
    left_out: dict[str, int]  # what -> how many
    notes: str
    problems: list[str]


def seen_of(bundle: Bundle, item_type: str | None = None, options: ImportOptions | None = None) -> Seen:
    """What comes in, read once, from the middle on, and once more with the options that were found."""
    dataset = open_dataset(bundle, options or ImportOptions(), item_type=item_type, limits=LIMITS)
    rows = list(dataset.reader.rows())
    numbers = [row.number if isinstance(row, Row) else row.row for row in rows]
    assert numbers == list(range(1, len(rows) + 1))
    assert _shown(dataset.reader.rows(skip=len(rows) // 2)) == _shown(rows[len(rows) // 2 :])
    again = open_dataset(bundle, dataset.options, item_type=dataset.item_type, limits=LIMITS)
    assert again.options == dataset.options
    assert _shown(again.reader.rows()) == _shown(rows)
    return Seen(
        dataset.item_type,
        {row.key or row.text or "": (row.label, row.split) for row in rows if isinstance(row, Row)},
        {left.what: left.n for left in dataset.left_out},
        " ".join(dataset.notes),
        [row.message for row in rows if isinstance(row, Problem)],
    )


def _shown(rows: object) -> list[object]:
    return [(row.number, row.key, row.label) if isinstance(row, Row) else row for row in rows]  # type: ignore[attr-defined]


def put(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def in_folder(tmp_path: Path, files: Mapping[str, str | bytes], item_type: str | None = None) -> Seen:
    return seen_of(FolderBundle(put(tmp_path / "set", files)), item_type)


def dropped(tmp_path: Path, files: Mapping[str, str | bytes], item_type: str | None = None) -> Seen:
    """These files sent together in one go."""
    folder = put(tmp_path / "drop", files)
    with bundle_of_files([(folder / name, name) for name in files]) as bundle:
        return seen_of(bundle, item_type)


def images(*names: str) -> dict[str, bytes]:
    return {name: image_bytes(grey) for grey, name in enumerate(names)}


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo()
            info.filename = name  # as it is, with the backslashes of Windows
            archive.writestr(info, content)
    return stream.getvalue()


def test_ids_without_ending_find_the_images_of_a_contest(tmp_path: Path) -> None:
    seen = in_folder(
        tmp_path,
        {
            "train.csv": "id,breed\n1,collie\n2,boxer\n3,collie\n",
            "sample_submission.csv": "id,boxer,collie\n1,0.5,0.5\n4,0.5,0.5\n",
            **images("train/1.jpg", "train/2.jpg", "train/3.jpg", "test/1.jpg", "test/4.jpg"),
        },
    )

    assert seen.item_type == "image"
    assert seen.items == {
        "train/1.jpg": ("collie", "pool"),
        "train/2.jpg": ("boxer", "pool"),
        "train/3.jpg": ("collie", "pool"),
        "test/1.jpg": (None, "test"),
        "test/4.jpg": (None, "test"),
    }
    assert seen.left_out == {"sample_submission.csv": 1}
    assert "2 images" not in seen.notes
    assert "test/1.jpg and 1 more (images that no table names) came in without a label" in seen.notes


@pytest.mark.parametrize(
    "name",
    ["sample_submission.csv", "sampleSubmission.csv", "SampleSubmission.csv", "sample-submission.csv",
     "sample_submission_stage1.csv", "submission_format.csv"],
)  # fmt: skip
def test_folders_are_classes_beside_the_example_of_a_contest(tmp_path: Path, name: str) -> None:
    seen = in_folder(
        tmp_path,
        {
            name: "file,species\n5.png,cat\n6.png,cat\n",
            **images("train/cat/1.png", "train/dog/2.png", "train/cat/3.png", "test/5.png", "test/6.png"),
        },
    )

    assert seen.items == {
        "train/cat/1.png": ("cat", "pool"),
        "train/dog/2.png": ("dog", "pool"),
        "train/cat/3.png": ("cat", "pool"),
        "test/5.png": (None, "test"),
        "test/6.png": (None, "test"),
    }
    assert seen.left_out == {name: 1}


def test_an_example_of_a_contest_beside_its_test_alone_labels_nothing(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        "sample_submission.csv": "id,label\n5,cat\n6,cat\n",
        **images("test/5.png", "test/6.png"),
    }

    seen = in_folder(tmp_path, files)

    assert {label for label, _ in seen.items.values()} == {None}
    assert len(seen.items) == 2
    assert seen.left_out == {"sample_submission.csv": 1}


def test_submissions_of_a_forum_are_read_and_so_is_an_example_that_is_named_or_alone(tmp_path: Path) -> None:
    forum = in_folder(tmp_path / "a", {"submissions.csv": "text,label\nA nice one,yes\nA bad one,no\n"})
    assert [label for label, _ in forum.items.values()] == ["yes", "no"]

    files: dict[str, str | bytes] = {
        "sample_submission.csv": "file,label\n5.png,cat\n6.png,dog\n",
        **images("5.png", "6.png"),
    }
    chosen = seen_of(
        FolderBundle(put(tmp_path / "b", files)), options=ImportOptions(entry="sample_submission.csv")
    )
    assert [label for label, _ in chosen.items.values()] == ["cat", "dog"]


@pytest.mark.parametrize(
    "written",
    [
        r"C:\Users\me\pets\img\{}.png",
        r"img\{}.png",
        "./img/{}.png",
        "/content/drive/pets/img/{}.png",
        "../img/{}.png",
        "file:///data/img/{}.png",
        "IMG/{}.PNG",
        "{}.png",
        "{}",
    ],
)
def test_a_path_of_another_machine_finds_the_image_by_its_end(written: str, tmp_path: Path) -> None:
    names = ["a1", "b2", "c3"]
    rows = "".join(f"{written.format(name)},{'cat' if name == 'a1' else 'dog'}\n" for name in names)

    seen = in_folder(
        tmp_path,
        {"tables/labels.csv": f"file,label\n{rows}", **images(*(f"img/{name}.png" for name in names))},
    )

    assert [label for label, _ in seen.items.values()] == ["cat", "dog", "dog"]
    assert seen.problems == []


def test_an_id_that_may_be_two_images_is_a_problem_with_both_names(tmp_path: Path) -> None:
    seen = in_folder(
        tmp_path,
        {
            "labels.csv": "id,label\n1,cat\n2,dog\n3,dog\n",
            **images("a/1.png", "b/1.png", "a/2.png", "a/3.png"),
        },
    )

    assert seen.problems == ["'1' may be a/1.png or b/1.png. Write the folder in the table too."]
    assert seen.items["a/2.png"] == ("dog", "pool")


def test_a_metadata_file_in_each_split_is_read_with_the_images_beside_it(tmp_path: Path) -> None:
    seen = in_folder(
        tmp_path,
        {
            "data/train/metadata.csv": "file_name,label\n1.png,cat\n2.png,dog\n",
            "data/validation/metadata.csv": "file_name,label\n1.png,dog\n",
            "data/test/metadata.jsonl": '{"file_name": "1.png", "label": "cat"}\n',
            **images("data/train/1.png", "data/train/2.png", "data/validation/1.png", "data/test/1.png"),
        },
        "image",
    )

    assert seen.items == {
        "data/train/1.png": ("cat", "pool"),
        "data/train/2.png": ("dog", "pool"),
        "data/validation/1.png": ("dog", "holdout"),
        "data/test/1.png": ("cat", "test"),
    }


def test_a_table_without_labels_leaves_classes_to_the_folders(tmp_path: Path) -> None:
    seen = in_folder(
        tmp_path, {"sizes.csv": "file,width\ncat/1.png,8\ndog/2.png,8\n", **images("cat/1.png", "dog/2.png")}
    )

    assert seen.items == {"cat/1.png": ("cat", "pool"), "dog/2.png": ("dog", "pool")}
    assert seen.left_out == {"sizes.csv": 1}


def test_folders_called_alike_but_for_the_split_say_it(tmp_path: Path) -> None:
    seen = in_folder(
        tmp_path,
        images(
            "seg_train/seg_train/sea/1.jpg", "seg_train/seg_train/ice/2.jpg", "seg_test/seg_test/sea/3.jpg"
        ),
    )

    assert seen.items == {
        "seg_train/seg_train/sea/1.jpg": ("sea", "pool"),
        "seg_train/seg_train/ice/2.jpg": ("ice", "pool"),
        "seg_test/seg_test/sea/3.jpg": ("sea", "test"),
    }


def test_a_class_may_have_the_word_of_a_split_in_its_name(tmp_path: Path) -> None:
    seen = in_folder(tmp_path, images("express train/1.jpg", "steam engine/2.jpg"))

    assert [label for label, _ in seen.items.values()] == ["express train", "steam engine"]


def test_images_without_an_ending_are_seen_by_their_content(tmp_path: Path) -> None:
    seen = in_folder(tmp_path, {**images("cat/1", "dog/2.bin"), "notes.md": "# of the images"})

    assert seen.items == {"cat/1": ("cat", "pool"), "dog/2.bin": ("dog", "pool")}
    assert len(seen.problems) == 1


def test_an_archive_with_paths_of_windows_has_folders(tmp_path: Path) -> None:
    seen = dropped(
        tmp_path,
        {"pets.zip": zipped({"train\\cat\\1.png": image_bytes(1), "test\\dog\\2.png": image_bytes(2)})},
    )

    assert seen.items == {"train/cat/1.png": ("cat", "pool"), "test/dog/2.png": ("dog", "test")}


def test_files_of_a_system_are_left_out_and_counted(tmp_path: Path) -> None:
    junk = ["__MACOSX/cat/._1.png", "cat/.DS_Store", "cat/Thumbs.db", "desktop.ini"]
    files = {"cat/1.png": image_bytes(1), **dict.fromkeys(junk, b"x")}

    for seen in (dropped(tmp_path, {"pets.zip": zipped(files)}), in_folder(tmp_path, files)):
        assert seen.items == {"cat/1.png": ("cat", "pool")}
        assert sum(seen.left_out.values()) == 4
        assert seen.problems == []


SHARDS = {
    "data/train-00000-of-00002.parquet": {"text": ["good film", "dull film"], "label": ["pos", "neg"]},
    "data/train-00001-of-00002.parquet": {"text": ["fine plot"], "label": ["pos"]},
    "data/test-00000-of-00001.parquet": {"text": ["no plot"], "label": ["neg"]},
}


def test_shards_and_splits_are_one_set(tmp_path: Path) -> None:
    files = {}
    for name, columns in SHARDS.items():
        stream = io.BytesIO()
        pq.write_table(pa.table(columns), stream)
        files[name] = stream.getvalue()

    seen = in_folder(tmp_path, {**files, "README.md": "# Films"})

    assert seen.items == {
        "good film": ("pos", "pool"),
        "dull film": ("neg", "pool"),
        "fine plot": ("pos", "pool"),
        "no plot": ("neg", "test"),
    }
    assert seen.left_out == {"README.md": 1}
    assert "3 files were read as one set" in seen.notes
    assert "test-00000-of-00001.parquet are for testing only" in seen.notes


def test_labeled_and_unlabeled_files_go_in_together(tmp_path: Path) -> None:
    seen = dropped(
        tmp_path,
        {
            "gelabelt.csv": "text;label\nschöner Tag heute;gut\nkalter Regen heute;schlecht\n",
            "rest.csv": "text\nlauer Abend heute\nnoch ein Abend\n",
        },
    )

    assert seen.items == {
        "schöner Tag heute": ("gut", "pool"),
        "kalter Regen heute": ("schlecht", "pool"),
        "lauer Abend heute": (None, "pool"),
        "noch ein Abend": (None, "pool"),
    }


def test_tables_of_features_with_and_without_the_class_are_one_set(tmp_path: Path) -> None:
    seen = dropped(
        tmp_path,
        {
            "known.csv": "width,height,species\n1.5,2.5,a\n1.6,2.1,b\n1.7,2.2,a\n",
            "new.tsv": "height\twidth\n2.4\t1.1\n",
        },
    )

    assert (seen.item_type, len(seen.items)) == ("table", 1)  # keys are content hashes, so "" here


def test_ids_that_begin_anew_in_each_file_are_kept_apart_and_said(tmp_path: Path) -> None:
    seen = dropped(
        tmp_path,
        {
            "train.csv": "id,text,label\n1,good film indeed,pos\n2,dull film indeed,neg\n",
            "test.csv": "id,text,label\n1,fine plot indeed,pos\n",
        },
    )

    assert seen.items == {"train/1": ("pos", "pool"), "train/2": ("neg", "pool"), "test/1": ("pos", "test")}
    assert "begin anew" in seen.notes


def test_tables_that_are_no_set_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(AssayError, match=r"not one set: orders\.csv does not fit") as refused:
        dropped(
            tmp_path,
            {
                "reviews.csv": "text,label\ngood film indeed,pos\ndull film indeed,neg\n",
                "orders.csv": "order,amount\n1,2.5\n2,3.5\n",
            },
        )
    assert refused.value.code == "many_tables"


def test_a_table_and_its_images_go_in_together(tmp_path: Path) -> None:
    seen = dropped(
        tmp_path,
        {
            "labels.csv": "file,label\n1.png,cat\n2.png,dog\n3.png,dog\n",
            "images.zip": zipped(images("1.png", "2.png", "3.png", "4.png")),
        },
    )

    assert {key: label for key, (label, _) in seen.items.items()} == {
        "1.png": "cat",
        "2.png": "dog",
        "3.png": "dog",
        "4.png": None,
    }


def test_a_first_row_that_names_no_image_while_the_others_do_is_the_header(tmp_path: Path) -> None:
    seen = dropped(
        tmp_path,
        {
            "train.csv": "image_id;diagnose\nISIC_1;nevus\nISIC_2;melanom\nISIC_3;nevus\n",
            **images("ISIC_1.JPG", "ISIC_2.JPG", "ISIC_3.JPG"),
        },
    )

    assert {key: label for key, (label, _) in seen.items.items()} == {
        "ISIC_1.JPG": "nevus",
        "ISIC_2.JPG": "melanom",
        "ISIC_3.JPG": "nevus",
    }
    assert seen.problems == []


def test_archives_of_the_parts_of_a_set_say_the_part(tmp_path: Path) -> None:
    seen = dropped(
        tmp_path,
        {
            "train.csv": "id,label\na,cat\nb,dog\nc,dog\n",
            "train.zip": zipped(images("a.jpg", "b.jpg", "c.jpg")),
            "test.zip": zipped(images("a.jpg", "d.jpg")),
        },
    )

    assert seen.items == {
        "train/a.jpg": ("cat", "pool"),
        "train/b.jpg": ("dog", "pool"),
        "train/c.jpg": ("dog", "pool"),
        "test/a.jpg": (None, "test"),
        "test/d.jpg": (None, "test"),
    }


@pytest.mark.parametrize(
    ("files", "expected", "left_out"),
    [
        (  # aclImdb, as it is unpacked
            {
                "aclImdb/README": "Large movie reviews",
                "aclImdb/imdb.vocab": "the\nand\n",
                "aclImdb/train/urls_pos.txt": "http://a\n",
                "aclImdb/train/pos/0_9.txt": "A great film",
                "aclImdb/train/neg/0_2.txt": "A bad film",
                "aclImdb/train/unsup/0_0.txt": "A film",
                "aclImdb/test/pos/0_10.txt": "Such a film",
            },
            {
                "train/pos/0_9.txt": ("pos", "pool"),
                "train/neg/0_2.txt": ("neg", "pool"),
                "train/unsup/0_0.txt": (None, "pool"),
                "test/pos/0_10.txt": ("pos", "test"),
            },
            3,
        ),
        (  # 20 newsgroups: no endings
            {
                "20news-bydate-train/sci.space/60001": "From: a\n\nOrbit",
                "20news-bydate-train/rec.autos/10002": "From: b\n\nWheels",
                "20news-bydate-test/sci.space/60003": "From: c\n\nMoon",
            },
            {
                "20news-bydate-train/sci.space/60001": ("sci.space", "pool"),
                "20news-bydate-train/rec.autos/10002": ("rec.autos", "pool"),
                "20news-bydate-test/sci.space/60003": ("sci.space", "test"),
            },
            0,
        ),
        (  # BBC, in another language and page, with no split
            {
                "bbc/sport/001.txt": "Tor für Österreich".encode("cp1252"),
                "bbc/politik/002.txt": "Die Wahl ist vorüber",
            },
            {"sport/001.txt": ("sport", "pool"), "politik/002.txt": ("politik", "pool")},
            0,
        ),
    ],
)
def test_folders_of_texts_are_classes_and_splits(
    files: dict[str, str | bytes],
    expected: dict[str, tuple[str | None, str]],
    left_out: int,
    tmp_path: Path,
) -> None:
    seen = in_folder(tmp_path, files)

    assert seen.item_type == "text"
    assert seen.items == expected
    assert sum(seen.left_out.values()) == left_out


def test_a_text_of_a_folder_is_read_in_its_own_encoding(tmp_path: Path) -> None:
    folder = put(tmp_path, {"a/1.txt": "déçu\n", "a/2.txt": "déçu par cet achat".encode("cp1252")})
    dataset: Dataset = open_dataset(FolderBundle(folder), ImportOptions(), item_type=None, limits=LIMITS)

    assert [row.text for row in dataset.reader.rows() if isinstance(row, Row)] == [
        "déçu",
        "déçu par cet achat",
    ]


def test_an_archive_within_an_archive_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(AssayError, match=r"inner\.zip.*Unpack it") as refused:
        dropped(tmp_path, {"outer.zip": zipped({"inner.zip": zipped(images("1.png"))})})
    assert refused.value.code == "nested_archive"


def test_a_name_that_comes_twice_in_an_archive_is_said(tmp_path: Path) -> None:
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("cat/1.png", image_bytes(1))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("cat/1.png", image_bytes(2))

    with bundle_of_files([(path, "twice.zip")]) as bundle:
        seen = seen_of(bundle)

    assert seen.items == {"cat/1.png": ("cat", "pool")}
    assert seen.left_out == {"cat/1.png": 1}


def test_an_encrypted_archive_is_refused_with_what_to_do(tmp_path: Path) -> None:
    content = bytearray(zipped(images("1.png")))
    for magic, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(magic) + at] |= 1

    with pytest.raises(AssayError, match="without a password"):
        dropped(tmp_path, {"secret.zip": bytes(content)})


def test_rows_of_several_files_are_named_by_file_and_row(tmp_path: Path) -> None:
    folder = put(
        tmp_path,
        {
            "a.csv": "text,label\nfine day today,x\nlong day today,y\n",
            "b.csv": "text,label\nshort day today,x\n,y\n",
        },
    )
    dataset = open_dataset(FolderBundle(folder), ImportOptions(), item_type=None, limits=LIMITS)

    (problem,) = [row for row in dataset.reader.rows() if isinstance(row, Problem)]

    assert problem.row == 4
    assert files_of(dataset.reader)[:2] == [(0, "a.csv"), (2, "b.csv")]


def test_more_files_than_are_held_in_memory_are_refused_before_they_are_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labeling.formats.files.bundle.MAX_ENTRIES", 10)
    path = write_zip(tmp_path / "many.zip", {f"{i}.png": b"" for i in range(11)})

    with pytest.raises(AssayError, match="holds 11 files; 10 are allowed") as refused:
        dropped(tmp_path, {"many.zip": path.read_bytes()})
    assert refused.value.code == "too_many_entries"


@pytest.mark.parametrize("name", ["output.manifest", "output.jsonl", "labels.csv"])
def test_an_address_of_a_bucket_finds_the_image_by_its_longest_end(tmp_path: Path, name: str) -> None:
    addresses = [f"s3://bucket/run/{part}/{i}.png" for part in "ab" for i in range(2)]
    labels = ["cat", "dog", "cow", "emu"]
    if name.endswith(".csv"):
        lines = [
            "image_url,label",
            *(f"{at}?v=1,{label}" for at, label in zip(addresses, labels, strict=True)),
        ]
    else:
        lines = [
            f'{{"source-ref": "{at}", "c": 0, "c-metadata": {{"class-name": "{label}", "human-annotated": "yes"}}}}'
            for at, label in zip(addresses, labels, strict=True)
        ]

    seen = in_folder(tmp_path, {name: "\n".join(lines), **images("a/0.png", "a/1.png", "b/0.png", "b/1.png")})

    assert {key: label for key, (label, _) in seen.items.items()} == {
        "a/0.png": "cat", "a/1.png": "dog", "b/0.png": "cow", "b/1.png": "emu"
    }  # fmt: skip
    assert seen.problems == []


def test_labels_of_fiftyone_are_those_of_its_images_and_no_folder_called_data_is_a_class(
    tmp_path: Path,
) -> None:
    table = '{"classes": ["cat", "dog"], "labels": {"000": 0, "001": 1, "002": null, "003": 7}}'
    pictures = images("data/000.png", "data/001.png", "data/002.png", "data/003.png")

    seen = in_folder(tmp_path, {"labels.json": table, **pictures})

    labels = {key: label for key, (label, _) in seen.items.items()}
    assert labels == {
        "data/000.png": "cat",
        "data/001.png": "dog",
        "data/002.png": None,
        "data/003.png": None,
    }
    assert seen.problems == ["There is no class 7 among the 2 classes."]


def test_images_in_a_folder_called_data_have_no_class(tmp_path: Path) -> None:
    seen = in_folder(tmp_path, images("data/0.png", "data/1.png"))

    assert {label for label, _ in seen.items.values()} == {None}


@pytest.mark.parametrize(
    ("page", "classes"),
    [
        ("cp866", ("кошка", "собака")), ("gb18030", ("小狗", "猫咪")), ("cp932", ("いぬ", "ねこ")),
        ("cp437", ("Hündin", "Käfer")), ("utf-8", ("кошка", "собака")),
    ],
)  # fmt: skip
def test_names_of_an_archive_that_says_no_encoding_are_read(page: str, classes: tuple[str, str]) -> None:
    names = [f"{classes[i % 2]}/{i}.png" for i in range(8)]

    bundle = ZipBundle(io.BytesIO(zipped_in(page, names)))

    assert {label for label, _ in seen_of(bundle).items.values()} == set(classes)
    assert ("does not say in which encoding" in seen_of(bundle).notes) == (page not in ("cp437", "utf-8"))
    with bundle.open(names[0]) as stream:
        assert stream.read() == image_bytes(0)


@pytest.mark.parametrize("name", ["\\..\\яя.png", "..\\яя.png"])
def test_a_name_in_a_guessed_encoding_never_leads_out(name: str) -> None:
    with pytest.raises(AssayError, match="leads out"):
        ZipBundle(io.BytesIO(zipped_in("cp866", ["кошка/1.png", name])))


def zipped_in(page: str, names: list[str]) -> bytes:
    """An archive whose names are in this page, as programs that know no UTF-8 write them."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for grey, name in enumerate(names):
            info = zipfile.ZipInfo(chr(ord("a") + grey) * len(name.encode(page)))
            archive.writestr(info, image_bytes(grey))
    content = stream.getvalue()
    for grey, name in enumerate(names):  # in both lists of names
        written = name.encode(page)
        content = content.replace(bytes([ord("a") + grey]) * len(written), written)
    return content


def test_a_table_that_lacks_one_column_is_refused_with_how_to_name_it_the_label(tmp_path: Path) -> None:
    train = "PassengerId,Survived,Age\n" + "\n".join(f"{i},{i % 2},{20 + i}" for i in range(12))
    test = "PassengerId,Age\n" + "\n".join(f"{i},{40 + i}" for i in range(12, 18))

    with pytest.raises(AssayError) as refused:
        in_folder(tmp_path, {"train.csv": train, "test.csv": test})

    assert "If 'Survived' is the label, say so: give the column the role label." in str(refused.value)
