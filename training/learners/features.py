"""Items to vectors: one scikit-learn pipeline per item type, fitted on the labeled rows.

    text    words, and 3-5-grams of the first 1,000 characters within words, TF-IDF with sublinear counts
    table   numbers: median, marked where missing, standardised; the rest: one-hot
    series  flattened and standardised
    image   averaged down to 32 x 32 at most, flattened, 0 to 1

Dense learners get text reduced by SVD and the others by PCA where vectors are long. Memory is that
of the result: 4 bytes x rows x dimensions where dense, 12 bytes x terms where sparse.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer, strip_accents_unicode
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer, Normalizer, OneHotEncoder, StandardScaler

from training.learners.errors import InvalidRows

MAX_IMAGE_SIDE = 32  # a classical learner gains nothing from more, and 224 x 224 x 3 is 150,528 numbers
HEAD_CHARACTERS = 1_000  # of a text, for character n-grams
NUMERIC_SHARE = 0.95  # a column with this share of numbers is numeric; the rest ("?", "n/a") is missing
Matrix = Any  # a float32 array or a scipy sparse matrix of shape (n, d)


def fit_features(
    X: Any,
    *,
    item_type: str,
    y: npt.NDArray[Any],
    is_dense: bool,
    max_dimensions: int | None,
    random_state: int,
) -> tuple[Pipeline, Matrix]:
    """The fitted pipeline and its vectors of X, shape (n, d). Raises InvalidRows."""
    checked = check_rows(X, item_type=item_type)
    steps: list[tuple[str, Any]] = _STEPS[item_type](len(y))
    features = Pipeline(steps)
    try:
        vectors = features.fit_transform(checked)
    except ValueError as error:
        if "no terms remain" in str(error):
            raise InvalidRows(
                "No word occurs in two of the texts, so nothing can be learned of one from another. Check which "
                "column was imported as text."
            ) from None
        if "empty vocabulary" not in str(error):
            raise
        raise InvalidRows(
            "The labeled texts hold no word and no letter to learn from. Check which column was imported as text."
        ) from None
    for name, step in _reductions(vectors, item_type, is_dense, max_dimensions, random_state):
        vectors = step.fit_transform(vectors, y)
        steps.append((name, step))
    return Pipeline(steps), vectors


def check_rows(X: Any, *, item_type: str) -> Any:
    """X in the form that the pipeline takes; X itself is not changed. Raises InvalidRows."""
    return _CHECKS[item_type](X)


# --- text ---------------------------------------------------------------------------------------------


def _text_steps(n_rows: int) -> list[tuple[str, Any]]:
    # They pay where texts are short or badly spelled. On 1,000 posts of 20 Newsgroups 30,000 of them gave
    # what 100,000 gave, and finding them takes most of the time of long texts.
    characters = TermVectorizer(
        analyzer="char_wb",
        ngram_range=(3, 5),
        preprocessor=text_head,
        sublinear_tf=True,
        min_df=_min_df(n_rows),
        max_features=30_000,
        dtype=np.float32,
    )
    return [("terms", FeatureUnion([("words", word_features(n_rows)), ("characters", characters)]))]


def word_features(n_rows: int) -> TermVectorizer:
    """TF-IDF of single words, to be fitted on so many texts.

    No pairs of words: rows have unit length, so what pairs take is lost to words (docs/decisions/0015).
    """
    return TermVectorizer(
        token_pattern=r"(?u)\b\w+\b",
        sublinear_tf=True,
        min_df=_min_df(n_rows),
        max_features=100_000,
        dtype=np.float32,
        strip_accents="unicode",
    )


def _min_df(n_rows: int) -> int:
    """A term that occurs once teaches nothing when there are many rows, and fills memory."""
    return 2 if n_rows >= 500 else 1


class TermVectorizer(TfidfVectorizer):
    """Whose vocabulary is saved as one text. As a dictionary of 130,000 numbers it took minutes, and 60 MB."""

    def __getstate__(self) -> dict[str, Any]:
        state = dict(super().__getstate__())
        places = state.pop("vocabulary_", None)
        return (
            state if places is None else state | {"terms": "\n".join(sorted(places, key=places.__getitem__))}
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        rest = dict(state)
        terms = rest.pop("terms", None)
        super().__setstate__(rest)
        if (
            terms is not None
        ):  # no term holds a line break: they are words, or letters with spaces for all gaps
            self.vocabulary_ = {term: place for place, term in enumerate(terms.split("\n"))}


def text_head(text: str) -> str:
    """The first 1,000 characters, in lower case and without accents."""
    head: str = strip_accents_unicode(text[:HEAD_CHARACTERS].lower())
    return head


def _check_text(X: Any) -> list[str]:
    texts = list(X)
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise InvalidRows(
                f"Row {row} is {text!r:.40}, not a text. Use an empty string where there is none."
            )
    return texts


# --- tables -------------------------------------------------------------------------------------------


class TableColumns(TransformerMixin, BaseEstimator):
    """Settles which columns are numbers and which are categories, and hands both on by name.

    A column is numeric if 95% of its values read as numbers (numbers in text too); what does not
    read, None and NaN are missing. Infinity is refused. After fit: `numeric_`, `categorical_`.

    Columns that were not there in fit are left out, as their names say which these are. Columns without
    names, as those of an array, must be as many as in fit.
    """

    def fit(self, X: pd.DataFrame, y: Any = None) -> Self:
        self.n_unnamed_ = len(X.columns) if _is_unnamed(X) else None
        self.numeric_: list[str] = []
        self.categorical_: list[str] = []
        for name in X.columns:
            values = X[name][X[name].notna()]
            share = _numbers(values).notna().mean() if len(values) else 1.0
            (self.numeric_ if share >= NUMERIC_SHARE else self.categorical_).append(name)
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        # A model that was saved before this was kept does not have it.
        n_unnamed = getattr(self, "n_unnamed_", None)
        if n_unnamed not in (None, len(X.columns)) and _is_unnamed(X):
            raise InvalidRows(f"X has {len(X.columns)} columns; in training it had {n_unnamed}.")
        missing = [name for name in (*self.numeric_, *self.categorical_) if name not in X.columns]
        if missing:
            raise InvalidRows(
                f"The table lacks the columns {', '.join(missing)} that were there in training."
            )
        columns: dict[str, Any] = {}
        for name in self.numeric_:
            numbers = _numbers(X[name]).to_numpy(dtype=np.float64, na_value=np.nan)
            infinite = np.flatnonzero(np.isinf(numbers))
            if len(infinite):
                raise InvalidRows(
                    f"Column {name!r} holds infinity in row {infinite[0]}. Leave the field empty where it is unknown."
                )
            columns[name] = numbers
        for name in self.categorical_:
            columns[name] = X[name].map(str, na_action="ignore").astype(object).where(X[name].notna(), "")
        return pd.DataFrame(columns)


def _is_unnamed(X: pd.DataFrame) -> bool:
    return list(X.columns) == [str(number) for number in range(len(X.columns))]


def _numbers(column: pd.Series[Any]) -> pd.Series[Any]:
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
        return column.astype(np.float64)  # the rest would make a Python object of each number first
    return pd.to_numeric(column.astype(object), errors="coerce").astype(np.float64)


def _is_numeric(X: pd.DataFrame) -> list[str]:
    return [name for name in X.columns if X[name].dtype == np.float64]


def _is_categorical(X: pd.DataFrame) -> list[str]:
    return [name for name in X.columns if X[name].dtype != np.float64]


def _table_steps(n_rows: int) -> list[tuple[str, Any]]:
    numeric = Pipeline(
        [
            # keep_empty_features: a column with no value yet stays, as a constant.
            ("impute", SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)),
            ("scale", StandardScaler()),
        ]
    )
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=5 if n_rows >= 500 else 1,
        max_categories=50,
        sparse_output=False,
        dtype=np.float32,
    )
    return [
        ("columns", TableColumns()),
        (
            "encode",
            ColumnTransformer([("numeric", numeric, _is_numeric), ("categorical", one_hot, _is_categorical)]),
        ),
    ]


def _check_table(X: Any) -> pd.DataFrame:
    if isinstance(X, pd.DataFrame):
        frame = X.copy(deep=False)
    elif sparse.issparse(X):
        raise InvalidRows("A sparse matrix is no table here. Pass X.toarray(), or a DataFrame.")
    else:
        array = np.asarray(X)
        if array.ndim != 2:
            raise InvalidRows(
                f"A table has shape {array.shape}; it must be a DataFrame or of shape (n, columns). Reshape your "
                "data, or import it as another type of item."
            )
        frame = pd.DataFrame(array)
    if not len(frame.columns):
        raise InvalidRows(
            f"The table has 0 feature(s) (shape={frame.shape}) while a minimum of 1 is required. Check which columns "
            "were imported."
        )
    if any(isinstance(kind, np.dtype) and kind.kind == "c" for kind in frame.dtypes):
        raise InvalidRows("Complex data not supported. Pass real and imaginary parts as two columns.")
    frame.columns = [str(name) for name in frame.columns]
    return frame.reset_index(drop=True)


# --- series and images --------------------------------------------------------------------------------


def _series_steps(n_rows: int) -> list[tuple[str, Any]]:
    return [("scale", StandardScaler())]


def _check_series(X: Any) -> npt.NDArray[np.float32]:
    series = np.asarray(X, dtype=np.float32)
    if series.ndim not in (2, 3):
        raise InvalidRows(f"Series have shape {series.shape}; they must be (n, time) or (n, time, channels).")
    flat = series.reshape(len(series), -1)  # (n, time * channels)
    wrong = np.flatnonzero(~np.isfinite(flat).all(axis=1))
    if len(wrong):
        raise InvalidRows(
            f"Row {wrong[0]} of the series holds NaN or infinity. Fill gaps, for example by interpolation, and import again."
        )
    return flat


def _image_steps(n_rows: int) -> list[tuple[str, Any]]:
    return [("pixels", FunctionTransformer(image_vectors))]


def _check_images(X: Any) -> npt.NDArray[np.uint8]:
    images = np.asarray(X)
    is_image = images.ndim == 3 or (images.ndim == 4 and images.shape[3] == 3)
    if images.dtype != np.uint8 or not is_image:
        raise InvalidRows(
            f"Images are {images.dtype} of shape {images.shape}; they must be uint8 of shape "
            "(n, height, width) or (n, height, width, 3)."
        )
    return images


def image_vectors(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(n, height, width[, 3]) uint8 -> (n, d) float32 in [0, 1]; sides over 32 are averaged down to 32."""
    vectors = images.astype(np.float32) / np.float32(255)
    for axis in (1, 2):
        side = images.shape[axis]
        if side > MAX_IMAGE_SIDE:
            edges = np.arange(MAX_IMAGE_SIDE) * side // MAX_IMAGE_SIDE  # (32,) first pixel of each cell
            shape = [1] * vectors.ndim
            shape[axis] = MAX_IMAGE_SIDE
            widths = np.diff(np.append(edges, side)).reshape(shape).astype(np.float32)
            vectors = np.add.reduceat(vectors, edges, axis=axis) / widths
    return vectors.reshape(len(images), -1)


# --- reductions ---------------------------------------------------------------------------------------


def _reductions(
    vectors: Matrix, item_type: str, is_dense: bool, max_dimensions: int | None, random_state: int
) -> list[tuple[str, Any]]:
    n_rows, n_dimensions = vectors.shape
    limit = max_dimensions or n_dimensions
    if sparse.issparse(vectors):
        if is_dense:
            n_components = max(1, min(limit, 200, n_rows - 1, n_dimensions - 1))
            svd = TruncatedSVD(n_components, random_state=random_state)
            # Unit length, as in latent semantic analysis: long and short texts become comparable.
            return [("reduce", svd), ("normalize", Normalizer(copy=False))]
        if n_dimensions > limit:
            return [("select", SelectKBest(chi2, k=limit))]
    elif is_dense and n_dimensions > limit:
        pca = PCA(min(limit, n_rows - 1), svd_solver="randomized", random_state=random_state)
        return [("reduce", pca)]
    return []


_STEPS = {"text": _text_steps, "table": _table_steps, "series": _series_steps, "image": _image_steps}
_CHECKS = {"text": _check_text, "table": _check_table, "series": _check_series, "image": _check_images}
