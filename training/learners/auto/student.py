"""The student: a convolutional network that learns from people's labels and, as soft targets, from a teacher's."""

from __future__ import annotations

import copy
import math
from typing import Any, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from training.learners.augmentation import Augmentation, augment, move
from training.learners.auto.candidates import Labels
from training.learners.base import FloatArray
from training.learners.deep.nets import Average
from training.learners.errors import InvalidRows
from training.learners.features import check_rows
from training.learners.graphs.neighbours import Step
from training.learners.network import ConvNet, numbers, seeded, threads_for

IMAGES_PER_BATCH = 1_024  # of prediction
LABELED_SHARE = 0.25  # of each batch, where there is a teacher
LEARNING_RATE = 0.003
DROPOUT = 0.4
WEIGHT_DECAY = 0.01
AVERAGE_DECAY = 0.995
SELF_SHARE = 0.8  # of the targets, at the end, that is the average network's own answer
SELF_STARTS, SELF_FULL = 0.2, 0.6  # shares of the steps
LARGEST_BALANCE = 3.0  # a rare class counts so many times at most
ASIDE = 0.05  # of the side: how far an image is moved each way to be looked at again
PLACES = ((0.0, 0.0), (ASIDE, 0.0), (-ASIDE, 0.0), (0.0, ASIDE), (0.0, -ASIDE))


class Views(NamedTuple):
    """How images may be changed without changing their class."""

    augmentation: Augmentation = "none"
    flip: bool = False

    def __str__(self) -> str:
        moved = {
            "none": "no movement",
            "shift": "shifts",
            "affine": "shifts, rotation, scale and shear",
        }[self.augmentation]
        return moved + (" and mirroring" if self.flip else "")


class Teaching(NamedTuple):
    """What a teacher says of all images. Both on the CPU."""

    targets: FloatArray  # (n, K), rows sum to 1
    weights: FloatArray  # (n,) how far to believe it, 0 to 1
    is_first: bool  # no student had a part in it


class Student:
    """A trained network as arrays, so that it can be saved as data; the network itself is built when it is asked.

    `image_shape`: (C, H, W).
    """

    def __init__(
        self,
        weights: dict[str, npt.NDArray[Any]],
        image_shape: tuple[int, int, int],
        n_classes: int,
        *,
        is_moved: bool = False,
    ) -> None:
        self.weights = weights
        self.image_shape = image_shape
        self.n_classes = n_classes
        self.is_moved = is_moved  # trained on moved images

    def predict_proba(self, X: Any, device: str = "cpu") -> FloatArray:
        """(n, K) for uint8 images (n, H, W) or (n, H, W, 3). Raises InvalidRows for another size.

        Trained on moved images, the mean over the image and four moves by a twentieth of its side: a tenth
        fewer errors on MNIST for five times the time.
        """
        images = check_rows(X, item_type="image")
        channels, height, width = self.image_shape
        shape = (height, width) if channels == 1 else (height, width, channels)
        if images.shape[1:] != shape:
            raise InvalidRows(
                f"Images have shape {images.shape[1:]}; this network was trained on {shape}. Resize them to that."
            )
        places = PLACES if self.is_moved else PLACES[:1]
        net = self._net().to(device)
        probabilities = np.empty((len(images), self.n_classes))
        with torch.inference_mode():
            for start in range(0, len(images), IMAGES_PER_BATCH):
                batch = slice(start, start + IMAGES_PER_BATCH)
                x = _batch(images, batch, device)  # (B, C, H, W)
                said = [net(_moved_by(x, *place)).double().softmax(dim=1) for place in places]
                probabilities[batch] = torch.stack(said).mean(dim=0).cpu().numpy()
        return probabilities

    def features(
        self,
        images: npt.NDArray[np.uint8],
        views: Views,
        *,
        n_views: int,
        device: str = "cpu",
        seed: int = 0,
        step: Step | None = None,
    ) -> npt.NDArray[np.float32]:
        """(n, 128) of the last layer but one, of unit length: means over the image and n_views - 1 random views."""
        net = self._net().to(device)
        features = np.empty((len(images), net.head.in_features), dtype=np.float32)
        with torch.inference_mode(), seeded(seed, device):
            for start in range(0, len(images), IMAGES_PER_BATCH):
                if step is not None:
                    step()
                batch = slice(start, start + IMAGES_PER_BATCH)
                x = _batch(images, batch, device)  # (B, C, H, W)
                seen: list[Tensor] = []
                for number in range(n_views):
                    moved = augment(x, views.augmentation, is_flipped=views.flip) if number else x
                    seen.append(functional.relu(net.dense(net.blocks(moved).flatten(1))))  # (B, 128)
                mean = torch.stack(seen).mean(dim=0)
                features[batch] = functional.normalize(mean, dim=1).float().cpu().numpy()
        return features

    def _net(self) -> ConvNet:
        net = ConvNet(*self.image_shape, self.n_classes, DROPOUT)
        net.load_state_dict({name: torch.from_numpy(value) for name, value in self.weights.items()})
        return _channels_last(net).eval()


