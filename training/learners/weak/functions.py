"""Labeling functions as data: JSON in, checked functions out. Pure, and light to import.

    {"name": "prize", "kind": "keyword", "class": "spam", "words": ["prize", "winner"]}
        some of these words occur (`match` "all": all of them), as whole words whatever their case
    {"name": "link", "kind": "regex", "class": "spam", "pattern": "https?://"}
        the pattern (RE2 syntax) occurs somewhere, whatever the case unless `ignore_case` is false
    {"name": "long", "kind": "expression", "class": "ham", "expression": "words(text) > 40"}
        the expression is true, see training/learners/weak/expressions.py
    {"name": "old model", "kind": "model", "probabilities": {"spam": "p_spam"}, "threshold": 0.9}
        the class whose probability, given in a column, is the highest and at least the threshold

Each says its class where it fires and abstains everywhere else. Keywords and patterns read
`column`; items of type text have the one column "text".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar

from labeling.web.json_reading import read_json
from training.learners.errors import LearnerError
from training.learners.weak.expressions import InvalidExpression, check_expression

MAX_FUNCTIONS = 200
MAX_JSON_CHARACTERS = 200_000
MAX_NAME = 100
MAX_WORDS = 1_000
MAX_WORD = 200
MAX_PATTERN = 1_000
TEXT_COLUMN = "text"  # of items of type text

ClassName = str | int


class InvalidLabelingFunction(LearnerError):
    """A labeling function lacks a field or has a value that is not allowed."""

    code = "invalid_labeling_function"


@dataclass(frozen=True)
class KeywordFunction:
    name: str
    label: ClassName
    words: tuple[str, ...]
    match: str = "any"
    column: str = TEXT_COLUMN
    kind: ClassVar[str] = "keyword"


@dataclass(frozen=True)
class RegexFunction:
    name: str
    label: ClassName
    pattern: str
    ignore_case: bool = True
    column: str = TEXT_COLUMN
    kind: ClassVar[str] = "regex"


@dataclass(frozen=True)
class ExpressionFunction:
    name: str
    label: ClassName
    expression: str
    kind: ClassVar[str] = "expression"


@dataclass(frozen=True)
class ModelFunction:
    name: str
    probabilities: Mapping[ClassName, str]  # class -> column of its probability
    threshold: float = 0.9
    kind: ClassVar[str] = "model"


LabelingFunction = KeywordFunction | RegexFunction | ExpressionFunction | ModelFunction

_KINDS: dict[str, type[Any]] = {
    function.kind: function
    for function in (KeywordFunction, RegexFunction, ExpressionFunction, ModelFunction)
}


def check_functions(given: str | Sequence[Any]) -> list[LabelingFunction]:
    """The functions that this JSON means: a list of objects, or the text of one; "" means none.

    Names are unique. Raises InvalidLabelingFunction with a field `functions.<position>.<field>` for
    each thing that is wrong. Patterns are compiled where they are applied, not here.
    """
    listed = _read(given)
    problems: dict[str, list[str]] = {}
    functions = [_function(value, f"functions.{place}", problems) for place, value in enumerate(listed)]
    names = [function.name for function in functions if function is not None]
    for name in sorted({name for name in names if names.count(name) > 1}):
        problems["functions"] = [f"Two functions are called {name!r}. Give each a name of its own."]
    if problems:
        raise InvalidLabelingFunction(
            " ".join(sentence for sentences in problems.values() for sentence in sentences), fields=problems
        )
    return [function for function in functions if function is not None]


def voted_classes(function: LabelingFunction) -> list[ClassName]:
    """The classes that a function may say."""
    return list(function.probabilities) if isinstance(function, ModelFunction) else [function.label]


def _read(given: str | Sequence[Any]) -> Sequence[Any]:
    value: Any = given
    if isinstance(given, str):
        if len(given) > MAX_JSON_CHARACTERS:
            raise _refused(f"functions has {len(given):,} characters; {MAX_JSON_CHARACTERS:,} are allowed.")
        try:
            value = read_json(given) if given.strip() else []
        except ValueError as error:
            raise _refused(f"functions is no JSON: {error}.") from None
    if not isinstance(value, list | tuple):
        raise _refused(f"functions is {value!r:.60}; it must be a list of labeling functions.")
    if len(value) > MAX_FUNCTIONS:
        raise _refused(f"There are {len(value)} labeling functions; {MAX_FUNCTIONS} are allowed.")
    return value


def _refused(sentence: str) -> InvalidLabelingFunction:
    return InvalidLabelingFunction(sentence, fields={"functions": [sentence]})


def _function(value: Any, path: str, problems: dict[str, list[str]]) -> LabelingFunction | None:
    """One function, or None after noting in `problems` what is wrong with it."""
    if (
        not isinstance(value, Mapping)
        or not isinstance(value.get("kind"), str)
        or value["kind"] not in _KINDS
    ):
        problems[path] = [
            f"{value!r:.80} is no labeling function; it must be an object with kind {', '.join(_KINDS)}."
        ]
        return None
    function_type = _KINDS[value["kind"]]
    known = {"class" if field.name == "label" else field.name: field for field in fields(function_type)}
    settings: dict[str, Any] = {}
    n_before = len(problems)
    for key in value:
        if key not in known and key != "kind":
            problems[f"{path}.{key}"] = [
                f"A {value['kind']} function has no {key!r:.40}. It has: {', '.join(known)}."
            ]
    for key, field in known.items():
        if key not in value:
            if field.default is MISSING:
                problems[f"{path}.{key}"] = [f"{key} is missing in {value.get('name', path)!r:.60}."]
            continue
        if problem := _CHECKS[key](value[key]):
            problems[f"{path}.{key}"] = [problem]
            continue
        settings[field.name] = _frozen(value[key])
    return None if len(problems) > n_before else function_type(**settings)


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return dict(value) if isinstance(value, Mapping) else value


def _text(key: str, limit: int) -> Callable[[Any], str | None]:
    def problem(value: Any) -> str | None:
        if not isinstance(value, str) or not value.strip() or len(value) > limit:
            return f"{key} is {value!r:.60}; it must be a text of 1 to {limit:,} characters."
        return None

    return problem


def _class_problem(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        return f"class is {value!r:.60}; it must be the name of a class."
    return None


def _words_problem(value: Any) -> str | None:
    is_list = isinstance(value, list | tuple) and 0 < len(value) <= MAX_WORDS
    if not is_list or not all(isinstance(word, str) and 0 < len(word.strip()) <= MAX_WORD for word in value):
        return f"words is {value!r:.60}; it must be a list of 1 to {MAX_WORDS:,} words of at most {MAX_WORD} characters."
    return None


def _expression_problem(value: Any) -> str | None:
    try:
        check_expression(value)
    except InvalidExpression as error:
        return str(error)
    return None


def _probabilities_problem(value: Any) -> str | None:
    is_map = isinstance(value, Mapping) and len(value) > 0
    if not is_map or not all(
        _class_problem(name) is None and isinstance(column, str) and column for name, column in value.items()
    ):
        return f"probabilities is {value!r:.60}; it must name a column for each class, such as {{'spam': 'p_spam'}}."
    return None


def _threshold_problem(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        return f"threshold is {value!r:.60}; it must be a number over 0 and at most 1."
    return None


_CHECKS: dict[str, Callable[[Any], str | None]] = {
    "name": _text("name", MAX_NAME),
    "class": _class_problem,
    "words": _words_problem,
    "match": lambda value: (
        None if value in ("any", "all") else f"match is {value!r:.60}; it must be any or all."
    ),
    "column": _text("column", MAX_NAME),
    "pattern": _text("pattern", MAX_PATTERN),
    "ignore_case": lambda value: (
        None if isinstance(value, bool) else f"ignore_case is {value!r:.60}; it must be true or false."
    ),
    "expression": _expression_problem,
    "probabilities": _probabilities_problem,
    "threshold": _threshold_problem,
}
