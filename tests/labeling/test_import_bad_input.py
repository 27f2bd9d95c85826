"""Bad files: a clear refusal before anything is written, or a report by row."""

from __future__ import annotations

import gzip
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from labeling.errors import AssayError, InvalidInput, TooLarge
from labeling.formats.files import bundle as bundle_module
from labeling.imports.services import import_from_path
from labeling.jobs.work import WorkState
from labeling.models import Item, Label, Project
from tests.labeling.import_files import image_bytes, run_import, write_csv, write_mnist, write_zip
from tests.makers import make_project

pytestmark = pytest.mark.django_db


@pytest.fixture
def texts(ada: User) -> Project:
    return make_project(owner=ada, classes=("cat", "dog"))


@pytest.fixture
def images(ada: User) -> Project:
    return make_project(owner=ada, classes=(), item_type="image")


def refusal(project: Project, path: Path, *, user: User, **options: object) -> AssayError:
    """The error at asking for this import; nothing may have been written."""
    with pytest.raises(AssayError) as caught:
        import_from_path(project=project, path=path, options=options, user=user)
    assert not Item.objects.exists()
    assert not project.imports.exists()
    return caught.value


def problems_of(project: Project, path: Path, *, user: User, **options: object) -> dict[int, str]:
    """Row -> message of an import that went through."""
    work = run_import(project, path, user=user, **options)
    assert work.state == WorkState.DONE, work.error_message
    assert work.report["n_problems"] == len(work.report["problems"])
    return {problem["row"]: problem["message"] for problem in work.report["problems"]}


