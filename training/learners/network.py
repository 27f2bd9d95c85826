"""A small convolutional network, the loop written out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt
import torch
from sklearn.model_selection import train_test_split
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn
from torch.nn import functional

from training.learners.augmentation import Augmentation, augment
from training.learners.base import FloatArray, Progress, check_training, check_weights
from training.learners.classifier import ItemClassifier
from training.learners.clock import Clock
from training.learners.errors import InvalidRows, LearnerError
from training.learners.features import check_rows
from training.learners.threads import one_thread_if

IMAGES_PER_BATCH = 1_024  # of predict_proba
MIN_ROWS_TO_SPLIT = 300  # below, a tenth held out is too few to measure by, and missed in training
MAX_VALIDATION_ROWS = 2_000
N_CHECKS = 20  # looks at the held-out rows in a whole fit
# With few labels more passes teach nothing new; 200 labels x 60 passes are about 100 steps of 128.
MAX_PASSES = 60
MIN_STEPS = 300
LAST_SIDE = 8
PIXELS_WORTH_THREADS = 50_000  # of a batch; 128 images of 20 x 20


class ConvNet(nn.Module):
    """Blocks of 3x3 convolutions that halve the image until its shorter side is 8 or less, then two dense layers.

    B batch, C channels in (1 or 3), H x W the image, K classes. Pooling comes before normalization
    and ReLU: it commutes with ReLU and leaves a quarter of the work to both.
    """

    def __init__(self, n_channels: int, height: int, width: int, n_classes: int, dropout: float) -> None:
        super().__init__()
        blocks: list[nn.Module] = []
        n_in, n_out = n_channels, 16 if n_channels == 1 else 32
        while len(blocks) < 2 or min(height, width) > LAST_SIDE:
            is_halved = min(height, width) >= 6
            blocks.append(
                nn.Sequential(
                    nn.Conv2d(n_in, n_out, 3, padding=1, bias=False),
                    nn.MaxPool2d(2) if is_halved else nn.Identity(),
                    nn.BatchNorm2d(n_out),
                    nn.ReLU(),
                )
            )
            if is_halved:
                height, width = height // 2, width // 2
            n_in, n_out = n_out, min(128, n_out * 2)
        if max(height, width) > LAST_SIDE:
            # A long image: its longer side would make the dense layer as long.
            height, width = min(height, LAST_SIDE), min(width, LAST_SIDE)
            blocks.append(nn.AdaptiveAvgPool2d((height, width)))
        self.blocks = nn.Sequential(*blocks)
        self.dense = nn.Linear(n_in * height * width, 128)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(128, n_classes)

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W)
        x = self.blocks(x)  # (B, D, h, w), both sides 8 at most
        x = functional.relu(self.dense(x.flatten(1)))  # (B, 128)
        return cast("Tensor", self.head(self.dropout(x)))  # (B, K) logits


class SimpleCNN(ItemClassifier):
    """A convolutional classifier of images of any one size, grey or colour, trained from scratch.

    X is uint8 of shape (n, height, width) or (n, height, width, 3) and stays so in memory; each
    batch is made into numbers on the device. Unlabeled rows (y -1 or None) and rows of weight 0
    are left out. AdamW, one warm-up and a cosine down to zero (Loshchilov and Hutter 2019).

    With 300 labels or more a stratified tenth (2,000 at most) is held out of training: the weights
    with the least log-loss there are kept, and `patience` checks without gain end the fit (there are
    20 in a whole fit). Pass `validation=(X, y)` to fit to use other held-out labels, such as human
    ones where y holds pseudo-labels. With fewer labels all are trained on, to the end.

    n_steps        at most; few labels take fewer, see steps_for
    batch_size     images a step
    augmentation   "none", "shift" (a tenth of the side) or "affine" (also +-15 degrees, +-10% size, shear)
    flip           mirror at random
    progress       called with (step, n_steps, seconds left) four times a second; what it raises stops the fit

    After fit: `classes_` (sorted), `net_`, `n_steps_` done, `stop_reason_` (a sentence), `history_`
    (one dict per check: step, train_loss, and validation_loss, validation_accuracy or None).
    Same seed, machine and threads: same weights. Memory: X once more for the training rows (a byte
    a pixel), and about 40 kB a grey image of 28 x 28 in a batch.
    Raises TooFewLabels and InvalidRows.
    """

    item_type = "image"

    def __init__(
        self,
        n_steps: int = 1_500,
        batch_size: int = 128,
        learning_rate: float = 0.003,
        dropout: float = 0.4,
        augmentation: Augmentation = "none",
        flip: bool = False,
        patience: int = 8,
        random_state: int = 0,
        device: str = "cpu",
        progress: Progress | None = None,
        classes: Sequence[Any] | None = None,
    ) -> None:
        self.n_steps = n_steps
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.dropout = dropout
        self.augmentation = augmentation
        self.flip = flip
        self.patience = patience
        self.random_state = random_state
        self.device = device
        self.progress = progress
        self.classes = classes

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, validation: tuple[Any, Any] | None = None
    ) -> Self:
        images = check_rows(X, item_type="image")
        mask = check_training(X, y, self.classes)
        weights = check_weights(sample_weight, mask)
        if weights is None:
            weights = np.ones(len(mask))
        labels = np.asarray(np.asarray(y)[mask].tolist())
        self.classes_, columns = np.unique(labels, return_inverse=True)
        rows = np.flatnonzero(mask)
        is_used = weights[rows] > 0
        rows, columns = rows[is_used], columns[is_used]

        train, held = np.arange(len(rows)), None
        if validation is not None:
            held = self._validation(*validation)
        elif split := split_off(
            columns, min_rows=MIN_ROWS_TO_SPLIT, max_held=MAX_VALIDATION_ROWS, random_state=self.random_state
        ):
            train = split[0]
            held = self._batchable(images[rows[split[1]]], columns[split[1]])
        data = self._batchable(images[rows[train]], columns[train])
        row_weights = torch.as_tensor(weights[rows[train]], dtype=torch.float32, device=self.device)

        # The weights, dropout and batches.
        with seeded(self.random_state, self.device), threads_for(self.batch_size, images):
            self._train(*data, row_weights, held)
        return self

    def _train(
        self, images: Tensor, columns: Tensor, row_weights: Tensor, held: tuple[Tensor, Tensor] | None
    ) -> None:
        n, n_channels, height, width = images.shape  # uint8
        self.image_shape_: tuple[int, ...] = (n_channels, height, width)
        net = ConvNet(n_channels, height, width, len(self.classes_), self.dropout).to(self.device)
        # Channels last: half the time of a step on a CPU, and what tensor cores want.
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        n_steps = steps_for(n, n_steps=self.n_steps, batch_size=self.batch_size)
        optimizer = torch.optim.AdamW(net.parameters(), lr=self.learning_rate, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=self.learning_rate, total_steps=n_steps + 1, pct_start=0.2
        )
        steps_per_check = max(1, n_steps // N_CHECKS)
        checks = _Checks(net, held, self.patience)
        self.history_: list[dict[str, Any]] = checks.history
        self.stop_reason_ = f"All {n_steps} steps are done."
        clock = Clock(self.progress, n_steps)
        order = torch.empty(0, dtype=torch.int64)
        net.train()

        for step in range(n_steps):
            clock.tick(step)
            # The next rows of a shuffled pass; a new pass where the last is used up.
            if len(order) < min(self.batch_size, n):
                order = torch.randperm(n)
            batch, order = order[: self.batch_size].to(self.device), order[self.batch_size :]  # (B,)

            # Whole images are copied; images[batch] walks pixel by pixel and takes 30 times as long.
            pixels = numbers(images.index_select(0, batch))  # (B, C, H, W)
            x = augment(pixels, self.augmentation, is_flipped=self.flip)
            losses = functional.cross_entropy(net(x), columns[batch], reduction="none")  # (B,)
            loss = (losses * row_weights[batch]).sum() / row_weights[batch].sum()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()

            if (step + 1) % steps_per_check == 0 or step + 1 == n_steps:
                checks.look(step + 1, loss.item())
                if checks.is_enough():
                    self.stop_reason_ = (
                        f"Stopped after {step + 1} of {n_steps} steps: {self.patience} checks in a row "
                        "without a lower log-loss on held-out labels."
                    )
                    break

        checks.restore_best()
        self.n_steps_ = self.history_[-1]["step"]
        self.net_ = net.eval()
        clock.finish()

    def predict_proba(self, X: Any) -> FloatArray:
        check_is_fitted(self)
        images = check_rows(X, item_type="image")
        n_channels, height, width = self.image_shape_
        shape = (height, width) if n_channels == 1 else (height, width, n_channels)
        if images.shape[1:] != shape:
            raise InvalidRows(
                f"Images have shape {images.shape[1:]}; this network was trained on {shape}. Resize them to that."
            )
        probabilities = np.empty((len(images), len(self.classes_)))
        with torch.inference_mode():
            for start in range(0, len(images), IMAGES_PER_BATCH):
                batch = slice(start, start + IMAGES_PER_BATCH)
                logits = self.net_(numbers(_channels_first(images[batch]).to(self.device)))  # (B, K)
                probabilities[batch] = logits.double().softmax(dim=1).cpu().numpy()
        return probabilities

    def save_weights(self, folder: Path) -> dict[str, Any]:
        """Writes weights.npz; returns the JSON that load_weights needs beside it."""
        check_is_fitted(self)
        arrays = {name: value.cpu().numpy() for name, value in self.net_.state_dict().items()}
        np.savez(folder / "weights.npz", allow_pickle=False, **arrays)
        params = self.get_params(deep=False)
        settings = {name: params[name] for name in params if name not in ("progress", "classes", "device")}
        return settings | {"classes_": self.classes_.tolist(), "image_shape_": list(self.image_shape_)}

    @classmethod
    def load_weights(cls, folder: Path, settings: dict[str, Any]) -> Self:
        """The network as it was saved, on the CPU."""
        fitted = {name: value for name, value in settings.items() if name.endswith("_")}
        learner = cls(**{name: value for name, value in settings.items() if name not in fitted})
        learner.classes_ = np.asarray(fitted["classes_"])
        learner.image_shape_ = tuple(fitted["image_shape_"])
        n_channels, height, width = learner.image_shape_
        net = ConvNet(n_channels, height, width, len(learner.classes_), learner.dropout)
        with np.load(folder / "weights.npz", allow_pickle=False) as arrays:
            net.load_state_dict({name: torch.from_numpy(arrays[name]) for name in arrays.files})
        learner.net_ = net.to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
        return learner

    def _batchable(self, images: npt.NDArray[np.uint8], columns: npt.NDArray[Any]) -> tuple[Tensor, Tensor]:
        tensor = _channels_first(images).to(self.device)  # (n, C, H, W) uint8
        return tensor, torch.as_tensor(columns, dtype=torch.int64, device=self.device)

    def _validation(self, X: Any, y: Any) -> tuple[Tensor, Tensor]:
        images = check_rows(X, item_type="image")
        position = {name: column for column, name in enumerate(self.classes_.tolist())}
        labels = np.asarray(y).tolist()
        if len(labels) == 0 or any(label not in position for label in labels):
            raise LearnerError("validation must hold labels, and only of classes that are trained on.")
        return self._batchable(images, np.array([position[label] for label in labels]))


class _Checks:
    """Looks at the held-out rows during a fit; the weights with the least log-loss there are kept."""

    def __init__(self, net: nn.Module, held: tuple[Tensor, Tensor] | None, patience: int) -> None:
        self.net = net
        self.held = held
        self.patience = patience
        self.history: list[dict[str, Any]] = []
        self.best_loss = float("inf")
        self.best_weights: dict[str, Tensor] | None = None
        self.n_without_gain = 0

    def look(self, step: int, train_loss: float) -> None:
        check: dict[str, Any] = {"step": step, "train_loss": train_loss}
        if self.held is not None:
            loss, accuracy = _measure(self.net, *self.held)
            self.net.train()
            check |= {"validation_loss": loss, "validation_accuracy": accuracy}
            if loss < self.best_loss:
                self.best_loss, self.n_without_gain = loss, 0
                self.best_weights = {name: value.clone() for name, value in self.net.state_dict().items()}
            else:
                self.n_without_gain += 1
        self.history.append(check)

    def is_enough(self) -> bool:
        return self.n_without_gain >= self.patience

    def restore_best(self) -> None:
        if self.best_weights is not None:
            self.net.load_state_dict(self.best_weights)


def split_off(
    columns: npt.NDArray[Any], *, min_rows: int, max_held: int, random_state: int
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]] | None:
    """(training, held-out) positions in (n,) columns from 0 on, or None where labels are too few to spare any.

    A stratified tenth is held out, max_held at most and as many as there are classes at least. None for fewer
    than min_rows, or where a class has one label only.
    """
    counts = np.bincount(columns)
    if len(columns) < min_rows or counts.min() < 2:
        return None
    n_held = max(len(counts), min(max_held, len(columns) // 10))
    train, held = train_test_split(
        np.arange(len(columns)), test_size=n_held, stratify=columns, random_state=random_state
    )
    return train, held


def steps_for(n_rows: int, *, n_steps: int, batch_size: int) -> int:
    """The steps worth doing: 60 passes over few rows (300 steps at least), never more than n_steps."""
    passes = MAX_PASSES * n_rows // batch_size
    return min(n_steps, max(MIN_STEPS, passes))


def numbers(images: Tensor) -> Tensor:
    """uint8 (B, C, H, W) -> float32 centred on 0, about -1 to 1."""
    return images.float().sub_(127.5).div_(127.5).contiguous(memory_format=torch.channels_last)


def _channels_first(images: npt.NDArray[np.uint8]) -> Tensor:
    if images.ndim == 3:
        return torch.tensor(images)[:, None]  # (n, 1, H, W)
    return torch.tensor(np.moveaxis(images, 3, 1))  # (n, 3, H, W)


def _measure(net: nn.Module, images: Tensor, columns: Tensor) -> tuple[float, float]:
    """(log-loss, accuracy) on held-out rows."""
    net.eval()
    with torch.inference_mode():
        logits = torch.cat([net(numbers(part)) for part in torch.split(images, IMAGES_PER_BATCH)])  # (n, K)
    return functional.cross_entropy(logits, columns).item(), (
        logits.argmax(1) == columns
    ).double().mean().item()


@contextmanager
def seeded(random_state: int, device: str) -> Iterator[None]:
    """Draws of torch start from this seed within, and the caller's random state is left as it was."""
    with torch.random.fork_rng(devices=[] if device == "cpu" else [torch.device(device)]):
        torch.manual_seed(random_state)
        yield


def threads_for(batch_size: int, rows: npt.NDArray[Any]) -> AbstractContextManager[None]:
    """One thread while a step is small."""
    return one_thread_if(batch_size * math.prod(rows.shape[1:3]) < PIXELS_WORTH_THREADS)
