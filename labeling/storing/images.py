"""Images from outside: checked before they are decoded, decoded once, hashed, made small. Pure.

Nothing here trusts a file, its name least of all: the format is that of its content, size and pixels are
compared with the limits before any pixel is decoded, only eight formats are tried, and the decoded whole
proves that the file is complete.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO
from pathlib import PurePosixPath
from typing import cast

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

MEDIA_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
    "AVIF": "image/avif",
    "HEIF": "image/heic",
}
FORMATS = "PNG, JPEG, WEBP, BMP, GIF, TIFF, AVIF and HEIC"
SUFFIXES = {
    ".png": "PNG",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".webp": "WEBP",
    ".bmp": "BMP",
    ".gif": "GIF",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".avif": "AVIF",
    ".heic": "HEIF",
    ".heif": "HEIF",
    ".hif": "HEIF",
    ".apng": "PNG",
    ".dib": "BMP",
    ".jfif": "JPEG",
    ".jpe": "JPEG",
}
MAGICS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*")
HEIF_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"))
NO_IMAGES = (  # how files begin that are often named as images, or taken for some
    (b"8BPS", "a Photoshop file", "Save it as PNG or JPEG."),
    (b"%PDF", "a PDF", "Save its pages as PNG or JPEG."),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 image", "Save it as PNG or JPEG."),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL image", "Save it as PNG or JPEG."),
    (b"\xff\x0a", "a JPEG XL image", "Save it as PNG or JPEG."),
    (b"<svg", "an SVG drawing, which may hold scripts", "Save it as PNG."),
    (b"<?xml", "an SVG drawing or other XML, which may hold scripts", "Save it as PNG."),
    (b"<!DOCTYPE", "a web page, as a download that failed leaves it", "Download the image again."),
    (b"<html", "a web page, as a download that failed leaves it", "Download the image again."),
    (b"version https://git-lfs", "a pointer of Git LFS", "Fetch the files with git lfs pull."),
)
SHOWN_BY_BROWSERS = frozenset(MEDIA_TYPES.values()) - {"image/tiff", "image/heic"}
SHOWN_SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg"}
MAX_PNG_PIXELS = 1_000_000  # a copy for browsers is a PNG up to here, and then a JPEG
THUMBNAIL_PIXELS = 256  # longest side
GREY_MODES = frozenset({"1", "L", "LA", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"})
PLAIN_MODES = frozenset({"1", "L", "LA", "P", "RGB", "RGBA", "I;16"})  # that surely convert
ORIENTATION_TAG = 0x0112  # EXIF
TURNED = frozenset({5, 6, 7, 8})  # orientations in which width and height change places

# Size is checked below, before decoding and by our own limit; Pillow's would also warn.
Image.MAX_IMAGE_PIXELS = None


class ImageRefused(Exception):
    """Why this file does not become an item, in one sentence."""


class Remark(StrEnum):
    """What was decided about an image that came in, to be told with how many there were."""

    RENAMED = "renamed"  # the name's ending says another format than the content
    CONVERTED = "converted"  # browsers do not show the format
    FIRST_PAGE = "first_page"  # it has several


@dataclass(frozen=True, slots=True)
class CheckedImage:
    """An image that was decoded to its last pixel."""

    content: bytes
    sha256: str  # hex, of `content`
    content_hash: str  # first 128 bits, hex: of the pixels where no file came with them, else of `content`
    media_type: str
    width: int  # pixels, as displayed (EXIF orientation applied)
    height: int
    mode: str  # "L" or "RGB"
    thumbnail: bytes  # JPEG; empty if the image is small enough to be its own
    shown: bytes = b""  # PNG or JPEG for browsers; empty if they show `content`
    shown_type: str = ""  # media type of `shown`
    remarks: tuple[Remark, ...] = ()


def image_check(content: bytes, name: str, *, max_bytes: int, max_pixels: int) -> CheckedImage:
    """Decode these bytes safely. `name` is the file's, or empty if it has none. Raises ImageRefused."""
    if not content:
        raise ImageRefused("The file is empty.")
    if len(content) > max_bytes:
        raise ImageRefused(
            f"The file has {len(content):,} bytes; {max_bytes:,} are allowed. "
            "Make it smaller, or raise ASSAY_MAX_IMAGE_BYTES."
        )
    try:
        with _open(content) as image:
            kind = "JPEG" if image.format == "MPO" else image.format or ""  # MPO: JPEG with more behind it
            _check_pixels(image, max_pixels)
            if kind == "PNG":
                _verify_png(content)
            image.load()
            mode = "L" if image.mode in GREY_MODES else "RGB"
            shown = _shown(image)
            width, height = shown.size
            if image.mode not in PLAIN_MODES:
                shown = _as_mode(shown, mode)
            media_type = MEDIA_TYPES[kind]
            copy, copy_type = b"", ""
            if media_type not in SHOWN_BY_BROWSERS:
                copy, copy_type = _copy_for_browsers(shown, mode)
            thumbnail = _thumbnail(shown, mode) if max(width, height) > THUMBNAIL_PIXELS else b""
            remarks = _remarks(name, kind, media_type, image)
    except UnidentifiedImageError:
        raise ImageRefused(_no_image(content)) from None
    except DECODE_ERRORS as error:
        raise ImageRefused(f"The image is broken or cut off: {error}. Save it again.") from None
    sha256 = hashlib.sha256(content).hexdigest()
    return CheckedImage(
        content, sha256, sha256[:32], media_type, width, height, mode, thumbnail, copy, copy_type, remarks
    )


