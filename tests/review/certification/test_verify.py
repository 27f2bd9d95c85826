"""A certificate is accepted as it was made, and rejected by name whatever was changed in it.

Forgers here are clever: unless told otherwise they compute the digest anew, and where it helps them the
hashes, counts and sentences as well.
"""

from __future__ import annotations

import copy
import functools
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from deploy.cli import main
from labeling.errors import InvalidInput
from review.certification.facts import hashes_compute, source_facts
from review.certification.labels import labels_of, labels_read, labels_write
from review.certification.statement.document import assumptions_of, digest_of, sentence_of
from review.certification.statement.schema import schema_text
from review.certification.statement.verify import verify
from tests.review.certification.documents import CLASSES, SALT, Case, make_case

ROOT = Path(__file__).resolve().parents[3]

VALID: dict[str, dict[str, Any]] = {
    "dataset": {},
    "machine": {"promise": "machine", "n_audits": 300},
    "dataset by class": {"per_class": True, "eps": 0.1},
    "machine by class": {"per_class": True, "promise": "machine", "eps": 0.1, "n_audits": 400},
    "with people's error": {"second": (100, 2)},
    "machine with people's error": {"promise": "machine", "n_audits": 300, "second": (50, 0)},
    "with skipped audits": {"n_skipped": 3},
    "second attempt": {"attempt": 2},
    "second of three stages": {"stages": (50, 150, 300)},
    "no audits": {"n_audits": 0},
    "nothing labeled before": {"n_human": 0},
    "nothing proven": {"error_rate": 1.0, "eps": 0.001},
    "a machine that is never wrong": {"error_rate": 0.0},
}


def problems_of(document: Any, case: Case) -> list[str]:
    return [problem for finding in verify(document, case.labels) for problem in finding.problems]


@pytest.fixture(scope="module", params=list(VALID.values()), ids=list(VALID))
def valid(request: pytest.FixtureRequest) -> Case:
    return make_case(**request.param)


def test_certificate_is_accepted_as_it_was_made(valid: Case) -> None:
    findings = verify(valid.document, valid.labels)

    assert [problem for finding in findings for problem in finding.problems] == []
    assert len(findings) == 13


def test_certificate_and_labels_are_the_same_after_they_were_files(valid: Case) -> None:
    document = json.loads(json.dumps(valid.document, indent=2))
    file = io.StringIO(newline="")
    labels_write(valid.rows, file)
    file.seek(0)
    read = labels_read(file)

    assert list(zip(read.keys, read.labels, read.sources, strict=True)) == [row[:3] for row in valid.rows]
    assert all(finding.is_good for finding in verify(document, read))


def test_what_is_promised_is_true_of_the_known_truth(valid: Case) -> None:
    counts = valid.document["counts"]
    n_wrong = sum(row[2] == "machine" and row[1] != valid.truth[row[0]] for row in valid.rows)

    assert n_wrong <= counts["allowed_wrong"]
    assert counts["machine"] + counts["human"] + counts["unlabeled"] == counts["items"] == len(valid.rows)


@pytest.mark.parametrize(
    ("promise", "words"),
    [
        (
            "dataset",
            "at most 10% of the items that the model had put into a class are labeled wrong, for every class at once",
        ),
        (
            "machine",
            "at most 10% of a class's items in the machine's part are labeled wrong, for every class at once",
        ),
    ],
)
def test_documents_issued_before_are_accepted_with_the_words_they_had(promise: str, words: str) -> None:
    case = make_case(per_class=True, eps=0.1, promise=promise, n_audits=400)
    old = case.document | {"format": "assay-certificate/2"}
    assert problems_of(old | {"digest": digest_of(old)}, case)  # today's words are not those of that format
    old["sentence"] = sentence_of(old)
    old["digest"] = digest_of(old)

    assert words in old["sentence"]
    assert problems_of(old, case) == []


@pytest.mark.parametrize("promise", ["dataset", "machine"])
def test_a_promise_by_class_says_that_the_predicted_class_is_meant_and_nothing_of_recall(
    promise: str,
) -> None:
    document = make_case(per_class=True, eps=0.1, promise=promise, n_audits=400).document

    assert "for every predicted class at once" in document["sentence"]
    assert (
        "How many items of a true class carry another's label is no part of this promise."
        in document["sentence"]
    )
    assert "no part" not in make_case(promise=promise, n_audits=300).document["sentence"]


