"""Conditions on the columns of an item, in a small part of Python's syntax. Pure, and light to import.

    words(text) > 40 and not contains(lower(text), "unsubscribe")
    18 <= age < 30 and soil in ("clay", "sand")
    column("net income") / max(household, 1) > 20_000

Numbers, texts and true/false; names of columns; + - * / and comparisons of numbers; == != and `in`
for texts; and, or, not; the functions of FUNCTIONS. Nothing else is read: no attributes, no
subscripts, no other calls, no loops, no powers and no joining of texts, so an expression can neither
reach Python nor grow what it works on. It is walked here as a tree and never given to eval.
"""

from __future__ import annotations

import ast
import warnings

MAX_CHARACTERS = 1_000
MAX_NODES = 200
LARGEST_NUMBER = 1e15  # a whole number up to here is exact as a float

# Name -> (fewest, most) arguments. What they do: training/learners/weak/expression_values.py.
FUNCTIONS = {
    "abs": (1, 1),
    "column": (1, 1),
    "contains": (2, 2),
    "endswith": (2, 2),
    "is_missing": (1, 1),
    "len": (1, 1),
    "lower": (1, 1),
    "max": (2, 5),
    "min": (2, 5),
    "number": (1, 1),
    "startswith": (2, 2),
    "words": (1, 1),
}

_ALLOWED = (
    ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.UAdd,
    ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div,
    ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn,
    ast.Call, ast.Name, ast.Load, ast.Constant, ast.Tuple, ast.List,
)  # fmt: skip


class InvalidExpression(ValueError):
    """The expression is not of the small language; the message is a sentence for its author."""


def check_expression(source: object) -> ast.expr:
    """The tree of an expression that holds only what is allowed. Raises InvalidExpression."""
    if not isinstance(source, str) or not source.strip() or len(source) > MAX_CHARACTERS:
        raise InvalidExpression(
            f"expression is {source!r:.60}; it must be a text of 1 to {MAX_CHARACTERS:,} characters."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python's about style, such as unknown escapes in a text
            tree = ast.parse(source.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else "it is nested too deeply"
        raise InvalidExpression(f"{source!r:.60} cannot be read: {reason}.") from None
    nodes = list(ast.walk(tree))
    if len(nodes) > MAX_NODES:
        raise InvalidExpression(f"{source!r:.60} has {len(nodes)} parts; {MAX_NODES} are allowed.")
    called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
    lists = {id(part) for node in nodes if isinstance(node, ast.Compare) for part in _members(node)}
    for node in nodes:
        _check_node(node, is_called=id(node) in called, is_after_in=id(node) in lists)
    return tree


def _members(node: ast.Compare) -> list[ast.expr]:
    """What stands to the right of each `in`."""
    pairs = zip(node.ops, node.comparators, strict=True)
    return [right for operator, right in pairs if isinstance(operator, ast.In | ast.NotIn)]


def _check_node(node: ast.AST, *, is_called: bool, is_after_in: bool) -> None:
    if not isinstance(node, _ALLOWED):
        raise InvalidExpression(f"{_shown(node)} is not allowed in an expression. {_ADVICE}")
    if isinstance(node, ast.Call):
        _check_call(node)
    elif isinstance(node, ast.Name) and node.id in FUNCTIONS and not is_called:
        raise InvalidExpression(f"{node.id} is a function: write {node.id}(...), or column({node.id!r}).")
    elif isinstance(node, ast.Constant):
        _check_constant(node.value)
    elif isinstance(node, ast.Tuple | ast.List):
        if not is_after_in:
            raise InvalidExpression("A list may only stand after `in`.")
        _check_list(node)


def _check_call(node: ast.Call) -> None:
    if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
        raise InvalidExpression(f"{_shown(node.func)} cannot be called. {_ADVICE}")
    fewest, most = FUNCTIONS[node.func.id]
    if node.keywords or not fewest <= len(node.args) <= most:
        wanted = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        raise InvalidExpression(f"{node.func.id} takes {wanted} values in order, without names.")
    if node.func.id in ("column", "is_missing") and not _names_column(node.args[0], node.func.id):
        raise InvalidExpression(
            f'{node.func.id} wants a column by name, such as {node.func.id}("net income").'
        )


def _names_column(node: ast.expr, function: str) -> bool:
    is_name = isinstance(node, ast.Name) and function == "is_missing"
    return is_name or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _check_constant(value: object) -> None:
    if isinstance(value, bool | str):
        return
    if not isinstance(value, int | float):
        raise InvalidExpression(f"{value!r:.40} is not allowed in an expression. {_ADVICE}")
    if not abs(value) <= LARGEST_NUMBER:
        raise InvalidExpression("A number lies beyond the largest allowed, 1e15.")


def _check_list(node: ast.Tuple | ast.List) -> None:
    kinds = {
        type(item.value) is str
        for item in node.elts
        if isinstance(item, ast.Constant) and not isinstance(item.value, bool)
    }
    if len(kinds) != 1 or not all(isinstance(item, ast.Constant) for item in node.elts):
        raise InvalidExpression("A list after `in` holds texts only, or numbers of 0 or more only.")


def _shown(node: ast.AST) -> str:
    return f"`{ast.unparse(node)[:40]}`" if isinstance(node, ast.expr) else type(node).__name__


_ADVICE = (
    "Use columns, numbers, texts, + - * /, comparisons, in, and, or, not, "
    f"and the functions {', '.join(FUNCTIONS)}."
)
