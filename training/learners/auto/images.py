"""Images: a graph teaches a student, whose features make a better graph, which teaches a better student."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from training.learners.auto.candidates import Fit, Labels, certainty, out_of_fold
from training.learners.auto.judging import (
    Candidate,
    Gain,
    blended_losses,
    calibrated,
    gain,
    losses,
    sentence,
    stack,
    trimmed,
)
from training.learners.auto.student import Student, Teaching, Views, train_student
from training.learners.base import BoolArray, FloatArray
from training.learners.graph import USUAL_TEMPERATURE, dense_vectors
from training.learners.graphs.neighbours import NeighbourIndex, Step
from training.learners.graphs.spreading import (
    adjacency,
    as_probabilities,
    class_shares,
    out_of_fold_scores,
    propagate,
    seeds_of,
)
from training.rules.calibration import MIN_ROWS, apply_temperature, fit_temperature

IntArray = npt.NDArray[np.int64]

MIN_LABELS_FOR_NETWORK = (
    50  # with fewer a network on the labels alone is not worth trying, nor can views be compared
)
SMALL_POOL = 5_000
FOLDS_TO_COMPARE = 3  # held out in turn, for views: with one, a few odd labels decide
N_VIEWS = 3
N_NEIGHBORS = 10
N_DIMENSIONS = 64
PIXELS = 3_000  # of an image; with more of them steps take longer, so there are fewer
USUAL_VIEWS = Views("affine")
ALL_VIEWS = (Views("none"), Views("shift"), Views("affine"))


class Found(NamedTuple):
    """The last student, and the temperature of what it says."""

    student: Student
    temperature: float | None


class Budget:
    """How many steps a fit may take: by rows, labels and pixels, so that twice the rows never take twice the time."""

    def __init__(self, images: npt.NDArray[np.uint8], n_labels: int, device: str) -> None:
        n_pixels = int(np.prod(images.shape[1:]))
        share = min(1.0, max(0.25, PIXELS / n_pixels)) * (1 if device == "cpu" else 4)
        is_small = len(images) < SMALL_POOL
        self.round = int(share * (max(60, len(images) // 10) if is_small else 6 * np.sqrt(len(images))))
        self.last = (2 if is_small else 4) * self.round
        self.n_rounds = 2  # a third repeats the errors of the second
        self.batch_size = 64 if is_small else 128
        self.supervised = int(np.clip(n_labels * 60 // 64, 150, max(150, 3_000 * share)))
        self.compared = max(150, self.supervised // 2)  # which views are best shows before a network is done

    def n_steps(self, n_rows: int, n_labels: int) -> int:
        """Of everything, about, for the progress."""
        n_looks = N_VIEWS * n_rows // 1_024 + 1
        compared = FOLDS_TO_COMPARE * (len(ALL_VIEWS) + 1) * self.compared
        compared += (FOLDS_TO_COMPARE + 1) * self.supervised
        rounds = self.n_rounds * (self.round + n_looks + 60) + 400
        return (compared if n_labels >= MIN_LABELS_FOR_NETWORK else 0) + rounds + self.last


class Networks:
    """The search for the best student of images, step by step; `report` gains a sentence for each finding.

    images  (n, H, W[, 3]) uint8, all rows that may be learned from
    labels  their rows count within `images`
    """

    def __init__(
        self,
        images: npt.NDArray[np.uint8],
        labels: Labels,
        report: list[str],
        *,
        random_state: int,
        device: str,
        step: Step,
    ) -> None:
        self.images = images
        self.labels = labels
        self.report = report
        self.random_state = random_state
        self.device = device
        self.step = step
        self.budget = Budget(images, len(labels.rows), device)
        self.views = USUAL_VIEWS

    # --- on the labels alone --------------------------------------------------------------------------

    def choose_views(self, folds: IntArray) -> Candidate | None:
        """Which changes keep the class, by log-loss on held-out labels; what a network so trained says of them.

        Movement without mirroring is what suits most images, so another choice needs a gain beyond noise.
        """
        labels = self.labels
        if len(labels.rows) < MIN_LABELS_FOR_NETWORK:
            return None
        judged = folds[:FOLDS_TO_COMPARE]
        n_steps = self.budget.compared
        said = {views: self._network_out_of_fold(views, judged, n_steps) for views in ALL_VIEWS}
        best = self._best(said)
        mirrored = Views(best.augmentation, flip=True)
        said[mirrored] = self._network_out_of_fold(mirrored, judged, n_steps)
        if gain(self._losses(said[best]), self._losses(said[mirrored])).is_beyond_noise:
            best = mirrored
        found = ", ".join(f"{self._losses(one).mean():.3f} with {views}" for views, one in said.items())
        self.report.append(f"Augmentation by log-loss on held-out labels: {found}. Chosen: {best}.")
        self.views = best
        if self.budget.supervised == n_steps:
            return said[best]
        return self._network_out_of_fold(best, judged, self.budget.supervised)

    def supervised(self, labels: Labels) -> Student:
        return self._network(labels, self.views, self.budget.supervised)

    def _network(self, labels: Labels, views: Views, n_steps: int) -> Student:
        return train_student(
            self.images,
            labels,
            None,
            views,
            n_steps=n_steps,
            batch_size=self.budget.batch_size // 2,
            seed=self.random_state,
            device=self.device,
            step=self.step,
        )

    def _network_out_of_fold(self, views: Views, judged: IntArray, n_steps: int) -> Candidate:
        def fit(labels: Labels) -> Student:
            return self._network(labels, views, n_steps)

        said = out_of_fold(fit, self.images, self.labels, judged, self.step)
        return calibrated("Network on the labels alone", said, self.labels.columns)

    def _best(self, said: dict[Views, Candidate]) -> Views:
        """The usual views, unless others are better beyond noise."""
        best = min(said, key=lambda views: float(self._losses(said[views]).mean()))
        is_better = gain(self._losses(said[USUAL_VIEWS]), self._losses(said[best])).is_beyond_noise
        return best if is_better else USUAL_VIEWS

    def _losses(self, candidate: Candidate) -> FloatArray:
        """(l',) of the labels that it was asked for."""
        asked = np.isfinite(candidate.probabilities).all(axis=1)
        return losses(candidate.probabilities[asked], self.labels.columns[asked])

    # --- with the pool --------------------------------------------------------------------------------

    def search(self, plain: dict[str, Candidate], fits: dict[str, Fit], judged: IntArray) -> Found | None:
        """The student taught by graph and labels, or None where it does not help on held-out labels.

        plain   name -> what learners on the labels alone say of held-out labels
        fits    name -> how to fit them
        judged  positions among the labels that were held out once
        """
        labels = self.labels
        graph, of_graph = self._first_graph(judged)
        self.report.append(sentence(of_graph, labels.columns))
        said = {name: candidate.probabilities[judged] for name, candidate in plain.items()}
        columns, folds = labels.columns[judged], labels.folds[judged]
        before = np.full(len(labels.rows), np.nan)
        before[judged] = blended_losses([*said.values()], columns, folds)
        said["graph"] = of_graph.probabilities[judged]
        of_first = gain(before[judged], blended_losses([*said.values()], columns, folds))
        shares = trimmed(dict(zip(said, stack([*said.values()], columns).tolist(), strict=True)))

        # Few labels: all are needed for training, and the graph alone, judged on all of them, decides.
        is_held = (labels.folds == 0) & (len(labels.rows) >= MIN_LABELS_FOR_NETWORK)
        known = labels.where(~is_held)
        if not is_held.any() and not of_first.is_beyond_noise:
            self.report.append(
                f"Semi-supervision is off: the graph gains {of_first} in log-loss, not beyond noise."
            )
            return None
        temperatures = {name: one.temperature for name, one in plain.items()}
        teacher = np.zeros((len(self.images), labels.n_classes))
        for name, share in shares.items():
            if name == "graph":
                answers = self._spread(graph, known, of_graph.temperature)
            else:
                answers = fits[name](known).predict_proba(self.images)
                answers = apply_temperature(answers, temperatures[name])
            teacher += share * answers
        return self._rounds(teacher, known, is_held, before, of_first)

    def _rounds(
        self, teacher: FloatArray, known: Labels, is_held: BoolArray, before: FloatArray, of_first: Gain
    ) -> Found | None:
        """Teacher to student to teacher, on the labels in `known`, while those held out do not speak against it."""
        labels = self.labels
        truth = labels.columns[is_held]
        best: tuple[Student, FloatArray, FloatArray] | None = None
        for number in range(self.budget.n_rounds):
            student = self._teach(teacher, known, self.budget.round, number)
            teacher = self._next_teacher(student, known, number)
            # Both make the next student; at their best temperature, as the supervised learners are. Where labels
            # are too few to fit one, a student is far too sure, and the graph's own temperature has to do.
            own = student.predict_proba(self.images[labels.rows[is_held]])
            said = teacher[labels.rows[is_held]]
            if len(truth) >= MIN_ROWS:
                said = calibrated("", (said + own) / 2, truth).probabilities
            after = losses(said, truth)
            if is_held.any():
                self.report.append(
                    f"Round {number + 1}, graph and student: log-loss {after.mean():.3f} on {len(truth)} held-out "
                    f"labels; the supervised learners {before[is_held].mean():.3f}."
                )
                if best is not None and gain(after, best[1]).is_beyond_noise:
                    self.report.append("That is worse than the round before, which stands.")
                    break
                if gain(after, before[is_held]).is_beyond_noise:
                    break
            best = student, after, own
        if best is None:
            self.report.append(
                "Semi-supervision is off: it raises the log-loss on held-out labels beyond noise."
            )
            return None
        student, after, own = best
        if is_held.any():
            self.report.append(
                f"Semi-supervision is on: held-out labels do not speak against it (gain {gain(before[is_held], after)} in "
                "log-loss), and the last student learns from all labels, for longer."
            )
        else:
            self.report.append(
                f"Semi-supervision is on: the graph gains {of_first} in log-loss. All labels are trained on; "
                f"they are too few to hold some out for the student, or to compare ways of augmentation: {self.views}."
            )
        teacher = self._next_teacher(student, labels, len(self.report))
        last = self._teach(teacher, labels, self.budget.last, self.budget.n_rounds)
        temperature = fit_temperature(own, truth).temperature if len(truth) >= MIN_ROWS else None
        return Found(last, temperature)

    def _first_graph(self, judged: IntArray) -> tuple[Any, Candidate]:
        """The graph over principal components of the pixels, and what it says of held-out labels."""
        _, vectors = dense_vectors(self.images, "image", N_DIMENSIONS, self.random_state)
        graph = self._graph(vectors)
        said = self._held_out(graph, self.labels)
        answers = np.full_like(said, np.nan)
        answers[judged] = said[judged]
        return graph, calibrated("Graph of similar images", answers, self.labels.columns, USUAL_TEMPERATURE)

    def _held_out(self, graph: Any, labels: Labels) -> FloatArray:
        return out_of_fold_scores(
            graph, labels.rows, labels.columns, labels.weights, labels.folds, labels.n_classes, step=self.step
        )

    def _spread(self, graph: Any, labels: Labels, temperature: float | None) -> FloatArray:
        """(n, K) what the graph says of all images, from these labels."""
        shape = (len(self.images), labels.n_classes)
        seeds = seeds_of(labels.rows, labels.columns, labels.weights, shape)
        scores = propagate(graph, seeds, step=self.step)
        return apply_temperature(
            as_probabilities(scores, class_shares(labels.columns, shape[1])), temperature
        )

    def _teach(self, targets: FloatArray, labels: Labels, n_steps: int, number: int) -> Student:
        known = targets.copy()
        known[labels.rows] = np.eye(labels.n_classes)[labels.columns]
        return train_student(
            self.images,
            labels,
            Teaching(known, certainty(known), is_first=number == 0),
            self.views,
            n_steps=n_steps,
            batch_size=self.budget.batch_size,
            seed=self.random_state + 1_000 * (number + 1),
            device=self.device,
            step=self.step,
        )

    def _next_teacher(self, student: Student, labels: Labels, seed: int) -> FloatArray:
        """(n, K) what spreads from the labels in the student's own feature space."""
        features = student.features(
            self.images, self.views, n_views=N_VIEWS, device=self.device, seed=seed, step=self.step
        )
        graph = self._graph(features)
        candidate = calibrated("", self._held_out(graph, labels), labels.columns, USUAL_TEMPERATURE)
        return self._spread(graph, labels, candidate.temperature)

    def _graph(self, vectors: npt.NDArray[np.float32]) -> Any:
        index = NeighbourIndex(vectors, device=self.device, random_state=self.random_state)
        return adjacency(*index.nearest_others(N_NEIGHBORS, self.step))
