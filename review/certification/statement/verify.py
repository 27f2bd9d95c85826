"""Recompute a certificate from the document and the file of labels alone, and say what does not fit.

What this proves: sentence, numbers, draw, test and labels follow from the frozen ranking, the salt and the
audits' answers that the document states. What no file can prove: that these are what really happened. Whoever
invents ranking, answers and salt together, or leaves out an earlier attempt as if it had never been, can make
a document that fits itself (docs/certificates.md says what to hold against that).
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jsonschema import Draft202012Validator

from review.certification.draw import draw
from review.certification.facts import (
    cuts_compute,
    delta_of_attempt,
    hashes_compute,
    is_within_cut,
    people_error_compute,
    source_facts,
)
from review.certification.labels import Labels
from review.certification.statement.document import (
    assumptions_of,
    digest_of,
    people_sentence_of,
    sentence_of,
)
from review.certification.statement.schema import SCHEMA

N_NAMED = 5  # of the items or fields that one check finds wrong; the rest are counted
SAME = 1e-6  # relative difference of numbers that another version of scipy may compute

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Finding:
    """One thing that was checked, and a sentence for each way in which it does not fit."""

    what: str
    problems: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        return not self.problems


def verify(document: Any, labels: Labels) -> list[Finding]:
    """Each thing that was checked, in order; the certificate is good if all of them are.

    `document` is the parsed JSON, of which nothing is taken for granted. If it does not follow the schema,
    that alone is found, since nothing else can be read. What cannot be recomputed because of an earlier
    problem is not found a second time. Memory: 500 bytes for each item besides the labels. A million items
    take half a minute.
    """
    findings = [_finding("The document follows the schema of its format", _check_schema(document))]
    if not findings[0].is_good:
        return findings
    findings += [
        _finding("The digest is that of the document", _check_digest(document)),
        _finding(
            "The labels are one row for each item, with ranks 1 to the last", _check_rows(document, labels)
        ),
    ]
    can_recompute = findings[-1].is_good
    findings += [
        _finding("Salt, items, ranking and labels have the hashes stated", _check_hashes(document, labels)),
        _finding(
            "The attempt takes its share of the risk, and none before it is missing", _check_attempt(document)
        ),
    ]
    if can_recompute:
        findings.append(_finding("The audits are those that the salt draws", _check_draw(document, labels)))
    audits = _finding("The audits fit the ranking and the labels", _check_audits(document, labels))
    findings.append(audits)
    if can_recompute and audits.is_good:
        findings.append(_finding("The test gives this cut from these audits", _check_test(document, labels)))
    findings += [
        _finding("Each label stands on its side of the cut", _check_sides(document, labels)),
        _finding("The counts are those of the labels and audits", _check_counts(document, labels)),
        _finding("The people have given these audits and labels", _check_people(document)),
        _finding("People's own error is bounded as stated", _check_people_error(document)),
        _finding("The sentences say what the numbers say", _check_sentences(document)),
    ]
    return findings


def _finding(what: str, problems: Iterator[str]) -> Finding:
    """Read the problems of one check. Numbers that cannot be reckoned with are a problem, too, and no crash."""
    found: list[str] = []
    try:
        found.extend(problems)
    except (ArithmeticError, LookupError, ValueError) as error:
        found.append(f"{what}: this cannot be recomputed: {error}")
    rest = len(found) - N_NAMED
    if rest > 0:
        found[N_NAMED:] = [f"{found[0].split(':')[0]}, and {rest:,} more of this kind."]
    return Finding(what, tuple(found))


# Each check yields a sentence for each problem: what does not fit, what is stated, what was recomputed.


def _check_schema(document: Any) -> Iterator[str]:
    for error in sorted(
        Draft202012Validator(SCHEMA).iter_errors(document), key=lambda found: found.json_path
    ):
        yield f"{error.json_path.removeprefix('$.')}: {error.message[:300]}."


def _check_digest(document: Document) -> Iterator[str]:
    yield from _compare("digest", document["digest"], digest_of(document))


def _check_rows(document: Document, labels: Labels) -> Iterator[str]:
    n_items = document["counts"]["items"]
    if len(labels) != n_items:
        yield f"rows: the document is about {n_items:,} items, but the file has {len(labels):,} rows."
    for key, n in Counter(labels.keys).items():
        if n > 1:
            yield f"key {key!r}: it has {n} rows, not one."
    yield from _check_ranks(labels)
    classes = {*document["project"]["classes"], ""}
    columns = (labels.keys, labels.labels, labels.sources, labels.ranks.tolist(), labels.predicted)
    for key, label, source, rank, predicted in zip(*columns, strict=True):
        if (label == "") != (source == ""):
            yield f"item {key!r}: it has the label {label!r} and the source {source!r}."
        if label not in classes:
            yield f"item {key!r}: its label {label!r} is none of the project's classes."
        if (predicted == "") != (rank == 0):
            yield f"item {key!r}: it has the prediction {predicted!r} and {'a' if rank else 'no'} rank."
        if predicted not in classes:
            yield f"item {key!r}: its prediction {predicted!r} is none of the project's classes."


def _check_ranks(labels: Labels) -> Iterator[str]:
    """The candidates' ranks are 1 to M, each once."""
    ranks = labels.ranks[labels.ranks > 0]
    wanted = np.arange(1, len(ranks) + 1)
    for rank in np.setdiff1d(wanted, ranks):
        yield f"rank {rank:,}: no row has it, though {len(ranks):,} rows have a rank."
    found, times = np.unique(ranks, return_counts=True)
    for rank in found[times > 1]:
        yield f"rank {rank:,}: several rows have it."


