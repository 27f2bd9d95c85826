"""The default learner: no knobs. It tries what suits the items and keeps what held-out human labels speak for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.utils.validation import check_is_fitted

from training.learners.auto.candidates import (
    Fit,
    Labels,
    fit_supervised,
    out_of_fold,
    pool_vectors,
    pool_words,
    share_features,
    supervised_names,
    title_of,
)
from training.learners.auto.images import Budget, Networks
from training.learners.auto.judging import (
    Candidate,
    blended_losses,
    calibrated,
    gain,
    sentence,
    stack,
    trimmed,
)
from training.learners.auto.student import Student
from training.learners.base import FloatArray, Progress, check_training, check_weights, take_rows
from training.learners.classifier import ItemClassifier
from training.learners.clock import Clock
from training.learners.errors import InvalidRows
from training.learners.features import check_rows
from training.learners.graph import LabelPropagation, counted, usable
from training.learners.graphs.neighbours import Step
from training.learners.graphs.spreading import folds_of
from training.rules.calibration import apply_temperature

IntArray = npt.NDArray[np.int64]

N_FOLDS = 5
MIN_POOL = 100  # fewer unlabeled rows have nothing to tell
MAX_POOL = 100_000  # more unlabeled rows cost time and tell no more; they are drawn at random
MIN_JUDGED = 10  # held-out labels; below, nothing can be told apart
FAST_LABELS = 2_000  # up to here every fold is judged; above, one: its labels are many enough
ROWS_PER_BATCH = 8_192


class Auto(ItemClassifier):
    """Chooses among supervised and semi-supervised learning by log-loss on held-out human labels.

    On the labels alone: text, logistic regression and naive Bayes; tables and series, logistic regression, random
    forest, from 50 labels on gradient boosting, and discriminant analysis; images, logistic regression and
    from 50 labels on a convolutional network, whose augmentation is itself chosen on held-out labels. They are
    blended with the shares that fit held-out labels best (stacking; Yao and others 2018).

    With the pool (100 unlabeled rows at least): labels spread on a graph of similar items; for texts logistic
    regression on words and on latent semantics of all of them, and the latter trained on its own answers; for
    tables and series logistic regression trained on its own answers. Images: the graph teaches a student
    network, whose own features make the next graph, twice (after Iscen and others 2019).

    Semi-supervision stays off unless it lowers the log-loss on held-out labels: for text, tables and series,
    where it only joins a blend, by more than half the standard error of that. For images the student stands
    unless it raises it by more than a standard error: the one that is judged has learned for a quarter of the
    time of the one that predicts, and from four fifths of its labels.

    Each class keeps a label in every fold; a class's only label is never held out. With fewer than 10 labels
    that can be held out nothing can be judged: then the supervised learners count equally. Rows of weight 0
    count as unlabeled. Of more than 100,000 unlabeled rows that many are drawn.

    item_type  image, text, table or series: what X is
    device     "cpu" or "cuda": there students take four times as many steps
    progress   called with (step, n_steps, seconds left) four times a second; what it raises stops the fit

    After fit: `classes_` (sorted); `report_`, sentences on what was tried, measured and chosen; `chosen_`,
    name -> share of what makes the predictions; `is_semi_supervised_`; `members_`, name -> fitted learner.

    Peak memory: that of the vectors of the labeled rows (features.py), and with a pool that of
    LabelPropagation (graph.py) for at most 100,000 rows and the labeled ones; images: 1.5 kB a row besides,
    texts: 12 bytes for each word of each.
    Same seed, machine and threads: same result.
    Raises TooFewLabels and InvalidRows.
    """

    def __init__(
        self,
        item_type: str,
        random_state: int = 0,
        device: str = "cpu",
        progress: Progress | None = None,
        classes: Sequence[Any] | None = None,
    ) -> None:
        self.item_type = item_type
        self.random_state = random_state
        self.device = device
        self.progress = progress
        self.classes = classes

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        mask = check_training(X, y, self.classes)
        weights = check_weights(sample_weight, mask)
        weights = np.ones(len(mask)) if weights is None else weights
        check_rows(X, item_type=self.item_type)
        self.classes_, columns = np.unique(np.asarray(np.asarray(y)[mask].tolist()), return_inverse=True)
        is_used = weights[mask] > 0
        rows = np.flatnonzero(mask)[is_used]
        columns = columns[is_used]
        if len(np.unique(columns)) < len(self.classes_):
            raise InvalidRows("A class has labels of weight 0 only; one of each class must count at least.")
        pool = np.setdiff1d(np.arange(len(mask)), rows)
        folds = folds_of(columns, N_FOLDS, self.random_state)
        labels = Labels(rows, columns, weights[rows], folds, len(self.classes_))

        self.report_: list[str] = []
        X, labels, pool = self._bounded(X, labels, pool)
        search = self._search_images if self.item_type == "image" else self._search_vectors
        search(X, labels, pool)
        return self

    def predict_proba(self, X: Any) -> FloatArray:
        check_is_fitted(self)
        n_rows = len(X)
        probabilities = np.zeros((n_rows, len(self.classes_)))
        for start in range(0, n_rows, ROWS_PER_BATCH):
            rows = np.arange(start, min(start + ROWS_PER_BATCH, n_rows))
            batch = take_rows(X, rows)
            vectors: dict[int, Any] = {}
            for name, member in self.members_.items():
                answers = self._answers_of(member, batch, vectors)
                probabilities[rows] += self.chosen_[name] * apply_temperature(
                    answers, self.temperatures_[name]
                )
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        return probabilities

    def _answers_of(self, member: Any, batch: Any, vectors: dict[int, Any]) -> FloatArray:
        """(n, K). `vectors`: those of the batch so far, by the id of their features, as members share them."""
        if not hasattr(member, "features_"):
            device = {"device": usable(self.device)} if isinstance(member, Student) else {}
            answers: FloatArray = member.predict_proba(batch, **device)
            return answers
        features = member.features_
        if id(features) not in vectors:
            vectors[id(features)] = features.transform(check_rows(batch, item_type=self.item_type))
        of_vectors: FloatArray = member.predict_vectors(vectors[id(features)])
        return of_vectors

    # --- what all item types share --------------------------------------------------------------------

    def _bounded(self, X: Any, labels: Labels, pool: IntArray) -> tuple[Any, Labels, IntArray]:
        """The rows that are learned from, and where labels and pool lie among them."""
        if len(pool) <= MAX_POOL:
            return X, labels, pool
        drawn = np.random.default_rng(self.random_state).choice(pool, MAX_POOL, replace=False)
        kept = np.sort(np.concatenate([labels.rows, drawn]))
        self.report_.append(f"Of {len(pool)} unlabeled rows {MAX_POOL} are drawn to learn from.")
        rows = np.searchsorted(kept, labels.rows)
        moved = Labels(rows, labels.columns, labels.weights, labels.folds, labels.n_classes)
        return take_rows(X, kept), moved, np.setdiff1d(np.arange(len(kept)), rows)

    def _judged_folds(self, labels: Labels) -> IntArray:
        """The folds whose labels are held out in turn; none where that would be too few labels."""
        folds = np.arange(N_FOLDS if len(labels.rows) <= FAST_LABELS else 1)
        n_judged = int(np.isin(labels.folds, folds).sum())
        return folds if n_judged >= MIN_JUDGED else folds[:0]

    def _supervised_candidates(
        self, X: Any, labels: Labels, folds: IntArray, step: Step
    ) -> dict[str, Candidate]:
        """Name -> what it says of held-out labels, on the labels alone."""
        found = {}
        for name in supervised_names(self.item_type, labels):
            title = title_of(name, self.item_type)

            def fit(some: Labels, name: str = name) -> Any:
                return fit_supervised(name, X, some, self.item_type, self.random_state, is_trial=True)

            found[name] = calibrated(title, out_of_fold(fit, X, labels, folds, step), labels.columns)
        return found

    def _shares(
        self, candidates: dict[str, Candidate], labels: Labels, is_judged: IntArray
    ) -> dict[str, float]:
        if len(is_judged) == 0:
            return dict.fromkeys(candidates, 1 / len(candidates))
        said = [candidate.probabilities[is_judged] for candidate in candidates.values()]
        return trimmed(dict(zip(candidates, stack(said, labels.columns[is_judged]).tolist(), strict=True)))

    def _keep(
        self, candidates: dict[str, Candidate], shares: dict[str, float], members: dict[str, Any]
    ) -> None:
        self.members_ = members
        self.chosen_ = shares
        self.temperatures_ = {name: candidates[name].temperature for name in shares}
        parts = ", ".join(f"{share:.0%} {candidates[name].title}" for name, share in shares.items())
        self.report_.append(f"Predictions come from {parts}.")

    def _cannot_judge(self, labels: Labels) -> str:
        n_judged = int((labels.folds >= 0).sum())
        return (
            f"Semi-supervision is off: only {n_judged} labels can be held out with each class keeping one, and it "
            f"takes {MIN_JUDGED} to tell whether it helps. Label more items."
        )

    # --- text, tables, series -------------------------------------------------------------------------

    def _search_vectors(self, X: Any, labels: Labels, pool: IntArray) -> None:
        folds = self._judged_folds(labels)
        names = supervised_names(self.item_type, labels)
        is_tried = len(pool) >= MIN_POOL and len(folds) > 0
        n_pooled = 4 if self.item_type == "text" else 3
        n_steps = (len(names) + n_pooled * is_tried) * (len(folds) + 1)
        clock = Clock(self.progress, n_steps + 1)
        step = counted(clock)
        step()
        plain = self._supervised_candidates(X, labels, folds, step)
        judged = np.flatnonzero(np.isin(labels.folds, folds))
        if len(judged):
            self.report_ += [sentence(candidate, labels.columns) for candidate in plain.values()]
        candidates = dict(plain)
        fits: dict[str, Fit] = {
            name: partial(fit_supervised, name, X, item_type=self.item_type, random_state=self.random_state)
            for name in plain
        }
        if is_tried:
            pooled, of_pool = self._pool_candidates(X, labels, pool, folds, plain, step)
            self.report_ += [sentence(candidate, labels.columns) for candidate in pooled.values()]
            candidates |= pooled
            fits |= of_pool
            self.is_semi_supervised_ = self._helps(plain, candidates, labels, judged)
        else:
            self.is_semi_supervised_ = False
            self.report_.append(self._cannot_judge(labels) if len(pool) >= MIN_POOL else _little_pool(pool))
        if not self.is_semi_supervised_:
            candidates = plain
        shares = self._shares(candidates, labels, judged)
        members: dict[str, Any] = {}
        for name in shares:
            members[name] = fits[name](labels)
            step()
        share_features(members.values())
        self._keep(candidates, shares, members)
        clock.finish()

    def _pool_candidates(
        self,
        X: Any,
        labels: Labels,
        pool: IntArray,
        folds: IntArray,
        plain: dict[str, Candidate],
        step: Step,
    ) -> tuple[dict[str, Candidate], dict[str, Fit]]:
        """What learns from the pool too: its answers to held-out labels, and how it is fitted on some labels."""
        y = np.full(len(labels.rows) + len(pool), -1)
        y[labels.rows] = labels.columns
        weights = np.ones(len(y))
        weights[labels.rows] = labels.weights
        graph = LabelPropagation(
            self.item_type,
            random_state=self.random_state,
            device=self.device,
            progress=None if self.progress is None else lambda *_: step(),
        ).fit(X, y, weights)
        graph.progress = None
        spread = calibrated("Label propagation", _only(graph.held_out_, labels, folds), labels.columns)
        found = {"label_propagation": spread}
        fits: dict[str, Fit] = {"label_propagation": lambda _: graph}
        vectors = pool_vectors(X, pool, labels, self.item_type, self.random_state, graph)
        temperature = plain["logistic_regression"].temperature
        title = "Self-training of logistic regression"
        if self.item_type == "text":
            words = pool_words(X, self.random_state)
            said = out_of_fold(words.fit, X, labels, folds, step)
            found["pool_words"] = calibrated(
                "Logistic regression on words of all texts", said, labels.columns
            )
            fits["pool_words"] = words.fit
            said = out_of_fold(vectors.fit, X, labels, folds, step)
            found["pool_features"] = calibrated(
                "Logistic regression on latent semantics of all texts", said, labels.columns
            )
            fits["pool_features"] = vectors.fit
            temperature = found["pool_features"].temperature
            title = "Self-training on latent semantics of all texts"
        fits["self_training"] = vectors.self_training(temperature)
        said = out_of_fold(fits["self_training"], X, labels, folds, step)
        found["self_training"] = calibrated(title, said, labels.columns)
        return found, fits

    def _helps(
        self, plain: dict[str, Candidate], candidates: dict[str, Candidate], labels: Labels, judged: IntArray
    ) -> bool:
        columns, folds = labels.columns[judged], labels.folds[judged]
        before = blended_losses([one.probabilities[judged] for one in plain.values()], columns, folds)
        after = blended_losses([one.probabilities[judged] for one in candidates.values()], columns, folds)
        found = gain(before, after)
        measured = (
            f"from {before.mean():.3f} to {after.mean():.3f} on {len(judged)} held-out labels (gain {found})"
        )
        if found.is_worth_a_share:
            self.report_.append(f"Semi-supervision is on: it takes the log-loss {measured}.")
        else:
            self.report_.append(
                f"Semi-supervision is off: it takes the log-loss {measured}, no gain beyond noise."
            )
        return found.is_worth_a_share

    # --- images ---------------------------------------------------------------------------------------

    def _search_images(self, X: Any, labels: Labels, pool: IntArray) -> None:
        images = check_rows(X, item_type="image")
        folds = self._judged_folds(labels)
        judged = np.flatnonzero(np.isin(labels.folds, folds))
        budget = Budget(images, len(labels.rows), self.device)
        clock = Clock(self.progress, budget.n_steps(len(images), len(labels.rows)))
        step = counted(clock)
        step()
        networks = Networks(
            images, labels, self.report_, random_state=self.random_state, device=self.device, step=step
        )
        candidates = self._supervised_candidates(images, labels, folds, step)
        fits: dict[str, Fit] = {
            "logistic_regression": lambda some: fit_supervised(
                "logistic_regression", images, some, "image", self.random_state
            ),
            "network": networks.supervised,
        }
        if len(folds):
            self.report_ += [sentence(candidate, labels.columns) for candidate in candidates.values()]
            network = networks.choose_views(folds)
            if network is not None:
                candidates["network"] = network
                self.report_.append(sentence(network, labels.columns))
                # Views were compared on some folds only: all are judged on those.
                judged = np.flatnonzero(np.isfinite(network.probabilities).all(axis=1))
        found = None
        if len(pool) < MIN_POOL:
            self.report_.append(_little_pool(pool))
        elif not len(folds):
            self.report_.append(self._cannot_judge(labels))
        else:
            found = networks.search(candidates, fits, judged)
        self.is_semi_supervised_ = found is not None
        if found is not None:
            candidates = {"student": Candidate("Student of graph and labels", np.empty(0), found.temperature)}
            self._keep(candidates, {"student": 1.0}, {"student": found.student})
        else:
            shares = self._shares(candidates, labels, judged)
            self._keep(candidates, shares, {name: fits[name](labels) for name in shares})
        clock.finish()


def _little_pool(pool: IntArray) -> str:
    return f"Semi-supervision is off: with {len(pool)} unlabeled rows there is little to learn from."


def _only(probabilities: FloatArray, labels: Labels, folds: IntArray) -> FloatArray:
    """NaN for labels outside these folds, so that all candidates are judged on the same."""
    kept = np.where(np.isin(labels.folds, folds)[:, None], probabilities, np.nan)
    return kept
