"""Pretraining on the pool, and networks from local files: what they gain, and what they refuse."""

from __future__ import annotations

import math
import pickle
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

from training.learners.backbones import BackboneClassifier, SentenceEncoderClassifier, load_backbone
from training.learners.built_in.pretraining import backbone_folder, backbone_specs
from training.learners.errors import LearnerError, UnreadableModel
from training.learners.pretraining import PretrainedCNN, contrast
from training.learners.resnet import RESNETS


def digits(n: int) -> tuple[np.ndarray, np.ndarray]:
    bunch = load_digits()
    return (bunch.images[:n] * 15.9).astype(np.uint8), bunch.target[:n]


def test_the_pool_teaches_the_network_before_the_labels_do() -> None:
    X, y = digits(700)
    is_known = np.zeros(700, dtype=bool)
    for label in range(10):
        is_known[np.flatnonzero(y == label)[:2]] = True
    settings: dict[str, Any] = {"n_steps": 40, "batch_size": 20, "augmentation": "none", "dropout": 0.2}

    pretrained = PretrainedCNN(n_pretraining_steps=150, pretraining_batch=64, **settings)
    pretrained.fit(X, np.where(is_known, y, -1))
    alone = PretrainedCNN(**settings).fit(X[is_known], y[is_known])

    rest = ~is_known
    gained = (pretrained.predict(X)[rest] == y[rest]).mean() - (alone.predict(X)[rest] == y[rest]).mean()
    assert gained > 0.02
    assert pretrained.pretraining_loss_ < math.log(2 * 64 - 1)
    assert math.isnan(alone.pretraining_loss_)


def test_the_contrast_is_least_where_both_views_agree_and_others_do_not() -> None:
    unit = torch.eye(6)

    agreed = contrast(torch.cat([unit, unit]), 0.1)
    mixed_up = contrast(torch.cat([unit, unit.roll(1, 0)]), 0.1)
    guessing = contrast(torch.ones(12, 4), 0.1)

    assert agreed < 0.01 < guessing < mixed_up
    assert guessing.item() == pytest.approx(math.log(11), rel=1e-4)


# --- networks from local files ------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the weights of an untrained ResNet-18, last layer included, as published files have it."""
    torch.manual_seed(0)
    path = tmp_path / "backbones"
    path.mkdir()
    state = {f"module.{name}": value for name, value in RESNETS["resnet18"]().state_dict().items()}
    state |= {"module.fc.weight": torch.zeros(1000, 512), "module.fc.bias": torch.zeros(1000)}
    torch.save({"state_dict": state}, path / "net.pth")
    monkeypatch.setenv("ASSAY_BACKBONES", str(path))
    return path