def looks_like_image(head: bytes) -> bool:
    """Whether a file that begins with these bytes (32 are enough) is an image of a format that is read."""
    is_riff = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    is_bmp = head[:2] == b"BM" and head[6:10] == bytes(4)
    is_heif = head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS | {b"avif", b"avis"}
    return head.startswith(MAGICS) or is_riff or is_bmp or is_heif


def _open(content: bytes) -> Image.Image:
    if content[4:8] == b"ftyp" and content[8:12] in HEIF_BRANDS:
        from pillow_heif import register_heif_opener  # 10 MB that few need

        register_heif_opener()
        return Image.open(BytesIO(content), formats=("AVIF", "HEIF"))
    return Image.open(BytesIO(content), formats=tuple(MEDIA_TYPES)[:-1])


def _remarks(name: str, kind: str, media_type: str, image: Image.Image) -> tuple[Remark, ...]:
    claimed = SUFFIXES.get(PurePosixPath(name.lower()).suffix)
    found = {
        Remark.RENAMED: claimed is not None and claimed != kind,
        Remark.CONVERTED: media_type not in SHOWN_BY_BROWSERS,
        Remark.FIRST_PAGE: kind != "JPEG" and getattr(image, "is_animated", False),
    }
    return tuple(remark for remark, holds in found.items() if holds)


def remark_sentence(remark: str, n: int, first: str) -> str:
    """What a person should know of these `n` images, the first of which is called `first`."""
    if n == 1:  # whole sentences, each by itself: the page says them in other languages
        return {
            Remark.RENAMED: f"1 image ({first}) has an ending that says another format than the content; "
            "the content was read.",
            Remark.CONVERTED: f"1 image ({first}) is of a format that browsers do not show (TIFF or HEIC): "
            "a copy is shown, the original is kept and exported.",
            Remark.FIRST_PAGE: f"1 image ({first}) has several pages or frames; the first one counts.",
        }[Remark(remark)]
    return {
        Remark.RENAMED: f"{n:,} images (the first is {first}) have an ending that says another format than the "
        "content; the content was read.",
        Remark.CONVERTED: f"{n:,} images (the first is {first}) are of a format that browsers do not show "
        "(TIFF or HEIC): copies are shown, the originals are kept and exported.",
        Remark.FIRST_PAGE: f"{n:,} images (the first is {first}) have several pages or frames; "
        "the first one counts.",
    }[Remark(remark)]


def _no_image(content: bytes) -> str:
    start = content[:64].lstrip()
    for magic, what, advice in NO_IMAGES:
        if start[: len(magic)].lower() == magic.lower():
            return f"The file is {what}. {advice}"
    return f"The file is no image that can be read (it begins with {content[:8]!r}); use {FORMATS}."


def _copy_for_browsers(image: Image.Image, mode: str) -> tuple[bytes, str]:
    """(the image as every browser shows it, its media type)."""
    stream = BytesIO()
    copy = _as_mode(image, mode)
    if image.width * image.height <= MAX_PNG_PIXELS:
        copy.save(stream, "PNG", compress_level=3)
        return stream.getvalue(), "image/png"
    copy.save(stream, "JPEG", quality=90)
    return stream.getvalue(), "image/jpeg"


