"""How many human labels a goal will cost: before there is a model, from its estimates, and round by round.

A plan follows the attempt that would come: audits in stages (stages.py), a cut chosen and proven by them
(walk.py), and people who label what lies above it. What is not known beforehand are the errors of the
machine by rank, which the estimates stand for, and the luck of the draw. Nothing that is promised rests on
a plan: a wrong one costs labels, never the certificate.

`p_wrong` are estimates of the chance that each candidate's label is wrong: 1 - calibrated confidence, or
those of ranking.py. Their running sum in rank order estimates the wrong labels below each cut.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import betainc

from review.certification.exact import share_of_delta
from review.certification.expectation import Curve, FloatArray, Goal, cuts_expected
from review.certification.stages import stage_levels, stage_sizes
from review.certification.walk import DATASET, MACHINE, PROMISES, IntArray

EPS_CHOICES = (0.005, 0.01, 0.02, 0.03, 0.05, 0.10)
CONFIDENCE_CHOICES = (0.90, 0.95, 0.99)
ANSWERS_CHOICES = (1, 2, 3)
COUNTED = ("n_review", "n_audits", "n_unlabeled", "n_total", "low", "high")

N_POINTS = 2000  # of a curve, and so the resolution of a cut
N_DRAWS = 400
MEDIAN = np.array([0.5])
N_SIZES = 7  # of the labels to train on, tried where there is no model
RANGE = (0.1, 0.9)  # quantiles stated as low and high
MODEL_DOUBT = 0.4  # standard deviation of the log of (true wrong labels / estimated), beside counting error
PATIENCE = 2  # plans in a row by which asking on does not pay, before it is said
LEARNING = 0.5  # power of the labels by which what lies above the cut falls
HUNDRED = 100

# Share wrong after so many labels for each class, error * (labels / 10) ** -exponent, where no model has
# been fitted yet. Between easy and hard lie the results in docs/results.md: MNIST 1.4% at 10 and 1.0% at
# 100 labels a class, Dry Bean 9.4% and SMS spam 10.6% at 10, Adult 16.8% at 100, 20 Newsgroups 27% at 50.
TYPICAL, EASY, HARD = (0.10, 0.35), (0.014, 0.15), (0.40, 0.25)
SHAPE = 0.25  # of the Beta distribution of p_wrong over the candidates then: most are sure, few are not


@dataclass(frozen=True)
class Forecast:
    """Human labels that a goal will cost.

    n_audits     to draw in the attempt
    n_review     candidates above the cut that no audit covers: for people in the promise "dataset"
    n_unlabeled  those in the promise "machine", where they stay without a label
    n_total      answers of people in all, those given before included
    low, high    of n_total; four of five attempts should end between them
    """

    n_review: int
    n_audits: int
    n_unlabeled: int
    n_total: int
    low: int
    high: int
    sentence: str


@dataclass(frozen=True)
class NextHundred:
    """What the next hundred answers buy: `saves` answers in all (negative: they cost more than they save).

    `code` stands for the sentence, for pages in other languages: one_forecast, saves, few, mixed or certify.
    """

    saves: int | None
    is_worth_it: bool
    code: str
    sentence: str


def forecast(
    *,
    p_wrong: npt.ArrayLike | None,
    n_items: int,
    n_human: int,
    n_classes: int,
    eps: float,
    delta: float,
    promise: str,
    answers_wanted: int = 1,
    attempt: int = 1,
    n_calibration: int | None = None,
) -> Forecast:
    """What the goal "at most eps wrong with confidence 1 - delta" will cost, if certified with this model.

    p_wrong         (M,) in [0, 1], any order; None: there is no model yet, and the range is that of easy to
                    hard data with a typical one between
    n_human         items labeled by people so far; M + n_human <= n_items
    delta           of the goal; the attempt gets its share (exact.share_of_delta)
    answers_wanted  people who answer each item
    n_calibration   answers that p_wrong was calibrated on; None: n_human. The fewer, the wider the range.

    The range holds the luck of the draw and a doubt of 40% and more about the estimates. It is a forecast,
    checked against attempts on real data in the tests, and no bound. Memory: 16 bytes * M.
    """
    goal = _goal(n_items, eps, delta, promise, attempt)
    if p_wrong is None:
        return _without_model(_scenarios(goal, n_human, n_classes), goal, n_human, answers_wanted, delta)
    curve = _curve(p_wrong)
    if curve.n + n_human > n_items:
        raise ValueError(f"{curve.n} candidates and {n_human} labeled by people, but {n_items} items.")
    drawn = _draws(curve, goal, n_human if n_calibration is None else n_calibration)
    return _forecast(drawn, goal, n_human, answers_wanted, delta)


def plan_table(
    *,
    p_wrong: npt.ArrayLike | None,
    n_items: int,
    n_human: int,
    n_classes: int,
    attempt: int = 1,
    n_calibration: int | None = None,
) -> list[dict[str, Any]]:
    """The forecast for each eps, confidence, promise and answers_wanted, as JSON rows; arguments as there."""
    curve = None if p_wrong is None else _curve(p_wrong)
    n_calibration = n_human if n_calibration is None else n_calibration
    rows: list[dict[str, Any]] = []
    for promise in PROMISES:
        for eps in EPS_CHOICES:
            for confidence in CONFIDENCE_CHOICES:
                delta = 1 - confidence
                goal = _goal(n_items, eps, delta, promise, attempt)
                drawn = None if curve is None else _draws(curve, goal, n_calibration)
                scenarios = _scenarios(goal, n_human, n_classes) if curve is None else []
                for answers_wanted in ANSWERS_CHOICES:
                    found = (
                        _without_model(scenarios, goal, n_human, answers_wanted, delta)
                        if drawn is None
                        else _forecast(drawn, goal, n_human, answers_wanted, delta)
                    )
                    asked = {
                        "promise": promise,
                        "eps": eps,
                        "confidence": confidence,
                        "answers_wanted": answers_wanted,
                    }
                    rows.append(asked | {name: getattr(found, name) for name in COUNTED})
    return rows


def next_hundred(*, n_human: Sequence[int], n_review: Sequence[int], n_items: int) -> NextHundred:
    """What the next hundred answers buy, from the plans made so far, oldest first.

    n_human   items labeled by people when each plan was made; of plans made at the same number the newest counts
    n_review  Forecast.n_review of it

    What lies above the cut falls with the square root of the labels, so that the next hundred take 100 / (2 n_human)
    of it off people's hands: they pay while more than twice as many items lie there as people have labeled. Most of
    what is asked next lies there anyway, so asking too long costs little, and stopping too early a lot. Not worth it
    only once each of the last two plans says so: one alone is often off by half. Plans made before a hundred answers
    (or a tenth of the items, if that is less) say nothing: they rest on how sure a model of so few labels says it is.

    How it was chosen, and what it costs against the best number of answers, had it been known:
    docs/decisions/0018-advice-by-what-lies-above-the-cut.md.
    """
    if len(n_human) != len(n_review):
        raise ValueError("Needs one plan for each count of labels.")
    fewest = min(HUNDRED, n_items // 10)
    newest = dict(zip(n_human, n_review, strict=True))
    if len(newest) < PATIENCE:
        return NextHundred(
            None,
            True,
            "one_forecast",
            "One forecast alone says little: what the next hundred answers buy shows after more answers.",
        )
    bought = [_bought(given, left) for given, left in newest.items()]
    counted = [saves for given, saves in zip(newest, bought, strict=True) if given >= fewest][-PATIENCE:]
    saves = bought[-1]
    if saves > 0:
        return NextHundred(
            saves, True, "saves", f"The next hundred answers should save about {_about(saves)} others."
        )
    if len(counted) < PATIENCE:
        return NextHundred(
            saves,
            True,
            "few",
            "By the newest forecast more answers would not pay, but it rests on few answers: answer some more, and see "
            "what the next says.",
        )
    if max(counted) > 0:
        return NextHundred(
            saves,
            True,
            "mixed",
            "By the newest forecast more answers would not pay, by the one before they would: answer some more, and "
            "see what the next says.",
        )
    return NextHundred(
        saves,
        False,
        "certify",
        f"The last {PATIENCE} forecasts say that more answers would cost more than they save: certify now.",
    )


def _bought(n_human: int, n_review: int) -> int:
    """Answers that the next hundred save in all; negative: they cost more."""
    return round(min(n_review, HUNDRED * LEARNING * n_review / max(1, n_human))) - HUNDRED


def _goal(n_items: int, eps: float, delta: float, promise: str, attempt: int) -> Goal:
    _check_goal(n_items, eps, delta, promise)
    return Goal(n_items, eps, share_of_delta(attempt) * delta, promise)


def _check_goal(n_items: int, eps: float, delta: float, promise: str) -> None:
    if promise not in PROMISES:
        raise ValueError(f"promise is {promise!r}; it must be one of {', '.join(PROMISES)}.")
    for name, value in (("eps", eps), ("delta", delta)):
        if not 0 < value < 1:
            raise ValueError(f"{name} is {value}; it must lie above 0 and below 1.")
    if n_items < 0:
        raise ValueError(f"n_items is {n_items}; it counts items.")


def _curve(p_wrong: npt.ArrayLike) -> Curve:
    p = np.sort(np.asarray(p_wrong, dtype=np.float64).reshape(-1))
    if len(p) and not (p[0] >= 0 and p[-1] <= 1):
        raise ValueError("p_wrong holds chances, from 0 to 1, and no NaN.")
    ranks = np.unique(np.linspace(0, len(p), N_POINTS + 1).round().astype(np.int64))
    wrong = np.concatenate([[0.0], np.cumsum(p)])[ranks]
    return Curve(ranks.astype(np.float64), wrong)


@dataclass(frozen=True)
class _Draws:
    """What attempts would come to: `n_audits` and `cuts` (n_draws,) each, of n candidates."""

    n: int
    n_audits: IntArray
    cuts: FloatArray

    @property
    def above(self) -> FloatArray:
        """Candidates above the cut that are not audited."""
        return (self.n - self.cuts) * (1 - self.n_audits / self.n) if self.n else np.zeros_like(self.cuts)


def _draws(curve: Curve, goal: Goal, n_calibration: int) -> _Draws:
    random = np.random.default_rng(0)
    n_draws = N_DRAWS if goal.promise == DATASET else N_DRAWS // 10  # dear to work out
    luck = (random.permutation(n_draws) + 0.5) / n_draws
    wrong_seen = n_calibration * float(curve.wrong[-1]) / max(1, curve.n)
    doubt = min(1.0, math.hypot(MODEL_DOUBT, 1 / math.sqrt(max(1.0, wrong_seen))))
    return _staged(curve, goal, luck, np.exp(doubt * random.standard_normal(n_draws)))


def _staged(curve: Curve, goal: Goal, luck: FloatArray, scale: FloatArray) -> _Draws:
    """Attempts that go on to the stage that is cheapest for their scale, which the audits will have shown."""
    asked: dict[str, Any] = {
        "n_items": goal.n_items,
        "n_candidates": curve.n,
        "eps": goal.eps,
        "delta": goal.delta,
        "promise": goal.promise,
    }
    sizes = stage_sizes(**asked)
    goals = [replace(goal, delta=level) for level in stage_levels(sizes, **asked, per_class=False)]
    middle = np.full(scale.shape, 0.5)
    costs = [
        n + (curve.n - cuts_expected(curve, of_stage, n, middle, scale)) * (1 - n / max(1, curve.n))
        for n, of_stage in zip(sizes, goals, strict=True)
    ]
    chosen = np.argmin(costs, axis=0)
    cuts = np.zeros_like(scale)
    for stage, (n, of_stage) in enumerate(zip(sizes, goals, strict=True)):
        here = chosen == stage
        cuts[here] = cuts_expected(curve, of_stage, n, luck[here], scale[here])
    return _Draws(curve.n, np.array(sizes)[chosen], cuts)


def _forecast(drawn: _Draws, goal: Goal, n_human: int, answers_wanted: int, delta: float) -> Forecast:
    if answers_wanted < 1:
        raise ValueError(f"answers_wanted is {answers_wanted}; at least one person answers.")
    n_audits = round(float(np.median(drawn.n_audits)))
    n_above = max(0, round(float(np.median(drawn.n_audits + drawn.above))) - n_audits)
    is_whole = goal.promise == DATASET
    asked = drawn.n_audits + (drawn.above if is_whole else 0)
    low, high = (n_human + answers_wanted * round(float(np.quantile(asked, q))) for q in RANGE)
    found = Forecast(
        n_review=n_above if is_whole else 0,
        n_audits=n_audits,
        n_unlabeled=0 if is_whole else n_above,
        n_total=n_human + answers_wanted * (n_audits + (n_above if is_whole else 0)),
        low=low,
        high=high,
        sentence="",
    )
    return replace(found, sentence=_sentence(found, goal, n_human, answers_wanted, delta))


def _sentence(found: Forecast, goal: Goal, n_human: int, answers_wanted: int, delta: float) -> str:
    text = f"About {_about(found.n_total)} human labels"
    if found.high > found.low:
        text += f" ({_about(found.low)} to {_about(found.high)})"
    of = "of all labels" if goal.promise == DATASET else "of the machine's labels"
    text += f" for at most {100 * goal.eps:g}% {of} wrong with {100 * (1 - delta):g}% confidence: "
    parts = [f"{n_human:,} given"] if n_human else []
    if found.n_audits:
        parts.append(f"{found.n_audits:,} audits")
    if found.n_review:
        what = "more to label above the cut" if found.n_audits else "more to label, every one that is left"
        parts.append(f"about {_about(found.n_review)} {what}")
    text += ", ".join(parts) + (f", {answers_wanted} answers each" if answers_wanted > 1 else "") + "."
    if found.n_unlabeled:
        text += f" About {_about(found.n_unlabeled)} items stay without a label."
    if found.n_audits == 0 and goal.promise == DATASET:
        text += " No audit would save more than it costs."
    return text


def _about(n: int) -> str:
    """Two significant digits from 100 on: a forecast knows no more."""
    digits = max(0, len(str(n)) - 2)
    return f"{round(n, -digits):,}"


def _scenarios(goal: Goal, n_human: int, n_classes: int) -> list[tuple[int, _Draws]]:
    """Labels to train on, and the attempt after them: the cheapest for typical, easy and hard data."""
    return [_scenario(goal, kind, n_human, n_classes) for kind in (TYPICAL, EASY, HARD)]


@lru_cache(maxsize=256)  # both promises, and each number of answers, ask for the same
def _scenario(goal: Goal, kind: tuple[float, float], n_human: int, n_classes: int) -> tuple[int, _Draws]:
    error, exponent = kind
    if goal.promise == MACHINE:  # the training that suits the promise "dataset", and the attempt after it
        n_train, _ = _scenario(replace(goal, promise=DATASET), kind, n_human, n_classes)
        tries = np.array([n_train])
    else:
        fewest = max(1, min(goal.n_items, max(n_human, 20, 5 * n_classes)))
        tries = np.geomspace(fewest, max(fewest, goal.n_items), N_SIZES).round().astype(np.int64)
    plans = []
    for n_train in np.unique(tries).clip(max=goal.n_items).tolist():
        mean = min(error * (n_train / max(1, n_classes) / 10) ** -exponent, 1 - 1 / max(2, n_classes))
        curve = _typical_curve(goal.n_items - n_train, mean)
        drawn = _staged(curve, goal, MEDIAN, np.ones_like(MEDIAN))
        plans.append((n_train, drawn))
    return min(plans, key=lambda plan: plan[0] + float((plan[1].n_audits + plan[1].above)[0]))


def _without_model(
    scenarios: Sequence[tuple[int, _Draws]], goal: Goal, n_human: int, answers_wanted: int, delta: float
) -> Forecast:
    """The typical plan, with the easy one as low and the hard one as high."""
    plans = []
    for n_train, drawn in scenarios:
        found = _forecast(drawn, goal, 0, answers_wanted, delta)
        n_given = n_human + answers_wanted * max(0, n_train - n_human)
        plans.append(replace(found, n_total=n_given + found.n_total))
    totals = [plan.n_total for plan in plans]
    found = replace(plans[0], low=min(totals), high=max(totals))
    n_train = scenarios[0][0]
    text = _sentence(found, goal, n_train, answers_wanted, delta).replace(" given", " to train on", 1)
    return replace(
        found, sentence=f"{text} No model has been trained yet: the range is that of easy to hard data."
    )


def _typical_curve(n: int, mean: float) -> Curve:
    """The curve of n candidates whose p_wrong follow Beta(SHAPE, b) with this mean, from its integrals."""
    if n == 0:
        return Curve(np.zeros(1), np.zeros(1))
    x = np.concatenate([[0.0], np.geomspace(1e-12, 1.0, 400)])
    b = SHAPE * (1 - mean) / mean
    return Curve(n * betainc(SHAPE, b, x), n * mean * betainc(SHAPE + 1, b, x))
