"""The certificate: a JSON document that holds the promise in plain words and all that is needed to check it.

Its sentences are made from its numbers, and `verify` makes them again: their wording is part of the format,
so that a change of it needs a new format number (schema.FORMAT), and the old wording stays for documents of the old.
Format 3 says that "class" means the predicted one.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any

from review.certification.facts import (
    cuts_compute,
    delta_of_attempt,
    hashes_compute,
    people_error_compute,
    source_facts,
)
from review.certification.labels import Labels
from review.certification.statement.schema import BY_CLASS_UNSAID, FORMAT

Document = dict[str, Any]


def document_build(
    *,
    number: int,
    issued_at: str,
    project: Mapping[str, Any],
    goal: Mapping[str, Any],
    attempt: Mapping[str, Any],
    labels: Labels,
    audits: Sequence[Mapping[str, Any]],
    salt: str,
    ranked_by: str,
    people: Sequence[Mapping[str, Any]],
    model: Mapping[str, Any],
    model_hash: str,
    n_second: int = 0,
    n_differ: int = 0,
) -> Document:
    """The certificate of an attempt that has ended, in the format of schema.SCHEMA.

    `attempt` holds number, frozen_at, ended_at, stages, stage and earlier; project, goal, audits, people and model are as
    the document has them; times are ISO 8601 in UTC. Counts, cut, test, hashes, people's error, sentences,
    assumptions, versions and digest are computed here. n_second: labels by people that were answered a
    second time, blind; n_differ: of those, how many differ (or were skipped). 0: second answers were no part
    of the attempt, and people count as right.
    `labels` has every item of the frozen list, with ranks 1 to M. It is not judged here whether all this
    fits: `verify` does that, and a certificate that it does not accept should not be issued.
    Memory: 200 bytes for each item besides the labels.
    """
    with_second = n_second > 0
    delta = delta_of_attempt(number=attempt["number"], confidence=goal["confidence"], with_second=with_second)
    found = cuts_compute(
        labels, audits, goal=goal, delta=delta, stages=attempt["stages"], stage=attempt["stage"]
    )
    sources = source_facts(labels, audits)
    counts = sources | {name: found[name] for name in found if name not in ("per_class", "test")}
    second = None
    if with_second:
        second = people_error_compute(goal=goal, counts=counts, n_second=n_second, n_differ=n_differ)
    document: Document = {
        "format": FORMAT,
        "number": number,
        "issued_at": issued_at,
        "project": dict(project),
        "goal": dict(goal),
        "attempt": {**attempt, "delta": delta},
        "counts": counts,
        "test": found["test"],
        "per_class": found["per_class"],
        "hashes": {**hashes_compute(labels, salt=salt), "model": model_hash},
        "salt": salt,
        "ranked_by": ranked_by,
        "audits": [dict(audit) for audit in audits],
        "people": [dict(person) for person in people],
        "people_error": second,
        "model": dict(model),
        "versions": _versions(),
    }
    _put_into_words(document)
    document["digest"] = digest_of(document)
    return document


def _versions() -> dict[str, str]:
    return {
        "assay": version("assay-labeling"),
        "python": platform.python_version(),
        "scipy": version("scipy"),
    }


def _put_into_words(document: Document) -> None:
    """The document says in sentences what its numbers say."""
    document["sentence"] = sentence_of(document)
    if document["people_error"] is not None:
        document["people_error"]["sentence"] = people_sentence_of(document)
    document["assumptions"] = assumptions_of(document)


def digest_of(document: Mapping[str, Any]) -> str:
    """SHA-256 over everything but the digest, as JSON (ASCII only) with sorted keys and no spaces; hex."""
    rest = {name: value for name, value in document.items() if name != "digest"}
    return hashlib.sha256(canonical(rest).encode()).hexdigest()


def canonical(value: Any) -> str:
    """JSON (ASCII only) with sorted keys and no spaces. Raises ValueError for NaN and infinity."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sentence_of(document: Mapping[str, Any]) -> str:
    """The promise in plain words."""
    counts, goal = document["counts"], document["goal"]
    if counts["cut"] == 0:
        return _nothing_proven(counts, goal)
    promise = _promise_by_class if goal["per_class"] else _promise
    return (
        f"{promise(document)}: {_who(counts, goal)}, {_proof(counts)}.{_outside(counts, goal)}"
        f"{_not_recall(document)}"
    )


def people_sentence_of(document: Mapping[str, Any]) -> str:
    """What second answers say of people's own error. people_error must not be null."""
    second, goal = document["people_error"], document["goal"]
    part = "all labels" if goal["promise"] == "dataset" else "the labels in the machine's part"
    return (
        f"{_n(second['n_second'], 'label', 'labels')} by people had a second answer, blind, and "
        f"{second['n_differ']:,} of these differed: with {_percent(1 - second['delta'])} confidence at most {_percent(second['upper'], up=True)} of the "
        f"labels by people are wrong. With these counted, at most {_percent(second['total_eps'], up=True)} of "
        f"{part} are wrong, with {_percent(goal['confidence'])} confidence in all."
    )