# What Pillow's decoders raise on broken files.
DECODE_ERRORS = (
    OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, EOFError,
    OverflowError, ArithmeticError, MemoryError, struct.error, zlib.error,
)  # fmt: skip


def image_from_grey(width: int, height: int, pixels: bytes) -> CheckedImage:
    """A PNG of these grey pixels (`width * height` bytes, row by row), written as browsers read it."""
    content = encode_grey_png(width, height, pixels)
    digest = hashlib.sha256(struct.pack(">II", width, height) + pixels).hexdigest()
    thumbnail = b""
    if max(width, height) > THUMBNAIL_PIXELS:
        thumbnail = _thumbnail(Image.frombytes("L", (width, height), pixels), "L")
    sha256 = hashlib.sha256(content).hexdigest()
    return CheckedImage(content, sha256, digest[:32], "image/png", width, height, "L", thumbnail)


def encode_grey_png(width: int, height: int, pixels: bytes) -> bytes:
    """An 8-bit grey PNG (ISO/IEC 15948). By hand, because it is 5 times faster than Pillow for small images."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = b"".join(b"\x00" + pixels[start : start + width] for start in range(0, len(pixels), width))
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def image_open(content: bytes, mode: str, *, size: tuple[int, int] | None = None) -> Image.Image:
    """The decoded image as a learner sees it: upright, in mode "L" or "RGB". For bytes that were checked.

    `size`: (width, height) that it is made smaller to afterwards; JPEG is then decoded at a fraction of its own.
    """
    with _open(content) as image:
        if size is not None and image.format == "JPEG":
            is_turned = image.getexif().get(ORIENTATION_TAG, 1) in TURNED
            image.draft(mode, (size[1], size[0]) if is_turned else size)
        return _as_mode(_shown(image), mode)


def _check_pixels(image: Image.Image, max_pixels: int) -> None:
    width, height = image.size
    if width * height > max_pixels:
        raise ImageRefused(
            f"The image is {width:,} x {height:,} pixels; {max_pixels:,} pixels are allowed. "
            "Make it smaller, or raise ASSAY_MAX_IMAGE_PIXELS."
        )
    if not width or not height:
        raise ImageRefused("The image has no pixels.")


def _verify_png(content: bytes) -> None:
    """Compare the checksums, which decoding alone does not."""
    with Image.open(BytesIO(content), formats=("PNG",)) as image:
        image.verify()


def _shown(image: Image.Image) -> Image.Image:
    """Upright, as a browser shows it."""
    if image.getexif().get(ORIENTATION_TAG, 1) == 1:
        return image
    return ImageOps.exif_transpose(image)


def _thumbnail(image: Image.Image, mode: str) -> bytes:
    small = _as_mode(image, mode)
    small.thumbnail((THUMBNAIL_PIXELS, THUMBNAIL_PIXELS), reducing_gap=2.0)
    stream = BytesIO()
    small.save(stream, "JPEG", quality=85)
    return stream.getvalue()


def _as_mode(image: Image.Image, mode: str) -> Image.Image:
    """A copy in "L" or "RGB". Grey of more than 8 bits is scaled to 8, since converting would clip it to white."""
    if mode == "L" and image.mode in {"I", "F", "I;16", "I;16B", "I;16L", "I;16N"}:
        grey = image.convert("F")
        low, high = cast("tuple[float, float]", grey.getextrema())
        scale = _scale_to_8_bits(low, high, is_float=image.mode == "F")
        return grey.point(lambda value: value * scale).convert("L")
    if image.mode in {"LA", "La", "RGBA", "RGBa", "PA"} or "transparency" in image.info:
        ground = Image.new("RGBA", image.size, "white")  # as the page shows it
        ground.alpha_composite(image.convert("RGBA"))
        return ground.convert(mode)
    if image.mode == "LAB":
        to_rgb = ImageCms.buildTransform(
            ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB"), "LAB", "RGB"
        )
        image = ImageCms.applyTransform(image, to_rgb) or image
    return image.convert(mode) if image.mode != mode else image.copy()


def _scale_to_8_bits(low: float, high: float, *, is_float: bool) -> float:
    """What values from low to high are multiplied by: floats to 1 and whole numbers to 65,535 are full ranges."""
    if is_float and low >= 0 and 0 < high <= 1:
        return 255.0
    return 1.0 if high <= 255 else 255.0 / max(high, 65_535.0)
