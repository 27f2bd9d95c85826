"""Tables that a model wrote: a label with how sure it was, or the probability of every class. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial

from labeling.formats.columns.names import (
    ALL_NAMES,
    CONFIDENCE_WORDS,
    LABEL_NAMES,
    LABEL_WORDS,
    NOT_LABEL_WORDS,
    PREDICTED_NAMES,
    fold,
    words,
)
from labeling.formats.layouts.layout import Layout, Sample, objects_of, text_of
from labeling.formats.layouts.values import read_number, read_one_label, read_share
from labeling.formats.rows import ColumnRole, Said, SaidKind

CONFIDENCES = ("confidence", "label_confidence", "prediction_confidence", "predicted_confidence", "model_confidence",
               "confidence_score", "conf", "certainty", "label_probability", "prediction_probability",
               "predicted_probability", "probability", "prob", "proba", "max_prob", "pred_prob", "prediction_score",
               "predicted_score", "pred_score", "label_score", "score")  # fmt: skip
PREDICTED = re.compile(r"(?i)(pred(ict(ion|ed))?|model|machine|auto|zero_?shot|llm|gpt)([_ .-]?(label|class|category|answer))?$"
                       r"|(label|class)[_ .-]?(pred(icted|iction)?)$|y_?(pred|hat)$")  # fmt: skip
PREDICTED_WORDS = frozenset({"pred", "preds", "predicted", "prediction", "predictions", "guess", "guessed", "suggested",
                             "suggestion", "inferred"})  # fmt: skip
TRUE = re.compile(r"(?i)(y_?)?(true|gold|golden|human|actual|given|original|orig|ground_?truth|gt|manual|annotated|annotation"
                  r"|reference|expert|correct|real|truth|annotator)s?([_ .-]?(label|class|category|answer|annotation))?$"
                  r"|(label|class|y)[_ .-]?(true|gold|human|actual)$")  # fmt: skip
# Beside a word for confidence these say nothing more: pred_conf, probability_of_label, "Confidence (%)".
ABOUT_ANSWER = frozenset({"of", "the", "label", "labels", "class", "category", "pred", "predicted", "prediction", "model",
                          "machine", "classifier", "max", "top", "best", "pct", "percent", "percentage", "score", "value",
                          "ai", "y", "p", "in", "de", "der", "la", "du", "da"})  # fmt: skip
ANSWER_STEMS = (
    PREDICTED_NAMES | LABEL_NAMES | {"modell", "model", "klassen", "模型", "モデル"}
)  # Modellkonfidenz, 标签置信度
MODELS = ("model", "model_version", "model_name", "model_id", "agent", "predictor", "classifier")
ABOUT_CLASS = re.compile(r"(?i)(?:p|prob|proba|probs?|probability|score|scores|conf|confidence|logit)[_ .:\[(-]+(.+?)[\])]?$"
                         r"|(.+?)[_ .:-]+(?:prob|proba|probability|score|conf|confidence)$"
                         r"|p(\d+)$")  # fmt: skip
LONG_CONFIDENCE_WORDS = tuple(word for word in CONFIDENCE_WORDS if len(word) > 7 or not word.isascii())
PERCENT = "Confidences are numbers up to 100, so they were read as percent: 87 as 0.87."
MAX_SCALE = 10
SUM_TOLERANCE = 0.02  # probabilities are often written with two decimals


def is_predicted(name: str) -> bool:
    """Whether a column of this name holds a model's answers."""
    if PREDICTED.fullmatch(name.strip()) or fold(name) in PREDICTED_NAMES:
        return True
    parts = words(name)
    if len(parts) < 2 or NOT_LABEL_WORDS.intersection(parts) or _has_confidence_word(parts):
        return False
    return not PREDICTED_WORDS.isdisjoint({parts[0], parts[-1]})