# Ways to cheat. Each takes the document and the rows (a list of lists) and changes them.


def answer_of(document: dict[str, Any], *, is_wrong: bool = True) -> dict[str, Any]:
    """An answered audit within the cut that contradicts the machine, or agrees."""
    return next(
        audit
        for audit in document["audits"]
        if audit["answered"] is not None
        and (audit["answered"] != audit["predicted"]) == is_wrong
        and audit["rank"] <= document["counts"]["cut"]
    )


def row_of(rows: list[Any], key: str) -> list[Any]:
    return next(row for row in rows if row[0] == key)


def machines(rows: list[Any]) -> list[Any]:
    return [row for row in rows if row[2] == "machine"]


def recount(document: dict[str, Any], rows: list[Any]) -> None:
    """Counts, hashes and sentence as they would be for these rows and audits."""
    document["counts"] |= source_facts(labels_of(rows), document["audits"])
    document["hashes"] |= hashes_compute(labels_of(rows), salt=document["salt"])
    document["sentence"] = sentence_of(document)


def audit_removed(document: dict[str, Any], rows: list[Any]) -> None:
    document["audits"].remove(answer_of(document))
    document["people"][0]["n_audits"] -= 1
    recount(document, rows)


def audit_added(document: dict[str, Any], rows: list[Any]) -> None:
    key, label, _, rank, predicted = machines(rows)[0]
    row_of(rows, key)[2] = "person"
    document["audits"].append(
        {**document["audits"][0], "key": key, "rank": rank, "predicted": predicted, "answered": label}
    )
    recount(document, rows)


def audit_swapped(document: dict[str, Any], rows: list[Any]) -> None:
    audit, other = answer_of(document), machines(rows)[0]
    audit |= {"key": other[0], "rank": other[3], "predicted": other[4], "answered": other[1]}
    other[2] = "person"
    recount(document, rows)


def outcome_changed(document: dict[str, Any], rows: list[Any]) -> None:
    audit = answer_of(document)
    audit["answered"] = audit["predicted"]


def outcome_and_label_changed(document: dict[str, Any], rows: list[Any]) -> None:
    audit = answer_of(document)
    audit["answered"] = row_of(rows, audit["key"])[1] = audit["predicted"]
    recount(document, rows)


def skip_hidden(document: dict[str, Any], rows: list[Any]) -> None:
    """A skipped audit is said to have confirmed the machine."""
    audit = next(audit for audit in document["audits"] if audit["answered"] is None)
    audit |= {"answered": audit["predicted"], "by": "ada", "at": "2026-11-21T11:00:00Z"}
    row_of(rows, audit["key"])[1:3] = [audit["predicted"], "person"]
    document["people"][0]["n_audits"] += 1
    recount(document, rows)
    document["people"][0]["n_labels"] += document["counts"]["human"] - sum(
        person["n_labels"] for person in document["people"]
    )


def audit_answered_before_the_freeze(document: dict[str, Any], rows: list[Any]) -> None:
    document["audits"][4]["at"] = "2026-11-21T09:59:59Z"


def label_changed(document: dict[str, Any], rows: list[Any]) -> None:
    row = machines(rows)[7]
    row[1] = next(name for name in CLASSES if name != row[1])
    recount(document, rows)


def labels_swapped(document: dict[str, Any], rows: list[Any]) -> None:
    one = machines(rows)[0]
    other = next(row for row in machines(rows) if row[1] != one[1])
    one[1], other[1] = other[1], one[1]
    recount(document, rows)


def human_label_changed(document: dict[str, Any], rows: list[Any]) -> None:
    row = next(row for row in rows if row[3] is None)
    row[1] = next(name for name in CLASSES if name != row[1])


def cut_moved_up(document: dict[str, Any], rows: list[Any]) -> None:
    """The machine keeps ten labels more."""
    audited = {audit["key"] for audit in document["audits"]}
    cut = document["counts"]["cut"]
    for row in rows:
        if row[3] and cut < row[3] <= cut + 10 and row[0] not in audited:
            row[1:3] = [row[4], "machine"]
    document["counts"]["cut"] += 10
    recount(document, rows)


def cut_moved_down(document: dict[str, Any], rows: list[Any]) -> None:
    document["counts"]["cut"] -= 10
    recount(document, rows)


