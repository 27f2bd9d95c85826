"""The words that speak most for what a model says of a text: those without which it would be less sure.

Occlusion (Zeiler and Fergus 2014, section 4.2; for texts Li, Monroe and Jurafsky 2016, "Understanding neural
networks through representation erasure", section 3): the model is asked again with one word taken out. It needs
nothing of the model but its probabilities, so that what is shown is true of whichever learner answered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

WORD = re.compile(r"\w+(?:['\u2019\-]\w+)*")
N_WORDS = 8  # told of each text
MIN_WEIGHT = 0.1  # nats; less is not worth a look
MAX_SINGLE = 60  # words that are taken out one by one
N_STRETCHES = 20  # that a longer text is cut into
N_KEPT = 5  # of them, the weightiest, that are looked at closer
EDGE = 1e-12  # probabilities nearer to 0 and 1 are all the same

FloatArray = npt.NDArray[np.float64]
Predict = Callable[[list[str]], FloatArray]


@dataclass(frozen=True)
class WeightyWord:
    """A word in lower case, and by how many nats the log-odds of the predicted class fall without it; above 0."""

    word: str
    weight: float


def weighty_words(text: str, *, predict: Predict) -> list[WeightyWord]:
    """At most N_WORDS words, the weightiest first; upper and lower case are one.

    predict  texts -> (n, n_classes) probabilities

    Asks for at most 1 + MAX_SINGLE predictions, and N_STRETCHES more for each fourfold length beyond MAX_SINGLE
    different words: whole stretches are taken out first, then parts of those that weighed most, then single words.
    A word of a stretch that weighs little as a whole is missed.
    """
    spans = [(match.start(), match.end()) for match in WORD.finditer(text)]
    names = [text[start:end].lower() for start, end in spans]
    words = list(dict.fromkeys(names))
    if not words:
        return []
    whole = predict([text])
    column = int(whole[0].argmax())
    full = _log_odds(whole, column)[0]
    if len(words) > MAX_SINGLE:
        words = _of_heavy_stretches(text, spans, names, predict=predict, column=column)
    without = [
        _taken_out(text, [span for span, name in zip(spans, names, strict=True) if name == word])
        for word in words
    ]
    weights = full - _log_odds(predict(without), column)
    order = np.argsort(-weights, kind="stable")[:N_WORDS]
    return [WeightyWord(words[at], float(weights[at])) for at in order if weights[at] >= MIN_WEIGHT]


def _of_heavy_stretches(
    text: str,
    spans: Sequence[tuple[int, int]],
    names: Sequence[str],
    *,
    predict: Predict,
    column: int,
) -> list[str]:
    """Different words of the weightiest stretches, MAX_SINGLE at most: stretches of stretches, down to few words."""
    places = np.arange(len(spans))
    while len({names[at] for at in places.tolist()}) > MAX_SINGLE and len(places) > N_STRETCHES:
        parts = np.array_split(places, N_STRETCHES)
        odds = _log_odds(
            predict([_taken_out(text, [spans[at] for at in part.tolist()]) for part in parts]), column
        )
        places = np.concatenate([parts[part] for part in np.sort(np.argsort(odds, kind="stable")[:N_KEPT])])
    return list(dict.fromkeys(names[at] for at in places.tolist()))[:MAX_SINGLE]


def _taken_out(text: str, spans: Sequence[tuple[int, int]]) -> str:
    parts, end = [], 0
    for start, stop in spans:
        parts.append(text[end:start])
        end = stop
    return "".join([*parts, text[end:]])


def _log_odds(probabilities: FloatArray, column: int) -> FloatArray:
    p = np.clip(probabilities[:, column], EDGE, 1 - EDGE)
    odds: FloatArray = np.log(p / (1 - p))
    return odds
