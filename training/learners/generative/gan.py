"""Semi-supervised GAN with feature matching (Salimans et al. 2016): the discriminator is the classifier."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from training.learners.augmentation import Augmentation
from training.learners.base import Progress
from training.learners.clock import Clock
from training.learners.deep.base import Data
from training.learners.deep.data import Batches
from training.learners.deep.losses import decay_for
from training.learners.deep.nets import Average
from training.learners.errors import LearnerError
from training.learners.generative.base import ImageGenerator, Images, pixel_shape, to_images, to_pixels
from training.learners.network import seeded

NOISE_SIZE = 100
HIDDEN = (1000, 500, 250, 250, 250)
GENERATOR_HIDDEN = 500
INPUT_NOISE, HIDDEN_NOISE = 0.3, 0.5
GENERATOR_RATE = 3  # times the learning rate: else the discriminator outruns it for a thousand steps
WEIGHT_SPREAD = 0.1  # at the start, of weights that are normalized: the larger, the less a step turns them
ROWS_TO_START = 500  # images by which the layers are scaled before the first step
SMALLEST_SPREAD = 0.01  # of a unit over those images; a unit that never moves is not blown up
DRAWS_PER_ROUND = 512
MAX_ROUNDS = 40  # of drawing, until each class has its images


class GaussianNoise(nn.Module):
    """Adds normal noise of this standard deviation in training, nothing otherwise."""

    def __init__(self, deviation: float) -> None:
        super().__init__()
        self.deviation = deviation

    def forward(self, x: Tensor) -> Tensor:
        return x + self.deviation * torch.randn_like(x) if self.training else x


class GanNet(nn.Module):
    """Discriminator and generator, both of dense layers. D pixels, F features, K classes."""

    def __init__(self, shape: tuple[int, ...], n_classes: int, width: float) -> None:
        super().__init__()
        n_pixels = math.prod(pixel_shape(shape))
        hidden = [max(8, round(width * size)) for size in HIDDEN]
        n_made = max(8, round(width * GENERATOR_HIDDEN))
        layers: list[nn.Module] = [GaussianNoise(INPUT_NOISE)]
        for n_in, n_out in itertools.pairwise([n_pixels, *hidden]):
            layers += [_normalized(n_in, n_out), nn.ReLU(), GaussianNoise(HIDDEN_NOISE)]
        self.body = nn.Sequential(*layers[:-1])
        self.last_noise = layers[-1]
        self.head = _normalized(hidden[-1], n_classes)
        # Else the layers grow until the noise on them is nothing. The last one has none behind it.
        for layer in self.body:
            if isinstance(layer, nn.Linear):
                _scale_of(layer).requires_grad_(False)
        self.generator = nn.Sequential(
            nn.Linear(NOISE_SIZE, n_made, bias=False), nn.BatchNorm1d(n_made), nn.Softplus(),
            nn.Linear(n_made, n_made, bias=False), nn.BatchNorm1d(n_made), nn.Softplus(),
            nn.Linear(n_made, n_pixels), nn.Sigmoid(),
        )  # fmt: skip

    def features(self, pixels: Tensor) -> Tensor:
        return cast("Tensor", self.body(pixels))  # (B, F)

    def logits(self, pixels: Tensor) -> Tensor:
        return cast("Tensor", self.head(self.last_noise(self.features(pixels))))  # (B, K)

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W) about -1 to 1
        return self.logits(to_pixels(x))  # (B, K)

    @torch.no_grad()
    def start_from(self, pixels: Tensor) -> None:
        """Scales each layer so that over these (n, D) images its sums have mean 0 and spread 1.

        Salimans and Kingma 2016, "Weight normalization", section 3. Without it the sums shrink from
        layer to layer, and the noise on each layer drowns them. The generator begins around the mean of the
        images, which it would spend its first hundreds of steps to find.
        """
        cast("Any", self.generator[-2]).bias.copy_(pixels.mean(dim=0).clamp(0.01, 0.99).logit())
        x = pixels
        for layer in [*self.body, self.last_noise, self.head]:
            x = layer(x)
            if isinstance(layer, nn.Linear):
                mean, spread = x.mean(dim=0), x.std(dim=0).clamp(min=SMALLEST_SPREAD)
                _scale_of(layer).div_(spread[:, None])
                layer.bias.sub_(mean).div_(spread)
                x = (x - mean) / spread


def _normalized(n_in: int, n_out: int) -> nn.Module:
    """A dense layer of weights that have a direction and, apart from it, a scale, which begins at 1."""
    layer = cast("nn.Module", weight_norm(nn.Linear(n_in, n_out)))
    nn.init.normal_(cast("Any", layer).parametrizations.weight.original1, std=WEIGHT_SPREAD)
    nn.init.ones_(_scale_of(layer))
    return layer


def _scale_of(layer: nn.Module) -> nn.Parameter:
    return cast("nn.Parameter", cast("Any", layer).parametrizations.weight.original0)  # (n_out, 1)


class SemiSupervisedGAN(ImageGenerator):
    """K classes for real images, and "generated" as one more whose logit is fixed at 0.

    With Z = logsumexp of the K logits, the discriminator minimizes, over a batch of labeled (l, y),
    unlabeled (u) and generated images (g), Z(l) - logit_y(l) + w/2 (softplus Z(u) - Z(u)) +
    w/2 softplus Z(g); the generator minimizes the squared distance between the mean features of u and
    of g in the last hidden layer. Salimans et al. 2016, "Improved techniques for training GANs",
    sections 3.1 and 5, and their code for MNIST: weight-normalized layers of 1000-500-250-250-250 whose
    scale is fixed, Gaussian noise 0.3 on the input and 0.5 on each layer; a generator of 100-500-500;
    Adam with beta_1 0.5. Ours: half of these widths, and a generator that begins at the mean image and
    learns at three times the rate, as minutes are a small part of their 180,000 steps. A better classifier comes with a worse generator (Dai et al.
    2017, "Good semi-supervised learning that requires a bad GAN"): what it draws does not measure it.

    Images of more than 32 pixels a side are averaged down.

    n_steps           all of them are done; the learning rate falls to zero over the second half
    batch_size        labeled and unlabeled images together; as many are generated as are unlabeled
    labeled_share     of them, that is labeled
    learning_rate     of Adam in the first half; three times that for the generator
    unlabeled_weight  w, of the two terms that need no label; 1 in the paper
    width             of all layers, as a share of the published sizes: 1 takes more than twice the time of 0.5
    augmentation      of real images: "none" (the paper), "shift" or "affine"; flip: mirror them

    After fit: `classes_`, `net_` (the moving average of the weights), `can_draw_`, `history_` (step,
    train_loss, matching). Without unlabeled rows the discriminator learns from the labels alone, and
    `sample` is refused. Memory: X itself, not copied, and about 45 MB of weights, their average and
    moments at width 1 and 28 x 28 pixels, 16 MB at width 0.5. Raises TooFewLabels, InvalidRows and LearnerError.
    """

    def __init__(
        self,
        n_steps: int = 6_000,
        batch_size: int = 200,
        labeled_share: float = 0.5,
        learning_rate: float = 0.003,
        unlabeled_weight: float = 1.0,
        width: float = 0.5,
        augmentation: Augmentation = "none",
        flip: bool = False,
        random_state: int = 0,
        device: str = "cpu",
        progress: Progress | None = None,
        classes: Sequence[Any] | None = None,
    ) -> None:
        self.n_steps = n_steps
        self.batch_size = batch_size
        self.labeled_share = labeled_share
        self.learning_rate = learning_rate
        self.unlabeled_weight = unlabeled_weight
        self.width = width
        self.augmentation = augmentation
        self.flip = flip
        self.random_state = random_state
        self.device = device
        self.progress = progress
        self.classes = classes

    def _train(self, data: Data, clock: Clock) -> None:
        self.can_draw_ = len(data.pool) > 0
        n_labeled = max(2, round(self.batch_size * self.labeled_share))
        n_unlabeled = max(2, self.batch_size - n_labeled)
        labeled_batches = Batches(len(data.labeled), n_labeled, self.random_state)
        pool_batches = Batches(len(data.pool), n_unlabeled, self.random_state + 1)
        net = cast("GanNet", self._make_net().train())
        rows = np.concatenate([data.labeled, data.pool])
        first = np.random.default_rng(self.random_state).permutation(rows)[:ROWS_TO_START]
        net.start_from(to_pixels(data.rows.take(first)))
        average = Average(net, self._make_net(), decay_for(self.n_steps))
        self.net_ = average.net
        makes = list(net.generator.parameters())
        judges = [w for part in (net.body, net.head) for w in part.parameters() if w.requires_grad]
        judging, judging_schedule = self._adam(judges, self.learning_rate)
        making, making_schedule = self._adam(makes, GENERATOR_RATE * self.learning_rate)
        self.history_: list[dict[str, Any]] = []

        for step in range(self.n_steps):
            clock.tick(step)
            picked = labeled_batches.next()
            place = torch.from_numpy(picked).to(self.device)
            y, weight = data.y[place], data.weight[place]  # (B,), (B,)
            x = to_pixels(self._weak(data.rows.take(data.labeled[picked])))  # (B, D)
            pixels = [x]
            if self.can_draw_:
                u = to_pixels(self._weak(data.rows.take(data.pool[pool_batches.next()])))  # (U, D)
                pixels += [u, net.generator(torch.randn(len(u), NOISE_SIZE, device=self.device))]
            features = net.features(torch.cat(pixels))  # (B + 2U, F)
            logits = net.head(net.last_noise(features))  # (B + 2U, K)
            losses = functional.cross_entropy(logits[: len(x)], y, reduction="none")  # (B,)
            loss = (losses * weight).sum() / weight.sum()
            matching = x.new_zeros(())
            if self.can_draw_:
                z_u, z_drawn = logits[len(x) :].logsumexp(dim=1).chunk(2)  # (U,), (U,)
                is_real = (functional.softplus(z_u) - z_u + functional.softplus(z_drawn)).mean() / 2
                loss = loss + self.unlabeled_weight * is_real
                wanted, drawn = features[len(x) :].chunk(2)  # (U, F), (U, F)
                matching = (drawn.mean(dim=0) - wanted.detach().mean(dim=0)).square().mean()
                # Both go back over the same pass, each to its own network alone.
                making.zero_grad(set_to_none=True)
                matching.backward(inputs=makes, retain_graph=True)
            judging.zero_grad(set_to_none=True)
            loss.backward(inputs=judges)
            judging.step()
            judging_schedule.step()
            if self.can_draw_:
                making.step()
                making_schedule.step()
            average.update()
            self._look(step, self.n_steps, loss, matching=matching)

    def sample(self, n_per_class: int = 10, random_state: int = 0) -> tuple[Images, npt.NDArray[Any]]:
        """Images as uint8 in the shape of the training images, and the classes (m,) that it takes them for.

        It draws without a class and lets its own discriminator say which one that is; the first
        n_per_class of each are kept. A class that it never draws in 20,480 tries comes short.
        Raises LearnerError where the fit had no unlabeled image.
        """
        if not self.can_draw_:
            raise LearnerError(
                "This learner was trained without unlabeled images, so its generator learned nothing. "
                "Fit it with unlabeled images to draw from it."
            )
        net = cast("GanNet", self.net_)
        kept: list[list[Tensor]] = [[] for _ in self.classes_]
        with torch.inference_mode(), seeded(random_state, self.device):
            for _ in range(MAX_ROUNDS):
                pixels = net.generator(torch.randn(DRAWS_PER_ROUND, NOISE_SIZE, device=self.device))
                taken_for = net.logits(pixels).argmax(dim=1)  # (512,)
                for column, images in enumerate(kept):
                    images += pixels[taken_for == column][: n_per_class - len(images)].unbind()
                if all(len(images) >= n_per_class for images in kept):
                    break
        drawn = [pixels for images in kept for pixels in images]
        classes = np.repeat(self.classes_, [len(images) for images in kept])
        pixels = torch.stack(drawn) if drawn else torch.empty(0, math.prod(pixel_shape(self.input_shape_)))
        return to_images(pixels, self.input_shape_), classes

    def save_weights(self, folder: Path, name: str = "weights") -> dict[str, Any]:
        return super().save_weights(folder, name) | {"can_draw_": self.can_draw_}

    @classmethod
    def load_weights(cls, folder: Path, settings: dict[str, Any], name: str = "weights") -> Self:
        learner = super().load_weights(folder, settings, name)
        learner.can_draw_ = settings["can_draw_"]
        return learner

    def _adam(self, weights: list[nn.Parameter], rate: float) -> tuple[torch.optim.Optimizer, Any]:
        optimizer = torch.optim.Adam(weights, rate, betas=(0.5, 0.999))
        return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, self._learning_rate_at)

    def _learning_rate_at(self, step: int) -> float:
        return min(1.0, 2 * (1 - step / max(1, self.n_steps)))

    def _make_net(self) -> nn.Module:
        return GanNet(self.input_shape_, len(self.classes_), self.width).to(self.device)