def label_above_the_cut(document: dict[str, Any], rows: list[Any]) -> None:
    row = next(row for row in rows if row[3] and row[3] > document["counts"]["cut"] and row[1] == row[4])
    row[2] = "machine"
    document["audits"] = [audit for audit in document["audits"] if audit["key"] != row[0]]
    recount(document, rows)


def salt_altered(document: dict[str, Any], rows: list[Any]) -> None:
    document["salt"] = f"{SALT}!"
    recount(document, rows)


def salt_hash_altered(document: dict[str, Any], rows: list[Any]) -> None:
    document["hashes"]["salt"] = "0" * 64


def eps_lowered(document: dict[str, Any], rows: list[Any]) -> None:
    document["goal"]["eps"] = 0.04
    document["sentence"] = sentence_of(document)


def confidence_raised(document: dict[str, Any], rows: list[Any]) -> None:
    document["goal"]["confidence"] = 0.99
    document["sentence"] = sentence_of(document)


def delta_enlarged(document: dict[str, Any], rows: list[Any]) -> None:
    document["attempt"]["delta"] = 0.05


def attempt_number_lowered(document: dict[str, Any], rows: list[Any]) -> None:
    document["attempt"]["number"] = 1


def earlier_attempt_hidden(document: dict[str, Any], rows: list[Any]) -> None:
    document["attempt"]["earlier"] = []


def attempt_made_the_first(document: dict[str, Any], rows: list[Any]) -> None:
    document["attempt"] |= {"number": 1, "earlier": []}


def row_missing(document: dict[str, Any], rows: list[Any]) -> None:
    rows.remove(machines(rows)[0])
    recount(document, rows)


def row_doubled(document: dict[str, Any], rows: list[Any]) -> None:
    rows.append(list(machines(rows)[0]))
    recount(document, rows)


def source_changed_to_person(document: dict[str, Any], rows: list[Any]) -> None:
    machines(rows)[0][2] = "person"
    recount(document, rows)


def source_changed_to_machine(document: dict[str, Any], rows: list[Any]) -> None:
    """A person's label of before the freeze."""
    next(row for row in rows if row[3] is None)[2] = "machine"
    recount(document, rows)


def predicted_changed(document: dict[str, Any], rows: list[Any]) -> None:
    """So that a wrong audit seems right; the audit says the same."""
    audit = answer_of(document)
    audit["predicted"] = row_of(rows, audit["key"])[4] = audit["answered"]


def ranking_reordered(document: dict[str, Any], rows: list[Any]) -> None:
    """A wrong audit goes above the cut, and the forger computes the hash of the ranking anew."""
    row, other = row_of(rows, answer_of(document)["key"]), max(rows, key=lambda row: row[3] or 0)
    row[3], other[3] = other[3], row[3]
    recount(document, rows)


def candidate_taken_out(document: dict[str, Any], rows: list[Any]) -> None:
    """A wrong audit is said to have been labeled before the freeze."""
    audit = answer_of(document)
    row_of(rows, audit["key"])[3:] = [None, ""]
    document["audits"].remove(audit)
    recount(document, rows)


def item_exchanged(document: dict[str, Any], rows: list[Any]) -> None:
    next(row for row in rows if row[3] is None)[0] = "a new item"


def count_changed(document: dict[str, Any], rows: list[Any]) -> None:
    document["counts"]["human"] -= 100
    document["counts"]["machine"] += 100
    document["sentence"] = sentence_of(document)


def skipped_changed(document: dict[str, Any], rows: list[Any]) -> None:
    document["counts"]["skipped"] += 1
    document["sentence"] = sentence_of(document)


def bound_lowered(document: dict[str, Any], rows: list[Any]) -> None:
    document["counts"]["at_most_wrong"] -= 1


def allowed_lowered(document: dict[str, Any], rows: list[Any]) -> None:
    document["counts"]["allowed_wrong"] -= 1
    document["sentence"] = sentence_of(document)


def p_value_lowered(document: dict[str, Any], rows: list[Any]) -> None:
    document["test"]["p_value"] /= 2


def grid_changed(document: dict[str, Any], rows: list[Any]) -> None:
    document["test"]["grid"][0] += 5


def stages_moved(document: dict[str, Any], rows: list[Any]) -> None:
    document["attempt"]["stages"][1] -= 5


