"""Fitted learners to files that cannot run code when they are read, and back.

A folder holds `learner.json` (versions, settings, a SHA-256 of itself and of every other file) and the
weights: `model.skops` for scikit-learn (types outside the trusted list are refused), or what the learner's
own `save_weights(folder)` writes. The folder is written beside its place and renamed into it. Checksums
tell damage, not forgery: whoever can write the files can write new checksums, but no code into them.
"""

from __future__ import annotations

import copy
import hashlib
import json
import lzma
import os
import shutil
import struct
import tempfile
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, cast

import sklearn
import skops.io

from labeling.secrets import secret_values
from training.learners.catalogue import learners
from training.learners.errors import LearnerError, UnreadableModel

# 1: learner.json with files and checksums; model.skops, or weights.npz with settings in the JSON
# 2: the same, with a checksum of learner.json itself
FORMAT = 2

# What zipfile raises where single bytes are wrong (it takes them for other compressions, versions, passwords).
DAMAGED_ZIP = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError)

# Types that a saved model of ours may hold, beyond those skops trusts by itself.
OUR_TYPES = (
    "labeling.secrets.Secret",  # the name alone
    "training.learners.classifiers.MarginSoftmax",
    "training.learners.features.TableColumns",
    "training.learners.features.TermVectorizer",
    "training.learners.features._is_categorical",
    "training.learners.features._is_numeric",
    "training.learners.features.image_vectors",
    "training.learners.features.text_head",
    "training.learners.vectors.VectorLearner",
)

# Compiled parts of scikit-learn: they hold arrays and are rebuilt from arrays.
LIBRARY_TYPES = (
    "numpy.dtype",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._TemperatureScaling",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.metrics._dist_metrics.EuclideanDistance32",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.neighbors._ball_tree.BallTree",
    "sklearn.neighbors._ball_tree.BallTree32",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.neighbors._kd_tree.KDTree32",
    "sklearn.tree._tree.Tree",
)


