"""Variational autoencoder with labels, M1+M2 (Kingma et al. 2014): features, classes, samples, outliers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.learners.augmentation import Augmentation
from training.learners.base import FloatArray, Progress, take_rows
from training.learners.clock import Clock
from training.learners.deep.base import ROWS_PER_BATCH, Data
from training.learners.deep.data import Batches, Rows
from training.learners.deep.losses import decay_for, linear_ramp
from training.learners.deep.nets import Average
from training.learners.generative.base import ImageGenerator, Images, pixel_shape, to_images, to_pixels
from training.learners.network import seeded

SMALLEST_SPREAD = 1e-4  # variance of a pixel, of 1: about two and a half of 255 steps
SHARE_OF_M1 = 0.5  # of the steps
WARM_UP = 0.3  # share of M1's steps in which the prior gains its full weight (Soenderby et al. 2016)

LEADS, FOLLOWS = (
    0.2,
    0.6,
)  # shares of M2's steps: until then by labels alone; from then on by equation 7 in full


class VaeNet(nn.Module):
    """M1 (pixels <-> code) and M2 (code <-> class and style). D pixels, L numbers in a code, S in a style, K classes."""

    def __init__(
        self, shape: tuple[int, ...], n_classes: int, n_latent: int, n_style: int, n_hidden: int
    ) -> None:
        super().__init__()
        n_pixels = math.prod(pixel_shape(shape))
        self.n_classes, self.n_latent, self.n_style = n_classes, n_latent, n_style
        # x -> mean, log variance of the code; code -> logits of the pixels
        self.encoder = _layers(n_pixels, n_hidden, n_hidden, 2 * n_latent)
        self.decoder = _layers(n_latent, n_hidden, n_hidden, n_pixels)
        # code -> logits of the class; code, class -> style; style, class -> code
        self.classifier = _layers(n_latent, n_hidden, n_classes)
        self.styler = _layers(n_latent + n_classes, n_hidden, 2 * n_style)
        self.composer = _layers(n_style + n_classes, n_hidden, 2 * n_latent)

    def encode(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """(B, D) in [0, 1] -> mean and log variance of the code, (B, L) each."""
        mean, log_variance = self.encoder(pixels).chunk(2, dim=1)
        return mean, log_variance

    def decode(self, code: Tensor) -> Tensor:
        return cast("Tensor", self.decoder(code).sigmoid())  # (B, D) in [0, 1]

    def rebuild(self, pixels: Tensor) -> Tensor:
        return self.decode(self.encode(pixels)[0])  # (B, D)

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W) about -1 to 1
        return cast("Tensor", self.classifier(self.encode(to_pixels(x))[0]))  # (B, K) logits

    def negative_elbo_m1(self, pixels: Tensor, share_of_prior: float) -> Tensor:
        """(B,) in nats: normal pixels around the rebuilt ones, a standard normal prior.

        All pixels have one variance, the best one for this batch.
        """
        mean, log_variance = self.encode(pixels)
        missed = (self.decode(draw(mean, log_variance)) - pixels).square()  # (B, D)
        spread = missed.detach().mean().clamp(min=SMALLEST_SPREAD)
        nats = (missed / spread + spread.log() + math.log(2 * math.pi)).sum(dim=1) / 2
        return nats + share_of_prior * divergence(mean, log_variance)

    def negative_elbo_m2(self, code: Tensor, one_hot: Tensor) -> Tensor:
        """(B,) in nats: -L(code, class), equation 6, up to the constant prior of the class."""
        mean, log_variance = self.styler(torch.cat([code, one_hot], dim=1)).chunk(2, dim=1)
        style = draw(mean, log_variance)
        centre, log_spread = self.composer(torch.cat([style, one_hot], dim=1)).chunk(2, dim=1)
        missed = functional.gaussian_nll_loss(
            centre, code, log_spread.clamp(-8, 8).exp(), full=True, reduction="none"
        )
        return missed.sum(dim=1) + divergence(mean, log_variance)

    def negative_elbo_unlabeled(self, code: Tensor, trust: float) -> Tensor:
        """(B,) in nats: -U(code), equation 7: every class is tried, weighed by what the classifier thinks of it.

        `trust`, 0 to 1, scales the gradient that the classifier gets of it, and changes no value.
        """
        n = len(code)
        log_share = self.classifier(code).log_softmax(dim=1)  # (B, K)
        log_share = trust * log_share + (1 - trust) * log_share.detach()
        one_hot = torch.eye(self.n_classes, device=code.device).repeat(n, 1)  # (B * K, K)
        bounds = self.negative_elbo_m2(code.repeat_interleave(self.n_classes, dim=0), one_hot)
        terms = bounds.view(n, self.n_classes) + log_share  # (B, K)
        return cast("Tensor", (log_share.exp() * terms).sum(dim=1))


class VaeM1M2(ImageGenerator):
    """An autoencoder of all images, and on its codes a model of class and style.

    M1 learns, from labeled and unlabeled images alike, a code of L numbers for an image: the
    evidence lower bound with normal pixels of one variance, the best for the batch (Rybkin et al.
    2021, "Simple and effective VAE training with calibrated decoders"). Then, on codes drawn from M1,
    M2 learns that a code comes from a class and a style: for labeled images the bound of equation 6,
    for unlabeled ones its mean over the classes as the classifier has them minus their entropy
    (equation 7), and cross-entropy of the labels with weight `alpha` (equation 9). Kingma, Mohamed,
    Rezende and Welling 2014, "Semi-supervised learning with deep generative models"; codes of 50 and
    hidden layers of 500 as there, but rectifiers, and normal pixels where they have black and white
    ones, since items are grey and coloured. They trained for thousands of epochs: expect less of minutes.
    Ours too: equation 7 reaches the classifier only once the rest of M2 has begun to know the classes.

    Images of more than 32 pixels a side are averaged down.

    n_steps        half for M1, half for M2; all of them are done
    batch_size     images a step, labeled and unlabeled together
    labeled_share  of them, that is labeled, in M2
    learning_rate  of Adam at the start of either part; it falls to zero with a cosine
    n_latent       L, numbers in a code; n_style: in a style; n_hidden: units in a hidden layer
    alpha          weight of the labels beside one image's bound; a large one keeps the classifier from
                   following what M2 finds among the unlabeled images
    augmentation   of images: "none", "shift" or "affine"; flip: mirror them

    After fit: `classes_`, `net_` (moving average of the weights), `history_` (step, train_loss).
    Also: `encode` (features), `denoise`, `outlier_scores`, `sample`. Where every row is labeled it is
    trained on the labeled bounds alone.
    Memory: X itself, not copied; in a step of M2 unlabeled rows x K x 4 kB.
    Raises TooFewLabels, InvalidRows and LearnerError.
    """

    def __init__(
        self,
        n_steps: int = 6_000,
        batch_size: int = 200,
        labeled_share: float = 0.5,
        learning_rate: float = 0.002,
        n_latent: int = 50,
        n_style: int = 10,
        n_hidden: int = 500,
        alpha: float = 3.0,
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
        self.n_latent = n_latent
        self.n_style = n_style
        self.n_hidden = n_hidden
        self.alpha = alpha
        self.augmentation = augmentation
        self.flip = flip
        self.random_state = random_state
        self.device = device
        self.progress = progress
        self.classes = classes

    # --- fit ------------------------------------------------------------------------------------------

    def _train(self, data: Data, clock: Clock) -> None:
        net = cast("VaeNet", self._make_net().train())
        average = Average(net, self._make_net(), decay_for(self.n_steps))
        self.net_ = average.net
        self.history_: list[dict[str, Any]] = []
        n_first = max(1, round(SHARE_OF_M1 * self.n_steps))
        self._train_m1(data, net, average, clock, n_first)
        net.load_state_dict(average.net.state_dict())
        self._train_m2(data, net, average, clock, n_first)

    def _train_m1(self, data: Data, net: VaeNet, average: Average, clock: Clock, n_steps: int) -> None:
        rows = np.sort(np.concatenate([data.labeled, data.pool]))
        batches = Batches(len(rows), self.batch_size, self.random_state)
        optimizer, schedule = self._adam([net.encoder, net.decoder], n_steps)
        for step in range(n_steps):
            clock.tick(step)
            pixels = to_pixels(self._weak(data.rows.take(rows[batches.next()])))  # (B, D)
            # Else the prior wins before the decoder has learned to read codes, and they stay empty.
            share_of_prior = linear_ramp(step / n_steps, start=0.0, end=WARM_UP)
            loss = net.negative_elbo_m1(pixels, share_of_prior).mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            average.update()
            self._look(step, n_steps, loss)

    def _train_m2(self, data: Data, net: VaeNet, average: Average, clock: Clock, start: int) -> None:
        n_steps = max(1, self.n_steps - start)
        n_labeled = max(2, round(self.batch_size * self.labeled_share))
        n_unlabeled = max(1, self.batch_size - n_labeled)
        labeled_batches = Batches(len(data.labeled), n_labeled, self.random_state + 1)
        pool_batches = Batches(len(data.pool), n_unlabeled, self.random_state + 2)
        optimizer, schedule = self._adam([net.classifier, net.styler, net.composer], n_steps)
        every_class = torch.eye(net.n_classes, device=self.device)  # (K, K)

        for step in range(n_steps):
            clock.tick(start + step)
            picked = labeled_batches.next()
            place = torch.from_numpy(picked).to(self.device)
            y, weight = data.y[place], data.weight[place]  # (B,), (B,)
            code = self._drawn_codes(net, data, data.labeled[picked])  # (B, L)
            losses = net.negative_elbo_m2(code, every_class[y])
            losses = losses + self.alpha * functional.cross_entropy(net.classifier(code), y, reduction="none")
            loss = (losses * weight).sum() / weight.sum()
            if len(data.pool):
                code = self._drawn_codes(net, data, data.pool[pool_batches.next()])  # (U, L)
                # At first the classifier knows more of the classes than the composer does: it leads, then follows.
                trust = linear_ramp(step / n_steps, start=LEADS, end=FOLLOWS)
                loss = loss + net.negative_elbo_unlabeled(code, trust).mean()
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            average.update()
            self._look(step, n_steps, loss, start)

    @torch.no_grad()
    def _drawn_codes(self, net: VaeNet, data: Data, rows: npt.NDArray[np.int64]) -> Tensor:
        """(n, L) a code of each of these rows, as M1 draws it of a view of the image."""
        return draw(*net.encode(to_pixels(self._weak(data.rows.take(rows)))))

    def _adam(self, parts: list[nn.Module], n_steps: int) -> tuple[Any, Any]:
        weights = [weight for part in parts for weight in part.parameters()]
        optimizer = torch.optim.Adam(weights, self.learning_rate)
        return optimizer, torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)

    def _make_net(self) -> nn.Module:
        n_classes = len(self.classes_)
        net = VaeNet(self.input_shape_, n_classes, self.n_latent, self.n_style, self.n_hidden)
        return net.to(self.device)

    # --- what else it can do --------------------------------------------------------------------------

    def encode(self, X: Any) -> npt.NDArray[np.float32]:
        """(n, L) float32: the mean code of each image, as features for other learners."""
        return self._over(X, lambda net, pixels: net.encode(pixels)[0].cpu().numpy())

    def denoise(self, X: Any) -> Images:
        """uint8 like X: each image as it is rebuilt from its mean code, without what M1 has not learned."""
        return self._over(X, lambda net, pixels: to_images(net.rebuild(pixels), self.input_shape_))

    def outlier_scores(self, X: Any) -> FloatArray:
        """(n,) mean squared error of the rebuilt pixels, 0 to 1: the higher, the less an image is like the others."""

        def missed(net: VaeNet, pixels: Tensor) -> FloatArray:
            errors = (net.rebuild(pixels) - pixels).square().mean(dim=1)  # (B,)
            found: FloatArray = errors.double().cpu().numpy()
            return found

        return self._over(X, missed)

    def sample(self, n_per_class: int = 10, random_state: int = 0) -> tuple[Images, npt.NDArray[Any]]:
        """Images as uint8 in the shape of the training images, n_per_class for each class, and the classes (m,).

        The class is given and the style drawn from its prior; codes and pixels are the means given both.
        """
        net = cast("VaeNet", self.net_)
        one_hot = torch.eye(net.n_classes).repeat_interleave(n_per_class, dim=0).to(self.device)  # (m, K)
        with torch.inference_mode(), seeded(random_state, self.device):
            style = torch.randn(len(one_hot), net.n_style, device=self.device)
            code = net.composer(torch.cat([style, one_hot], dim=1))[:, : net.n_latent]
            pixels = net.decode(code)  # (m, D)
        return to_images(pixels, self.input_shape_), np.repeat(self.classes_, n_per_class)

    def _over(self, X: Any, of: Callable[[VaeNet, Tensor], npt.NDArray[Any]]) -> npt.NDArray[Any]:
        """of(net, pixels) for all rows, batch by batch. Raises InvalidRows for images of another shape."""
        found = []
        with torch.inference_mode():
            for start in range(0, max(1, len(X)), ROWS_PER_BATCH):
                batch = np.arange(start, min(start + ROWS_PER_BATCH, len(X)))
                rows = Rows(self._inputs(take_rows(X, batch)), self.device)
                found.append(of(cast("VaeNet", self.net_), to_pixels(rows.take(np.arange(len(batch))))))
        return np.concatenate(found)


def draw(mean: Tensor, log_variance: Tensor) -> Tensor:
    """One draw from each normal distribution, with gradient (Kingma and Welling 2013)."""
    return mean + torch.randn_like(mean) * (0.5 * log_variance).exp()


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """(B,) KL divergence from the standard normal distribution, in nats."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1)


def _layers(*sizes: int) -> nn.Sequential:
    """Dense layers with rectifiers between them."""
    layers: list[nn.Module] = []
    for n_in, n_out in itertools.pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])