def names_answers(name: str) -> bool:
    """Whether a column of this name holds what people or a model answered."""
    parts = words(name)
    if NOT_LABEL_WORDS.intersection(parts):
        return False
    is_label = fold(name) in LABEL_NAMES or bool(LABEL_WORDS.intersection(parts[-1:]))
    return is_label or is_predicted(name) or bool(TRUE.fullmatch(name.strip()))


def label_of(sample: Sample) -> str | None:
    """People's column of a pair, or one named as a prediction, or that has a confidence column of its own name."""
    pair = pair_of(sample)
    if pair is not None:
        return pair[0]
    for name in sample.names:
        if is_predicted(name) and name.lower() not in MODELS:
            return name
    lower = {name.lower(): name for name in sample.names}
    for name in sample.names:
        stem = re.sub(r"(?i)[_ .:-]+(confidence|probability|proba|prob)$", "", name)
        of = next((lower[one] for one in (stem.lower(), f"{stem.lower()}_label") if one in lower), None)
        if stem != name and of is not None and _are_shares(sample.column(name)):
            return of
    return None


def pair_of(sample: Sample) -> tuple[str, str] | None:
    """(what people said, what a model said of the same classes), both by their names: true_label, pred_label."""
    for name in sample.names:
        if TRUE.fullmatch(name.strip()) and not is_predicted(name):
            guess = guess_beside(sample, name)
            if guess is not None:
                return name, guess
    return None


def recognise(sample: Sample, label: str | None, *, is_of_item: bool = False) -> Layout | None:
    """`label`: the column that is the label, as far as was guessed; `is_of_item`: the item is a text or an image."""
    if label is None:
        return _from_probabilities(sample, is_of_item=is_of_item)
    guess = guess_beside(sample, label)
    if guess is not None:
        return _both(sample, label, guess)
    confidence = _confidence(sample, label)
    probabilities = _probabilities(sample, label)
    if confidence is None and not probabilities and not is_predicted(label):
        return None
    layout = Layout("predictions", labels_from="machine")
    layout.claim(label, ColumnRole.LABEL, "what was predicted")
    layout.claim(confidence, ColumnRole.CONFIDENCE, "from 0 to 1: how sure the label is")
    layout.claim(sample.first_of(MODELS) if confidence else None, ColumnRole.ANNOTATOR, "names the model")
    _claim_probabilities(layout, probabilities)
    return layout


def guess_beside(sample: Sample, label: str) -> str | None:
    """A column of a model's guesses beside people's labels: of the same classes, and named as guesses."""
    if is_predicted(label):
        return None
    classes = {text_of(value).casefold() for value in sample.column(label)}
    for name in sample.names:
        if name != label and is_predicted(name):
            values = [text_of(value).casefold() for value in sample.column(name)]
            if values and sum(value in classes for value in values) > len(values) / 2:
                return name
    return None


def _both(sample: Sample, label: str, guess: str) -> Layout:
    confidence = _confidence(sample, guess)
    model = sample.first_of(MODELS) if sample.first_of(MODELS) != guess else None
    layout = Layout("predictions", labels_from="auto")
    layout.claim(label, ColumnRole.LABEL, "people's labels, beside a model's guesses")
    layout.claim(guess, ColumnRole.IGNORE, "a model's guesses, kept as a machine's labels")
    layout.claim(confidence, ColumnRole.IGNORE, "from 0 to 1: how sure the guess is, kept with it")
    layout.claim(model, ColumnRole.IGNORE, "names the model")
    layout.needs = tuple(name for name in (label, guess, confidence, model) if name)
    is_percent = confidence is not None and are_percent(sample.column(confidence))
    if is_percent:
        layout.notes.append(PERCENT)
    layout.hear = partial(
        _hear_both, label=label, guess=guess, confidence=confidence, model=model, is_percent=is_percent
    )
    return layout


