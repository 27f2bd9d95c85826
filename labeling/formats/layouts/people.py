"""Tables in which people are named: who labeled, and several rows of one item by several people. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from labeling.formats.layouts.layout import Layout, Sample, has_classes, is_blank, text_of
from labeling.formats.layouts.values import VERDICTS, read_time
from labeling.formats.rows import ColumnRole

# Names that mean whoever labeled wherever they stand.
PEOPLE = ("annotator", "annotator_id", "annotatorid", "annotator_name", "annotation_approver", "labeler", "labeller",
          "labeler_id", "labeled_by", "labelled_by", "annotated_by", "worker", "worker_id", "workerid", "rater",
          "rater_id", "coder", "coder_id", "judge_id", "completed_by", "_annotator_id", "_worker_id", "annotatorin",
          "bearbeiter", "annotateur", "annotatrice", "anotador", "annotatore", "标注员", "标注者", "标注人", "アノテーター")  # fmt: skip
# Names that mean it only where several of them speak of one item: users write reviews, too.
MAYBE_PEOPLE = ("user", "user_id", "userid", "username", "judge", "reviewer", "reviewer_id", "email", "person", "who",
                "respondent", "participant", "expert", "name")  # fmt: skip
TIMES = ("labeled_at", "labelled_at", "annotated_at", "annotation_time", "annotation_date", "submitted_at",
         "submittime", "created_at", "_created_at", "completed_at", "timestamp", "time", "date", "updated_at",
         "datum", "zeit", "zeitpunkt", "fecha", "horodatage", "标注时间", "时间", "日期")  # fmt: skip
VERDICT_NAMES = ("answer", "verdict", "decision", "review_status", "review", "status", "assignmentstatus")
NOTES = ("note", "notes", "annotator_note", "annotator_comment", "annotation_comment")
ROW_IDS = ("id", "key", "uid", "uuid", "row_id", "annotation_id", "assignmentid")


def recognise(sample: Sample, label: str | None, payload: Sequence[str]) -> Layout | None:
    """`label` and `payload`: the columns that are, as far as was guessed, the label and what is labeled."""
    if label is None or not payload:
        return None
    who = sample.first_of(PEOPLE) or _by_structure(sample, label, payload)
    verdict = _verdict(sample, label)
    if who is None and verdict is None:
        return None
    repeats = _repeats(sample, payload)
    layout = Layout("crowd" if who and repeats else "", labels_from="person")
    layout.claim(who, ColumnRole.ANNOTATOR, "names whoever labeled")
    layout.claim(verdict, ColumnRole.VERDICT, "says whether the label was accepted, rejected or passed over")
    layout.claim(sample.first_of(NOTES), ColumnRole.NOTE, "what whoever labeled noted")
    _claim_time(sample, layout)
    if who and repeats:
        _put_row_ids_aside(sample, layout, payload)
    return layout


def _by_structure(sample: Sample, label: str, payload: Sequence[str]) -> str | None:
    """A column that differs wherever the same thing is labeled again, and whose values come again elsewhere."""
    name = sample.first_of(MAYBE_PEOPLE)
    if name is None or name == label or name in payload or not _repeats(sample, payload):
        return None
    seen: dict[str, list[str]] = defaultdict(list)
    place = sample.places[name]
    for row in sample.rows:
        seen[_content(sample, row, payload)].append(text_of(row[place]))
    several = [people for people in seen.values() if len(people) > 1]
    is_each_once = all(len(set(people)) == len(people) for people in several)
    return name if is_each_once and has_classes(sample.column(name), max_chars=100) else None


def _repeats(sample: Sample, payload: Sequence[str]) -> bool:
    contents = [_content(sample, row, payload) for row in sample.rows]
    return len(set(contents)) < len(contents)


def _content(sample: Sample, row: Sequence[object], payload: Sequence[str]) -> str:
    return "\n".join(str(row[sample.places[name]]) for name in payload)


def _verdict(sample: Sample, label: str) -> str | None:
    for name in VERDICT_NAMES:
        column = sample.first_of([name])
        values = sample.column(column) if column is not None and column != label else []
        if values and all(isinstance(value, str) and value.strip().lower() in VERDICTS for value in values):
            return column
    return None


def _claim_time(sample: Sample, layout: Layout) -> None:
    for name in TIMES:
        column = sample.first_of([name])
        if column is None or column in layout.roles or not sample.column(column):
            continue
        if any(role == ColumnRole.TIME for role in layout.roles.values()):
            layout.claim(column, ColumnRole.IGNORE, "another time than that of the answer")
        elif all(read_time(value) is not None for value in sample.column(column)):
            layout.claim(column, ColumnRole.TIME, "when it was labeled")
        else:
            layout.claim(
                column,
                ColumnRole.IGNORE,
                "times that can be read in more than one way; write 2024-03-31 10:00",
            )


def _put_row_ids_aside(sample: Sample, layout: Layout, payload: Sequence[str]) -> None:
    """An id that is another one in every row of the same item is the answer's, not the item's."""
    for name in ROW_IDS:
        column = sample.first_of([name])
        if column is None or column in payload:
            continue
        place = sample.places[column]
        ids: dict[str, set[str]] = defaultdict(set)
        n_rows: dict[str, int] = defaultdict(int)
        for row in sample.rows:
            content = _content(sample, row, payload)
            if not is_blank(row[place]):
                ids[content].add(str(row[place]))
                n_rows[content] += 1
        if any(n > 1 and len(ids[content]) == n for content, n in n_rows.items()):
            layout.claim(
                column, ColumnRole.IGNORE, "differs between the answers to one item, so it is the answer's"
            )