def _check_hashes(document: Document, labels: Labels) -> Iterator[str]:
    for name, recomputed in hashes_compute(labels, salt=document["salt"]).items():
        yield from _compare(f"hashes.{name}", document["hashes"][name], recomputed)


def _check_attempt(document: Document) -> Iterator[str]:
    attempt, goal = document["attempt"], document["goal"]
    earlier = sorted(each["number"] for each in attempt["earlier"])
    yield from _compare("attempt.earlier (numbers)", earlier, list(range(1, attempt["number"])))
    recomputed = delta_of_attempt(
        number=attempt["number"],
        confidence=goal["confidence"],
        with_second=document["people_error"] is not None,
    )
    yield from _compare("attempt.delta", attempt["delta"], recomputed)
    yield from _check_stages(document)
    yield from _check_times(document)


def _check_stages(document: Document) -> Iterator[str]:
    stages, stage = document["attempt"]["stages"], document["attempt"]["stage"]
    if stages != sorted(set(stages)):
        yield f"attempt.stages: {stages} does not ascend."
    if stage > len(stages):
        yield f"attempt.stage: it is {stage}, but there are {len(stages)} stages."
    else:
        yield from _compare("attempt.stages (audits)", stages[stage - 1], len(document["audits"]))


def _check_times(document: Document) -> Iterator[str]:
    """Frozen, then audited, then ended, then issued."""
    attempt = document["attempt"]
    times = [("attempt.frozen_at", dt.datetime.fromisoformat(attempt["frozen_at"]))]
    times += sorted(
        (
            (f"audit of {audit['key']!r}: at", dt.datetime.fromisoformat(audit["at"]))
            for audit in document["audits"]
            if audit["at"] is not None
        ),
        key=lambda time: time[1],
    )
    times.append(("attempt.ended_at", dt.datetime.fromisoformat(attempt["ended_at"])))
    times.append(("issued_at", dt.datetime.fromisoformat(document["issued_at"])))
    for (before, first), (after, second) in itertools.pairwise(times):
        if first > second:
            yield f"{after}: {second.isoformat()} is before {first.isoformat()}, which is {before}."


def _check_draw(document: Document, labels: Labels) -> Iterator[str]:
    """The audits are exactly the candidates with the smallest salted hashes."""
    candidates = [labels.keys[place] for place in labels.in_order_of_rank().tolist()]
    stated = [audit["key"] for audit in document["audits"]]
    if len(stated) > len(candidates):
        yield f"audits: {len(stated):,} are stated, but there are {len(candidates):,} candidates."
        return
    drawn = {candidates[place] for place in draw(candidates, salt=document["salt"], n=len(stated))}
    for key in sorted(set(stated) - drawn):
        yield f"audit of {key!r}: it is stated, but the salt does not draw it among the first {len(stated):,}."
    for key in sorted(drawn - set(stated)):
        yield f"audit of {key!r}: the salt draws it, but it is not stated."


def _check_audits(document: Document, labels: Labels) -> Iterator[str]:
    """Rank and prediction are those of the labels' file, and an answer is the label that stands."""
    row = {key: place for place, key in enumerate(labels.keys)}
    classes = set(document["project"]["classes"])
    for key, n in Counter(audit["key"] for audit in document["audits"]).items():
        if n > 1:
            yield f"audit of {key!r}: it is stated {n} times."
    for audit in document["audits"]:
        what, answered = f"audit of {audit['key']!r}", audit["answered"]
        if audit["key"] not in row:
            yield f"{what}: the labels have no such item."
            continue
        place = row[audit["key"]]
        yield from _compare(f"{what}: rank", audit["rank"], int(labels.ranks[place]))
        yield from _compare(f"{what}: prediction", audit["predicted"], labels.predicted[place])
        if answered is None:
            continue
        if answered not in classes:
            yield f"{what}: its answer {answered!r} is none of the project's classes."
        if audit["by"] is None or audit["at"] is None:
            yield f"{what}: it is answered, but not by whom and when."
        standing = (labels.labels[place], labels.sources[place])
        if standing != (answered, "person"):
            yield (
                f"{what}: a person answered {answered!r}, but the label that stands is {standing[0]!r} by "
                f"{standing[1] or 'nobody'}."
            )