def stages_hidden(document: dict[str, Any], rows: list[Any]) -> None:
    """As if the audits had come at once, at the whole risk of the attempt."""
    document["attempt"] |= {"stages": [150], "stage": 1}
    document["assumptions"] = assumptions_of(document)


def stages_out_of_order(document: dict[str, Any], rows: list[Any]) -> None:
    document["attempt"]["stages"][2] = 60


def stage_beyond_the_last(document: dict[str, Any], rows: list[Any]) -> None:
    document["attempt"]["stage"] = 4


def skipped_audit_left_to_the_machine(document: dict[str, Any], rows: list[Any]) -> None:
    skipped = {audit["key"] for audit in document["audits"] if audit["answered"] is None}
    row = next(row for row in rows if row[0] in skipped and row[3] <= document["counts"]["cut"])
    row[1:3] = [row[4], "machine"]
    recount(document, rows)
    document["people"][0]["n_labels"] -= 1


def sentence_changed(document: dict[str, Any], rows: list[Any]) -> None:
    document["sentence"] = document["sentence"].replace("at most 45", "at most 5")


def assumption_left_out(document: dict[str, Any], rows: list[Any]) -> None:
    document["assumptions"].pop(0)


def audits_credited_to_another(document: dict[str, Any], rows: list[Any]) -> None:
    document["people"][0]["n_audits"] -= 5
    document["people"][1]["n_audits"] += 5


def person_left_out(document: dict[str, Any], rows: list[Any]) -> None:
    document["people"].pop()


def people_error_lowered(document: dict[str, Any], rows: list[Any]) -> None:
    document["people_error"]["upper"] /= 2


def second_answers_left_out(document: dict[str, Any], rows: list[Any]) -> None:
    document["people_error"] = None
    document["sentence"] = sentence_of(document)


def class_cut_raised(document: dict[str, Any], rows: list[Any]) -> None:
    document["per_class"]["dog"]["cut"] += 1


def class_unknown(document: dict[str, Any], rows: list[Any]) -> None:
    document["project"]["classes"] = ["cat", "dog"]


def field_added(document: dict[str, Any], rows: list[Any]) -> None:
    document["counts"]["extra"] = 1


def field_left_out(document: dict[str, Any], rows: list[Any]) -> None:
    del document["attempt"]["earlier"]


def share_out_of_range(document: dict[str, Any], rows: list[Any]) -> None:
    document["goal"]["eps"] = 1.5


STAGED = {"stages": (50, 150, 300)}

Forgery = Callable[[dict[str, Any], list[Any]], None]