def train_student(
    images: npt.NDArray[np.uint8],
    labels: Labels,
    teaching: Teaching | None,
    views: Views,
    *,
    n_steps: int,
    batch_size: int,
    seed: int,
    device: str,
    step: Step,
) -> Student:
    """A fresh network on (n, H, W[, 3]) uint8 images; with no teaching on the labels alone.

    A quarter of each batch are human labels, drawn by weight. For the rest the target is the teacher's. Where that
    is a first one, the average of the network's own weights so far judges another view of them from a fifth of
    the steps on (mean teacher: Tarvainen and Valpola 2017), and gains a share of the target up to four
    fifths: the teacher starts it, and its errors fade. Later teachers hold too few errors for that: it would
    only confirm them. Each row counts by 1 - entropy / log K, and rare classes as much as frequent ones
    (Iscen and others 2019, equations 11 and 12). AdamW, one cycle; the average of the weights is kept.

    Memory: one byte a pixel of the images on CUDA, none more on the CPU; 8 K bytes an image for targets;
    about 40 kB a grey image of 28 x 28 in a batch.
    """
    channels = 1 if images.ndim == 3 else 3
    shape = (channels, images.shape[1], images.shape[2])
    with seeded(seed, device), threads_for(batch_size, images):
        net = _channels_last(ConvNet(*shape, labels.n_classes, DROPOUT).to(device))
        average = Average(net, copy.deepcopy(net), AVERAGE_DECAY)
        optimizer = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=LEARNING_RATE, total_steps=n_steps + 1, pct_start=0.2
        )
        lessons = _Lessons(images, labels, teaching, views, batch_size=batch_size, seed=seed, device=device)

        for number in range(n_steps):
            step()
            lesson = lessons.draw(average, done=number / n_steps)
            net.train()
            logits = net(augment(lesson.x, views.augmentation, is_flipped=views.flip))  # (B, K)
            losses = -(lesson.target * logits.log_softmax(dim=1)).sum(dim=1)  # (B,)
            loss = (losses * lesson.weight).mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            average.update()

    arrays = {name: value.cpu().numpy() for name, value in average.net.state_dict().items()}
    return Student(arrays, shape, labels.n_classes, is_moved=views.augmentation != "none")


class _Lesson(NamedTuple):
    """What one step learns from, on the device."""

    x: Tensor  # (B, C, H, W)
    target: Tensor  # (B, K), rows sum to 1
    weight: Tensor  # (B,)