def _hear_both(
    record: Mapping[str, object],
    *,
    label: str,
    guess: str,
    confidence: str | None,
    model: str | None,
    is_percent: bool,
) -> list[Said]:
    said = read_one_label(record.get(label), label)
    guessed = read_one_label(record.get(guess), guess)
    heard = [] if said is None else [Said(SaidKind.LABEL, said, True)]
    if guessed is not None:
        who = text_of(record.get(model)) if model else ""
        number = read_number(record.get(confidence)) if confidence and is_percent else None
        written = record.get(confidence) if confidence else None
        share = read_share(written if number is None else number / 100)
        heard.append(Said(SaidKind.LABEL, guessed, False, who, None, share))
    return heard


def _confidence(sample: Sample, label: str) -> str | None:
    own = [
        f"{label}{mark}{word}"
        for word in ("confidence", "probability", "proba", "prob", "score")
        for mark in "_.:- "
    ]
    stem = re.sub(r"(?i)[_ .-]?(label|pred|hat|predicted|prediction)$", "", label)
    own += [
        f"{stem}{mark}{word}" for word in ("confidence", "probability", "score") for mark in "_.:- " if stem
    ]
    for name in (*(name.lower() for name in own), *CONFIDENCES):
        column = sample.first_of([name])
        if column is not None and column != label and _are_confidences(sample, column):
            return column
    named = [name for name in sample.names if name != label and _names_confidence(name, label)]
    return next((name for name in named if _are_confidences(sample, name)), None)


def _are_confidences(sample: Sample, column: str) -> bool:
    values = sample.column(column)
    is_score = column.strip().lower() == "score"
    if is_score and not any("." in text_of(value) or "%" in text_of(value) for value in values):
        return False  # a score of 0 or 1 is a vote
    return bool(values) and (_are_shares(values) or (not is_score and are_percent(values)))


def _names_confidence(name: str, label: str) -> bool:
    """Whether the name says how sure the label is, and nothing of anything else."""
    parts = words(name)
    own = set(words(label))
    if re.sub(r"\D", "", name) not in re.sub(r"\D", "", label):
        return False  # prob_0 is that of one class
    if parts and parts[0] == "p" and set(parts[1:]) <= own | {"label", "class"}:
        return len(parts) > 1  # P(label)
    rest = [part for part in parts if part not in CONFIDENCE_WORDS and not _is_compound(part)]
    is_one = len(rest) < len(parts) or ("score" in parts and len(parts) > 1)
    return is_one and all(part in ABOUT_ANSWER | own | PREDICTED_NAMES for part in rest)


def _is_compound(part: str) -> bool:
    """A word of what was answered with one for confidence behind it."""
    word = next((word for word in LONG_CONFIDENCE_WORDS if part.endswith(word)), "")
    return bool(word) and part.removesuffix(word) in ANSWER_STEMS


def _has_confidence_word(parts: Sequence[str]) -> bool:
    """One of these is such a word, or is made with one: Eintrittswahrscheinlichkeit."""
    return any(part in CONFIDENCE_WORDS or part.endswith(LONG_CONFIDENCE_WORDS) for part in parts)


def are_mostly_confidences(values: Sequence[object]) -> bool:
    """Whether most of these can be how sure a label is; words and a scale of 1 to 5 cannot."""
    return are_percent(values) or 2 * sum(read_share(value) is not None for value in values) >= len(values)


def other_confidences(sample: Sample, label: str) -> list[str]:
    """Columns of shares that a word of their name calls a confidence, perhaps of something else than the label."""
    return [
        name
        for name in sample.names
        if name != label and _has_confidence_word(words(name)) and _are_confidences(sample, name)
    ]


def are_percent(values: Sequence[object]) -> bool:
    """Numbers from 0 to 100, of which most are more than 1: percent without the sign. A scale up to 10 is none."""
    numbers = [read_number(value) for value in values]
    if not numbers or any(number is None or not 0 <= number <= 100 for number in numbers):
        return False
    if all(number is not None and number % 1 == 0 and number <= MAX_SCALE for number in numbers):
        return False
    return sum(number is not None and number > 1 for number in numbers) > len(numbers) / 2


