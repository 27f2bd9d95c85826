"""Files of other labeling tools, in several versions each: what is read of them, and what is refused.

Written after the documented formats, each with what a user of that file would call right.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import struct
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from labeling.errors import InvalidInput
from labeling.formats.layouts.values import read_share, read_time
from labeling.formats.rows import Problem, Row, SaidKind
from labeling.formats.sets.dataset import Dataset
from tests.labeling.test_reader_tables import read

TEXTS = (
    "the first text of all",
    "another one, quite long",
    "a third that is short",
    "the last of these texts",
)


def jsonl(*rows: object) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def parquet(table: pa.Table) -> bytes:
    stream = io.BytesIO()
    pyarrow.parquet.write_table(table, stream)
    return stream.getvalue()


def rows_of(dataset: Dataset) -> list[Row]:
    rows = list(dataset.reader.rows())
    assert not [row for row in rows if isinstance(row, Problem)]
    return [row for row in rows if isinstance(row, Row)]


def labels_of(dataset: Dataset) -> list[str | None]:
    return [row.label for row in rows_of(dataset)]


def said_of(row: Row) -> list[tuple[Any, ...]]:
    return [(str(one.kind), one.label, one.is_human, one.who, one.confidence) for one in row.said]


def role_of(dataset: Dataset, name: str) -> str:
    return next(column.role for column in dataset.columns if column.name == name)


# Label Studio


def choices(*labels: str) -> list[dict[str, Any]]:
    return [{"from_name": "topic", "to_name": "text", "type": "choices", "value": {"choices": list(labels)}}]


def test_label_studio_before_1_0_calls_annotations_completions() -> None:
    tasks = [
        {"id": i, "data": {"text": text}, "completions": [{"id": i, "result": choices("ab"[i % 2])}]}
        for i, text in enumerate(TEXTS)
    ]

    dataset = read(json.dumps(tasks), "export.json")

    assert (dataset.layout, dataset.item_type) == ("label-studio", "text")
    assert labels_of(dataset) == ["a", "b", "a", "b"]


def test_a_cancelled_annotation_is_passed_over_and_a_prediction_stays_a_models() -> None:
    tasks = [
        {
            "id": 1,
            "data": {"review": TEXTS[0], "url": "https://example.org/1"},
            "annotations": [
                {"completed_by": 3, "was_cancelled": True, "result": []},
                {"completed_by": {"id": 4, "email": "x@example.org"}, "was_cancelled": False, "result": choices("b")},
            ],
            "predictions": [{"model_version": "v2", "score": 0.25, "result": choices("a")}],
        },
        {"id": 2, "data": {"review": TEXTS[1], "url": "x"}, "annotations": [], "predictions": []},
    ]  # fmt: skip

    first, second = rows_of(read(json.dumps(tasks), "export.json"))

    assert said_of(first) == [
        ("ignore", None, True, "3", None),
        ("label", "b", True, "x@example.org", None),
        ("label", "a", False, "v2", 0.25),
    ]
    assert (first.label, second.label, second.said) == ("b", None, [])
    assert first.extras == {"data.url": "https://example.org/1"}


def test_label_studio_min_has_one_choice_bare_or_in_an_object() -> None:
    records = [
        {"text": text, "id": i, "mood": label, "annotator": 1, "annotation_id": i, "lead_time": 2.5,
         "created_at": "2024-03-05T10:00:00Z", "updated_at": "2024-03-06T10:00:00Z"}
        for i, (text, label) in enumerate(zip(TEXTS, ["a", {"choices": ["b"]}, "a", "b"], strict=True))
    ]  # fmt: skip

    dataset = read(json.dumps(records), "min.json")

    assert dataset.layout == "label-studio"
    assert labels_of(dataset) == ["a", "b", "a", "b"]
    assert said_of(rows_of(dataset)[0]) == [("label", "a", True, "1", None)]


def test_boxes_and_spans_of_label_studio_are_refused() -> None:
    value = {"start": 0, "end": 3, "text": "the", "labels": ["X"]}
    result = [{"from_name": "l", "to_name": "t", "type": "labels", "value": value}]
    tasks = [{"id": 1, "data": {"text": TEXTS[0]}, "annotations": [{"result": result}]}]

    with pytest.raises(InvalidInput) as refused:
        read(json.dumps(tasks), "spans.json")

    assert refused.value.code == "token_labels"


# Prodigy


def test_prodigys_choices_are_named_by_their_options() -> None:
    options = [{"id": 0, "text": "Sports"}, {"id": 1, "text": "Politics"}]
    rows = [
        {"text": TEXTS[0], "options": options, "accept": [1], "answer": "accept", "_annotator_id": "d-ann",
         "_timestamp": 1709632800},
        {"text": TEXTS[1], "options": options, "accept": [], "answer": "ignore", "_annotator_id": "d-ann"},
        {"text": TEXTS[2], "options": options, "accept": ["0"], "answer": "accept", "_annotator_id": "d-ann"},
    ]  # fmt: skip

    found = rows_of(read(jsonl(*rows), "choices.jsonl"))

    assert [row.label for row in found] == ["Politics", None, "Sports"]
    assert said_of(found[0]) == [("label", "Politics", True, "d-ann", None)]
    assert found[0].said[0].at == dt.datetime(2024, 3, 5, 10, 0, tzinfo=dt.UTC)
    assert found[1].said[0].kind == SaidKind.IGNORE


def test_tasks_that_nobody_has_answered_have_no_labels() -> None:
    rows = [{"text": text, "label": "X", "_input_hash": i, "_task_hash": i} for i, text in enumerate(TEXTS)]

    dataset = read(jsonl(*rows), "tasks.jsonl")

    assert labels_of(dataset) == [None] * 4
    assert "without answers" in dataset.notes[0]


# doccano


def test_doccano_with_comments_and_a_row_without_labels() -> None:
    rows = [
        {"id": 1, "text": TEXTS[0], "label": ["spam"], "Comments": ["sure?"], "source": "mail"},
        {"id": 2, "text": TEXTS[1], "label": [], "Comments": [], "source": "web"},
        {"id": 3, "text": TEXTS[2], "label": ["ham"], "Comments": [], "source": "web"},
    ]

    dataset = read(jsonl(*rows), "all.jsonl")

    assert dataset.layout == "doccano"
    assert labels_of(dataset) == ["spam", None, "ham"]


def test_doccanos_spans_are_refused() -> None:
    rows = [{"id": i, "text": text, "label": [[0, 3, "ORG"]]} for i, text in enumerate(TEXTS)]

    with pytest.raises(InvalidInput) as refused:
        read(jsonl(*rows), "spans.jsonl")

    assert refused.value.code == "token_labels"


# Argilla


def test_argillas_records_as_json() -> None:
    rows = [
        {
            "id": f"r{i}",
            "fields": {"text": text},
            "metadata": {"page": i},
            "suggestions": {"mood": {"value": "a", "score": 0.5, "agent": "m"}},
            "responses": {"mood": [{"value": "b", "user_id": "u1"}, {"value": "b", "user_id": "u2"}]},
            "vectors": {"v": [0.5, 1.0, 2.0]},
        }
        for i, text in enumerate(TEXTS)
    ]

    dataset = read(json.dumps(rows), "records.json")
    first = rows_of(dataset)[0]

    assert (dataset.layout, dataset.item_type, first.key, first.text) == ("argilla", "text", "r0", TEXTS[0])
    assert said_of(first) == [
        ("label", "b", True, "u1", None),
        ("label", "b", True, "u2", None),
        ("label", "a", False, "m", 0.5),
    ]
    assert first.extras == {"metadata.page": 0}
    assert first.embedding == struct.pack("<3f", 0.5, 1.0, 2.0)


def test_argillas_drafts_say_nothing_and_discarded_responses_are_passed_over() -> None:
    table = pa.table(
        {
            "id": ["a", "b"],
            "body": list(TEXTS[:2]),
            "topic.responses": [["x", "y"], ["y"]],
            "topic.responses.users": [["u1", "u2"], ["u1"]],
            "topic.responses.status": [["submitted", "draft"], ["discarded"]],
            "topic.suggestion": ["x", None],
            "topic.suggestion.score": [0.75, None],
            "topic.suggestion.agent": ["m", None],
        }
    )

    first, second = rows_of(read(parquet(table), "records.parquet"))

    assert said_of(first) == [("label", "x", True, "u1", None), ("label", "x", False, "m", 0.75)]
    assert said_of(second) == [("ignore", None, True, "u1", None)]


def test_argillas_first_version_has_a_prediction_and_an_annotation() -> None:
    def record(i: int, annotation: str | None, status: str) -> dict[str, Any]:
        prediction = [{"label": "a", "score": 0.25}, {"label": "b", "score": 0.75}]
        return {"text": TEXTS[i], "inputs": {"text": TEXTS[i]}, "prediction": prediction, "prediction_agent": "m",
                "annotation": annotation, "annotation_agent": "ann" if annotation else None, "multi_label": False,
                "explanation": None, "id": f"r{i}", "metadata": {"page": i}, "status": status, "metrics": {}}  # fmt: skip

    rows = [record(0, "a", "Validated"), record(1, None, "Default"), record(2, None, "Discarded")]

    dataset = read(json.dumps(rows), "rb.json")
    first, second, third = rows_of(dataset)

    assert (dataset.layout, dataset.item_type) == ("argilla", "text")
    assert said_of(first) == [("label", "a", True, "ann", None), ("label", "b", False, "m", 0.75)]
    assert said_of(second) == [("label", "b", False, "m", 0.75)]
    assert third.said[0].kind == SaidKind.IGNORE
    assert first.extras == {"metadata.page": 0}


def test_argillas_feedback_records_have_responses_in_a_list() -> None:
    rows = [
        {
            "text": text,
            "mood": [{"user_id": "u1", "value": "a", "status": "submitted"}, {"user_id": "u2", "value": None, "status": "discarded"}],
            "mood-suggestion": "b", "mood-suggestion-metadata": {"type": "model", "score": 0.5, "agent": "m"},
            "external_id": f"x{i}", "metadata": "{}",
        }
        for i, text in enumerate(TEXTS)
    ]  # fmt: skip

    first = rows_of(read(jsonl(*rows), "feedback.jsonl"))[0]

    assert (first.key, first.text) == ("x0", TEXTS[0])
    assert said_of(first) == [
        ("label", "a", True, "u1", None), ("ignore", None, True, "u2", None), ("label", "b", False, "m", 0.5),
    ]  # fmt: skip


# SageMaker


def test_a_manifest_tells_the_machines_labels_from_peoples() -> None:
    def line(text: str, name: str, human: str, confidence: float) -> dict[str, Any]:
        meta = {"class-name": name, "human-annotated": human, "confidence": confidence, "job-name": "labeling-job/auto",
                "creation-date": "2024-01-01T00:00:00.5", "type": "groundtruth/text-classification"}  # fmt: skip
        return {"source": text, "topic": 1, "topic-metadata": meta}

    rows = [line(TEXTS[0], "a", "yes", 0.0), line(TEXTS[1], "b", "no", 0.95), line(TEXTS[2], "a", "no", 0.8)]

    found = rows_of(read(jsonl(*rows), "output.manifest"))

    assert [said_of(row)[0][1:4] for row in found] == [
        ("a", True, ""),
        ("b", False, "labeling-job/auto"),
        ("a", False, "labeling-job/auto"),
    ]
    assert (found[1].label, found[1].confidence) == ("b", 0.95)


# Hugging Face


def test_class_numbers_have_the_names_of_the_files_metadata_and_minus_one_is_none() -> None:
    names = {"label": {"names": ["World", "Sports", "Business"], "_type": "ClassLabel"}}
    metadata = {b"huggingface": json.dumps({"info": {"features": names}}).encode()}
    table = pa.table({"text": list(TEXTS), "label": [2, 0, -1, 1]}).replace_schema_metadata(metadata)

    dataset = read(parquet(table), "test.parquet")

    assert labels_of(dataset) == ["Business", "World", None, "Sports"]
    assert dataset.layout == "hugging-face"


# fastText


def test_fasttext_lines_have_their_label_in_front() -> None:
    lines = [f"__label__{'ab'[i % 2]} {text}" for i, text in enumerate(TEXTS)]

    dataset = read("\n".join(lines), "train.txt")

    assert (dataset.layout, dataset.item_type) == ("fasttext", "text")
    assert [(row.label, row.text) for row in rows_of(dataset)] == [
        ("ab"[i % 2], text) for i, text in enumerate(TEXTS)
    ]


# Crowds


def test_mechanical_turks_batch_is_one_item_a_task_and_rejected_work_says_nothing() -> None:
    lines = ["HITId,Title,WorkerId,AssignmentStatus,SubmitTime,Input.text,Answer.mood.label"]
    for i, text in enumerate(TEXTS):
        for worker, status in (("W1", "Approved"), ("W2", "Rejected")):
            lines.append(
                f'H{i},Say the mood,{worker},{status},Tue Mar 05 10:00:00 PST 2024,"{text}",{"ab"[i % 2]}'
            )

    dataset = read("\n".join(lines), "Batch_1_batch_results.csv")
    rows = rows_of(dataset)

    assert (dataset.layout, dataset.item_type) == ("mturk", "text")
    assert [(row.key, row.text, row.label) for row in rows[:2]] == [
        ("H0", TEXTS[0], "a"),
        ("H0", TEXTS[0], None),
    ]
    assert said_of(rows[1]) == [("ignore", None, True, "W2", None)]


def test_tolokas_assignments_name_the_worker() -> None:
    lines = ["INPUT:text\tOUTPUT:result\tGOLDEN:result\tASSIGNMENT:worker_id\tASSIGNMENT:status"]
    lines += [f"{text}\t{'ab'[i % 2]}\t\tw{w}\tAPPROVED" for i, text in enumerate(TEXTS) for w in range(2)]

    dataset = read("\n".join(lines), "assignments.tsv")

    assert (dataset.layout, dataset.item_type) == ("toloka", "text")
    assert [said_of(row)[0][1:4] for row in rows_of(dataset)][:2] == [("a", True, "w0"), ("a", True, "w1")]


def test_a_column_for_each_person_is_an_answer_of_each() -> None:
    lines = ["text,annotator_1,annotator_2,annotator_3"]
    lines += [f'"{text}",yes,{"no" if i else "yes"},{"no" if i > 1 else ""}' for i, text in enumerate(TEXTS)]

    rows = rows_of(read("\n".join(lines), "raters.csv"))

    assert [row.label for row in rows] == ["yes", None, "no", "no"]
    assert said_of(rows[1]) == [
        ("label", "yes", True, "annotator_1", None), ("label", "no", True, "annotator_2", None),
    ]  # fmt: skip


def test_an_id_of_each_answer_is_not_the_items() -> None:
    lines = ["id,text,worker_id,label"]
    lines += [
        f'{10 * i + w},"{text}",w{w},{"ab"[(i + w) % 2]}' for i, text in enumerate(TEXTS) for w in range(3)
    ]

    dataset = read("\n".join(lines), "crowd.csv")

    assert (dataset.layout, role_of(dataset, "worker_id"), role_of(dataset, "id")) == (
        "crowd",
        "annotator",
        "ignore",
    )
    assert {row.key for row in rows_of(dataset)} == {None}


def test_users_label_where_several_of_them_speak_of_one_text_and_write_it_elsewhere() -> None:
    crowd = ["text,user,label"] + [f'"{text}",u{w},{"ab"[w % 2]}' for text in TEXTS for w in range(3)]
    reviews = ["text,user,label"] + [
        f'"{text} {i}",u{i % 3},{"ab"[i % 2]}' for i, text in enumerate(TEXTS * 2)
    ]

    assert role_of(read("\n".join(crowd)), "user") == "annotator"
    assert role_of(read("\n".join(reviews)), "user") == "ignore"


# Predictions


@pytest.mark.parametrize(
    ("header", "label", "sure", "expected"),
    [
        ("predicted_label,probability", "a", "0.75", 0.75),
        ("pred,pred_score", "a", "0.5", 0.5),
        ("label,score", "a", "87%", 0.87),
        ("label,confidence", "a", "87", 0.87),
        ("mood_task_label,mood_task_confidence", "a", "0.9", 0.9),
        ("sentiment,sentiment_probability", "a", "1.0", 1.0),
    ],
)
def test_what_a_model_wrote_is_a_machines(header: str, label: str, sure: str, expected: float) -> None:
    lines = [f"text,{header}"] + [f'"{text}",{label if i else "b"},{sure}' for i, text in enumerate(TEXTS)]

    dataset = read("\n".join(lines))

    assert dataset.options.labels_from == "machine"
    assert [(row.label, row.confidence) for row in rows_of(dataset)][1] == (label, expected)


def test_the_score_of_a_post_is_no_confidence() -> None:
    lines = ["text,label,score"] + [f'"{text}",{"ab"[i % 2]},{i % 2}' for i, text in enumerate(TEXTS)]

    dataset = read("\n".join(lines))

    assert dataset.options.labels_from == "person"
    assert role_of(dataset, "score") == "ignore"


def test_the_probabilities_of_all_classes_are_kept_and_the_likeliest_is_the_label() -> None:
    lines = ["text,prob_neg,prob_pos"] + [f'"{text}",0.{i + 1},0.{9 - i}' for i, text in enumerate(TEXTS)]

    dataset = read("\n".join(lines))
    row = rows_of(dataset)[0]

    assert dataset.options.labels_from == "machine"
    assert (row.label, row.confidence) == ("pos", 0.9)
    assert row.said[0].probabilities == {"neg": 0.1, "pos": 0.9}


def test_the_list_that_a_pipeline_writes_is_a_prediction() -> None:
    scores = [{"label": "a", "score": 0.25}, {"label": "b", "score": 0.75}]

    dataset = read(jsonl(*({"text": text, "predictions": scores} for text in TEXTS)), "out.jsonl")
    row = rows_of(dataset)[0]

    assert dataset.options.labels_from == "machine"
    assert (row.label, row.confidence, row.said[0].probabilities) == ("b", 0.75, {"a": 0.25, "b": 0.75})


def test_guesses_beside_peoples_labels_are_told_apart() -> None:
    lines = ["text,label,prediction,confidence"]
    lines += [f'"{text}",{"ab"[i % 2]},a,0.{i + 5}' for i, text in enumerate(TEXTS)]

    dataset = read("\n".join(lines))
    second = rows_of(dataset)[1]

    assert dataset.options.labels_from == "auto"
    assert said_of(second) == [("label", "b", True, "", None), ("label", "a", False, "", 0.6)]


# Vectors and extras


@pytest.mark.parametrize("written", ["[0.5, 1.5, -2.0]", "[ 0.5  1.5 -2. ]"])
def test_a_vector_in_a_cell_is_the_texts_embedding(written: str) -> None:
    lines = ["text,embedding,label"] + [f'"{text}","{written}",{"ab"[i % 2]}' for i, text in enumerate(TEXTS)]

    dataset = read("\n".join(lines))

    assert (dataset.item_type, role_of(dataset, "embedding")) == ("text", "embedding")
    assert rows_of(dataset)[0].embedding == struct.pack("<3f", 0.5, 1.5, -2.0)


def test_a_vector_of_another_length_is_named_by_its_row() -> None:
    rows = [{"text": text, "vector": [0.5] * (3 if i < 200 else 4), "label": "ab"[i % 2]}
            for i, text in enumerate(f"a text of number {n}" for n in range(201))]  # fmt: skip

    *_, last = read(jsonl(*rows), "v.jsonl").reader.rows()

    assert isinstance(last, Problem)
    assert "4 numbers where the first one has 3" in last.message


def test_what_tells_of_labels_is_no_extra() -> None:
    rows = [
        {"text": text, "label": "ab"[i % 2] * 3, "tags": ["aaa"], "keywords": ["x"],
         "meta": {"page": i, "gold_label": "aaa", "model_score": 0.5, "hint": "ab"[i % 2] * 3}}
        for i, text in enumerate(TEXTS)
    ]  # fmt: skip

    dataset = read(jsonl(*rows), "tags.jsonl")

    assert {column.name for column in dataset.columns if column.role == "extra"} == {"meta.page", "keywords"}
    assert rows_of(dataset)[0].extras == {"keywords": ["x"], "meta.page": 0}


def test_scores_of_classes_in_an_object_are_no_extras() -> None:
    rows = [{"text": text, "cats": {"A": float(i % 2), "B": 1.0 - i % 2}} for i, text in enumerate(TEXTS)]

    dataset = read(jsonl(*rows), "spacy.jsonl")

    assert "extra" not in {column.role for column in dataset.columns}


def test_an_object_is_kept_as_its_rows_have_it() -> None:
    rows = [{"text": f"a text of number {i}", "label": "ab"[i % 2], "meta": {"page": i}} for i in range(201)]
    rows.append({"text": "the very last", "label": "a", "meta": {"book": "B", "label": "a"}})

    *_, last = rows_of(read(jsonl(*rows), "meta.jsonl"))

    assert last.extras == {"meta.book": "B"}


def test_names_with_dots_are_columns_as_any_others() -> None:
    lines = ["Age,Sepal.Length,Sepal.Width,Species"] + [f"{i},{i}.5,{i}.25,{'ab'[i % 2]}" for i in range(12)]

    dataset = read("\n".join(lines), "iris.csv")

    assert dataset.item_type == "table"
    assert rows_of(dataset)[0].features == {"Age": 0, "Sepal.Length": 0.5, "Sepal.Width": 0.25}


def test_a_text_and_its_label_may_lie_in_objects() -> None:
    rows = [
        {"id": i, "document": {"body": f"{text}, and so on"}, "annotation": {"label": "ab"[i % 2]}}
        for i, text in enumerate(TEXTS)
    ]

    dataset = read(jsonl(*rows), "nested.jsonl")

    assert dataset.item_type == "text"
    assert [(row.text, row.label) for row in rows_of(dataset)][1] == (f"{TEXTS[1]}, and so on", "b")


def test_a_label_may_be_an_object_with_a_name() -> None:
    rows = [{"text": text, "label": {"name": "ab"[i % 2], "id": i % 2}} for i, text in enumerate(TEXTS)]

    assert labels_of(read(jsonl(*rows), "named.jsonl")) == ["a", "b", "a", "b"]


# Refusals


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (jsonl(*({"text": text, "labels": ["a", "b"][: 1 + i % 2]} for i, text in enumerate(TEXTS))), "l.jsonl"),
        ("text,label\n" + "\n".join(f'"{text}",{"a;b" if i % 2 else "b"}' for i, text in enumerate(TEXTS * 2)), "s.csv"),
        ("text,genre\n" + "\n".join(f'"{text}",{g}' for text, g in zip(TEXTS, ["x|y", "y|z", "x|z", "y"], strict=True)), "g.csv"),
        ("\n".join(f"__label__a {'__label__b ' * (i % 2)}{text}" for i, text in enumerate(TEXTS)), "f.txt"),
        ('text,label\n' + "\n".join(f'"{text}","[\'a\', \'b\']"' for text in TEXTS), "py.csv"),
    ],
)  # fmt: skip
def test_several_labels_for_an_item_are_refused_with_what_to_do(content: str, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(content, name)

    assert refused.value.code == "several_labels"
    assert "one label per item" in refused.value.message


@pytest.mark.parametrize("label", ["New York, NY", "bread, white", "AC/DC", "C#", "and/or"])
def test_a_class_may_have_a_comma_in_its_name(label: str) -> None:
    lines = ["text,label"] + [f'"{text}","{label if i % 2 else "other"}"' for i, text in enumerate(TEXTS * 2)]

    assert set(labels_of(read("\n".join(lines)))) == {label, "other"}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("-DOCSTART- -X- O O\n\nEU NNP I-NP I-ORG\nrejects VBZ I-VP O\nGerman JJ I-NP I-MISC\ncall NN I-NP O\n", "eng.train"),
        ("token,tag\nBerlin,B-LOC\nist,O\nschön,O\nAnna,B-PER\nlebt,O\n", "tokens.csv"),
        (jsonl(*({"tokens": ["EU", "rejects"], "ner_tags": [3, 0]} for _ in range(3))), "conll.jsonl"),
        (jsonl(*({"tokens": ["EU", "rejects"], "tags": ["B-ORG", "O"]} for _ in range(3))), "bio.jsonl"),
        (jsonl(*({"text": text, "spans": [{"start": 0, "end": 3, "label": "X"}]} for text in TEXTS)), "prodigy.jsonl"),
    ],
)  # fmt: skip
def test_labels_of_words_are_refused_with_what_to_do(content: str, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(content, name)

    assert refused.value.code == "token_labels"
    assert "whole item" in refused.value.message


# Single values


def test_times_are_read_only_where_they_have_one_meaning() -> None:
    ten = dt.datetime(2024, 3, 5, 10, 0, tzinfo=dt.UTC)

    for written in (
        "2024-03-05T10:00:00Z", "2024-03-05 11:00:00+01:00", "2024-03-05 02:00:00 -0800", 1709632800, 1709632800000,
        "1709632800", "2024/03/05 10:00:00", "Tue, 05 Mar 2024 10:00:00 GMT", dt.datetime(2024, 3, 5, 10, 0),
    ):  # fmt: skip
        assert read_time(written) == ten, written
    for other in ("03/04/2024", "05.03.24", "yesterday", "", None, True, 5, float("nan"), "2024"):
        assert read_time(other) is None, other


def test_a_confidence_is_a_share_however_it_is_written() -> None:
    assert [read_share(one) for one in ("0.5", "50%", "0,5", 1, 0.25, "1e-3")] == [
        0.5,
        0.5,
        0.5,
        1.0,
        0.25,
        0.001,
    ]
    assert [read_share(one) for one in ("high", "50", 1.5, -0.1, True, None, float("nan"), "1,234,5")] == [
        None
    ] * 8


@pytest.mark.parametrize(
    ("kind", "of_job"),
    [
        (
            "object-detection",
            {"bb": {"annotations": [{"class_id": 0, "left": 1}], "image_size": [{"width": 9}]}},
        ),
        ("semantic-segmentation", {"bb": "s3://b/o/0.png"}),
        ("text-span", {"bb": {"annotations": {"entities": [{"label": "X", "startOffset": 0}]}}}),
    ],
)
def test_a_manifest_of_boxes_areas_or_spans_is_refused(kind: str, of_job: dict[str, Any]) -> None:
    payload = {"source": TEXTS[0]} if kind == "text-span" else {"source-ref": "s3://b/0.png"}
    meta = {"class-map": {"0": "car"}, "type": f"groundtruth/{kind}", "human-annotated": "yes"}
    row = {**payload, **of_job, "bb-metadata": meta}

    with pytest.raises(InvalidInput) as refused:
        read(jsonl(row, row, row), "output.manifest")

    assert refused.value.code == "token_labels"
    assert kind in str(refused.value)


@pytest.mark.parametrize("column", ["image_url", "url", "Input.image_url"])
def test_a_table_of_addresses_of_pictures_is_refused_with_what_to_do(column: str) -> None:
    lines = [f"https://example.org/img/{i}.jpg?size=9,{'ab'[i % 2]}" for i in range(8)]

    with pytest.raises(InvalidInput) as refused:
        read("\n".join([f"{column},label", *lines]))

    assert refused.value.code == "pictures_elsewhere"
    assert "Download them" in str(refused.value)


def test_addresses_of_pictures_beside_measures_are_no_feature_and_the_word_of_a_person_stands() -> None:
    lines = [f"https://example.org/img/{i}.jpg,{i * 1.7},{'ab'[i % 2]}" for i in range(8)]
    text = "\n".join(["thumb,width,label", *lines])

    assert role_of(read(text), "thumb") == "extra"
    assert role_of(read(text), "width") == "feature"
    assert role_of(read(text, columns={"thumb": "feature"}), "thumb") == "feature"
    only = "\n".join(["url,label", *(f"https://example.org/{i}.png,{'ab'[i % 2]}" for i in range(8))])
    assert read(only, columns={"url": "feature"}).item_type == "table"


@pytest.mark.parametrize("kind", ["Sequence", "List"])
def test_class_names_of_hugging_face_are_those_of_lists_of_one(kind: str) -> None:
    of_label = {"feature": {"names": ["bad", "good"], "_type": "ClassLabel"}, "_type": kind}
    features = {"info": {"features": {"labels": of_label}}}
    table = pa.table({"text": list(TEXTS), "labels": [[0], [1], [], [0]]})
    table = table.replace_schema_metadata({"huggingface": json.dumps(features)})

    dataset = read(parquet(table), "train.parquet")

    assert labels_of(dataset) == ["bad", "good", None, "bad"]
    assert dataset.layout == "hugging-face"


def numbers(n: int, n_rows: int = 12) -> list[list[float]]:
    return [[(row * 7 + i * 3) % 11 / 10 for i in range(n)] for row in range(n_rows)]


@pytest.mark.parametrize(
    "name", ["comment", "title", "description", "patient", "station", "notes", "subject"]
)
@pytest.mark.parametrize("words", [["walk slowly", "sit down"], [f"no {i}" for i in range(12)]])
def test_few_or_short_words_beside_sixty_numbers_say_something_of_a_series(
    name: str, words: list[str]
) -> None:
    table = pa.table({name: [words[i % len(words)] for i in range(12)], "values": numbers(60)})

    dataset = read(parquet(table), "x.parquet")

    assert (dataset.item_type, role_of(dataset, "values")) == ("series", "series")
    assert len(rows_of(dataset)) == 12
    assert any("taken for the items" in note for note in dataset.notes)


@pytest.mark.parametrize("name", ["values", "ada002", "embedding"])
def test_long_words_beside_a_vector_are_the_items(name: str) -> None:
    texts = [f"{text}, said number {i}" for i, text in enumerate(TEXTS * 3)]

    dataset = read(parquet(pa.table({"comment": texts, name: numbers(60)})), "x.parquet")

    assert (dataset.item_type, role_of(dataset, "comment"), role_of(dataset, name)) == (
        "text",
        "text",
        "embedding",
    )


def test_words_that_somebody_names_as_the_text_stay_it_beside_sixty_numbers() -> None:
    table = pa.table({"comment": [f"no {i}" for i in range(12)], "values": numbers(60)})

    dataset = read(parquet(table), "x.parquet", columns={"comment": "text"})

    assert (dataset.item_type, role_of(dataset, "values")) == ("text", "embedding")


def test_what_autolabel_answered_is_a_machines_beside_peoples_labels() -> None:
    head = "example,label,My_task_label,My_task_confidence,My_task_error,My_task_explanation,My_task_successfully_labeled"
    lines = [
        f'"{text}",{"a" if i < 2 else ""},{"ab"[i % 2]},0.{5 + i},,because,True'
        for i, text in enumerate(TEXTS)
    ]

    dataset = read("\n".join([head, *lines]))

    assert (dataset.layout, dataset.item_type, role_of(dataset, "example")) == ("autolabel", "text", "text")
    rows = rows_of(dataset)
    assert said_of(rows[1]) == [("label", "a", True, "", None), ("label", "b", False, "My_task", 0.6)]
    assert said_of(rows[3]) == [("label", "b", False, "My_task", 0.8)]
    assert "feature" not in [column.role for column in dataset.columns]


@pytest.mark.parametrize("name", ["model_confidence", "PredictedClass", "y_hat", "prediction"])
def test_a_column_named_as_what_a_model_said_is_no_feature_but_where_somebody_says_so(name: str) -> None:
    lines = [f"{i * 1.3},{i * 7 % 5},{'xyz'[i % 3]}{i},{'ab'[i % 2]}" for i in range(12)]
    text = "\n".join([f"width,height,{name},species", *lines])

    dataset = read(text, columns={"species": "label"})

    assert (dataset.item_type, role_of(dataset, name)) == ("table", "ignore")
    assert any(f"{name!r} is named as what a model said" in note for note in dataset.notes)
    assert role_of(read(text, columns={"species": "label", name: "feature"}), name) == "feature"


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("is_data_last", [False, True])
def test_one_task_of_label_studio_in_a_file_is_one_item(is_data_last: bool, indent: int | None) -> None:
    task: dict[str, Any] = {
        "id": 1,
        "data": {"text": TEXTS[0]},
        "annotations": [{"id": 1, "result": choices("a")}],
    }
    if is_data_last:
        task["data"] = task.pop("data")

    dataset = read(json.dumps(task, indent=indent), "1.json")

    assert (dataset.layout, dataset.item_type, labels_of(dataset)) == ("label-studio", "text", ["a"])
