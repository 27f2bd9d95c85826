"""Pretrained networks from local files as features of images and texts. Nothing is ever fetched.

Files lie in the folder that ASSAY_BACKBONES names: state dicts of torch (*.pt, *.pth) for images,
folders of sentence-transformers for texts. A package adds an architecture with an entry point whose
value is a callable that returns a torch module, (B, 3, S, S) -> (B, D):

    [project.entry-points."assay.backbones"]
    my_net = "my_package:make_net"
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import torch
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn
from torch.nn import functional

from training.learners.base import FloatArray, Progress, check_training, check_weights, take_rows
from training.learners.built_in.pretraining import ENTRY_POINT_GROUP, backbone_folder
from training.learners.classifier import ItemClassifier
from training.learners.classifiers import logistic_regression
from training.learners.clock import Clock
from training.learners.deep.data import network_input
from training.learners.errors import LearnerError, UnreadableModel
from training.learners.features import check_rows
from training.learners.resnet import RESNETS
from training.learners.saving import dump_skops, load_skops

IMAGES_PER_BATCH = 64
TEXTS_PER_BATCH = 256
# Of ImageNet's pixels from 0 to 1, by channel: what published weights were trained with.
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class FrozenFeatures(ItemClassifier):
    """Logistic regression on what a pretrained network makes of the items; the network does not learn.

    Subclasses say in `_source` which file that is and in `_vectors` what it makes of a batch. Unlabeled
    rows are left out. After fit: `classes_` (sorted), `classifier_`, `fingerprint_` (SHA-256 of the
    file, which a saved model asks for when it is loaded). Memory: 4 bytes x labeled rows x D, and one
    batch in the network. Raises TooFewLabels, InvalidRows and LearnerError.
    """

    item_type: str
    rows_per_batch: int

    def __init__(
        self,
        C: float,
        random_state: int,
        device: str,
        progress: Progress | None,
        classes: Sequence[Any] | None,
    ) -> None:
        self.C = C
        self.random_state = random_state
        self.device = device
        self.progress = progress
        self.classes = classes

    def _source(self) -> str:
        """Name of the file or folder in ASSAY_BACKBONES."""
        raise NotImplementedError

    def _load(self, path: Path) -> Any:
        """The network, ready to use. Raises LearnerError."""
        raise NotImplementedError

    def _vectors(self, network: Any, rows: Any) -> npt.NDArray[np.float32]:
        """(B, D) for a batch of checked rows."""
        raise NotImplementedError

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        mask = check_training(X, y, self.classes)
        weights = check_weights(sample_weight, mask)
        labels = np.asarray(np.asarray(y)[mask].tolist())
        path = backbone_path(self._source())
        self._network, self.fingerprint_ = self._load(path), fingerprint(path)
        vectors = self._transform(take_rows(X, mask), self.progress)
        regression = logistic_regression(random_state=self.random_state, C=self.C, balanced=False)
        self.classifier_ = make_pipeline(StandardScaler(), regression)
        given = {} if weights is None else {"logisticregression__sample_weight": weights[mask]}
        self.classifier_.fit(vectors, labels, **given)
        self.classes_ = self.classifier_.classes_
        if self.progress is not None:
            self.progress(len(vectors), len(vectors), 0.0)
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        check_is_fitted(self)
        found: FloatArray = self.classifier_.predict_proba(self._transform(X, None)).astype(np.float64)
        found /= found.sum(axis=1, keepdims=True)
        return found

    def save_weights(self, folder: Path) -> dict[str, Any]:
        """Writes classifier.skops; the pretrained file itself is not copied, only its fingerprint kept."""
        check_is_fitted(self)
        dump_skops(self.classifier_, folder / "classifier.skops")
        params = self.get_params(deep=False)
        settings = {name: params[name] for name in params if name not in ("progress", "classes", "device")}
        return settings | {"fingerprint_": self.fingerprint_}

    @classmethod
    def load_weights(cls, folder: Path, settings: dict[str, Any]) -> Self:
        """The learner as it was saved, on the CPU. Raises UnreadableModel without the very same pretrained file."""
        learner = cls(**{name: value for name, value in settings.items() if not name.endswith("_")})
        learner.fingerprint_ = settings["fingerprint_"]
        try:
            path = backbone_path(learner._source())
        except LearnerError as error:
            raise UnreadableModel(f"This model needs its pretrained file. {error}") from None
        if fingerprint(path) != learner.fingerprint_:
            raise UnreadableModel(
                f"{path.name} is not the file that this model was trained with. Put that one back, or train again."
            )
        learner._network = learner._load(path)
        learner.classifier_ = load_skops(folder / "classifier.skops")
        learner.classes_ = learner.classifier_.classes_
        return learner

    def _transform(self, X: Any, progress: Progress | None) -> npt.NDArray[np.float32]:
        """(n, D) float32, batch by batch; `progress` may stop it between two."""
        clock = Clock(progress, len(X))
        parts = []
        for start in range(0, len(X), self.rows_per_batch):
            clock.tick(start)
            rows = take_rows(X, np.arange(start, min(start + self.rows_per_batch, len(X))))
            parts.append(self._vectors(self._network, check_rows(rows, item_type=self.item_type)))
        return np.concatenate(parts)


class BackboneClassifier(FrozenFeatures):
    """A network that somebody trained on other images, as features, and logistic regression on them.

    Images are scaled to input_size x input_size, grey ones repeated in three channels, and normalized
    as ImageNet's (that is what published weights expect).

    weights       name of a state dict in the folder ASSAY_BACKBONES, read with weights_only=True
    architecture  "resnet18", "resnet34", "resnet50" (keys as torchvision names them), or the name of
                  an entry point in "assay.backbones"; a last layer named fc is left out
    input_size    side in pixels
    C             inverse strength of regularization
    The rest as in FrozenFeatures.
    """

    item_type = "image"
    rows_per_batch = IMAGES_PER_BATCH

    def __init__(
        self,
        weights: str,
        architecture: str = "resnet18",
        input_size: int = 224,
        C: float = 0.1,
        random_state: int = 0,
        device: str = "cpu",
        progress: Progress | None = None,
        classes: Sequence[Any] | None = None,
    ) -> None:
        super().__init__(C=C, random_state=random_state, device=device, progress=progress, classes=classes)
        self.weights = weights
        self.architecture = architecture
        self.input_size = input_size

    def _source(self) -> str:
        return self.weights

    def _load(self, path: Path) -> nn.Module:
        return load_backbone(self.architecture, path).to(self.device)

    def _vectors(self, network: nn.Module, rows: Any) -> npt.NDArray[np.float32]:
        x = (network_input(torch.tensor(rows, device=self.device)) + 1) / 2  # (B, C, H, W) in [0, 1]
        x = x.expand(-1, 3, -1, -1)
        if tuple(x.shape[2:]) != (self.input_size, self.input_size):
            size = (self.input_size, self.input_size)
            x = functional.interpolate(x, size=size, mode="bilinear", align_corners=False, antialias=True)
        mean, deviation = (x.new_tensor(values).view(1, 3, 1, 1) for values in (MEAN, DEVIATION))
        with torch.inference_mode():
            found: npt.NDArray[np.float32] = network((x - mean) / deviation).float().cpu().numpy()
        return found


class SentenceEncoderClassifier(FrozenFeatures):
    """A sentence encoder from a local folder as features of texts, and logistic regression on them.

    Needs the package sentence-transformers, which Assay does not install. The folder is read with
    local_files_only, without code of its own, and from safetensors files only.

    folder  name of the encoder's folder in ASSAY_BACKBONES
    C       inverse strength of regularization
    The rest as in FrozenFeatures.
    """

    item_type = "text"
    rows_per_batch = TEXTS_PER_BATCH

    def __init__(
        self,
        folder: str,
        C: float = 1.0,
        random_state: int = 0,
        device: str = "cpu",
        progress: Progress | None = None,
        classes: Sequence[Any] | None = None,
    ) -> None:
        super().__init__(C=C, random_state=random_state, device=device, progress=progress, classes=classes)
        self.folder = folder

    def _source(self) -> str:
        return self.folder

    def _load(self, path: Path) -> Any:
        try:
            sentence_transformers = import_module("sentence_transformers")
        except ImportError:
            raise LearnerError(
                "The sentence encoder needs the package sentence-transformers, which is not installed. "
                "Install it beside Assay: pip install sentence-transformers"
            ) from None
        return sentence_transformers.SentenceTransformer(
            str(path),
            device=self.device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"use_safetensors": True},
        )

    def _vectors(self, network: Any, rows: Any) -> npt.NDArray[np.float32]:
        found = network.encode(
            rows, convert_to_numpy=True, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(found, dtype=np.float32)


# --- files --------------------------------------------------------------------------------------------


def backbone_path(name: str) -> Path:
    """Where this file or folder lies. Raises LearnerError if it is not in ASSAY_BACKBONES."""
    folder = backbone_folder()
    if folder is None:
        raise LearnerError(
            "No folder of pretrained networks is set. Put the files into one and name it in ASSAY_BACKBONES."
        )
    path = folder / name
    if Path(name).name != name or name in ("", ".", "..") or not path.exists():
        raise LearnerError(
            f"There is no {name!r:.80} in the folder that ASSAY_BACKBONES names. Put it there."
        )
    return path


def load_backbone(architecture: str, path: Path) -> nn.Module:
    """The network with the weights of a state dict, to be used and not trained.

    A dict under "state_dict" or "model" is taken out, and a prefix "module." left away. Raises
    LearnerError for a file that holds more than tensors, and where names or shapes do not fit.
    """
    net = _architecture(architecture)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise LearnerError(f"{path.name} cannot be read as weights alone: {reason:.200}") from None
    for key in ("state_dict", "model"):
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise LearnerError(f"{path.name} holds no state dict; it must map names of weights to tensors.")
    wanted = net.state_dict()
    given = {name.removeprefix("module."): value for name, value in state.items()}
    given = {name: value for name, value in given.items() if name in wanted or not name.startswith("fc.")}
    missing = sorted(
        name for name in wanted if name not in given and not name.endswith("num_batches_tracked")
    )
    strange = sorted(set(given) - set(wanted))
    misshapen = sorted(name for name in wanted if name in given and given[name].shape != wanted[name].shape)
    for names, problem in ((missing, "lacks"), (strange, "also holds"), (misshapen, "has other shapes of")):
        if names:
            raise LearnerError(
                f"{path.name} is no {architecture}: it {problem} {', '.join(names[:3])}"
                f"{' and others' if len(names) > 3 else ''}. Choose the architecture that it was saved from."
            )
    net.load_state_dict(given, strict=False)
    return net.eval().requires_grad_(False)


def fingerprint(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of all files in a folder."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for part in sorted(path.rglob("*")):
        if part.is_file():
            digest.update(f"{part.relative_to(path).as_posix()} {fingerprint(part)}\n".encode())
    return digest.hexdigest()


def _architecture(name: str) -> nn.Module:
    if name in RESNETS:
        return RESNETS[name]()
    for entry in entry_points(group=ENTRY_POINT_GROUP, name=name):
        net = entry.load()()
        if not isinstance(net, nn.Module):
            raise LearnerError(f"The entry point {name} in {ENTRY_POINT_GROUP} makes no torch module.")
        return net
    raise LearnerError(f"There is no architecture {name!r:.60}. There are: {', '.join(RESNETS)}.")
