"""Tables that a model wrote: a label with how sure it was, or the probability of every class. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial

from labeling.formats.layouts.layout import Layout, Sample, objects_of, text_of
from labeling.formats.layouts.values import read_number, read_one_label, read_share
from labeling.formats.rows import ColumnRole, Said, SaidKind

CONFIDENCES = ("confidence", "label_confidence", "prediction_confidence", "predicted_confidence", "model_confidence",
               "confidence_score", "conf", "certainty", "label_probability", "prediction_probability",
               "predicted_probability", "probability", "prob", "proba", "max_prob", "pred_prob", "prediction_score",
               "predicted_score", "pred_score", "label_score", "score")  # fmt: skip
PREDICTED = re.compile(r"(?i)(pred(ict(ion|ed))?|model|machine|auto|zero_?shot|llm|gpt)([_ .-]?(label|class|category|answer))?$"
                       r"|(label|class)[_ .-]?(pred(icted|iction)?)$|y_?(pred|hat)$")  # fmt: skip
MODELS = ("model", "model_version", "model_name", "model_id", "agent", "predictor", "classifier")
ABOUT_CLASS = re.compile(r"(?i)(?:p|prob|proba|probs?|probability|score|scores|conf|confidence|logit)[_ .:\[(-]+(.+?)[\])]?$"
                         r"|(.+?)[_ .:-]+(?:prob|proba|probability|score|conf|confidence)$")  # fmt: skip
SUM_TOLERANCE = 0.02  # probabilities are often written with two decimals


def label_of(sample: Sample) -> str | None:
    """A column that is named as a prediction, or that has a confidence column of its own name."""
    for name in sample.names:
        if PREDICTED.fullmatch(name.strip()) and name.lower() not in MODELS:
            return name
    lower = {name.lower(): name for name in sample.names}
    for name in sample.names:
        stem = re.sub(r"(?i)[_ .:-]+(confidence|probability|proba|prob)$", "", name)
        of = next((lower[one] for one in (stem.lower(), f"{stem.lower()}_label") if one in lower), None)
        if stem != name and of is not None and _are_shares(sample.column(name)):
            return of
    return None


def recognise(sample: Sample, label: str | None) -> Layout | None:
    """`label`: the column that is the label, as far as was guessed."""
    if label is None:
        return _from_probabilities(sample)
    guess = _guess_beside(sample, label)
    if guess is not None:
        return _both(sample, label, guess)
    confidence = _confidence(sample, label)
    probabilities = _probabilities(sample, label)
    is_predicted = bool(PREDICTED.fullmatch(label.strip()))
    if confidence is None and not probabilities and not is_predicted:
        return None
    layout = Layout("predictions", labels_from="machine")
    layout.claim(label, ColumnRole.LABEL, "what was predicted")
    layout.claim(confidence, ColumnRole.CONFIDENCE, "from 0 to 1: how sure the label is")
    layout.claim(sample.first_of(MODELS) if confidence else None, ColumnRole.ANNOTATOR, "names the model")
    _claim_probabilities(layout, probabilities)
    return layout


def _guess_beside(sample: Sample, label: str) -> str | None:
    """A column of a model's guesses beside people's labels: of the same classes, and named as guesses."""
    if PREDICTED.fullmatch(label.strip()):
        return None
    classes = {text_of(value).casefold() for value in sample.column(label)}
    for name in sample.names:
        if name != label and PREDICTED.fullmatch(name.strip()):
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
    layout.hear = partial(_hear_both, label=label, guess=guess, confidence=confidence, model=model)
    return layout


def _hear_both(
    record: Mapping[str, object], *, label: str, guess: str, confidence: str | None, model: str | None
) -> list[Said]:
    said = read_one_label(record.get(label), label)
    guessed = read_one_label(record.get(guess), guess)
    heard = [] if said is None else [Said(SaidKind.LABEL, said, True)]
    if guessed is not None:
        who = text_of(record.get(model)) if model else ""
        share = read_share(record.get(confidence)) if confidence else None
        heard.append(Said(SaidKind.LABEL, guessed, False, who, None, share))
    return heard


def _confidence(sample: Sample, label: str) -> str | None:
    own = [
        f"{label}{mark}{word}"
        for word in ("confidence", "probability", "proba", "prob", "score")
        for mark in "_.:- "
    ]
    stem = re.sub(r"(?i)[_ .-]?label$", "", label)
    own += [f"{stem}{mark}{word}" for word in ("confidence", "probability", "score") for mark in "_.:- "]
    for name in (*(name.lower() for name in own), *CONFIDENCES):
        column = sample.first_of([name])
        if column is None or column == label:
            continue
        values = sample.column(column)
        is_plain = name != "score" or any(
            "." in text_of(value) or "%" in text_of(value) for value in values
        )  # a score of 0 or 1 is a vote
        if values and is_plain and (_are_shares(values) or (name != "score" and are_percent(values))):
            return column
    return None


def are_percent(values: Sequence[object]) -> bool:
    """Numbers from 0 to 100, of which most are more than 1: percent without the sign."""
    numbers = [read_number(value) for value in values]
    if not numbers or any(number is None or not 0 <= number <= 100 for number in numbers):
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


def _from_probabilities(sample: Sample) -> Layout | None:
    """No label, but the probability of each class: the likeliest class is what the model said."""
    found: dict[str, str] = {}
    for name in sample.names:
        match = ABOUT_CLASS.fullmatch(name.strip())
        if match and match[1] and _are_shares(sample.column(name)):
            found[name] = match[1]
    if len(found) < 2:
        return None
    places = [sample.places[name] for name in found]
    sums = [sum(read_share(row[place]) or 0.0 for place in places) for row in sample.rows]
    if not sums or any(abs(total - 1) > SUM_TOLERANCE for total in sums):
        return None
    layout = Layout("predictions", labels_from="machine")
    _claim_probabilities(layout, found)
    layout.notes.append(
        "The file has the probability of each class and no label: the likeliest class was taken."
    )
    return layout


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
