"""Labeling functions applied to items: a matrix of votes, made column by column.

Texts are held as Arrow strings while they are worked on. Keywords and patterns run on RE2 (inside
Arrow), whose time grows in proportion to the text whatever the pattern; it knows neither look-around
nor back references, the two that make patterns explode.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from training.learners.base import BoolArray, FloatArray, Progress
from training.learners.errors import InvalidRows
from training.learners.features import TableColumns, check_rows
from training.learners.weak.expressions import InvalidExpression, check_expression
from training.learners.weak.functions import (
    TEXT_COLUMN,
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
TEXT_CHARACTERS = 20_000  # of a text are read
# No letter, mark, digit or underscore: \b of RE2 knows ASCII only and would miss the end of "café".
EDGE = r"[^\pL\pM\pN_]"

Votes = npt.NDArray[np.int16]
Text = Any  # an Arrow array of strings (n,), or a str
Value = Any  # FloatArray (n,) | float | BoolArray (n,) | bool | Text


class Columns:
    """The columns of some rows by name: each either numbers or texts, with what is missing marked.

    Items of type text have the column "text". Columns of a table are numbers or texts as in
    training/learners/features.py. Arrow strings are made when a text is first asked for.
    """

    def __init__(
        self, n_rows: int, numbers: Mapping[str, FloatArray], texts: Mapping[str, Sequence[str | None]]
    ) -> None:
        self.n_rows = n_rows
        self._numbers = numbers
        self._texts = texts
        self._arrow: dict[str, Text] = {}

    @property
    def names(self) -> list[str]:
        return [*self._numbers, *self._texts]

    def read(self, name: str) -> Value:
        """(n,) float64 with NaN, or Arrow strings with "", where a value is missing."""
        if name in self._numbers:
            return self._numbers[name]
        if name not in self._texts:
            raise InvalidExpression(f"There is no column {name!r}. There are: {', '.join(self.names)}.")
        if name not in self._arrow:
            self._arrow[name] = _strings(["" if text is None else text for text in self._texts[name]])
        return self._arrow[name]

    def is_missing(self, name: str) -> BoolArray:
        if name in self._numbers:
            return np.asarray(np.isnan(self._numbers[name]))
        self.read(name)
        return np.array([text is None for text in self._texts[name]], dtype=bool)

    def part(self, start: int, stop: int) -> Columns:
        stop = min(stop, self.n_rows)
        numbers = {name: values[start:stop] for name, values in self._numbers.items()}
        texts = {name: values[start:stop] for name, values in self._texts.items()}
        return Columns(stop - start, numbers, texts)


def columns_of(X: Any, *, item_type: str) -> Columns:
    """The columns that functions may read. Raises InvalidRows for items that are neither text nor table."""
    if item_type == "text":
        texts = check_rows(X, item_type="text")
        return Columns(len(texts), {}, {TEXT_COLUMN: texts})
    if item_type != "table":
        raise InvalidRows(
            f"Labeling functions read texts and tables; items of type {item_type} have no columns."
        )
    frame = check_rows(X, item_type="table")
    kinds = TableColumns().fit(frame)
    values = kinds.transform(frame)
    numbers = {name: values[name].to_numpy(dtype=np.float64) for name in kinds.numeric_}
    texts = {name: values[name].where(frame[name].notna(), None).tolist() for name in kinds.categorical_}
    return Columns(len(frame), numbers, texts)


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
            pc.match_substring_regex(_strings([""]), pattern, ignore_case=ignore_case)
        except pa.ArrowInvalid as error:
            raise _invalid(function, f"{pattern!r:.80} is no pattern of RE2: {error}") from None
    name = function.column

    def fires(part: Columns) -> BoolArray:
        texts = _as_text(part.read(name), f"column {name!r}")
        found = np.ones(part.n_rows, dtype=bool)
        for pattern in patterns:
            found &= _flags(pc.match_substring_regex(texts, pattern, ignore_case=ignore_case))
        return found

    return fires


def _model_voter(function: ModelFunction, classes: list[ClassName]) -> Callable[[Columns], Votes]:
    positions = np.array([classes.index(name) for name in function.probabilities], dtype=np.int16)
    names = list(function.probabilities.values())

    def votes(part: Columns) -> Votes:
        # A class without a probability is none that the model would choose.
        given = [np.nan_to_num(_as_numbers(part.read(name), f"column {name!r}"), nan=0.0) for name in names]
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


# --- expressions --------------------------------------------------------------------------------------


def expression_holds(tree: ast.expr, columns: Columns) -> BoolArray:
    """(n,) True where the checked expression is true and no column that it reads is missing.

    Raises InvalidExpression for an unknown column and for numbers, texts and true/false mixed up.
    """
    with np.errstate(all="ignore"):  # a division by zero gives infinity or NaN, which compares as false
        found = np.array(np.broadcast_to(_as_flags(_value(tree, columns), "The expression"), columns.n_rows))
    for name in _columns_read(tree):
        found &= ~columns.is_missing(name)
    return found


def _columns_read(tree: ast.expr) -> set[str]:
    """Names of columns that take part other than in is_missing."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    asked = {id(node.args[0]) for node in calls if _called(node) == "is_missing"}
    functions = {id(node.func) for node in calls}
    plain = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in asked | functions
    }
    return plain | {_literal(node.args[0]) for node in calls if _called(node) == "column"}