def _are_shares(values: Sequence[object]) -> bool:
    return bool(values) and all(read_share(value) is not None for value in values)


def _probabilities(sample: Sample, label: str) -> dict[str, str]:
    """Column -> class, of the columns that are named after the classes in the label column."""
    classes = {text_of(value).casefold(): text_of(value) for value in sample.column(label)}
    found: dict[str, str] = {}
    for name in sample.names:
        if name == label or not _are_shares(sample.column(name)):
            continue
        match = ABOUT_CLASS.fullmatch(name.strip())
        stems = [name.strip(), *(group for group in (match.groups() if match else ()) if group)]
        known = next((classes[stem.casefold()] for stem in stems if stem.casefold() in classes), None)
        if known is not None:
            found[name] = known
        elif match and match[1]:
            found[name] = match[1]  # a class that the first rows never chose
    named = {name for name, of in found.items() if of.casefold() in classes}
    return found if named and len(found) > 1 else {}


def _from_probabilities(sample: Sample, *, is_of_item: bool) -> Layout | None:
    """No label, but the probability of each class: the likeliest class is what the model said.

    `is_of_item`: the item is a text or an image, so that a share of anything is said of it, and is no part of it.
    """
    shares = {
        name: ABOUT_CLASS.fullmatch(name.strip()) for name in sample.names if _are_shares(sample.column(name))
    }
    found = {
        name: next(group for group in match.groups() if group)
        for name, match in shares.items()
        if match and not _names_confidence(name, "")
    }
    if not _sum_to_one(sample, found) and is_of_item:
        found = {name: name.strip() for name in shares if fold(name) not in ALL_NAMES}
        if all(read_share(value) in (0.0, 1.0) for name in found for value in sample.column(name)):
            return None  # marks, not shares
    if not _sum_to_one(sample, found):
        return None
    layout = Layout("predictions", labels_from="machine")
    _claim_probabilities(layout, found)
    layout.notes.append(
        "The file has the probability of each class and no label: the likeliest class was taken."
    )
    return layout


def _sum_to_one(sample: Sample, found: Mapping[str, str]) -> bool:
    """Whether these columns, two or more, make 1 in every row."""
    places = [sample.places[name] for name in found]
    sums = [sum(read_share(row[place]) or 0.0 for place in places) for row in sample.rows]
    return len(found) > 1 and bool(sums) and all(abs(total - 1) <= SUM_TOLERANCE for total in sums)


def recognise_lists(sample: Sample) -> Layout | None:
    """What pipelines of transformers write: [{"label": "a", "score": 0.7}, ...] in one column."""
    if sample.first_of(["label", "labels", "class", "target", "gold"]) is not None:
        return None
    for name in sample.names:
        values = sample.column(name)
        pairs = [one for value in values for one in objects_of(value)]
        if (
            values
            and pairs
            and all({"label", "score"} <= set(one) for one in pairs)
            and len(pairs) >= len(values)
        ):
            layout = Layout("predictions", labels_from="machine")
            layout.claim(name, ColumnRole.LABEL, "what a model predicted, each class with its score")
            layout.needs = (name,)
            layout.hear = partial(_hear_list, name=name)
            return layout
    return None


def _hear_list(record: Mapping[str, object], *, name: str) -> list[Said]:
    shares = {
        label: share
        for one in objects_of(record.get(name))
        if (label := read_one_label(one.get("label"), name))
        and (share := read_share(one.get("score"))) is not None
    }
    if not shares:
        return []
    likeliest = max(shares, key=lambda label: shares[label])
    return [Said(SaidKind.LABEL, likeliest, False, "", None, shares[likeliest], shares)]


def _claim_probabilities(layout: Layout, found: dict[str, str]) -> None:
    layout.probabilities = found
    for name, of_class in found.items():
        layout.claim(name, ColumnRole.IGNORE, f"the probability of {of_class!r}, kept with the label")
