"""Small files for import tests, and the shortest way to import one."""

from __future__ import annotations

import gzip
import struct
import zipfile
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from PIL import Image

from labeling.imports.services import import_from_path, import_run_inline
from labeling.models import Import, Project


def run_import(project: Project, path: Path, *, user: User, **options: Any) -> Import:
    """Import a file of this machine to its end, or to its failure."""
    work = import_from_path(project=project, path=path, options=options, user=user)
    return import_run_inline(work.pk)


def write_csv(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def image_bytes(
    colour: int | tuple[int, int, int] = 0, *, kind: str = "PNG", size: tuple[int, int] = (8, 8)
) -> bytes:
    mode = "L" if isinstance(colour, int) else "RGB"
    stream = BytesIO()
    Image.new(mode, size, colour).save(stream, kind)
    return stream.getvalue()


def write_images(folder: Path, names: Sequence[str]) -> Path:
    """A PNG under each name, each of another grey."""
    for grey, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image_bytes(grey))
    return folder


def write_zip(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def idx_images(images: Sequence[bytes], *, height: int, width: int) -> bytes:
    return struct.pack(">BBBBIII", 0, 0, 8, 3, len(images), height, width) + b"".join(images)


def idx_labels(labels: Sequence[int]) -> bytes:
    return struct.pack(">BBBBI", 0, 0, 8, 1, len(labels)) + bytes(labels)


def write_mnist(folder: Path, n_images: int, *, packed: bool = True, prefix: str = "train") -> Path:
    """An IDX pair, named and packed as MNIST ships: image i has label i % 10."""
    images = [bytes([i % 256, i // 256, *range(2)]) for i in range(n_images)]
    labels = [i % 10 for i in range(n_images)]
    ending = ".gz" if packed else ""
    for name, content in (
        (f"{prefix}-images-idx3-ubyte", idx_images(images, height=2, width=2)),
        (f"{prefix}-labels-idx1-ubyte", idx_labels(labels)),
    ):
        (folder / f"{name}{ending}").write_bytes(gzip.compress(content) if packed else content)
    return folder
