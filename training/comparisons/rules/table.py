"""Trials with their outcomes -> the table of a comparison: one row per learner and number of labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from training.comparisons.rules.statistics import METRICS, best_of, score_estimate, spread_estimate
from training.comparisons.rules.trial import Outcome, Trial

HEADINGS = ("learner", "labels", "seeds", "accuracy", "macro F1", "log-loss", "ECE", "fit", "peak memory")
Done = tuple[Trial, Outcome]


def table_rows(done: Iterable[Done]) -> list[dict[str, Any]]:
    """Rows in the order of labels, then of the learners as they came; plain JSON.

    Each: learner, n_labels (None: all), n_train, n_seeds, errors (sentences), and where a seed went
    well: metrics {name: {mean, low, high, behind, is_level, is_best}}, fit_seconds, predict_seconds and
    peak_bytes {mean, low, high}. Differences are paired: over the seeds that every learner finished.
    """
    finished = list(done)
    sizes = sorted({trial.n_labels for trial, _ in finished}, key=lambda n: (n is None, n or 0))
    return [row for n_labels in sizes for row in _rows_of([d for d in finished if d[0].n_labels == n_labels])]


def _rows_of(done: Sequence[Done]) -> list[dict[str, Any]]:
    by_learner: dict[str, list[Done]] = {}
    for trial, outcome in done:
        by_learner.setdefault(trial.title, []).append((trial, outcome))
    good = {
        name: {trial.seed: outcome for trial, outcome in parts if not outcome.error}
        for name, parts in by_learner.items()
    }
    good = {name: outcomes for name, outcomes in good.items() if outcomes}
    shared = sorted(set.intersection(*(set(outcomes) for outcomes in good.values()))) if good else []
    marks = {metric: _marks(metric, good, shared) for metric in METRICS}
    return [
        {
            "learner": name,
            "n_labels": parts[0][0].n_labels,
            "n_seeds": len(good.get(name, {})),
            "errors": sorted({outcome.error for _, outcome in parts if outcome.error}),
            **(_measured(name, list(good[name].values()), marks) if name in good else {}),
        }
        for name, parts in by_learner.items()
    ]


def _marks(
    metric: str, good: Mapping[str, Mapping[int, Outcome]], seeds: Sequence[int]
) -> dict[str, dict[str, Any]]:
    if len(good) < 2 or not seeds:
        return {}
    return best_of(
        metric,
        {
            name: (
                [outcomes[seed].scores[metric] for seed in seeds],
                [outcomes[seed].jackknife[metric] for seed in seeds],
            )
            for name, outcomes in good.items()
        },
    )


def _measured(
    name: str, outcomes: Sequence[Outcome], marks: Mapping[str, Mapping[str, dict[str, Any]]]
) -> dict[str, Any]:
    alone = {"behind": None, "is_level": True, "is_best": False}
    return {
        "n_train": outcomes[0].n_train,
        "n_pool": outcomes[0].n_pool,
        "n_test": outcomes[0].n_test,
        "metrics": {
            metric: {
                **score_estimate(
                    metric,
                    [outcome.scores[metric] for outcome in outcomes],
                    [outcome.jackknife[metric] for outcome in outcomes],
                    n_test=outcomes[0].n_test,
                ).as_json(),
                **marks[metric].get(name, alone),
            }
            for metric in METRICS
        },
        **{
            column: spread_estimate([getattr(outcome, column) for outcome in outcomes]).as_json()
            for column in ("fit_seconds", "predict_seconds", "peak_bytes")
        },
    }


# As text


def table_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table for a terminal; * marks the best where it is the best beyond noise."""
    lines = [HEADINGS, *(_cells(row, "{}*") for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join(
        "  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def table_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table for a page; bold marks the best where it is the best beyond noise."""
    lines = [HEADINGS, ("---", *("---:",) * (len(HEADINGS) - 1)), *(_cells(row, "**{}**") for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(row: Mapping[str, Any], best: str) -> tuple[str, ...]:
    labels = "all" if row["n_labels"] is None else f"{row['n_labels']:,}"
    if "metrics" not in row:
        why = row["errors"][0] if row["errors"] else "not done"
        return (row["learner"], labels, "0", why, *("",) * (len(HEADINGS) - 4))
    scores = [
        (best if score["is_best"] else "{}").format(_score(metric, score))
        for metric, score in row["metrics"].items()
    ]
    seconds, peak = row["fit_seconds"], row["peak_bytes"]
    return (
        row["learner"],
        labels,
        str(row["n_seeds"]),
        *scores,
        f"{seconds['mean']:,.1f} s" if seconds["mean"] < 100 else f"{seconds['mean']:,.0f} s",
        f"{peak['mean'] / 2**20:,.0f} MiB",
    )


def _score(metric: str, score: Mapping[str, float]) -> str:
    if metric == "log_loss":
        return f"{score['mean']:.3f} ({score['low']:.3f} to {score['high']:.3f})"
    return f"{score['mean']:.2%} ({score['low']:.2%} to {score['high']:.2%})"
