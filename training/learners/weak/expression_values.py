"""Where a checked expression holds: worked out for all rows of a batch at once."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from training.learners.base import BoolArray
from training.learners.weak.columns import (
    Columns,
    Text,
    Value,
    arrow_flags,
    arrow_floats,
    arrow_strings,
    as_flags,
    as_numbers,
    as_text,
    is_text,
)
from training.learners.weak.expressions import InvalidExpression


def expression_holds(tree: ast.expr, columns: Columns) -> BoolArray:
    """(n,) True where the checked expression is true and no column that it reads is missing.

    Raises InvalidExpression for an unknown column and for numbers, texts and true/false mixed up.
    """
    with np.errstate(all="ignore"):  # a division by zero gives infinity or NaN, which compares as false
        found = np.array(np.broadcast_to(as_flags(_value(tree, columns), "The expression"), columns.n_rows))
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
            flags = [as_flags(_value(part, columns), _source(part)) for part in nodes]
            return (np.logical_and if isinstance(operator, ast.And) else np.logical_or).reduce(
                np.broadcast_arrays(*flags)
            )
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return np.logical_not(as_flags(_value(part, columns), _source(part)))
        case ast.UnaryOp(op=sign, operand=part):
            number = as_numbers(_value(part, columns), _source(part))
            return -number if isinstance(sign, ast.USub) else number
        case ast.BinOp(left=left, op=operator, right=right):
            return _ARITHMETIC[type(operator)](
                as_numbers(_value(left, columns), _source(left)),
                as_numbers(_value(right, columns), _source(right)),
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
    if is_text(first) and is_text(second):
        if not isinstance(operator, ast.Eq | ast.NotEq):
            raise InvalidExpression(f"{_source(left)} is a text: texts compare with == and != only.")
        return arrow_flags((pc.equal if isinstance(operator, ast.Eq) else pc.not_equal)(first, second))
    for value, node in ((first, left), (second, right)):
        as_numbers(value, _source(node))
    found = _COMPARISONS[type(operator)](first, second)
    # NaN is neither equal nor unequal to anything.
    return found & (np.asarray(first) == first) & (np.asarray(second) == second)


def _is_in(first: Value, left: ast.expr, right: ast.expr, columns: Columns) -> Any:
    """Member of a list, or part of a text."""
    if not isinstance(right, ast.Tuple | ast.List):
        where = as_text(_value(right, columns), _source(right))
        return _contains(where, _pattern(first, _source(left)))
    members: list[Any] = [item.value for item in right.elts if isinstance(item, ast.Constant)]
    if isinstance(members[0], str):
        texts = as_text(first, _source(left))
        return (
            texts in members
            if isinstance(texts, str)
            else arrow_flags(pc.is_in(texts, arrow_strings(members)))
        )
    return np.isin(as_numbers(first, _source(left)), np.array(members, dtype=np.float64))


def _result(node: ast.Call, columns: Columns) -> Value:
    name = _called(node)
    if name == "column":
        return columns.read(_literal(node.args[0]))
    if name == "is_missing":
        return columns.is_missing(_literal(node.args[0]))
    values = [_value(part, columns) for part in node.args]
    sources = [_source(part) for part in node.args]
    if name in ("abs", "min", "max"):
        numbers = [as_numbers(value, source) for value, source in zip(values, sources, strict=True)]
        return np.abs(numbers[0]) if name == "abs" else _reduced(name, numbers)
    if name == "number" and not is_text(values[0]):
        return as_numbers(values[0], sources[0])
    text = as_text(values[0], sources[0])
    if name in ("contains", "startswith", "endswith"):
        return _TEXT_TESTS[name](text, _pattern(values[1], sources[1]))
    return _TEXT_FUNCTIONS[name](text)


def _reduced(name: str, numbers: list[Any]) -> Any:
    return (np.maximum if name == "max" else np.minimum).reduce(np.broadcast_arrays(*numbers))


def _contains(text: Text, pattern: str) -> Any:
    return pattern in text if isinstance(text, str) else arrow_flags(pc.match_substring(text, pattern))


def _startswith(text: Text, pattern: str) -> Any:
    return text.startswith(pattern) if isinstance(text, str) else arrow_flags(pc.starts_with(text, pattern))


def _endswith(text: Text, pattern: str) -> Any:
    return text.endswith(pattern) if isinstance(text, str) else arrow_flags(pc.ends_with(text, pattern))


def _length(text: Text) -> Any:
    return float(len(text)) if isinstance(text, str) else arrow_floats(pc.utf8_length(text))


def _words(text: Text) -> Any:
    if isinstance(text, str):
        return float(len(text.split()))
    return arrow_floats(pc.count_substring_regex(text, r"\S+"))


def _lower(text: Text) -> Text:
    return text.lower() if isinstance(text, str) else pc.utf8_lower(text)


def _number(text: Text) -> Any:
    """What reads as a number; NaN for the rest, which compares as false."""
    strings = arrow_strings([text]) if isinstance(text, str) else pc.utf8_trim_whitespace(text)
    is_number = pc.match_substring_regex(strings, r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$")
    numbers = arrow_floats(pc.if_else(is_number, strings, "nan").cast(pa.float64()))
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


def _pattern(value: Value, what: str) -> str:
    if not isinstance(value, str):
        raise InvalidExpression(f"{what} must be a text in quotes here.")
    return value


def _source(node: ast.expr) -> str:
    return f"`{ast.unparse(node)[:60]}`"