# what is done -> (what the rejection names, how the certificate was made)
FORGERIES: dict[Forgery, tuple[str, dict[str, Any]]] = {
    audit_removed: ("the salt draws it, but it is not stated", {}),
    audit_added: ("it is stated, but the salt does not draw it", {}),
    audit_swapped: ("it is stated, but the salt does not draw it", {}),
    outcome_changed: ("but the label that stands is", {}),
    outcome_and_label_changed: ("counts.cut: 748 is stated, but 794 was recomputed", {}),
    skip_hidden: ("counts.cut: 597 is stated, but ", {"n_skipped": 3}),
    audit_answered_before_the_freeze: ("2026-11-21T09:59:59+00:00 is before", {}),
    label_changed: ("is said to be the machine's, but it predicted", {}),
    labels_swapped: ("is said to be the machine's, but it predicted", {}),
    human_label_changed: ("hashes.labels: ", {}),
    cut_moved_up: ("counts.cut: 758 is stated, but 748 was recomputed", {}),
    cut_moved_down: ("counts.cut: 738 is stated, but 748 was recomputed", {}),
    label_above_the_cut: ("it carries the machine's label, but lies above the cut", {}),
    salt_altered: ("it is stated, but the salt does not draw it", {}),
    salt_hash_altered: ("hashes.salt: ", {}),
    eps_lowered: ("counts.allowed_wrong: 45 is stated, but 36 was recomputed", {}),
    confidence_raised: ("attempt.delta: ", {}),
    delta_enlarged: ("attempt.delta: 0.05 is stated, but 0.04", {}),
    attempt_number_lowered: (
        "attempt.earlier (numbers): [1] is stated, but [] was recomputed",
        {"attempt": 2},
    ),
    earlier_attempt_hidden: (
        "attempt.earlier (numbers): [] is stated, but [1] was recomputed",
        {"attempt": 2},
    ),
    attempt_made_the_first: ("attempt.delta: ", {"attempt": 2}),
    row_missing: ("no row has it", {}),
    row_doubled: ("it has 2 rows, not one", {}),
    source_changed_to_person: ("people (sum of n_labels): 287 is stated, but 288 was recomputed", {}),
    source_changed_to_machine: (
        "it carries the machine's label, but lies above the cut or was labeled before",
        {},
    ),
    predicted_changed: ("hashes.ranking: ", {}),
    ranking_reordered: (": rank: ", {}),
    candidate_taken_out: ("no row has it", {}),
    item_exchanged: ("hashes.items: ", {}),
    count_changed: ("counts.machine: 713 is stated, but 613 was recomputed", {}),
    skipped_changed: ("counts.skipped: 1 is stated, but 0 was recomputed", {}),
    bound_lowered: ("counts.at_most_wrong: ", {}),
    allowed_lowered: ("counts.allowed_wrong: 44 is stated, but 45 was recomputed", {}),
    p_value_lowered: ("test.p_value: ", {}),
    grid_changed: ("test.grid: ", {"promise": "machine", "eps": 0.1}),
    stages_moved: ("attempt.stages (audits): 145 is stated, but 150", STAGED),
    stages_hidden: ("counts.cut: ", STAGED),
    stages_out_of_order: ("does not ascend", STAGED),
    stage_beyond_the_last: ("attempt.stage: it is 4, but there are 3 stages", STAGED),
    skipped_audit_left_to_the_machine: (
        "it was audited, and still carries the machine's label",
        {"n_skipped": 3},
    ),
    sentence_changed: ("sentence: 'With 95% confidence at most 5 of", {}),
    assumption_left_out: ("assumptions: ", {}),
    audits_credited_to_another: ("people.ada.n_audits: ", {}),
    person_left_out: ("people.ben.n_audits: 0 is stated", {}),
    people_error_lowered: ("people_error.upper: ", {"second": (100, 2)}),
    second_answers_left_out: ("attempt.delta: ", {"second": (100, 2)}),
    class_cut_raised: ("per_class.dog.cut: ", {"per_class": True, "eps": 0.1}),
    class_unknown: ("'owl' is none of the project's classes", {}),
    field_added: ("'extra' was unexpected", {}),
    field_left_out: ("'earlier' is a required property", {}),
    share_out_of_range: ("goal.eps: 1.5 is greater than or equal to the maximum of 1", {}),
}


@functools.cache
def accepted_case(**made: Any) -> Case:
    case = make_case(**made)
    assert problems_of(case.document, case) == []
    return case


@pytest.mark.parametrize(
    ("forge", "named", "made"),
    [(forge, *rest) for forge, rest in FORGERIES.items()],
    ids=[forge.__name__ for forge in FORGERIES],
)
def test_forgery_is_rejected_by_name(forge: Forgery, named: str, made: dict[str, Any]) -> None:
    case = accepted_case(**made)
    document = copy.deepcopy(case.document)
    rows: list[Any] = [list(row) for row in case.rows]

    forge(document, rows)
    document["digest"] = digest_of(document)

    found = problems_of(document, Case(document, rows, case.truth))
    assert any(named in problem for problem in found), found
    assert not any(problem.startswith("digest") for problem in found)


@pytest.mark.parametrize("field", ["model", "labels", "items"])
def test_changed_hash_contradicts_the_digest(field: str) -> None:
    case = make_case()
    case.document["hashes"][field] = "0" * 64

    assert any(problem.startswith("digest: ") for problem in problems_of(case.document, case))


