"""Labeling functions applied to items: a matrix of votes, made column by column.

Keywords and patterns run on RE2 (inside Arrow), whose time grows in proportion to the text whatever the pattern; it
knows neither look-around nor back references, the two that make patterns explode.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from training.learners.base import BoolArray, Progress
from training.learners.weak.columns import (
    Columns,
    arrow_flags,
    arrow_strings,
    as_numbers,
    as_text,
    columns_of,
)
from training.learners.weak.expression_values import expression_holds
from training.learners.weak.expressions import InvalidExpression, check_expression
from training.learners.weak.functions import (
    ClassName,
    ExpressionFunction,
    InvalidLabelingFunction,
    KeywordFunction,
    LabelingFunction,
    ModelFunction,
    RegexFunction,
    voted_classes,
)

ABSTAIN = -1
ROWS_PER_BATCH = 8_192

# No letter, mark, digit or underscore: \b of RE2 knows ASCII only and would miss the end of "café".
EDGE = r"[^\pL\pM\pN_]"
Votes = npt.NDArray[np.int16]


def apply_functions(
    X: Any,
    functions: Sequence[LabelingFunction],
    *,
    item_type: str,
    classes: Sequence[ClassName],
    progress: Progress | None = None,
) -> Votes:
    """(n, m) int16: the position in `classes` that function j gives row i, or -1 where it abstains.

    An expression abstains where a column that it reads is missing (`is_missing(column)` does not
    count as reading). `progress` is called once a batch of 8,192 rows with (rows done, n, None).
    Memory: 2 bytes x n x m, and the batch's texts a second time. A text is read up to 20,000
    characters. Raises InvalidLabelingFunction for a class that is none of `classes`, a column that is
    not there or of the other kind, and a pattern that RE2 does not take.
    """
    columns = columns_of(X, item_type=item_type)
    voters = [_voter(function, columns, list(classes)) for function in functions]
    votes = np.full((columns.n_rows, len(voters)), ABSTAIN, dtype=np.int16)
    # No rows still checks the functions: one empty batch.
    for start in range(0, max(columns.n_rows, 1), ROWS_PER_BATCH):
        if progress is not None:
            progress(start, columns.n_rows, None)
        part = columns.part(start, start + ROWS_PER_BATCH)
        for place, (function, voter) in enumerate(zip(functions, voters, strict=True)):
            try:
                votes[start : start + part.n_rows, place] = voter(part)
            except InvalidExpression as error:
                raise _invalid(function, str(error)) from None
    return votes


def _voter(
    function: LabelingFunction, columns: Columns, classes: list[ClassName]
) -> Callable[[Columns], Votes]:
    """What makes a batch's votes (n,). Raises InvalidLabelingFunction."""
    strangers = [name for name in voted_classes(function) if name not in classes]
    if strangers:
        known = ", ".join(map(str, classes))
        raise _invalid(function, f"There is no class {strangers[0]!r}. There are: {known}.")
    if isinstance(function, ModelFunction):
        return _model_voter(function, classes)
    column = classes.index(function.label)
    fires = _condition(function)
    return lambda part: np.where(fires(part), np.int16(column), np.int16(ABSTAIN))


def _condition(
    function: KeywordFunction | RegexFunction | ExpressionFunction,
) -> Callable[[Columns], BoolArray]:
    if isinstance(function, ExpressionFunction):
        tree = check_expression(function.expression)
        return lambda part: expression_holds(tree, part)
    if isinstance(function, RegexFunction):
        patterns, ignore_case = [function.pattern], function.ignore_case
    else:
        words = [_escaped(word.strip()) for word in function.words]
        alternatives = words if function.match == "all" else ["|".join(words)]
        patterns = [f"(?:^|{EDGE})(?:{words})(?:$|{EDGE})" for words in alternatives]
        ignore_case = True
    for pattern in patterns:
        try:
            pc.match_substring_regex(arrow_strings([""]), pattern, ignore_case=ignore_case)
        except pa.ArrowInvalid as error:
            raise _invalid(function, f"{pattern!r:.80} is no pattern of RE2: {error}") from None
    name = function.column

    def fires(part: Columns) -> BoolArray:
        texts = as_text(part.read(name), f"column {name!r}")
        found = np.ones(part.n_rows, dtype=bool)
        for pattern in patterns:
            found &= arrow_flags(pc.match_substring_regex(texts, pattern, ignore_case=ignore_case))
        return found

    return fires


def _model_voter(function: ModelFunction, classes: list[ClassName]) -> Callable[[Columns], Votes]:
    positions = np.array([classes.index(name) for name in function.probabilities], dtype=np.int16)
    names = list(function.probabilities.values())

    def votes(part: Columns) -> Votes:
        # A class without a probability is none that the model would choose.
        given = [np.nan_to_num(as_numbers(part.read(name), f"column {name!r}"), nan=0.0) for name in names]
        matrix = np.column_stack(given)  # (n, classes of the model)
        if len(matrix) and not 0 <= matrix.min() <= matrix.max() <= 1:
            raise InvalidExpression(
                f"{', '.join(names)} hold numbers outside 0 to 1; they must be probabilities."
            )
        chosen = np.where(matrix.max(axis=1) >= function.threshold, positions[matrix.argmax(axis=1)], ABSTAIN)
        return chosen.astype(np.int16)

    return votes


def _invalid(function: LabelingFunction, sentence: str) -> InvalidLabelingFunction:
    told = f"Labeling function {function.name!r}: {sentence}"
    return InvalidLabelingFunction(told, fields={"functions": [told]})


def _escaped(word: str) -> str:
    """A word as it is, for RE2: punctuation of ASCII escaped, letters of any script as they stand."""
    return "".join(
        f"\\{sign}" if sign.isascii() and not sign.isalnum() and sign != "_" else sign for sign in word
    )