def _check_test(document: Document, labels: Labels) -> Iterator[str]:
    """The walk over the cuts, from ranking, audits and goal."""
    found = cuts_compute(
        labels,
        document["audits"],
        goal=document["goal"],
        delta=document["attempt"]["delta"],
        stages=document["attempt"]["stages"],
        stage=document["attempt"]["stage"],
    )
    for name in ("cut", "allowed_wrong", "audits_in_cut", "wrong_in_cut", "at_most_wrong"):
        yield from _compare(f"counts.{name}", document["counts"][name], found[name])
    for name, recomputed in found["test"].items():
        yield from _compare(f"test.{name}", document["test"][name], recomputed)
    stated_by_class, by_class = document["per_class"] or {}, found["per_class"] or {}
    yield from _compare("per_class (classes)", sorted(stated_by_class), sorted(by_class))
    for class_name in by_class.keys() & stated_by_class.keys():
        for name, recomputed in by_class[class_name].items():
            yield from _compare(
                f"per_class.{class_name}.{name}", stated_by_class[class_name][name], recomputed
            )


def _check_sides(document: Document, labels: Labels) -> Iterator[str]:
    """The machine's labels lie within the cut and are what it predicted; the rest is by people."""
    within = is_within_cut(labels, cut=document["counts"]["cut"], per_class=document["per_class"])
    audited = (
        {audit["key"] for audit in document["audits"]} if document["goal"]["promise"] == "dataset" else set()
    )
    may_lack = document["goal"]["promise"] == "machine"
    columns = (
        labels.keys,
        labels.labels,
        labels.sources,
        labels.ranks.tolist(),
        labels.predicted,
        within.tolist(),
    )
    for key, label, source, rank, predicted, is_within in zip(*columns, strict=True):
        if source == "person":
            continue
        item = f"item {key!r} (rank {rank:,})" if rank else f"item {key!r} (labeled before)"
        if source == "machine" and not is_within:
            yield f"{item}: it carries the machine's label, but lies above the cut or was labeled before."
        elif source == "machine" and key in audited:
            yield f"{item}: it was audited, and still carries the machine's label."
        elif source == "machine" and label != predicted:
            yield f"{item}: the label {label!r} is said to be the machine's, but it predicted {predicted!r}."
        elif source == "" and (is_within or not may_lack or rank == 0):
            yield f"{item}: it has no label."


def _check_counts(document: Document, labels: Labels) -> Iterator[str]:
    for name, recomputed in source_facts(labels, document["audits"]).items():
        yield from _compare(f"counts.{name}", document["counts"][name], recomputed)


def _check_people(document: Document) -> Iterator[str]:
    """Each audit and each label by a person has one person, or consensus, to it."""
    people = document["people"]
    for name, n in Counter(person["name"] for person in people).items():
        if n > 1:
            yield f"people: {name!r} is listed {n} times."
    audits = Counter(audit["by"] for audit in document["audits"] if audit["by"] is not None)
    listed = {person["name"]: person["n_audits"] for person in people}
    for name in sorted(audits.keys() | listed.keys(), key=str):
        yield from _compare(f"people.{name}.n_audits", listed.get(name, 0), audits[name])
    n_labels = sum(person["n_labels"] for person in people)
    yield from _compare("people (sum of n_labels)", n_labels, document["counts"]["human"])


def _check_people_error(document: Document) -> Iterator[str]:
    stated = document["people_error"]
    if stated is None:
        return
    if stated["n_differ"] > stated["n_second"]:
        yield f"people_error.n_differ: {stated['n_differ']:,} of {stated['n_second']:,} cannot differ."
        return
    found = people_error_compute(
        goal=document["goal"],
        counts=document["counts"],
        n_second=stated["n_second"],
        n_differ=stated["n_differ"],
    )
    for name, recomputed in found.items():
        yield from _compare(f"people_error.{name}", stated[name], recomputed)


def _check_sentences(document: Document) -> Iterator[str]:
    yield from _compare("sentence", document["sentence"], sentence_of(document))
    yield from _compare("assumptions", document["assumptions"], assumptions_of(document))
    if document["people_error"] is not None:
        stated = document["people_error"]["sentence"]
        yield from _compare("people_error.sentence", stated, people_sentence_of(document))


def _compare(what: str, stated: object, recomputed: object) -> Iterator[str]:
    """Numbers with a fraction may differ by the last digits, as between versions of scipy."""
    if isinstance(stated, float) and isinstance(recomputed, float | int):
        is_same = math.isclose(stated, recomputed, rel_tol=SAME, abs_tol=1e-300)
    else:
        is_same = stated == recomputed
    if not is_same:
        yield f"{what}: {stated!r} is stated, but {recomputed!r} was recomputed."