def stripes(n: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Upright and lying stripes."""
    y = np.arange(n) % 2
    X = np.random.default_rng(0).integers(0, 40, (n, 16, 16), dtype=np.uint8)
    X[y == 0, :, ::4] += 200
    X[y == 1, ::4, :] += 200
    return X, np.array(["up", "flat"])[y]


def test_a_frozen_network_from_a_file_gives_features(folder: Path, tmp_path: Path) -> None:
    X, y = stripes()
    known = np.where(np.arange(16) < 8, y.astype(object), np.array(None))

    learner = BackboneClassifier("net.pth", input_size=32).fit(X, known)

    assert (learner.predict(X) == y).all()
    assert np.allclose(learner.predict_proba(X).sum(axis=1), 1)
    settings = learner.save_weights(tmp_path)
    again = BackboneClassifier.load_weights(tmp_path, settings)
    assert np.allclose(again.predict_proba(X), learner.predict_proba(X))
    with (folder / "net.pth").open("ab") as file:
        file.write(b"more")
    with pytest.raises(UnreadableModel, match="is not the file that this model was trained with"):
        BackboneClassifier.load_weights(tmp_path, settings)


class Harmful:
    def __reduce__(self) -> tuple[Any, ...]:
        return (print, ("this must not run",))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (Harmful(), "cannot be read as weights alone"),
        ({"conv1.weight": torch.zeros(1)}, "is no resnet18: it lacks bn1.bias"),
        ([1, 2], "holds no state dict"),
        (None, "holds no state dict"),
        ("bytes", "cannot be read as weights alone"),
        ("pickle", "cannot be read as weights alone"),
        ("resnet34", "is no resnet18: it also holds layer1.2.bn1.bias"),
    ],
)
def test_a_file_that_is_no_fitting_state_dict_is_refused_and_runs_nothing(
    content: Any, sentence: str, tmp_path: Path, capsys: Any
) -> None:
    path = tmp_path / "net.pth"
    if content == "bytes":
        path.write_bytes(b"no network")
    elif content == "pickle":
        path.write_bytes(pickle.dumps(Harmful(), protocol=2))
    elif content == "resnet34":
        torch.save(RESNETS["resnet34"]().state_dict(), path)
    else:
        torch.save(content, path)

    with pytest.raises(LearnerError, match=sentence):
        load_backbone("resnet18", path)

    assert "must not run" not in capsys.readouterr().out


def test_bottlenecks_have_the_published_names_and_number_of_weights() -> None:
    state = RESNETS["resnet50"]().state_dict()

    assert {"layer1.0.downsample.0.weight", "layer4.2.conv3.weight", "bn1.running_var"} <= set(state)
    # 25,557,032 with its last layer of 1,000 classes, as published.
    n_weights = sum(value.numel() for value in RESNETS["resnet50"]().parameters())
    assert n_weights + 2048 * 1000 + 1000 == 25_557_032


def test_only_files_that_are_there_are_offered(folder: Path, tmp_path: Path) -> None:
    (folder / "minis").mkdir()
    (folder / "minis" / "modules.json").write_text("[]")

    image, text = backbone_specs(backbone_folder())

    assert (image.name, image.params[0].choices) == ("backbone", ("net.pth",))
    assert (text.name, text.params[0].choices) == ("sentence_encoder", ("minis",))
    assert backbone_specs(None) == ()
    assert backbone_specs(tmp_path) == ()


@pytest.mark.parametrize("name", ["other.pth", "../net.pth", "/etc/passwd", "", ".."])
def test_files_outside_the_folder_are_not_read(folder: Path, name: str) -> None:
    (folder.parent / "net.pth").write_bytes(b"")
    X, y = stripes()

    with pytest.raises(LearnerError, match="in the folder that ASSAY_BACKBONES names"):
        BackboneClassifier(name).fit(X, y)


def test_without_a_folder_it_says_where_to_put_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASSAY_BACKBONES", raising=False)
    X, y = stripes()

    with pytest.raises(LearnerError, match="name it in ASSAY_BACKBONES"):
        BackboneClassifier("net.pth").fit(X, y)


def test_an_unknown_architecture_is_refused_with_what_there_is(folder: Path) -> None:
    with pytest.raises(LearnerError, match=r"There are: resnet18, resnet34, resnet50"):
        load_backbone("alexnet", folder / "net.pth")


def test_progress_stops_between_batches(folder: Path) -> None:
    X, y = stripes()

    class StopHere(Exception):
        pass

    def stop(step: int, n_steps: int, seconds_left: float | None) -> None:
        raise StopHere

    with pytest.raises(StopHere):
        BackboneClassifier("net.pth", input_size=32, progress=stop).fit(X, y)


def test_an_architecture_of_another_package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Means(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cat([x.mean(dim=(1, 2)), x.mean(dim=(1, 3))], dim=1)

    torch.save({}, folder / "means.pt")
    entry = SimpleNamespace(name="means", load=lambda: Means)
    monkeypatch.setattr("training.learners.backbones.entry_points", lambda **found: [entry])
    X, y = stripes()

    learner = BackboneClassifier("means.pt", architecture="means", input_size=16, C=1.0).fit(X, y)

    assert (learner.predict(X) == y).all()


def test_without_the_sentence_package_it_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "minis").mkdir()
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)

    with pytest.raises(LearnerError, match="pip install sentence-transformers"):
        SentenceEncoderClassifier("minis").fit(["a", "b"], [0, 1])


def test_a_sentence_encoder_is_read_from_its_folder_only(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[dict[str, Any]] = []

    class Encoder:
        def __init__(self, path: str, **settings: Any) -> None:
            opened.append({"path": path, **settings})

        def encode(self, texts: list[str], **settings: Any) -> np.ndarray:
            return np.array([[text.count("a"), text.count("b")] for text in texts], dtype=np.float32)

    (folder / "minis").mkdir()
    (folder / "minis" / "config.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "sentence_transformers", SimpleNamespace(SentenceTransformer=Encoder))

    learner = SentenceEncoderClassifier("minis").fit(["aa", "bb", "aab", "?"], [0, 1, 0, -1])

    assert learner.predict(["aaa", "bbb"]).tolist() == [0, 1]
    (settings,) = opened
    assert settings["path"] == str(folder / "minis")
    assert settings["local_files_only"] is True
    assert settings["trust_remote_code"] is False
    assert settings["model_kwargs"] == {"use_safetensors": True}
