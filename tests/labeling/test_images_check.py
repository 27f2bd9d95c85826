"""Images from outside are decoded whole or refused."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from pillow_heif import register_heif_opener

from labeling.storing.images import (
    CheckedImage,
    ImageRefused,
    Remark,
    encode_grey_png,
    image_check,
    image_from_grey,
    image_open,
)
from tests.labeling.import_files import image_bytes


def check(content: bytes, name: str = "", *, max_bytes: int = 10**6, max_pixels: int = 10**6) -> CheckedImage:
    return image_check(content, name, max_bytes=max_bytes, max_pixels=max_pixels)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF"])
def test_each_allowed_format_is_read(kind: str) -> None:
    image = check(image_bytes((200, 20, 20), kind=kind, size=(20, 10)))

    assert (image.width, image.height) == (20, 10)
    assert image.media_type == f"image/{kind.lower()}"
    assert image.thumbnail == b""


@pytest.mark.parametrize(
    ("mode", "seen"),
    [("1", "L"), ("L", "L"), ("LA", "L"), ("RGB", "RGB"), ("RGBA", "RGB"), ("P", "RGB"), ("I;16", "L")],
)
def test_learners_see_grey_or_colour(mode: str, seen: str) -> None:
    stream = BytesIO()
    Image.new(mode, (5, 4)).save(stream, "PNG")

    image = check(stream.getvalue())

    assert image.mode == seen
    assert image_open(image.content, image.mode).mode == seen


def test_an_image_is_what_its_content_is_whatever_its_name_says() -> None:
    image = check(image_bytes(kind="GIF"), "a.png")

    assert (image.media_type, image.remarks) == ("image/gif", (Remark.RENAMED,))
    assert check(image_bytes(kind="JPEG"), "A.JFIF").remarks == ()


def test_a_photo_with_a_second_picture_behind_it_is_a_jpeg() -> None:
    stream = BytesIO()
    Image.new("RGB", (9, 8)).save(stream, "MPO", save_all=True, append_images=[Image.new("RGB", (9, 8))])

    image = check(stream.getvalue(), "phone.jpg")

    assert (image.media_type, image.remarks) == ("image/jpeg", ())


def encoded(mode: str, colour: object, kind: str, **options: object) -> bytes:
    stream = BytesIO()
    Image.new(mode, (30, 20), colour).save(stream, kind, **options)  # type: ignore[arg-type]
    return stream.getvalue()


@pytest.mark.parametrize(
    ("mode", "colour", "seen"),
    [
        ("RGB", (200, 10, 20), (200, 10, 20)),
        ("CMYK", (0, 255, 255, 0), (255, 0, 0)),
        ("RGBA", (255, 0, 0, 0), (255, 255, 255)),
        ("YCbCr", (100, 128, 128), (100, 100, 100)),
        ("LAB", (128, 128, 128), (119, 119, 119)),
        ("L", 77, 77),
        ("1", 1, 255),
        ("I;16", 32_768, 127),
        ("I", 65_535, 255),
        ("F", 1.0, 255),
    ],
)
def test_a_tiff_of_any_colours_is_shown_as_a_copy_with_the_same_colours(
    mode: str, colour: object, seen: object
) -> None:
    content = encoded(mode, colour, "TIFF")

    image = check(content, "scan.tif")

    assert (image.content, image.media_type) == (content, "image/tiff")
    copy = Image.open(BytesIO(image.shown))
    assert (copy.format, copy.size, copy.getpixel((3, 3))) == ("PNG", (30, 20), seen)
    assert image_open(content, image.mode).getpixel((3, 3)) == seen


def test_the_first_page_of_several_is_shown_and_said() -> None:
    stream = BytesIO()
    pages = [Image.new("L", (9, 8), grey) for grey in (10, 20)]
    pages[0].save(stream, "TIFF", save_all=True, append_images=pages[1:])

    image = check(stream.getvalue(), "scan.tiff")

    assert image.remarks == (Remark.CONVERTED, Remark.FIRST_PAGE)
    assert Image.open(BytesIO(image.shown)).getpixel((0, 0)) == 10


def test_a_photo_of_a_phone_is_read_and_a_copy_shown() -> None:
    register_heif_opener()
    image = check(encoded("RGB", (200, 10, 20), "HEIF"), "IMG_1.HEIC")

    assert (image.media_type, image.shown_type, image.remarks) == (
        "image/heic",
        "image/png",
        (Remark.CONVERTED,),
    )
    assert (image.width, image.height) == (30, 20)


def test_avif_is_shown_by_browsers_as_it_is() -> None:
    image = check(encoded("RGB", (200, 10, 20), "AVIF"), "a.avif")

    assert (image.media_type, image.shown) == ("image/avif", b"")


@pytest.mark.parametrize("kind", ["JPEG", "TIFF", "PNG", "WEBP"])
def test_a_learner_sees_every_format_upright(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 8
    content = encoded("RGB", (1, 2, 3), kind, exif=exif)

    assert (check(content).width, check(content).height) == (20, 30)
    assert image_open(content, "RGB", size=(2, 3)).height > image_open(content, "RGB", size=(2, 3)).width


def test_sixteen_bit_grey_is_scaled_and_not_clipped() -> None:
    stream = BytesIO()
    Image.new("I;16", (2, 2), 32_768).save(stream, "PNG")

    assert image_open(check(stream.getvalue()).content, "L").getpixel((0, 0)) == pytest.approx(128, abs=1)


def test_a_large_image_gets_a_small_thumbnail() -> None:
    image = check(image_bytes((1, 2, 3), size=(800, 400)))

    assert Image.open(BytesIO(image.thumbnail)).size == (256, 128)


def test_size_is_told_and_shown_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    stream = BytesIO()
    Image.new("RGB", (300, 100)).save(stream, "JPEG", exif=exif)

    image = check(stream.getvalue())

    assert (image.width, image.height) == (100, 300)
    assert Image.open(BytesIO(image.thumbnail)).size == (85, 256)
    assert image_open(image.content, "RGB").size == (100, 300)


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "", "empty"),
        (b"not an image at all", "a.png", "no image that can be read"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "a.svg",
            "an SVG drawing, which may hold scripts. Save it as PNG",
        ),
        (b"8BPS\x00\x01", "a.psd", "a Photoshop file. Save it"),
        (b"\n<!doctype html>", "a.jpg", "a web page, as a download that failed"),
        (b"%PDF-1.7", "a.png", "a PDF. Save its pages"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(40), "a.heic", "no image that can be read|broken"),
        (image_bytes(size=(200, 200))[:-40], "a.png", "broken or cut off"),
        (image_bytes((1, 2, 3), kind="JPEG", size=(99, 99))[:-60], "a.jpg", "broken or cut off"),
        (image_bytes(size=(200, 200)), "", "40,000 pixels"),
    ],
)
def test_what_is_not_whole_and_honest_is_refused(content: bytes, name: str, sentence: str) -> None:
    limit = 30_000 if sentence == "40,000 pixels" else 10**6
    wanted = "200 x 200 pixels; 30,000" if limit == 30_000 else sentence
    with pytest.raises(ImageRefused, match=wanted):
        check(content, name, max_pixels=limit)


def test_a_png_with_a_flipped_bit_is_refused() -> None:
    content = bytearray(image_bytes(7, size=(50, 50)))
    content[content.index(b"IDAT") + 10] ^= 1

    with pytest.raises(ImageRefused):
        check(bytes(content))


def test_more_bytes_than_allowed_are_refused() -> None:
    with pytest.raises(ImageRefused, match="bytes; 50 are allowed"):
        check(image_bytes(), max_bytes=50)


def test_grey_pixels_become_a_png_that_holds_exactly_them() -> None:
    pixels = bytes(range(6))

    image = Image.open(BytesIO(encode_grey_png(3, 2, pixels)))

    assert (image.mode, image.size, image.tobytes()) == ("L", (3, 2), pixels)
    assert image_from_grey(3, 2, pixels).content_hash != image_from_grey(2, 3, pixels).content_hash