@pytest.mark.parametrize("document", [None, [], {}, {"format": "assay-certificate/2"}, 3])
def test_what_is_no_certificate_is_said_to_be_none(document: object) -> None:
    case = make_case()

    assert problems_of(document, case) != []


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("key,label\n", "it must be 'key,label,source,rank,predicted'"),
        ("", "it must be 'key,label,source,rank,predicted'"),
        ("key,label,source,rank,predicted\na,cat,person,,\nb,cat\n", "Row 2 of the labels has 2 cells"),
        (
            "key,label,source,rank,predicted\na,cat,robot,1,cat\n",
            "Row 1 of the labels has the source 'robot'",
        ),
        ("key,label,source,rank,predicted\na,cat,cat,1,cat\n", "Row 1 of the labels has the source 'cat'"),
        ("key,label,source,rank,predicted\na,cat,machine,-1,cat\n", "Row 1 of the labels has the rank '-1'"),
        ('key,label,source,rank,predicted\n"a,cat,machine,1,cat\n', "no CSV file"),
    ],
)
def test_file_that_holds_no_labels_is_refused_by_row(text: str, named: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        labels_read(io.StringIO(text, newline=""))

    assert named in refusal.value.message


def write(case: Case, folder: Path) -> tuple[Path, Path]:
    certificate, labels = folder / "certificate.json", folder / "labels.csv"
    certificate.write_text(json.dumps(case.document))
    with open(labels, "w", newline="", encoding="utf-8") as file:
        labels_write(case.rows, file)
    return certificate, labels


def test_command_needs_neither_settings_nor_database(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "no.such.settings",
        "DATABASE_URL": "postgres://nobody@nowhere:1/nothing",
    }

    result = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "verify", *map(str, write(make_case(), tmp_path))],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("ok   ") == 13
    assert "at most 45 of these 900 labels (5%) are wrong" in result.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["certificate.json", "labels.csv"]


def test_command_says_what_does_not_fit_and_fails(tmp_path: Path) -> None:
    case = make_case()
    case.document["counts"]["cut"] += 1
    files = [str(path) for path in write(case, tmp_path)]

    result = CliRunner().invoke(main, ["verify", *files])
    for_programs = CliRunner().invoke(main, ["verify", "--json", *files])

    assert result.exit_code == for_programs.exit_code == 1
    assert "counts.cut: 749 is stated, but 748 was recomputed." in result.output
    assert "Do not rely on this certificate." in result.output
    assert json.loads(for_programs.output)["is_good"] is False


def test_command_refuses_what_is_no_json(tmp_path: Path) -> None:
    _, labels = write(make_case(), tmp_path)

    result = CliRunner().invoke(main, ["verify", str(labels), str(labels)])

    assert result.exit_code == 1
    assert "is no JSON file" in result.output


def test_command_refuses_a_field_that_stands_twice(tmp_path: Path) -> None:
    certificate, labels = write(make_case(), tmp_path)
    certificate.write_text(
        '{"sentence": "All labels are right.", ' + certificate.read_text().removeprefix("{")
    )

    result = CliRunner().invoke(main, ["verify", str(certificate), str(labels)])

    assert result.exit_code == 1
    assert "the field 'sentence' stands in it twice" in result.output


def test_schema_in_the_documentation_is_the_one_that_is_checked() -> None:
    assert (ROOT / "docs/certificate.schema.json").read_text() == schema_text()


def test_sentences_are_as_people_are_to_read_them() -> None:
    assert make_case().document["sentence"] == (
        "With 95% confidence at most 45 of these 900 labels (5%) are wrong: 613 by the machine, 287 by people, "
        "proven by 135 blind audits of which 4 were wrong."
    )
    assert make_case(promise="machine", n_audits=300).document["sentence"] == (
        "With 95% confidence at most 39 of the 784 labels in the machine's part (5%) are wrong: 503 by the machine, "
        "281 checked by people, proven by 281 blind audits of which 8 were wrong. Outside of this promise are 116 "
        "items: 79 labeled by people, 37 without a label."
    )
    assert make_case(per_class=True, eps=0.1).document["sentence"] == (
        "With 95% confidence, for every predicted class at once, at most 10% of the items that the model had put "
        "into it are labeled wrong (83 of all 900): 513 by the machine, 387 by people, proven by 110 blind audits of "
        "which 1 was wrong. How many items of a true class carry another's label is no part of this promise."
    )
    both = make_case(second=(100, 2)).document
    assert both["sentence"].startswith(
        "With 95% confidence at most 70 of these 900 labels (7.88%) are wrong, people's own errors counted: 605 by"
    )
    assert both["people_error"]["sentence"] == (
        "100 labels by people had a second answer, blind, and 2 of these differed: with 98.33% confidence at most "
        "7.54% of the labels by people are wrong. With these counted, at most 7.88% of all labels are wrong, with "
        "95% confidence in all."
    )
    assert make_case(error_rate=1.0, eps=0.001).document["sentence"] == (
        "All 900 labels are by people: none of the machine's could be proven."
    )