def test_an_empty_file_is_refused(texts: Project, ada: User, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_bytes(b"")

    assert refusal(texts, path, user=ada).code == "empty_file"


def test_a_file_with_nothing_but_a_header_fails_with_a_sentence(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    work = run_import(texts, write_csv(tmp_path / "header.csv", "id,text,label"), user=ada)

    assert work.state == WorkState.FAILED
    assert "no row" in work.error_message


def test_a_wrong_delimiter_is_refused_with_the_columns_it_makes(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "pets.csv", "id,text,label", "a,a cat,cat")
    columns = {"text": "text", "label": "label"}

    error = refusal(texts, path, user=ada, delimiter=";", columns=columns)

    assert error.code == "bad_columns"
    assert "delimiter" in error.message


def test_a_row_with_too_many_fields_is_reported_and_the_rest_goes_on(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    path = write_csv(
        tmp_path / "pets.csv", "id,text,label", "a,a cat,cat", "b,a cat, a dog,cat", "c,a dog,dog"
    )

    problems = problems_of(texts, path, user=ada)

    assert list(problems) == [2]
    assert "4 columns where 3 are expected" in problems[2]
    assert set(Item.objects.values_list("key", flat=True)) == {"a", "c"}


def test_binary_content_named_csv_is_refused(texts: Project, ada: User, tmp_path: Path) -> None:
    path = tmp_path / "pets.csv"
    path.write_bytes(bytes(range(256)) * 40)

    assert refusal(texts, path, user=ada).code == "not_text"


def test_an_image_named_csv_is_refused_by_what_it_is(texts: Project, ada: User, tmp_path: Path) -> None:
    path = tmp_path / "pets.csv"
    path.write_bytes(image_bytes())

    assert "a PNG image" in refusal(texts, path, user=ada).message


def test_duplicate_ids_are_reported_by_row(texts: Project, ada: User, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "pets.csv", "id,text", "a,a cat", "b,a dog", "a,an owl", "b,a dog")

    work = run_import(texts, path, user=ada)

    assert [(p["row"], p["field"]) for p in work.report["problems"]] == [(3, "id")]  # other content
    assert work.report["duplicates"] == [{"row": 4, "key": "b", "same_as": "b"}]  # the same again
    assert Item.objects.get(key="a").text == "a cat"


def test_an_unknown_class_is_reported_where_only_known_ones_are_wanted(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "pets.csv", "id,text,label", "a,a cat,cat", "b,a fish,fish")

    problems = problems_of(texts, path, user=ada, classes="known_only")

    assert "'fish'" in problems[2]
    assert set(Item.objects.values_list("key", flat=True)) == {"a"}


def test_a_zip_that_leads_out_of_itself_is_refused(images: Project, ada: User, tmp_path: Path) -> None:
    for name in ("../evil.png", "/etc/evil.png", "a/../../evil.png", "..\\evil.png", "C:\\evil.png"):
        path = write_zip(tmp_path / "evil.zip", {name: image_bytes()})

        assert refusal(images, path, user=ada).code == "unsafe_archive"


def test_a_zip_with_a_symbolic_link_is_refused(images: Project, ada: User, tmp_path: Path) -> None:
    path = tmp_path / "link.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("cat/1.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")

    assert "symbolic link" in refusal(images, path, user=ada).message


def test_an_encrypted_zip_is_refused(images: Project, ada: User, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "secret.zip", {"cat/1.png": image_bytes()})
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1  # the flag in the directory
    path.write_bytes(content)

    assert "encrypted" in refusal(images, path, user=ada).message


def test_a_zip_bomb_that_admits_its_size_is_refused(texts: Project, ada: User, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "bomb.zip", {"pets.csv": b"text\n" + b"0" * 40_000_000})

    error = refusal(texts, path, user=ada)

    assert isinstance(error, TooLarge)
    assert error.code == "archive_bomb"


def test_a_zip_bomb_that_lies_about_its_size_is_stopped_while_it_unpacks(
    texts: Project, ada: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_module, "RATIO_FREE_BYTES", 100_000)
    path = write_zip(tmp_path / "bomb.zip", {"pets.csv": b"text\n" + b"a cat\n" * 300_000})
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", 1_000)  # size, unpacked
    path.write_bytes(content)

    with pytest.raises(AssayError):
        import_from_path(project=texts, path=path, options={}, user=ada)
    assert not Item.objects.exists()


def test_a_gz_bomb_is_stopped(
    texts: Project, ada: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle_module, "RATIO_FREE_BYTES", 300_000)
    path = tmp_path / "bomb.csv.gz"
    path.write_bytes(gzip.compress(b"text\n" + b"a,b\n" * 500_000))

    work = run_import(texts, path, user=ada, columns={"text": "text"}, has_header=True, delimiter=";")

    assert work.state == WorkState.FAILED
    assert work.error_code == "archive_bomb"


def test_a_png_of_50_000_by_50_000_pixels_is_refused_undecoded(
    images: Project, ada: User, tmp_path: Path
) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0))
    huge = (
        b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1_000_000))) + chunk(b"IEND", b"")
    )
    path = write_zip(tmp_path / "pets.zip", {"cat/good.png": image_bytes(), "cat/huge.png": huge})

    problems = problems_of(images, path, user=ada)

    assert "50,000 x 50,000 pixels" in problems[2]
    assert Item.objects.count() == 1


def test_a_truncated_jpeg_is_reported_and_the_rest_goes_on(
    images: Project, ada: User, tmp_path: Path
) -> None:
    whole = image_bytes((200, 30, 30), kind="JPEG", size=(64, 64))
    path = write_zip(tmp_path / "pets.zip", {"cat/1.jpg": whole, "cat/2.jpg": whole[:-200], "cat/3.jpg": b""})

    problems = problems_of(images, path, user=ada)

    assert "cut off" in problems[2]
    assert "empty" in problems[3]
    assert Item.objects.count() == 1


def test_a_gif_named_png_is_read_as_what_it_is_and_said(images: Project, ada: User, tmp_path: Path) -> None:
    path = write_zip(
        tmp_path / "pets.zip", {"cat/1.png": image_bytes(kind="GIF"), "cat/2.gif": image_bytes(kind="GIF")}
    )

    work = run_import(images, path, user=ada)

    assert work.report["problems"] == []
    assert set(Item.objects.values_list("blob__media_type", flat=True)) == {"image/gif"}
    assert "1 image (cat/1.png) has an ending that says another format" in " ".join(work.report["notes"])


