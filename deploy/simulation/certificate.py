"""A certificate held against its files and against the truth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deploy.simulation.client import Client
from deploy.simulation.plan import Row
from labeling.web.json_reading import read_json

N_REDRAWN = 200  # draws of the audits that tell luck from merit


def certificate_check(
    client: Client, short: Row, *, folder: Path, truth: dict[str, str], human_labels: int, n_answers: int
) -> tuple[dict[str, Any], list[str]]:
    """The certificate and its labels lie in the folder; returns an entry for the report, and what to tell of it."""
    # Here: it brings in numpy and scipy.
    from review.certification.labels import labels_read
    from review.certification.statement.verify import verify

    path = f"certificates/{short['id']}"
    document_path = folder / f"certificate-{short['id']}.json"
    client.download(f"{path}/document", document_path)
    client.download(f"{path}/labels", labels_path(folder, short["id"]))
    document = read_json(document_path.read_bytes())
    with open(labels_path(folder, short["id"]), newline="", encoding="utf-8") as file:
        labels = labels_read(file)
    entry = {
        "id": short["id"],
        "attempt_id": short["attempt_id"],
        "sentence": document["sentence"],
        "counts": document["counts"],
        "n_attempts": document["attempt"]["number"],
        "human_labels": human_labels,
        "answers": n_answers,
        "problems": [problem for finding in verify(document, labels) for problem in finding.problems],
        **held_against(truth, document, labels),
        "redrawn": redrawn(truth, document, labels),
    }
    second = document["people_error"]
    return entry, [document["sentence"], *([second["sentence"]] if second else []), *_in_truth(entry)]


def labels_path(folder: Path, certificate_id: int) -> Path:
    return folder / f"certificate-{certificate_id}-labels.csv"


def _in_truth(entry: dict[str, Any]) -> Iterator[str]:
    yield (
        f"In truth {entry['n_wrong']:,} are wrong ({entry['n_wrong_machine']:,} by the machine), at most "
        f"{entry['n_promised']:,} were promised. {entry['human_labels']:,} items were labeled by people, with "
        f"{entry['answers']:,} answers."
    )
    if (costs := entry["redrawn"]) is not None:
        yield (
            f"Had the audits been drawn anew {N_REDRAWN} times: {costs['low']:,} to {costs['high']:,} human labels "
            f"in eight of ten, {costs['median']:,} in the middle."
        )
    problems = entry["problems"]
    yield "assay verify accepts it." if not problems else f"assay verify rejects it: {problems[0]}"


def held_against(truth: dict[str, str], document: Row, labels: Any) -> dict[str, Any]:
    """How many labels under the promise are wrong in truth, and how many the certificate allows."""
    goal, counts, second = document["goal"], document["counts"], document["people_error"]
    wrong = {"machine": 0, "person": 0}
    for key, label, source, rank in zip(
        labels.keys, labels.labels, labels.sources, labels.ranks.tolist(), strict=True
    ):
        is_covered = goal["promise"] == "dataset" or source == "machine" or 0 < rank <= counts["cut"]
        if source and is_covered and label != truth[key]:
            wrong[source] += 1
    n_covered = counts["items"] if goal["promise"] == "dataset" else counts["cut"]
    promised = (
        counts["allowed_wrong"] if second is None else math.floor(second["total_eps"] * n_covered + 1e-9)
    )
    n_wrong = wrong["machine"] + wrong["person"]
    return {
        "n_wrong": n_wrong,
        "n_wrong_machine": wrong["machine"],
        "n_wrong_people": wrong["person"],
        "n_promised": promised,
        "is_kept": n_wrong <= promised,
    }


def redrawn(truth: dict[str, str], document: Row, labels: Any) -> dict[str, int] | None:
    """Human labels that the same attempt would have cost with other audits, if nobody erred: how much was luck.

    Tenth, fiftieth and ninetieth percentile of 200 draws. None for promises on the machine's part or on each
    class, whose costs are not in labels alone, or drawn one by one.
    """
    # Here: they bring in numpy and scipy.
    import numpy as np

    from review.certification.statement.replay import attempt_play

    goal, attempt = document["goal"], document["attempt"]
    if goal["promise"] != "dataset" or goal["per_class"] or attempt["stages"] == [0]:
        return None
    order = labels.in_order_of_rank().tolist()
    is_wrong = np.array([labels.predicted[place] != truth[labels.keys[place]] for place in order])
    known: dict[str, Any] = {"n_items": len(labels), "eps": goal["eps"], "delta": attempt["delta"]}
    random = np.random.default_rng(0)
    plays = [attempt_play(is_wrong, random, **known, sizes=attempt["stages"]) for _ in range(N_REDRAWN)]
    costs = [len(labels) - len(order) + play.n_audits + play.n_left for play in plays]
    low, median, high = np.quantile(costs, [0.1, 0.5, 0.9]).round().astype(int).tolist()
    return {"low": low, "median": median, "high": high}
