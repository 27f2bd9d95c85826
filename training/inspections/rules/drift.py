"""Whether the labeled items look like the pool, and in what they differ.

A model is only as good as its labels are like what it labels. Items that the queue chose differ from the
pool on purpose; what is drawn at random (the holdout) should not.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from scipy.stats import binom, chi2_contingency, false_discovery_control, ks_2samp
from sklearn.decomposition import TruncatedSVD
from sklearn.ensemble import RandomForestClassifier

from training.rules.intervals import clopper_pearson

MIN_ROWS = 20  # of each side; below, nothing can be told
MAX_ROWS = 2_000  # of each side: more add nothing that one could act on
RISK = 0.05  # of a false alarm: of the two-sample test, and of the features together
N_TREES = 100
MAX_CATEGORIES = 20  # rarer ones are counted together
SMALL_SHIFT = 0.1  # KS statistic or Cramer's V below this is not worth acting on

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TwoSample:
    """How well a classifier tells labeled from unlabeled items it has not seen; 0.5: not at all.

    accuracy with its exact 95% interval; p_value: that chance alone is as accurate; n: items judged.
    """

    accuracy: float
    low: float
    high: float
    p_value: float
    n: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class FeatureShift:
    """One feature. statistic 0 to 1: Kolmogorov-Smirnov for numbers, Cramer's V for words.

    p_value is adjusted for the number of features (Benjamini and Hochberg 1995). labeled and pool are
    what is typical of either: the median, or the share of the category that changed most.
    """

    name: str
    kind: str  # number or category
    statistic: float
    p_value: float
    is_shifted: bool
    labeled: float
    pool: float
    category: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def two_sample_test(labeled: Any, pool: Any, *, random_state: int = 0) -> TwoSample | None:
    """The classifier two-sample test (Lopez-Paz and Oquab 2017); None with fewer than 20 rows on a side.

    labeled, pool  (n, d) features, both dense or both sparse

    As many of each side, 2,000 at most. A forest learns on one half to tell them apart, and answers on the
    other; without a difference its right answers are binomial with one half, which gives an exact
    one-sided p-value. Memory: 8 bytes x 4,000 x d, and the forest.
    """
    draw = np.random.default_rng(random_state)
    n = min(labeled.shape[0], pool.shape[0], MAX_ROWS)
    if n < MIN_ROWS:
        return None
    sides = [side[np.sort(draw.choice(side.shape[0], n, replace=False))] for side in (labeled, pool)]
    X: Any = np.concatenate(sides) if isinstance(labeled, np.ndarray) else sparse.vstack(sides).tocsr()
    if not isinstance(X, np.ndarray) and X.shape[1] > 100:
        # Without labels, hence as fair to the held-out half as to the other.
        X = TruncatedSVD(min(50, X.shape[0] - 1), random_state=random_state).fit_transform(X)
    y = np.repeat([0, 1], n)
    # Half of each side learns, so that guessing is right half of the time.
    learns = np.concatenate([side * n + draw.permutation(n)[: n // 2] for side in (0, 1)])
    is_judged = np.ones(2 * n, dtype=bool)
    is_judged[learns] = False
    forest = RandomForestClassifier(N_TREES, min_samples_leaf=3, random_state=random_state)
    forest.fit(X[learns], y[learns])
    right = forest.predict(X[np.flatnonzero(is_judged)]) == y[is_judged]
    n_right, n_judged = int(right.sum()), len(right)
    low, high = clopper_pearson(n_right, n_judged)
    return TwoSample(n_right / n_judged, low, high, float(binom.sf(n_right - 1, n_judged, 0.5)), n_judged)


def feature_shifts(labeled: pd.DataFrame, pool: pd.DataFrame) -> list[FeatureShift]:
    """Every column that both tables have, the most shifted first.

    Numbers: two-sample Kolmogorov-Smirnov test; anything else: chi-square over categories, the rare ones
    together. Missing values are a category, and left out of numbers. p-values are adjusted by Benjamini and
    Hochberg; is_shifted: adjusted p under 5% and a shift of 0.1 or more, so that thousands of rows do
    not make a trifle an alarm. Columns with fewer than 20 values on a side are left out.
    """
    found = []
    for name in labeled.columns.intersection(pool.columns):
        one, other = labeled[name], pool[name]
        is_number = pd.api.types.is_numeric_dtype(one) and pd.api.types.is_numeric_dtype(other)
        test = _numbers(one, other) if is_number else _categories(one, other)
        if test is not None:
            found.append((str(name), "number" if is_number else "category", *test))
    if not found:
        return []
    adjusted = false_discovery_control([p for _, _, _, p, *_ in found])
    shifts = [
        FeatureShift(
            name=name,
            kind=kind,
            statistic=statistic,
            p_value=float(p_value),
            is_shifted=bool(p_value < RISK and statistic >= SMALL_SHIFT),
            labeled=of_labeled,
            pool=of_pool,
            category=category,
        )
        for (name, kind, statistic, _, of_labeled, of_pool, category), p_value in zip(
            found, adjusted, strict=True
        )
    ]
    return sorted(shifts, key=lambda shift: (not shift.is_shifted, -shift.statistic))


def _numbers(one: pd.Series[Any], other: pd.Series[Any]) -> tuple[float, float, float, float, str] | None:
    a, b = (side.dropna().to_numpy(dtype=np.float64) for side in (one, other))
    if min(len(a), len(b)) < MIN_ROWS:
        return None
    # Asymptotic: the exact p-value of unequal thousands takes minutes, and differs in no way that matters.
    test = ks_2samp(a, b, method="asymp")
    return float(test.statistic), float(test.pvalue), float(np.median(a)), float(np.median(b)), ""


def _categories(one: pd.Series[Any], other: pd.Series[Any]) -> tuple[float, float, float, float, str] | None:
    if min(len(one), len(other)) < MIN_ROWS:
        return None
    a, b = (side.astype(object).where(side.notna(), "(missing)").astype(str) for side in (one, other))
    common = pd.concat([a, b]).value_counts().index[:MAX_CATEGORIES]
    a, b = (side.where(side.isin(common), "(others)") for side in (a, b))
    counts = pd.crosstab(np.repeat([0, 1], [len(a), len(b)]), pd.concat([a, b]).to_numpy())
    if counts.shape[1] < 2:
        return 0.0, 1.0, 1.0, 1.0, str(counts.columns[0])
    test = chi2_contingency(counts.to_numpy())
    v = float((test.statistic / counts.to_numpy().sum()) ** 0.5)  # Cramer's V of two rows
    shares = counts.to_numpy() / counts.to_numpy().sum(axis=1, keepdims=True)  # (2, n_categories)
    change = int(np.abs(shares[0] - shares[1]).argmax())
    of_labeled, of_pool = float(shares[0, change]), float(shares[1, change])
    return v, float(test.pvalue), of_labeled, of_pool, str(counts.columns[change])


# What is looked at where items have no columns


def image_measures(images: npt.NDArray[np.uint8]) -> pd.DataFrame:
    """(n, height, width[, 3]) uint8 -> brightness, contrast and the shares of dark and bright pixels, 0 to 1."""
    flat = images.reshape(len(images), -1)
    columns = {
        "brightness": flat.mean(axis=1, dtype=np.float64) / 255,
        "contrast": flat.std(axis=1, dtype=np.float64) / 255,
        "share of dark pixels": (flat < 32).mean(axis=1),
        "share of bright pixels": (flat >= 224).mean(axis=1),
    }
    if images.ndim == 4:
        for place, name in enumerate(("red", "green", "blue")):
            columns[name] = images[..., place].mean(axis=(1, 2), dtype=np.float64) / 255
    return pd.DataFrame(columns)


def intensity_histogram(images: npt.NDArray[np.uint8], n_bins: int = 16) -> list[float]:
    """Share of all pixels in each of n_bins equal parts of 0 to 255."""
    counts = np.bincount(images.reshape(-1), minlength=256).reshape(n_bins, -1).sum(axis=1)
    shares: list[float] = (counts / max(1, counts.sum())).tolist()
    return shares


def table_measures(X: pd.DataFrame) -> pd.DataFrame:
    """The columns as they are."""
    return X


def text_measures(texts: list[str]) -> pd.DataFrame:
    """Length in characters and words, mean length of words, shares of digits and capitals."""
    characters = np.array([max(1, len(text)) for text in texts])
    words = np.array([max(1, len(text.split())) for text in texts])
    return pd.DataFrame(
        {
            "characters": characters.astype(np.float64),
            "words": words.astype(np.float64),
            "characters per word": characters / words,
            "share of digits": [sum(map(str.isdigit, text)) for text in texts] / characters,
            "share of capitals": [sum(map(str.isupper, text)) for text in texts] / characters,
        }
    )


def series_measures(series: npt.NDArray[np.float32]) -> pd.DataFrame:
    """(n, time[, channels]) -> level, spread, range and roughness (mean step) of each channel."""
    stacked = series[:, :, None] if series.ndim == 2 else series
    columns: dict[str, Any] = {}
    for channel in range(stacked.shape[2]):
        values = stacked[:, :, channel].astype(np.float64)
        end = f" of channel {channel}" if stacked.shape[2] > 1 else ""
        columns[f"level{end}"] = values.mean(axis=1)
        columns[f"spread{end}"] = values.std(axis=1)
        columns[f"range{end}"] = np.ptp(values, axis=1)
        if values.shape[1] > 1:
            columns[f"roughness{end}"] = np.abs(np.diff(values, axis=1)).mean(axis=1)
    return pd.DataFrame(columns)


def drift_sentence(test: TwoSample | None, shifts: list[FeatureShift]) -> str:
    """What was found, and what to do about it."""
    if test is None:
        return f"There are fewer than {MIN_ROWS} items on one side, too few to tell. Label more."
    names = ", ".join(shift.name for shift in shifts if shift.is_shifted) if shifts else ""
    moved = f" Most shifted: {', '.join(names.split(', ')[:3])}." if names else ""
    if test.p_value >= RISK:
        if names:
            return (
                f"As a whole the labeled items look like the pool, but some features differ.{moved} "
                "Label some items drawn at random, and look whether they differ as well."
            )
        return "The labeled items look like the pool, as far as can be told. Nothing needs to be done."
    return (
        f"A classifier tells labeled from unlabeled items in {test.accuracy:.0%} of cases (50% would be chance).{moved} "
        "If the queue chose what is labeled, that is expected: raise its share drawn at random until the holdout "
        "is large enough to be trusted. If not, the pool has changed since: label some of the new items before "
        "the model's labels on them are accepted."
    )