def _value(node: ast.expr, columns: Columns) -> Value:
    match node:
        case ast.Constant(value=value):
            return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
        case ast.Name(id=name):
            return columns.read(name)
        case ast.BoolOp(op=operator, values=nodes):
            flags = [_as_flags(_value(part, columns), _source(part)) for part in nodes]
            return (np.logical_and if isinstance(operator, ast.And) else np.logical_or).reduce(
                np.broadcast_arrays(*flags)
            )
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return np.logical_not(_as_flags(_value(part, columns), _source(part)))
        case ast.UnaryOp(op=sign, operand=part):
            number = _as_numbers(_value(part, columns), _source(part))
            return -number if isinstance(sign, ast.USub) else number
        case ast.BinOp(left=left, op=operator, right=right):
            return _ARITHMETIC[type(operator)](
                _as_numbers(_value(left, columns), _source(left)),
                _as_numbers(_value(right, columns), _source(right)),
            )
        case ast.Compare(left=left, ops=operators, comparators=parts):
            pairs = zip(operators, [left, *parts], parts, strict=False)
            flags = [_compared(operator, first, second, columns) for operator, first, second in pairs]
            return np.logical_and.reduce(np.broadcast_arrays(*flags))
        case ast.Call():
            return _result(node, columns)
    raise InvalidExpression(f"{_source(node)} cannot stand here.")


def _compared(operator: ast.cmpop, left: ast.expr, right: ast.expr, columns: Columns) -> Any:
    first = _value(left, columns)
    if isinstance(operator, ast.In | ast.NotIn):
        found = _is_in(first, left, right, columns)
        return np.logical_not(found) if isinstance(operator, ast.NotIn) else found
    second = _value(right, columns)
    if _is_text(first) and _is_text(second):
        if not isinstance(operator, ast.Eq | ast.NotEq):
            raise InvalidExpression(f"{_source(left)} is a text: texts compare with == and != only.")
        return _flags((pc.equal if isinstance(operator, ast.Eq) else pc.not_equal)(first, second))
    for value, node in ((first, left), (second, right)):
        _as_numbers(value, _source(node))
    found = _COMPARISONS[type(operator)](first, second)
    # NaN is neither equal nor unequal to anything.
    return found & (np.asarray(first) == first) & (np.asarray(second) == second)


def _is_in(first: Value, left: ast.expr, right: ast.expr, columns: Columns) -> Any:
    """Member of a list, or part of a text."""
    if not isinstance(right, ast.Tuple | ast.List):
        where = _as_text(_value(right, columns), _source(right))
        return _contains(where, _pattern(first, _source(left)))
    members: list[Any] = [item.value for item in right.elts if isinstance(item, ast.Constant)]
    if isinstance(members[0], str):
        texts = _as_text(first, _source(left))
        return texts in members if isinstance(texts, str) else _flags(pc.is_in(texts, _strings(members)))
    return np.isin(_as_numbers(first, _source(left)), np.array(members, dtype=np.float64))


