"""Labeling functions: what they read, what they refuse, and that none of them can do harm."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest

from training.learners.errors import InvalidRows
from training.learners.weak.evaluation import apply_functions
from training.learners.weak.expressions import InvalidExpression, check_expression
from training.learners.weak.functions import InvalidLabelingFunction, check_functions

TEXTS = ["You WON a prize!", "see you at the café", "call 0800 123 now", "", "prizes, half price"]
TABLE = pd.DataFrame(
    {
        "age": [20, None, 50, 35],
        "soil": ["clay", None, "sand", "clay"],
        "net income": ["1", "2", "30", "4"],
        "p_oak": [0.95, 0.2, 0.3, 0.91],
        "p_ash": [0.05, 0.8, 0.7, 0.99],
    }
)


def votes_of(function: dict[str, Any], X: Any = TEXTS, item_type: str = "text") -> list[int]:
    functions = check_functions([{"name": "one", "class": "yes", **function}])
    return apply_functions(X, functions, item_type=item_type, classes=["no", "yes"])[:, 0].tolist()


def fires(expression: str) -> list[bool]:
    votes = votes_of({"kind": "expression", "expression": expression}, TABLE, "table")
    return [vote == 1 for vote in votes]


def test_keywords_are_whole_words_of_any_case_and_script() -> None:
    assert votes_of({"kind": "keyword", "words": ["prize", "call"]}) == [1, -1, 1, -1, -1]
    assert votes_of({"kind": "keyword", "words": ["Café"]}) == [-1, 1, -1, -1, -1]
    assert votes_of({"kind": "keyword", "words": ["won", "prize"], "match": "all"}) == [1, -1, -1, -1, -1]
    assert votes_of({"kind": "keyword", "words": ["a.prize", "c(ll"]}) == [-1] * 5


def test_patterns_occur_anywhere() -> None:
    assert votes_of({"kind": "regex", "pattern": r"\d{3}"}) == [-1, -1, 1, -1, -1]
    assert votes_of({"kind": "regex", "pattern": "won"}) == [1, -1, -1, -1, -1]
    assert votes_of({"kind": "regex", "pattern": "won", "ignore_case": False}) == [-1] * 5


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("18 <= age < 40", [True, False, False, True]),
        ("age >= 0 or age < 0", [True, False, True, True]),  # silent where the age is missing
        ("not age > 30", [True, False, False, False]),
        ("is_missing(age)", [False, True, False, False]),
        ("soil in ('clay', 'peat') and age != 20", [False, False, False, True]),
        ("soil not in ('clay',)", [False, False, True, False]),
        ("'a' in lower(soil)", [True, False, True, True]),
        ("startswith(soil, 'c') == endswith(soil, 'd')", None),
        ("column('net income') / 2 > 1.5", [False, False, True, True]),
        ("max(age, 30) - min(age, 30) == abs(age - 30)", [True, False, True, True]),
        ("age / 0 > 1", [True, False, True, True]),
        ("len(soil) == 4 and words(soil) == 1", [True, False, True, True]),
        ("number(soil) > 0 or number(soil) <= 0", [False, False, False, False]),
        ("-age < -30", [False, False, True, True]),
        ("True", [True, True, True, True]),
    ],
)
def test_expressions_mean_what_they_mean_in_python(expression: str, expected: list[bool] | None) -> None:
    if expected is None:
        with pytest.raises(InvalidLabelingFunction, match="is not a number"):
            fires(expression)
    else:
        assert fires(expression) == expected


def test_another_models_output_votes_for_its_best_class_from_the_threshold_on() -> None:
    functions = check_functions(
        [
            {
                "name": "old",
                "kind": "model",
                "probabilities": {"oak": "p_oak", "ash": "p_ash"},
                "threshold": 0.9,
            }
        ]
    )

    votes = apply_functions(TABLE, functions, item_type="table", classes=["ash", "oak"])

    assert votes[:, 0].tolist() == [1, -1, -1, 0]
    with pytest.raises(InvalidLabelingFunction, match="outside 0 to 1"):
        apply_functions(TABLE.assign(p_oak=5.0), functions, item_type="table", classes=["ash", "oak"])


@pytest.mark.parametrize(
    "hostile",
    [
        "__import__('os').system('true')",
        "().__class__.__base__.__subclasses__()",
        "(lambda: 1)()",
        "[x for x in soil]",
        "[age, age]",
        "age ** 9 ** 9",
        "'a' * 10 ** 9 == soil",
        "'a' % soil == soil",
        "f'{age}' == soil",
        "soil[0] == 'c'",
        "soil.lower() == 'clay'",
        "len.__globals__",
        "len",
        "open('/etc/passwd')",
        "exec('1')",
        "eval('1')",
        "getattr(soil, 'x')",
        "len(x=soil)",
        "max(*soil)",
        "max(**soil)",
        "(x := 3) > 2",
        "age; import os",
        "import os",
        "await soil",
        "1 if age else 2",
        "age in (age, 2)",
        "age in ()",
        "age == (1, 2)",
        "b'a' == soil",
        "None == soil",
        "...",
        "1j == 1",
        "1e400 > age",
        "9" * 500 + " > age",
        "(" * 400 + "1" + ")" * 400 + " > age",
        "-" * 900 + "1 > 0",
        "not " * 240 + "True",
        "1 < " * 300 + "2",
        "age " + "+ age" * 400 + "> 0",
        "\x00",
        "",
        None,
        3,
    ],
)
def test_hostile_expressions_are_refused_before_anything_runs(hostile: Any) -> None:
    with pytest.raises(InvalidExpression):
        check_expression(hostile)


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("wage > 3", "There is no column 'wage'. There are: age"),
        ("age", "must be true or false"),
        ("age and True", "`age` must be true or false"),
        ("soil > 3", "`soil` is not a number"),
        ("soil + 'a' == 'b'", "`soil` is not a number"),
        ("soil < 'd'", r"compare with == and != only"),
        ("contains(soil, soil)", "must be a text in quotes"),
        ("contains(age, 'x')", "`age` is not a text"),
    ],
)
def test_mixed_up_kinds_are_refused_by_the_name_of_the_function(expression: str, sentence: str) -> None:
    with pytest.raises(InvalidLabelingFunction, match=f"Labeling function 'one': .*{sentence}"):
        fires(expression)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(x+x+)+y", "(.*)*b", "(a|aa)+$", "(.*a){12}"])
def test_patterns_that_explode_elsewhere_take_no_time_here(pattern: str) -> None:
    texts = ["a" * 20_000 + "!", "x" * 20_000] * 5
    started = time.monotonic()

    votes_of({"kind": "regex", "pattern": pattern}, texts)

    assert time.monotonic() - started < 2


@pytest.mark.parametrize("pattern", [r"(a)\1", "(?=a)b", "(?<!a)b", "(", "a{100000}", "((a{900}){900}){900}"])
def test_patterns_that_cannot_be_bounded_are_refused_with_the_reason(pattern: str) -> None:
    with pytest.raises(InvalidLabelingFunction, match="is no pattern of RE2"):
        votes_of({"kind": "regex", "pattern": pattern})


def test_half_of_a_surrogate_pair_is_a_text_like_any_other() -> None:
    assert votes_of({"kind": "keyword", "words": ["prize"]}, ["\ud800 prize", "\ud800"]) == [1, -1]


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        ({"kind": "magic"}, "must be an object with kind keyword, regex, expression, model"),
        ({"kind": "regex"}, "pattern is missing"),
        ({"kind": "regex", "pattern": "a" * 2_000}, "1 to 1,000 characters"),
        ({"kind": "keyword", "words": []}, "must be a list of 1 to 1,000 words"),
        ({"kind": "keyword", "words": [3]}, "must be a list of 1 to 1,000 words"),
        ({"kind": "keyword", "words": ["a"], "match": "most"}, "must be any or all"),
        ({"kind": "keyword", "words": ["a"], "code": "x"}, "A keyword function has no 'code'"),
        ({"kind": "keyword", "words": ["a"], "class": True}, "must be the name of a class"),
        ({"kind": "expression", "expression": "open('x')"}, "`open` cannot be called"),
    ],
)
def test_wrong_fields_are_refused_in_a_sentence_with_their_place(
    function: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidLabelingFunction, match=sentence) as caught:
        check_functions([{"name": "one", "class": "yes", **function}])

    assert all(field.startswith("functions.0") for field in caught.value.fields)


def test_functions_come_as_json_text_and_names_are_unique() -> None:
    listed = [{"name": "one", "kind": "regex", "class": "yes", "pattern": "a"}]

    assert check_functions(json.dumps(listed)) == check_functions(listed)
    assert check_functions("") == []
    for wrong, sentence in (
        (listed * 2, "Two functions are called 'one'"),
        ("[", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ({}, "must be a list"),
        (listed * 300, "200 are allowed"),
    ):
        with pytest.raises(InvalidLabelingFunction, match=sentence):
            check_functions(wrong)  # type: ignore[arg-type]


def test_a_class_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidLabelingFunction, match=r"There is no class 'maybe'\. There are: no, yes"):
        votes_of({"kind": "regex", "pattern": "a", "class": "maybe"})


def test_images_have_no_columns() -> None:
    with pytest.raises(InvalidRows, match="items of type image have no columns"):
        votes_of({"kind": "regex", "pattern": "a"}, np.zeros((2, 3, 3), dtype=np.uint8), "image")


def test_many_rows_are_voted_on_in_batches_and_progress_can_stop_it() -> None:
    texts = ["prize", "none"] * 10_000
    seen: list[int] = []

    class StopHere(Exception):
        pass

    def stop(step: int, n_steps: int, seconds_left: float | None) -> None:
        seen.append(step)
        if step > 0:
            raise StopHere

    functions = check_functions([{"name": "p", "kind": "keyword", "class": "yes", "words": ["prize"]}])
    votes = apply_functions(texts, functions, item_type="text", classes=["no", "yes"])
    with pytest.raises(StopHere):
        apply_functions(texts, functions, item_type="text", classes=["no", "yes"], progress=stop)

    assert votes[:, 0].tolist() == [1, -1] * 10_000
    assert seen == [0, 8_192]


def test_checking_functions_imports_no_heavy_library() -> None:
    code = (
        "import sys\n"
        "from training.learners.weak.functions import check_functions\n"
        "check_functions([{'name': 'a', 'kind': 'expression', 'class': 'b', 'expression': 'len(text) > 3'}])\n"
        "print(sorted({'torch', 'sklearn', 'pandas', 'numpy', 'pyarrow'} & set(sys.modules)))"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