def assumptions_of(document: Mapping[str, Any]) -> list[str]:
    """What the promise rests on, the weakest first."""
    counts, goal, attempt = document["counts"], document["goal"], document["attempt"]
    if document["people_error"] is None:
        people = "The answers of people are right: nobody was asked a second time."
    else:
        people = (
            "A label by a person counts as wrong if the second answer differs; a mistake that two people make alike "
            "is not seen. People err no more often on the rest of what they labeled than where they were asked twice."
        )
    n_items = f"{counts['items']:,}"
    frozen = (
        f"Model, ranking and the list of {n_items} items were frozen before the audits were drawn, and the audits "
        "had no part in training, ranking or choosing anything but the cut."
    )
    blind = (
        "Audits were answered blind: nobody saw the machine's label before answering, or could tell an audit from "
        "other entries of the queue."
    )
    shared = (
        f"This is attempt {attempt['number']}: all attempts of the project share a risk of "
        f"{_percent(1 - goal['confidence'])}, and none is left out."
    )
    if len(attempt["stages"]) > 1:
        shared += (
            f" Its audits came in stages whose sizes were fixed before the first answer, and whose tests share the "
            f"attempt's risk; this is stage {attempt['stage']} of {len(attempt['stages'])}."
        )
    drawn = (
        "The risk is that of the draw of the audits alone: nothing is assumed of the data, the model or how sure "
        "it is."
    )
    return [
        people,
        blind,
        frozen,
        "The salt was drawn at random and kept secret until the attempt ended.",
        "An audit without an answer counts as wrong.",
        shared,
        drawn,
        f"The promise is on these {n_items} items with these labels: items added later are not covered.",
    ]


def _promise(document: Mapping[str, Any]) -> str:
    counts, goal, second = document["counts"], document["goal"], document["people_error"]
    if goal["promise"] == "dataset":
        n, what = counts["items"], f"of these {counts['items']:,} labels"
    else:
        n, what = counts["cut"], f"of the {counts['cut']:,} labels in the machine's part"
    if second is None:
        wrong, share, aside = counts["allowed_wrong"], _percent(goal["eps"]), ""
    else:
        wrong = math.floor(second["total_eps"] * n + 1e-9)
        share, aside = _percent(second["total_eps"], up=True), ", people's own errors counted"
    return (
        f"With {_percent(goal['confidence'])} confidence at most {wrong:,} {what} ({share}) are wrong{aside}"
    )


def _promise_by_class(document: Mapping[str, Any]) -> str:
    counts, goal = document["counts"], document["goal"]
    if document["format"] != BY_CLASS_UNSAID:
        if goal["promise"] == "dataset":
            n, what = counts["items"], "the items that the model had put into it"
        else:
            n, what = counts["cut"], "its items in the machine's part"
        return (
            f"With {_percent(goal['confidence'])} confidence, for every predicted class at once, at most "
            f"{_percent(goal['eps'])} of {what} are labeled wrong ({counts['allowed_wrong']:,} of all {n:,})"
        )
    if goal["promise"] == "dataset":
        n, what = counts["items"], "the items that the model had put into a class"
    else:
        n, what = counts["cut"], "a class's items in the machine's part"
    return (
        f"With {_percent(goal['confidence'])} confidence at most {_percent(goal['eps'])} of {what} are labeled "
        f"wrong, for every class at once ({counts['allowed_wrong']:,} of all {n:,})"
    )


def _not_recall(document: Mapping[str, Any]) -> str:
    if not document["goal"]["per_class"] or document["format"] == BY_CLASS_UNSAID:
        return ""
    return " How many items of a true class carry another's label is no part of this promise."


def _who(counts: Mapping[str, Any], goal: Mapping[str, Any]) -> str:
    if goal["promise"] == "dataset":
        return f"{counts['machine']:,} by the machine, {counts['human']:,} by people"
    return f"{counts['machine']:,} by the machine, {counts['cut'] - counts['machine']:,} checked by people"


def _proof(counts: Mapping[str, Any]) -> str:
    n, wrong = counts["audits_in_cut"], counts["wrong_in_cut"]
    if n == 0:
        return "with no audit needed, since so few labels are the machine's"
    found = "none was" if wrong == 0 else "1 was" if wrong == 1 else f"{wrong:,} were"
    skipped = " or skipped" if counts["skipped"] else ""
    return f"proven by {_n(n, 'blind audit', 'blind audits')} of which {found} wrong{skipped}"


def _outside(counts: Mapping[str, Any], goal: Mapping[str, Any]) -> str:
    if goal["promise"] == "dataset":
        return ""
    n_people = counts["human"] - (counts["cut"] - counts["machine"])
    return (
        f" Outside of this promise are {counts['items'] - counts['cut']:,} items: {n_people:,} labeled by "
        f"people, {counts['unlabeled']:,} without a label."
    )


def _nothing_proven(counts: Mapping[str, Any], goal: Mapping[str, Any]) -> str:
    if goal["promise"] == "dataset":
        return f"All {counts['items']:,} labels are by people: none of the machine's could be proven."
    return "None of the machine's labels could be proven, so the machine's part is empty."


def _percent(share: float, *, up: bool = False) -> str:
    """A share as a percentage of up to four digits; `up`: rounded up, for bounds."""
    value = round(100 * share, 9)
    if up:
        value = math.ceil(value * 100 - 1e-6) / 100
    return f"{value:.4g}%"


def _n(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"