class _Lessons:
    """The batches of a fit: labeled images drawn by weight, and the rest in turn as the teacher sees them."""

    def __init__(
        self,
        images: npt.NDArray[np.uint8],
        labels: Labels,
        teaching: Teaching | None,
        views: Views,
        *,
        batch_size: int,
        seed: int,
        device: str,
    ) -> None:
        self.images, self.labels, self.teaching, self.views = images, labels, teaching, views
        self.device = device
        self.truth = functional.one_hot(torch.from_numpy(labels.columns), labels.n_classes).float()  # (l, K)
        self.drawn_by = torch.from_numpy(labels.weights)  # (l,)
        self.n_known = batch_size if teaching is None else int(batch_size * LABELED_SHARE)
        self.n_taught = min(batch_size - self.n_known, len(images))
        self.balance = _balance(teaching)  # (K,)
        self.order = np.empty(0, dtype=np.int64)  # of the images, what is left of this pass
        self.generator = np.random.default_rng(seed)

    def draw(self, average: Average, *, done: float) -> _Lesson:
        """The next batch. `average`: the network's own weights so far; `done`: the share of the steps behind it."""
        known = self._known()
        if self.teaching is None:
            return known
        taught = self._taught(self.teaching, average, done)
        return _Lesson(*(torch.cat(both) for both in zip(known, taught, strict=True)))

    def _known(self) -> _Lesson:
        drawn = torch.multinomial(self.drawn_by, self.n_known, replacement=True)  # (L,)
        x = _batch(self.images, self.labels.rows[drawn.numpy()], self.device)  # (L, C, H, W)
        return _Lesson(x, self.truth[drawn].to(self.device), torch.ones(self.n_known, device=self.device))

    def _taught(self, teaching: Teaching, average: Average, done: float) -> _Lesson:
        rows = self._next_rows()
        x = _batch(self.images, rows, self.device)  # (U, C, H, W)
        said = torch.from_numpy(teaching.targets[rows]).float().to(self.device)  # (U, K)
        believed = torch.from_numpy(teaching.weights[rows]).float().to(self.device)  # (U,)
        share = _self_share(done) if teaching.is_first else 0.0
        if share > 0:
            moves: Augmentation = "none" if self.views.augmentation == "none" else "shift"
            with torch.no_grad():
                own = average.net(augment(x, moves, is_flipped=self.views.flip)).softmax(dim=1)  # (U, K)
            said = said.lerp(own, share)
            entropy = -(said * said.clamp(min=1e-9).log()).sum(dim=1)
            believed = believed.lerp(1 - entropy / math.log(self.labels.n_classes), share)
        return _Lesson(x, said, believed * (said @ self.balance.to(self.device)))

    def _next_rows(self) -> npt.NDArray[np.int64]:
        """The next images of a shuffled pass; a new pass where the last is used up."""
        if len(self.order) < self.n_taught:
            self.order = self.generator.permutation(len(self.images))
        rows, self.order = self.order[: self.n_taught], self.order[self.n_taught :]
        return rows


def _self_share(done: float) -> float:
    """Of the average network's own answers in the targets, when this share of the steps is done."""
    return SELF_SHARE * min(1.0, max(0.0, (done - SELF_STARTS) / (SELF_FULL - SELF_STARTS)))


def _balance(teaching: Teaching | None) -> Tensor:
    """(K,) what makes each class count as much as others over all images, within bounds; mean about 1."""
    if teaching is None:
        return torch.empty(0)
    mass = teaching.weights @ teaching.targets  # (K,)
    wanted = mass.mean() / np.maximum(mass, 1e-12)
    return torch.from_numpy(np.clip(wanted, 1 / LARGEST_BALANCE, LARGEST_BALANCE)).float()


def _channels_last(net: ConvNet) -> ConvNet:
    moved: Any = net
    return cast("ConvNet", moved.to(memory_format=torch.channels_last))


def _moved_by(x: Tensor, right: float, down: float) -> Tensor:
    """(B, C, H, W) images moved by these shares of their sides."""
    if right == down == 0:
        return x
    there = torch.tensor([[1.0, 0.0, -2 * right], [0.0, 1.0, -2 * down]])  # a side is 2 long in these units
    return move(x, there.expand(len(x), 2, 3))


def _batch(images: npt.NDArray[np.uint8], rows: npt.NDArray[np.int64] | slice, device: str) -> Tensor:
    return numbers(_channels_first(images[rows]).to(device))


def _channels_first(images: npt.NDArray[np.uint8]) -> Tensor:
    """(n, H, W[, 3]) -> (n, C, H, W) uint8."""
    if images.ndim == 3:
        return torch.from_numpy(images)[:, None]
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(images, 3, 1)))