def test_infinite_features_are_refused_and_nan_is_missing(ada: User, tmp_path: Path) -> None:
    project = make_project(owner=ada, item_type="table")
    lines = [f"{i},{i}.5" for i in range(10)]
    path = write_csv(tmp_path / "rows.csv", "a,b", *lines, "inf,1", "2,-Infinity", "3,1e999", "NaN,4")

    problems = problems_of(project, path, user=ada)

    assert list(problems) == [11, 12, 13]
    assert all("must be finite" in message for message in problems.values())
    assert Item.objects.order_by("-id").values_list("features", flat=True)[0] == {"a": None, "b": 4}


def test_nan_and_infinity_in_json_lines_are_treated_alike(ada: User, tmp_path: Path) -> None:
    project = make_project(owner=ada, item_type="table")
    path = write_csv(
        tmp_path / "rows.jsonl", '{"a": 1, "b": 2}', '{"a": NaN, "b": 2}', '{"a": Infinity, "b": 2}'
    )

    assert list(problems_of(project, path, user=ada)) == [3]
    features: list[Any] = list(Item.objects.order_by("id").values_list("features", flat=True))
    assert [row["a"] for row in features] == [1, None]


def test_json_that_breaks_off_fails_and_says_after_which_row(
    texts: Project, ada: User, tmp_path: Path
) -> None:
    path = tmp_path / "pets.json"
    rows = ", ".join(f'{{"id": "{i}", "text": "text {i}"}}' for i in range(500))
    path.write_text(f"[{rows}, {{")

    work = run_import(texts, path, user=ada)

    assert work.state == WorkState.FAILED
    assert "after row 500" in work.error_message


def test_a_row_in_another_encoding_is_reported(texts: Project, ada: User, tmp_path: Path) -> None:
    path = tmp_path / "pets.csv"
    path.write_bytes(b"id,text\na,a cat\nb,caf\xe9\nc,a dog\n")

    problems = problems_of(texts, path, user=ada, encoding="utf-8")

    assert "not valid in the file's encoding" in problems[2]


def test_text_with_a_nul_character_is_reported(texts: Project, ada: User, tmp_path: Path) -> None:
    path = write_csv(
        tmp_path / "pets.jsonl", '{"text": "a cat"}', '{"text": "a\\u0000dog"}', '{"text": "\\ud800"}'
    )

    assert list(problems_of(texts, path, user=ada)) == [2, 3]


def test_images_and_labels_of_different_number_are_refused(
    images: Project, ada: User, tmp_path: Path
) -> None:
    write_mnist(tmp_path, 10, packed=False)
    labels = tmp_path / "train-labels-idx1-ubyte"
    labels.write_bytes(struct.pack(">BBBBI", 0, 0, 8, 1, 9) + bytes(9))

    assert "10 images" in refusal(images, tmp_path, user=ada).message


def test_images_do_not_go_into_a_text_project(texts: Project, ada: User, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "pets.zip", {"cat/1.png": image_bytes()})

    assert refusal(texts, path, user=ada).code == "wrong_item_type"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"fromat": "csv"}, "options.fromat"),
        ({"label_first": 0}, "options.label_first"),
        ({"split": "train"}, "options.split"),
        ({"dry_run": "yes"}, "options.dry_run"),
        ({"columns": {"text": "words"}}, "options.columns"),
        ({"encoding": "klingon"}, "encoding"),
        ({"delimiter": ",,"}, "delimiter"),
    ],
)
def test_a_wrong_option_is_named(
    texts: Project, ada: User, tmp_path: Path, options: dict[str, Any], field: str
) -> None:
    path = write_csv(tmp_path / "pets.csv", "id,text,label", "a,a cat,cat")

    assert field in refusal(texts, path, user=ada, **options).fields


def test_sealing_needs_labels(texts: Project, ada: User, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "pets.csv", "id,text", "a,a cat")

    assert isinstance(refusal(texts, path, user=ada, sealed=True), InvalidInput)


def test_a_failed_import_leaves_no_half_row(texts: Project, ada: User, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "pets.csv", "id,text,label", "a,a cat,cat", "b,a dog,dog")

    run_import(texts, path, user=ada)

    assert Item.objects.filter(labels__isnull=True).count() == 0
    assert Label.objects.count() == Item.objects.count() == 2