def save(learner: Any, folder: str | Path) -> None:
    """The folder holds the learner afterwards, whole or not at all; what was there is replaced.

    Raises LearnerError for a learner that is not fitted or knows no safe format.
    """
    target = Path(folder)
    if not hasattr(learner, "classes_"):
        raise LearnerError("This learner is not fitted; there is nothing to save. Call fit first.")
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    beside.mkdir(parents=True)
    try:
        description: dict[str, Any] = {"format": FORMAT, "versions": _versions()}
        if hasattr(learner, "save_weights"):
            description |= {"kind": "weights", "type": _type_name(learner)}
            description["settings"] = learner.save_weights(beside)
        else:
            description |= {"kind": "skops", "type": _type_name(learner)}
            dump_skops(_bare(learner), beside / "model.skops")
        _check_holds_no_secret(beside, description)
        description["files"] = {path.name: _sha256(path) for path in sorted(beside.iterdir())}
        description["checksum"] = _own_checksum(description)
        (beside / "learner.json").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
        _put_in_place(beside, target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def load(source: str | Path) -> Any:
    """The fitted learner in this folder, or in the zip that a round's page gives out.

    Raises UnreadableModel where it is missing, damaged or from another version.
    """
    path = Path(source)
    if not path.is_file():
        return _load_folder(path)
    with tempfile.TemporaryDirectory() as folder:
        inner = Path(folder) / path.stem
        try:
            with zipfile.ZipFile(path) as archive:
                archive.extractall(inner)
        except DAMAGED_ZIP as error:
            raise UnreadableModel(
                f"{path.name} cannot be read as a zip: {error}. Download the model again."
            ) from None
        return _load_folder(inner)


def _load_folder(source: Path) -> Any:
    description = _read_description(source)
    for name, checksum in description["files"].items():
        path = source / Path(name).name
        if not path.is_file() or _sha256(path) != checksum:
            raise UnreadableModel(
                f"{name} in {source.name} is missing or damaged. Train again, or restore the file."
            )
    if description["kind"] == "weights":
        return _weights_type(description["type"]).load_weights(source, description["settings"])
    return load_skops(source / "model.skops")


def _read_description(source: Path) -> dict[str, Any]:
    """What learner.json says, once it is certain that it says what was written. Raises UnreadableModel."""
    try:
        description = json.loads((source / "learner.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UnreadableModel(
            f"There is no saved learner in {source.name}: learner.json is missing."
        ) from None
    except ValueError as error:
        raise UnreadableModel(f"learner.json in {source.name} is damaged: {error}. Train again.") from None
    format = description.get("format") if isinstance(description, dict) else None
    if format != FORMAT:
        raise UnreadableModel(
            f"This learner was saved in format {format!r}; this version reads {FORMAT}. Train again."
        )
    if description.get("checksum") != _own_checksum(description):
        raise UnreadableModel(
            f"learner.json in {source.name} was changed after it was saved. Train again, or restore the file."
        )
    return cast("dict[str, Any]", description)


def dump_skops(thing: Any, path: Path) -> None:
    """Writes a scikit-learn object. Raises LearnerError where it holds a type that is not trusted."""
    skops.io.dump(thing, path)
    unknown = sorted(set(skops.io.get_untrusted_types(file=path)) - set(_trusted_types()))
    if unknown:
        raise LearnerError(
            f"{_type_name(thing)} cannot be saved safely: it holds {', '.join(unknown)}. "
            "Name these types in the trusted_types of its LearnerSpec if they run no code when loaded."
        )


def load_skops(path: Path) -> Any:
    """What dump_skops wrote. Raises UnreadableModel."""
    unknown = sorted(set(skops.io.get_untrusted_types(file=path)) - set(_trusted_types()))
    if unknown:
        raise UnreadableModel(
            f"The saved learner holds types that are not trusted: {', '.join(unknown)}. "
            "Install the package that brings this learner, or train again."
        )
    try:
        return skops.io.load(path, trusted=_trusted_types())
    except (ValueError, TypeError, AttributeError, KeyError, ImportError) as error:
        saved = _saved_versions(path.parent).get("scikit-learn")
        raise UnreadableModel(
            f"Saved with scikit-learn {saved}, not readable with {sklearn.__version__}: {error}. Train again."
        ) from error


def _check_holds_no_secret(folder: Path, description: dict[str, Any]) -> None:
    """Raises LearnerError where a file, or a member of an archive, holds the value of a secret."""
    values = [value.encode() for value in secret_values()]
    if not values:
        return
    told = [json.dumps(description, ensure_ascii=False).encode(), json.dumps(description).encode()]
    if any(value in content for content in (*told, *_contents(folder)) for value in values):
        raise LearnerError(
            "This learner cannot be saved: what it would write holds the value of a secret. "
            "Keep the Secret that it was handed, and call reveal() only where the value is sent."
        )


def _contents(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.iterdir()):
        yield path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                yield from (archive.read(name) for name in archive.namelist())


def _bare(learner: Any) -> Any:
    """A copy without its callback, which belongs to the process that made it."""
    bare = copy.copy(learner)
    if hasattr(bare, "progress"):
        bare.progress = None
    return bare


def _saved_versions(folder: Path) -> dict[str, str]:
    description = json.loads((folder / "learner.json").read_text(encoding="utf-8"))
    return cast("dict[str, str]", description["versions"])


def _trusted_types() -> list[str]:
    added = [name for spec in learners().values() for name in spec.trusted_types]
    return [*OUR_TYPES, *LIBRARY_TYPES, *added]


def _weights_type(path: str) -> Any:
    """The class, only if it is one that the checked list makes: a file must not choose what is imported."""
    allowed = {spec.factory.replace(":", ".") for spec in learners().values()}
    if path not in allowed:
        raise UnreadableModel(
            f"{path} is no learner of the checked list. Install the package that brings it."
        )
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


def _put_in_place(beside: Path, target: Path) -> None:
    # A folder cannot be renamed over a full one: the old one steps aside first.
    old = target.with_name(f"{beside.name}.old")
    if target.exists():
        os.rename(target, old)
    os.rename(beside, target)
    shutil.rmtree(old, ignore_errors=True)


def _type_name(learner: Any) -> str:
    return f"{type(learner).__module__}.{type(learner).__qualname__}"


def _own_checksum(description: dict[str, Any]) -> str:
    """SHA-256 of learner.json without its own checksum, whatever its white space."""
    rest = {name: value for name, value in description.items() if name != "checksum"}
    as_read = json.loads(json.dumps(rest))  # numbers that are keys are texts once they have been in a file
    return hashlib.sha256(json.dumps(as_read, sort_keys=True).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _versions() -> dict[str, str]:
    found = {}
    for package in ("scikit-learn", "numpy", "skops", "torch", "assay-labeling"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
