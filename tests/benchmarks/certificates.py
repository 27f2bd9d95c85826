"""Certificates measured: false ones in simulation, labels saved on the data of PAC Labels, the monitor over paths.

    python -m tests.benchmarks.certificates [--data DIR] [--only validity|stages|power|monitor] [--attempts 2000]

Prints Markdown. No server and no database: what is measured are the statistics that the service uses.
DIR holds pac-labels/imagenet.csv and pac-labels/misinfo.csv (repository tijana-zrnic/pac-labels, MIT); without
it the power is left out. Every figure comes from fixed seeds.
"""

from __future__ import annotations

import argparse
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import hypergeom
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from review.certification.exact import allowed_wrong
from review.certification.human_error import people_error, total_error
from review.certification.monitor import breach_values
from review.certification.ranking import error_scores, ranks_of
from review.certification.statement.replay import attempt_play
from review.certification.walk import Cut, most_found, walk

DELTA = 0.05


@dataclass(frozen=True)
class Setting:
    """`times` as many are wrong as the goal allows among all N (1: one more than that)."""

    n: int
    eps: float
    times: float
    ranking: str  # good, useless, adversarial, ties
    n_audits: int
    promise: str = "dataset"


SETTINGS = (
    Setting(200, 0.10, 1, "useless", 60),
    Setting(200, 0.10, 2, "good", 60),
    Setting(1_000, 0.05, 1, "useless", 200),
    Setting(1_000, 0.05, 3, "good", 200),
    Setting(2_000, 0.02, 2, "adversarial", 400),
    Setting(5_000, 0.01, 0.25, "good", 600),
    Setting(5_000, 0.01, 2, "useless", 800),
    Setting(10_000, 0.05, 4, "good", 600),
    Setting(10_000, 0.02, 3, "ties", 800),
    Setting(60_000, 0.01, 2, "good", 1_500),
    Setting(60_000, 0.05, 0.25, "useless", 200),
    Setting(100_000, 0.10, 3, "ties", 500),
    Setting(100_000, 0.01, 1.5, "adversarial", 2_000),
    Setting(5_000, 0.05, 1.5, "good", 600, "machine"),
    Setting(10_000, 0.02, 1, "useless", 1_500, "machine"),
    Setting(10_000, 0.05, 2, "adversarial", 500, "machine"),
)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="the folder that holds pac-labels")
    parser.add_argument("--only", choices=["validity", "stages", "power", "monitor"])
    parser.add_argument("--attempts", type=int, default=2_000, help="simulated for each setting")
    options = parser.parse_args()
    parts: dict[str, Callable[[], Iterable[str]]] = {
        "validity": lambda: validity(options.attempts),
        "stages": lambda: stages(options.attempts // 20),
        "power": lambda: power(options.data),
        "monitor": lambda: monitor(options.attempts),
    }
    for name, lines in parts.items():
        if options.only in (None, name):
            for line in lines():
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
            sys.stdout.write("\n")


def validity(n_attempts: int) -> Iterable[str]:
    """Attempts with the truth known; a certificate is false if more is wrong below its cut than it says."""
    yield f"{n_attempts:,} attempts each, delta {DELTA:g}."
    yield ""
    yield (
        "| items | goal | promise | wrong in truth | ranking | audits at once | false certificates "
        "| left to the machine | in stages: audits | false | left |"
    )
    yield "|---:|---:|---|---:|---|---:|---:|---:|---:|---:|---:|"
    for setting in SETTINGS:
        random = np.random.default_rng(0)
        truth = _wrong_by_rank(setting, random)
        asked: dict[str, Any] = {"n_items": setting.n, "n_candidates": setting.n, "eps": setting.eps}
        asked |= {"delta": DELTA, "promise": setting.promise}
        is_whole = setting.promise == "dataset"
        at_once, staged = _Tally(setting.n), _Tally(setting.n)
        for _ in range(n_attempts):
            ranks = random.choice(setting.n, setting.n_audits, replace=False, shuffle=False) + 1
            wrong = truth[ranks - 1]
            found = walk(**asked, audit_ranks=ranks, is_wrong=wrong, corrected=is_whole)
            n_mended = int(wrong[ranks <= found.cut].sum()) * is_whole
            at_once.add(found, int(truth[: found.cut].sum()) - n_mended, len(ranks))
            played = attempt_play(
                truth, random, n_items=setting.n, eps=setting.eps, delta=DELTA, promise=setting.promise
            )
            staged.add(played.cut, played.n_wrong_kept, played.n_audits)
        yield (
            f"| {setting.n:,} | {100 * setting.eps:g}% | {setting.promise} | {100 * truth.mean():.3g}% "
            f"| {setting.ranking} | {setting.n_audits:,} | {at_once} | {staged.n_audits / staged.n:,.0f} | {staged} |"
        )
    yield ""
    yield from _with_human_error(n_attempts)


class _Tally:
    def __init__(self, n_items: int) -> None:
        self.n_items, self.n, self.n_false, self.n_audits, self.left = n_items, 0, 0, 0, 0.0

    def add(self, found: Cut, n_wrong_kept: int, n_audits: int) -> None:
        self.n += 1
        self.n_false += n_wrong_kept > found.allowed
        self.n_audits += n_audits
        self.left += (found.cut - found.n_audited) / self.n_items

    def __str__(self) -> str:
        return f"{100 * self.n_false / self.n:.2f}% | {100 * self.left / self.n:.1f}%"


def _wrong_by_rank(setting: Setting, random: np.random.Generator) -> np.ndarray:
    """(N,) bool in order of rank, the surest first."""
    allowed = allowed_wrong(setting.eps, setting.n)
    n_wrong = allowed + 1 if setting.times == 1 else round(setting.times * allowed)
    unsure = (np.arange(setting.n) + 1) / setting.n
    if setting.ranking == "ties":  # five levels of confidence, and chance within each
        unsure = np.ceil(5 * unsure) / 5
    if setting.ranking in ("good", "ties"):
        chance = unsure**6
        return np.isin(
            np.arange(setting.n), random.choice(setting.n, n_wrong, replace=False, p=chance / chance.sum())
        )
    if setting.ranking == "useless":
        return random.permutation(np.arange(setting.n) < n_wrong)
    return np.arange(setting.n) < n_wrong  # the surest are all wrong


def stages(n_attempts: int) -> Iterable[str]:
    """What attempts cost in stages, in labels: audits, and what they leave to people; against two rivals."""
    n_items, n, delta = 60_000, 59_000, 0.8 * DELTA
    yield (
        f"{n_attempts} attempts each on {n:,} candidates among {n_items:,} items, delta {delta:g}: audits and what is left "
        "to people, on average, and what nine attempts of ten stay below. Equal shares: five stages, each twice as large "
        "as the one before, the risk in five parts. Best: the number of audits, all at once, that proves cheapest."
    )
    yield ""
    yield "| goal | wrong in truth | ranking | joint levels | 90% | equal shares | 90% | ratio | best at once |"
    yield "|---:|---:|---|---:|---:|---:|---:|---:|---:|"
    ratios = []
    for eps in (0.01, 0.05):
        for times in (0.1, 0.3, 0.5, 0.8, 1.3, 3):
            for ranking, sharpness in (("good", 12), ("mediocre", 4)):
                random = np.random.default_rng(0)
                chance = np.exp(sharpness * np.linspace(-1, 0, n))
                n_wrong = round(times * eps * n)
                truth = np.zeros(n, dtype=bool)
                truth[random.choice(n, n_wrong, replace=False, p=chance / chance.sum())] = True
                goal: dict[str, Any] = {"n_items": n_items, "eps": eps, "delta": delta}

                def costs(n_attempts: int, **design: Any) -> np.ndarray:
                    order = np.random.default_rng(1)
                    plays = [attempt_play(truth, order, **goal, **design) for _ in range(n_attempts)]  # noqa: B023
                    return np.array([play.n_audits + play.n_left for play in plays])

                first = bisect_left(
                    range(n),
                    1,
                    lo=1,
                    key=lambda size: most_found(
                        n_candidates=n,
                        allowed=allowed_wrong(eps, n_items),
                        n_audits=size,
                        delta=delta / 5,
                    ),
                )
                joint = costs(n_attempts)
                equal = costs(
                    n_attempts, sizes=[first * 2**stage for stage in range(5)], levels=[delta / 5] * 5
                )
                best = min(
                    costs(n_attempts // 5, sizes=[round(first * 2 ** (step / 2))]).mean()
                    for step in range(-2, 10)
                )
                ratios.append(joint.mean() / equal.mean())
                yield (
                    f"| {100 * eps:g}% | {100 * n_wrong / n:.2g}% | {ranking} | {joint.mean():,.0f} | {np.quantile(joint, 0.9):,.0f} "
                    f"| {equal.mean():,.0f} | {np.quantile(equal, 0.9):,.0f} | {ratios[-1]:.2f} | {best:,.0f} |"
                )
    yield ""
    yield f"Ratio on the geometric mean: {np.exp(np.mean(np.log(ratios))):.3f}."


def _with_human_error(n_attempts: int) -> Iterable[str]:
    """People err at a rate in all they say; a third of delta bounds it by second answers."""
    n, n_classes, eps, n_audits, n_second = 3_000, 4, 0.05, 500, 150
    yield (
        f"People who err, {n:,} items of {n_classes} classes, goal 5%, {n_audits} audits, {n_second} second answers; "
        "the total must cover all wrong labels, people's own included:"
    )
    yield ""
    yield "| people wrong | audits | total exceeded | wrong in truth | total stated |"
    yield "|---:|---|---:|---:|---:|"
    for rate in (0.02, 0.05):
        for corrected in (False, True):
            random = np.random.default_rng(1)
            exceeded, wrong, stated = [], [], []
            for _ in range(n_attempts):
                truth = random.integers(n_classes, size=n)
                machine = _answers(truth, np.linspace(0, 0.14, n), n_classes, random)
                person, second = (_answers(truth, rate, n_classes, random) for _ in range(2))
                ranks = random.choice(n, n_audits, replace=False) + 1
                found = walk(
                    n_items=n,
                    n_candidates=n,
                    eps=eps,
                    delta=DELTA * 2 / 3,
                    promise="dataset",
                    audit_ranks=ranks,
                    is_wrong=(person != machine)[ranks - 1],
                    corrected=corrected,
                )
                is_human = np.arange(n) >= found.cut
                is_human[ranks - 1] = True
                again = random.choice(np.flatnonzero(is_human), n_second, replace=False)
                n_differ = int((person != second)[again].sum())
                upper = people_error(n_second=n_second, n_differ=n_differ, delta=DELTA / 3)
                stated.append(total_error(eps=eps, upper=upper, human_share=float(is_human.mean())))
                wrong.append((np.where(is_human, person, machine) != truth).mean())
                exceeded.append(wrong[-1] > stated[-1])
            yield (
                f"| {100 * rate:g}% | {'corrected' if corrected else 'counted'} | {100 * np.mean(exceeded):.2f}% "
                f"| {100 * np.mean(wrong):.2f}% | {100 * np.mean(stated):.2f}% |"
            )


def _answers(truth: np.ndarray, rate: Any, n_classes: int, random: np.random.Generator) -> np.ndarray:
    """The truth, or with chance `rate` another class."""
    errs = random.random(len(truth)) < rate
    return np.where(errs, (truth + random.integers(1, n_classes, len(truth))) % n_classes, truth)


def power(data: Path | None) -> Iterable[str]:
    """Labels left to the machine on published predictions: eps = delta = 0.05, 500 draws, all of delta at once."""
    if data is None or not (data / "pac-labels").is_dir():
        yield "Power is left out: --data names no folder with pac-labels."
        return
    yield "| data | ranking | answers to learn it | audits | left to the machine | false | PAC Labels | oracle |"
    yield "|---|---|---:|---|---:|---:|---:|---:|"
    images = pd.read_csv(data / "pac-labels/imagenet.csv")
    texts = pd.read_csv(data / "pac-labels/misinfo.csv")
    right = (images["Y"] == images["Yhat"]).to_numpy()
    pool = _Pool("imagenet.csv", "59.5%", right, images["confidence"].to_numpy(float))
    for n_audits in (1_500, None):
        yield pool.row("confidence", _repeat(pool, n_audits))
    predicted = texts["Yhat (GPT4o)"].to_numpy()
    pool = _Pool(
        "misinfo.csv", "17.2%", (texts["Y"] == predicted).to_numpy(), texts["confidence"].to_numpy(float)
    )
    for n_audits in (400, 500, None):
        yield pool.row("confidence", _repeat(pool, n_audits))
    features = _text_features(texts)
    is_first = predicted == "misinfo"
    probabilities = np.column_stack([np.where(is_first, pool.score, 1 - pool.score)] * 2)
    probabilities[:, 1] = 1 - probabilities[:, 0]
    for n_audits in (300, 400, None):
        yield pool.row("learned", _repeat_learned(pool, probabilities, features, 200, n_audits), 200)


@dataclass(frozen=True)
class _Pool:
    """Items with their predictions; `is_right` is what auditors will say."""

    name: str
    rival: str
    is_right: np.ndarray
    score: np.ndarray

    def row(self, ranking: str, found: _Repeated, n_answers: int = 0) -> str:
        left = found.left
        return (
            f"| {self.name} | {ranking} | {n_answers} | {found.audits} "
            f"| {100 * left.mean():.1f} +- {100 * left.std():.1f}% | {100 * found.n_false / len(left):.1f}% "
            f"| {self.rival} | {100 * found.oracle:.1f}% |"
        )


@dataclass(frozen=True)
class _Repeated:
    """left (n_draws,): share left to the machine; oracle: the share that knowing the errors would leave."""

    left: np.ndarray
    n_false: int
    oracle: float
    audits: str


def _repeat(
    pool: _Pool,
    n_audits: int | None,
    n_draws: int = 500,
    places: np.ndarray | None = None,
    score: np.ndarray | None = None,
    seed: int = 0,
) -> _Repeated:
    """Attempts with so many audits at once, or in stages if None.

    places  the candidates among the pool, in the order of `score`; all if not given
    """
    places = np.arange(len(pool.is_right)) if places is None else places
    score = pool.score if score is None else score
    n_items, n_candidates = len(pool.is_right), len(places)
    ranks = ranks_of(score, [str(place) for place in places])
    truth = np.zeros(n_candidates, dtype=bool)
    truth[ranks - 1] = ~pool.is_right[places]
    random = np.random.default_rng(seed)
    sizes = None if n_audits is None else [n_audits]
    plays = [
        attempt_play(truth, random, n_items=n_items, eps=0.05, delta=DELTA, sizes=sizes)
        for _ in range(n_draws)
    ]
    left = np.array([(play.cut.cut - play.cut.n_audited) / n_items for play in plays])
    n_false = sum(play.n_wrong_kept > play.cut.allowed for play in plays)
    allowed = allowed_wrong(0.05, n_items)
    oracle = int(np.searchsorted(truth.cumsum(), allowed, side="right")) / n_items
    mean = np.mean([play.n_audits for play in plays])
    return _Repeated(left, n_false, oracle, f"{mean:,.0f}" if n_audits else f"in stages: {mean:,.0f}")


def _repeat_learned(
    pool: _Pool, probabilities: np.ndarray, features: np.ndarray, n_answers: int, n_audits: int | None
) -> _Repeated:
    """The score is learned from answers drawn uniformly, anew for each 25 draws; they count as people's labels."""
    parts = []
    for seed in range(20):
        random = np.random.default_rng(seed)
        asked = random.choice(len(pool.is_right), n_answers, replace=False)
        rest = np.setdiff1d(np.arange(len(pool.is_right)), asked)
        found = error_scores(
            answered=probabilities[asked],
            is_right=pool.is_right[asked],
            candidates=probabilities[rest],
            answered_features=features[asked],
            candidate_features=features[rest],
            random_state=seed,
        )
        parts.append(_repeat(pool, n_audits, n_draws=25, places=rest, score=found.score, seed=100 + seed))
    return _Repeated(
        np.concatenate([part.left for part in parts]),
        sum(part.n_false for part in parts),
        float(np.mean([part.oracle for part in parts])),
        parts[0].audits,
    )


def _text_features(texts: pd.DataFrame) -> np.ndarray:
    """30 directions of the words, and which of the 15 most frequent sources and of the topics."""
    words = TfidfVectorizer(sublinear_tf=True, min_df=2).fit_transform(texts["headline"].fillna(""))
    common = texts["source"].value_counts().index[:15]
    known = [texts["source"] == name for name in common] + [
        texts["topic"] == name for name in texts["topic"].unique()
    ]
    return np.hstack(
        [TruncatedSVD(30, random_state=0).fit_transform(words), np.column_stack(known).astype(float)]
    )


def monitor(n_paths: int) -> Iterable[str]:
    """Whole paths with a look after every audit: alarms at the boundary are false, beyond it they are wanted."""
    yield f"{n_paths:,} paths each, delta {DELTA:g}, a look after every audit; the exact test read every tenth audit."
    yield ""
    yield "| labels | allowed wrong | wrong in truth | audits | alarms | median audits until one | exact test, read again |"
    yield "|---:|---:|---:|---:|---:|---:|---:|"
    for population, allowed, n_audits in ((500, 25, 500), (5_000, 250, 1_500), (50_000, 500, 3_000)):
        for times in (1.0, 1.5, 2.0, 3.0):
            n_bad = round(times * allowed)
            random = np.random.default_rng(2)
            paths = np.stack([_path(population, n_bad, n_audits, random) for _ in range(n_paths)])
            most = int(paths.max())
            n = np.broadcast_to(np.arange(1, n_audits + 1)[:, None], (n_audits, most + 1))
            x = np.broadcast_to(np.arange(most + 1), n.shape)
            values = breach_values(population=population, allowed=allowed, n=n, n_wrong=np.minimum(n, x))
            is_alarm = (values >= 1 / DELTA)[np.arange(n_audits), paths]
            raised = is_alarm.any(axis=1)
            first = np.where(raised, is_alarm.argmax(axis=1) + 1, n_audits + 1)
            typical = f"{np.median(first):,.0f}" if raised.mean() > 0.5 else "none"
            again = f"{100 * _peeked(paths, population, allowed):.1f}%" if times == 1 else ""
            yield (
                f"| {population:,} | {allowed} | {n_bad} | {n_audits:,} | {100 * raised.mean():.1f}% | {typical} | {again} |"
            )


def _path(population: int, n_bad: int, n_audits: int, random: np.random.Generator) -> np.ndarray:
    """(n_audits,) wrong ones found so far."""
    drawn = random.choice(population, n_audits, replace=False)
    return (drawn < n_bad).cumsum()


def _peeked(paths: np.ndarray, population: int, allowed: int) -> float:
    """Share of paths on which the exact test of "at most allowed" rejects at some tenth audit."""
    looks = np.arange(19, paths.shape[1], 10)
    critical = hypergeom.isf(DELTA, population, allowed, looks + 1)  # more than this rejects
    return float((paths[:, looks] > critical).any(axis=1).mean())


if __name__ == "__main__":
    main()
