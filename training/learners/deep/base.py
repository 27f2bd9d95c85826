"""What every deep learner shares: checks, batches, the loop, averaged weights, prediction, saving."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import torch
from sklearn.utils.validation import check_is_fitted
from torch import Tensor, nn
from torch.nn import functional

from training.learners.augmentation import Augmentation, augment
from training.learners.base import FloatArray, Progress, check_training, check_weights, take_rows
from training.learners.classifier import ItemClassifier
from training.learners.clock import Clock
from training.learners.deep.data import Batches, IntArray, Rows
from training.learners.deep.early_stop import MAX_HELD, MIN_LABELS, EarlyStop, Held
from training.learners.deep.losses import decay_for
from training.learners.deep.nets import Average, make_net
from training.learners.errors import InvalidRows, LearnerError
from training.learners.features import check_rows, fit_features
from training.learners.network import seeded, split_off, threads_for
from training.learners.saving import dump_skops, load_skops

ROWS_PER_BATCH = 1_024  # of predict_proba
N_CHECKS = 20  # looks at the loss in a whole fit
MAX_DIMENSIONS = 2_000  # of vectors; longer series are reduced by PCA
WARM_UP = 0.1  # share of the steps in which the learning rate rises
WEIGHT_DECAY = 0.01
NOT_SAVED = ("progress", "classes", "device")


class Batch(NamedTuple):
    """What one step sees. S is (C, H, W) for images and (D,) for vectors."""

    x: Tensor  # (B, *S) labeled rows, as they are
    y: Tensor  # (B,) their columns
    weight: Tensor  # (B,) their weights
    u: Tensor  # (U, *S) unlabeled rows, as they are
    rows: IntArray  # (U,) their places among the unlabeled rows
    done: float  # share of the steps that are done, 0 to 1


class Data(NamedTuple):
    """What a fit trains on: all rows, and which of them are labeled."""

    rows: Rows
    labeled: IntArray  # (n_labeled,) row numbers
    y: Tensor  # (n_labeled,) columns, on the device
    weight: Tensor  # (n_labeled,) on the device
    pool: IntArray  # (n_unlabeled,) row numbers
    held: Held | None = None  # labeled rows to stop by, none of them in `labeled`


Loss = Callable[[nn.Module, Batch], Tensor]


class DeepLearner(ItemClassifier):
    """A network trained on labeled and unlabeled rows, by a loss that each method writes out in `_loss`.

    X is uint8 images, texts, a table or float32 series, see training/learners/base.py. Images go through
    the convolutions of SimpleCNN; the others become the vectors of training/learners/features.py
    (fitted on all rows, one scale for all columns; texts 200 latent semantics) and go through two dense layers. Unlabeled rows
    have y -1 or None. sample_weight counts in the loss of labeled rows; rows of weight 0 are left out.

    With no unlabeled row the loss is the cross-entropy of the labels: the same network, supervised.

    n_steps        each sees batch_size rows; all are done unless `patience` ends the fit
    labeled_share  of each batch that is labeled rows, however few there are; the rest is unlabeled rows
    learning_rate  at its peak, after a tenth of the steps; then cos(7/16 pi t) as in FixMatch
    dropout        share of units switched off
    augmentation   of images, for the weak view: "none", "shift" or "affine"; see augmentation.py
    flip           mirror images at random
    noise          of vectors, for the weak view: standard deviation added; columns have about 1
    patience       0: all steps are done on all labels. Else, from 200 labels on, a stratified tenth of them
                   (1,000 at most) is held out of training; the weights with the fewest errors there are kept,
                   and so many checks in a row without gain end the fit (there are 20 in a whole one)
    item_type      "image", "text", "table" or "series"
    progress       called with (step, n_steps, seconds left) four times a second; what it raises stops the fit

    After fit: `classes_` (sorted), `net_` (the moving average of the weights over about the last
    twentieth of the steps),
    `history_` (one dict per check: step, train_loss, and validation_error, validation_loss where rows are
    held out), `report_` (a sentence on the early stop, where it was asked for).
    Same seed, machine and threads: same weights. On CUDA: bfloat16, channels last.
    Memory: X itself, not copied (on CUDA one byte a pixel more there), for all but images
    4 bytes x rows x dimensions, 16 bytes x rows for the order of batches, and the activations of
    one batch: about 40 kB for a grey image of 28 x 28 and view.
    Raises TooFewLabels, InvalidRows, and LearnerError where the loss is no longer finite.
    """

    patience = 0  # of learners without that parameter

    def __init__(
        self,
        n_steps: int = 2_000,
        batch_size: int = 128,
        labeled_share: float = 0.25,
        learning_rate: float = 0.003,
        dropout: float = 0.4,
        augmentation: Augmentation = "shift",
        flip: bool = False,
        noise: float = 0.1,
        patience: int = 0,
        item_type: str = "image",
        random_state: int = 0,
        device: str = "cpu",
        progress: Progress | None = None,
        classes: Sequence[Any] | None = None,
    ) -> None:
        self.n_steps = n_steps
        self.batch_size = batch_size
        self.labeled_share = labeled_share
        self.learning_rate = learning_rate
        self.dropout = dropout
        self.augmentation = augmentation
        self.flip = flip
        self.noise = noise
        self.patience = patience
        self.item_type = item_type
        self.random_state = random_state
        self.device = device
        self.progress = progress
        self.classes = classes

    # --- what a method writes ------------------------------------------------------------------------

    def _begin(self, data: Data) -> None:
        """Whatever a method keeps from step to step, made anew; there are unlabeled rows."""

    def _loss(self, net: nn.Module, batch: Batch) -> Tensor:
        """The loss of one step, a scalar. `self.net_` is the moving average so far."""
        raise NotImplementedError

    # --- what methods share --------------------------------------------------------------------------

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        checked = check_rows(X, item_type=self.item_type)
        mask = check_training(X, y, self.classes)
        weights = check_weights(sample_weight, mask)
        if weights is None:
            weights = np.ones(len(mask))
        labels = np.asarray(np.asarray(y)[mask].tolist())
        self.classes_, columns = np.unique(labels, return_inverse=True)
        is_used = weights[mask] > 0

        clock = Clock(self.progress, self._n_steps_in_all())
        clock.tick(0)
        rows = Rows(checked if self.item_type == "image" else self._fit_vectors(checked), self.device)
        self.input_shape_ = rows.shape
        self.report_: list[str] = []
        labeled = np.flatnonzero(mask)[is_used]
        y_labeled = torch.as_tensor(columns[is_used], dtype=torch.int64, device=self.device)
        train, held = self._split(columns[is_used])
        data = Data(
            rows=rows,
            labeled=labeled[train],
            y=y_labeled[train],
            weight=torch.as_tensor(weights[labeled[train]], dtype=torch.float32, device=self.device),
            pool=np.flatnonzero(~mask & (weights > 0)),
            held=None if held is None else Held(labeled[held], y_labeled[held]),
        )
        # The weights, dropout and views.
        with seeded(self.random_state, self.device), threads_for(self.batch_size, rows.values):
            self._train(data, clock)
        clock.finish()
        return self

    def _split(self, columns: IntArray) -> tuple[IntArray, IntArray | None]:
        """(training, held-out) positions among the labels; None where nothing is held out."""
        everything = np.arange(len(columns))
        if not self.patience:
            return everything, None
        split = split_off(columns, min_rows=MIN_LABELS, max_held=MAX_HELD, random_state=self.random_state)
        if split is None:
            sentence = f"No early stop: there are {len(columns):,} labels. It wants {MIN_LABELS} at least, two of each class."
            self.report_.append(sentence)
            return everything, None
        return split

    def _train(self, data: Data, clock: Clock) -> None:
        """Sets `net_`. One loop; a method of several rounds overrides this."""
        if len(data.pool):
            self._begin(data)
            self._loop(data, self._loss, clock)
        else:
            self._loop(data, self._labels_alone, clock)

    def _n_steps_in_all(self) -> int:
        return self.n_steps

    def _loop(self, data: Data, loss_of: Loss, clock: Clock, start: int = 0) -> None:
        """n_steps steps from fresh weights to `net_`. `start`: steps of the fit that went before."""
        n_labeled = max(2, round(self.batch_size * self.labeled_share))
        n_unlabeled = max(1, self.batch_size - n_labeled)
        labeled_batches = Batches(len(data.labeled), n_labeled, self.random_state)
        pool_batches = Batches(len(data.pool), n_unlabeled, self.random_state + 1)
        net = self._make_net().train()
        average = Average(net, self._make_net(), decay_for(self.n_steps))
        self.net_ = average.net
        optimizer = self._optimizer(net)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, self._learning_rate_at)
        self.history_: list[dict[str, Any]] = []
        early_stop = EarlyStop(data.rows, data.held) if data.held else None

        for step in range(self.n_steps):
            clock.tick(start + step)
            picked = labeled_batches.next()  # (B,) places in `labeled`
            place = torch.from_numpy(picked).to(self.device)
            rows = pool_batches.next() if len(data.pool) else data.pool  # (U,) places in `pool`
            batch = Batch(
                x=data.rows.take(data.labeled[picked]),
                y=data.y[place],
                weight=data.weight[place],
                u=data.rows.take(data.pool[rows]),
                rows=rows,
                done=step / self.n_steps,
            )
            with torch.autocast(self._device_type, dtype=torch.bfloat16, enabled=self._device_type == "cuda"):
                loss = loss_of(net, batch)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            average.update()
            is_check = self._look(step, self.n_steps, loss, start)
            if is_check and early_stop is not None:
                self.history_[-1] |= early_stop.check(self.net_)
                if early_stop.n_without_gain >= self.patience:
                    self.report_.append(
                        f"Stopped after {step + 1:,} of {self.n_steps:,} steps: {self.patience} checks in a row "
                        f"without gain on {len(early_stop.held.rows):,} held-out labels."
                    )
                    break
        if early_stop is not None:
            early_stop.restore(self.net_)

    def _look(self, step: int, n_steps: int, loss: Tensor, start: int = 0, **parts: Tensor) -> bool:
        """Twenty times in n_steps: the loss and its parts into `history_`. `start`: steps that went before.

        Whether this was one of the times. Raises LearnerError where the loss is no longer finite.
        """
        if (step + 1) % max(1, n_steps // N_CHECKS) and step + 1 < n_steps:
            return False
        entry = {"step": start + step + 1, "train_loss": loss.item()}
        self.history_.append(entry | {name: value.item() for name, value in parts.items()})
        if not math.isfinite(entry["train_loss"]):
            raise LearnerError(
                f"The loss is no longer a finite number at step {entry['step']} of {self._n_steps_in_all()}. "
                f"Lower learning_rate, which is {self.learning_rate}."
            )
        return True

    def _labels_alone(self, net: nn.Module, batch: Batch) -> Tensor:
        return labeled_loss(net(self._weak(batch.x)), batch)

    def _weak(self, x: Tensor) -> Tensor:
        """A view that leaves the class alone: (B, *S) -> (B, *S)."""
        if x.ndim == 2:
            return x + self.noise * torch.randn_like(x)
        return augment(x, self.augmentation, is_flipped=self.flip)

    def _optimizer(self, net: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.AdamW(net.parameters(), lr=self.learning_rate, weight_decay=WEIGHT_DECAY)

    def _learning_rate_at(self, step: int) -> float:
        """Share of the peak: up over a tenth of the steps, then the cosine of FixMatch (2020, section 2.4)."""
        warm_up = max(1, int(WARM_UP * self.n_steps))
        if step < warm_up:
            return (step + 1) / warm_up
        return math.cos(7 / 16 * math.pi * (step - warm_up) / max(1, self.n_steps - warm_up))

    def _make_net(self) -> nn.Module:
        return make_net(self.input_shape_, len(self.classes_), self.dropout).to(self.device)

    @property
    def _device_type(self) -> str:
        return torch.device(self.device).type

    # --- rows ----------------------------------------------------------------------------------------

    def _fit_vectors(self, checked: Any) -> npt.NDArray[np.float32]:
        """(n, D) vectors of all rows; sets `features_` and `scale_`, which gives columns a variance of 1 on average."""
        self.features_, vectors = fit_features(
            checked,
            item_type=self.item_type,
            y=np.zeros(len(checked)),
            is_dense=True,
            max_dimensions=MAX_DIMENSIONS,
            random_state=self.random_state,
        )
        variance = float(np.var(vectors, axis=0).mean())
        self.scale_ = 1 / math.sqrt(variance) if variance > 0 else 1.0
        return self._scaled(vectors)

    def _scaled(self, vectors: Any) -> npt.NDArray[np.float32]:
        return np.asarray(vectors, dtype=np.float32) * np.float32(self.scale_)

    def _inputs(self, X: Any) -> npt.NDArray[Any]:
        """A batch of rows as Rows holds them. Raises InvalidRows."""
        checked = check_rows(X, item_type=self.item_type)
        if self.item_type != "image":
            return self._scaled(self.features_.transform(checked))
        n_channels, height, width = self.input_shape_
        shape = (height, width) if n_channels == 1 else (height, width, n_channels)
        if checked.shape[1:] != shape:
            raise InvalidRows(
                f"Images have shape {checked.shape[1:]}; this network was trained on {shape}. Resize them to that."
            )
        images: npt.NDArray[np.uint8] = checked
        return images

    def predict_proba(self, X: Any) -> FloatArray:
        check_is_fitted(self)
        found = np.empty((len(X), len(self.classes_)))
        for start in range(0, len(X), ROWS_PER_BATCH):
            batch = np.arange(start, min(start + ROWS_PER_BATCH, len(X)))
            rows = Rows(self._inputs(take_rows(X, batch)), self.device)
            found[batch] = self._predicted(rows, np.arange(len(batch)))
        return found

    def _predicted(self, rows: Rows, batch: IntArray) -> FloatArray:
        """(B, K) probabilities by `net_`, without noise."""
        with torch.inference_mode():
            logits = self.net_(rows.take(batch))
        predicted: FloatArray = logits.double().softmax(dim=1).cpu().numpy()
        return predicted

    # --- files ---------------------------------------------------------------------------------------

    def save_weights(self, folder: Path, name: str = "weights") -> dict[str, Any]:
        """Writes `name`.npz, and features.skops unless rows are images; returns the JSON to keep beside them."""
        check_is_fitted(self)
        arrays = {name: value.cpu().numpy() for name, value in self.net_.state_dict().items()}
        np.savez(folder / f"{name}.npz", allow_pickle=False, **arrays)
        settings = {
            name: value for name, value in self.get_params(deep=False).items() if name not in NOT_SAVED
        }
        settings |= {"classes_": self.classes_.tolist(), "input_shape_": list(self.input_shape_)}
        if self.item_type != "image":
            dump_skops(self.features_, folder / "features.skops")
            settings["scale_"] = self.scale_
        return settings

    @classmethod
    def load_weights(cls, folder: Path, settings: dict[str, Any], name: str = "weights") -> Self:
        """The learner as it was saved, on the CPU."""
        fitted = {name: value for name, value in settings.items() if name.endswith("_")}
        learner = cls(**{name: value for name, value in settings.items() if name not in fitted})
        learner.classes_ = np.asarray(fitted["classes_"])
        learner.input_shape_ = tuple(fitted["input_shape_"])
        if learner.item_type != "image":
            learner.features_ = load_skops(folder / "features.skops")
            learner.scale_ = fitted["scale_"]
        net = learner._make_net()
        with np.load(folder / f"{name}.npz", allow_pickle=False) as arrays:
            net.load_state_dict({name: torch.from_numpy(arrays[name]) for name in arrays.files})
        learner.net_ = net.eval()
        return learner


def labeled_loss(logits: Tensor, batch: Batch) -> Tensor:
    """Cross-entropy of the labeled rows, each by its weight. logits: (B, K)."""
    losses = functional.cross_entropy(logits, batch.y, reduction="none")  # (B,)
    return (losses * batch.weight).sum() / batch.weight.sum()