def _result(node: ast.Call, columns: Columns) -> Value:
    name = _called(node)
    if name == "column":
        return columns.read(_literal(node.args[0]))
    if name == "is_missing":
        return columns.is_missing(_literal(node.args[0]))
    values = [_value(part, columns) for part in node.args]
    sources = [_source(part) for part in node.args]
    if name in ("abs", "min", "max"):
        numbers = [_as_numbers(value, source) for value, source in zip(values, sources, strict=True)]
        return np.abs(numbers[0]) if name == "abs" else _reduced(name, numbers)
    if name == "number" and not _is_text(values[0]):
        return _as_numbers(values[0], sources[0])
    text = _as_text(values[0], sources[0])
    if name in ("contains", "startswith", "endswith"):
        return _TEXT_TESTS[name](text, _pattern(values[1], sources[1]))
    return _TEXT_FUNCTIONS[name](text)


def _reduced(name: str, numbers: list[Any]) -> Any:
    return (np.maximum if name == "max" else np.minimum).reduce(np.broadcast_arrays(*numbers))


def _contains(text: Text, pattern: str) -> Any:
    return pattern in text if isinstance(text, str) else _flags(pc.match_substring(text, pattern))


def _startswith(text: Text, pattern: str) -> Any:
    return text.startswith(pattern) if isinstance(text, str) else _flags(pc.starts_with(text, pattern))


def _endswith(text: Text, pattern: str) -> Any:
    return text.endswith(pattern) if isinstance(text, str) else _flags(pc.ends_with(text, pattern))


def _length(text: Text) -> Any:
    return float(len(text)) if isinstance(text, str) else _floats(pc.utf8_length(text))


def _words(text: Text) -> Any:
    if isinstance(text, str):
        return float(len(text.split()))
    return _floats(pc.count_substring_regex(text, r"\S+"))


def _lower(text: Text) -> Text:
    return text.lower() if isinstance(text, str) else pc.utf8_lower(text)


def _number(text: Text) -> Any:
    """What reads as a number; NaN for the rest, which compares as false."""
    strings = _strings([text]) if isinstance(text, str) else pc.utf8_trim_whitespace(text)
    is_number = pc.match_substring_regex(strings, r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$")
    numbers = _floats(pc.if_else(is_number, strings, "nan").cast(pa.float64()))
    return float(numbers[0]) if isinstance(text, str) else numbers


_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.true_divide,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
}
_TEXT_TESTS: dict[str, Callable[[Text, str], Any]] = {
    "contains": _contains,
    "startswith": _startswith,
    "endswith": _endswith,
}
_TEXT_FUNCTIONS: dict[str, Callable[[Text], Any]] = {
    "len": _length,
    "lower": _lower,
    "number": _number,
    "words": _words,
}


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _literal(node: ast.expr) -> str:
    """The column that column("x"), is_missing("x") or is_missing(x) names."""
    return (
        node.id if isinstance(node, ast.Name) else str(node.value) if isinstance(node, ast.Constant) else ""
    )


def _is_text(value: Value) -> bool:
    return isinstance(value, str | pa.Array | pa.ChunkedArray)


def _as_text(value: Value, what: str) -> Text:
    if not _is_text(value):
        raise InvalidExpression(f"{what} is not a text.")
    return value


def _pattern(value: Value, what: str) -> str:
    if not isinstance(value, str):
        raise InvalidExpression(f"{what} must be a text in quotes here.")
    return value


def _as_numbers(value: Value, what: str) -> Any:
    if _is_text(value) or np.asarray(value).dtype == np.bool_:
        raise InvalidExpression(f"{what} is not a number. number(...) reads numbers out of texts.")
    return value


def _as_flags(value: Value, what: str) -> Any:
    if _is_text(value) or np.asarray(value).dtype != np.bool_:
        raise InvalidExpression(f"{what} must be true or false, such as a comparison.")
    return value


def _source(node: ast.expr) -> str:
    return f"`{ast.unparse(node)[:60]}`"


def _strings(texts: Sequence[str]) -> Text:
    cut = [text[:TEXT_CHARACTERS] for text in texts]
    try:
        return pa.array(cut, pa.large_string())
    except UnicodeEncodeError:  # half of a surrogate pair, which UTF-8 cannot hold
        return pa.array([text.encode("utf-8", "replace").decode() for text in cut], pa.large_string())


def _flags(values: Any) -> BoolArray:
    if isinstance(values, pa.Scalar):
        return np.asarray(values.as_py())
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=bool)


def _floats(values: Any) -> FloatArray:
    return np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)


def _escaped(word: str) -> str:
    """A word as it is, for RE2: punctuation of ASCII escaped, letters of any script as they stand."""
    return "".join(
        f"\\{sign}" if sign.isascii() and not sign.isalnum() and sign != "_" else sign for sign in word
    )
