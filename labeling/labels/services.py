"""What may happen to labels: recorded, retired, published. The only writers of human labels in requests.

Projects and their parts: project_services. Items: item_services. Sign-in and tokens: account_services.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db import connection, transaction

from labeling.database.hot import Rows, fetch_in_turn, fetch_prepared
from labeling.database.locks import lock_labels_exclusive, lock_labels_shared
from labeling.errors import Conflict, InvalidInput, NotFound
from labeling.labels.holdout import is_holdout_draw
from labeling.labels.selectors import machine_class_counts
from labeling.models import Item, Label, Project, Publication, Retirement, Source, SourceKind, Split

HOLDOUT_FLOOR = 100  # items that a random queue entry always adds to, before the share decides


_SOURCE_COLUMNS = [field.attname for field in Source._meta.concrete_fields if field.attname != "details"]
# The person as a source, if there is one. Its values are `project` and `person`.
FIND_PERSON = f"""
    SELECT {", ".join(_SOURCE_COLUMNS)} FROM labeling_source
    WHERE project_id = %(project)s AND user_id = %(person)s AND kind = 'person'"""


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says of one item."""

    item_id: int
    class_id: int
    is_random_draw: bool = False  # the item came to the person by a uniform draw


@dataclass(frozen=True, slots=True)
class RetiredLabel:
    """A label that a person's word has retired."""

    id: int
    item_id: int
    class_id: int
    source_id: int
    is_human: bool
    reason: Retirement


@dataclass(frozen=True, slots=True)
class RecordedLabel:
    """A human label that stands now, what it retired, and where its item is now."""

    label: Label
    split: Split
    became_holdout: bool
    retired: list[RetiredLabel] = field(default_factory=list)


def source_for_person(*, project: Project, user: User, found: Rows | None = None) -> Source:
    """The person as a source in this project, made at their first word.

    `found`: what FIND_PERSON returned, for a caller that has run it already.
    """
    values = {"project": project.pk, "person": user.pk}
    if rows := fetch_prepared(FIND_PERSON, values) if found is None else found:
        return Source.from_db("default", _SOURCE_COLUMNS, rows[0])
    source, _ = Source.objects.get_or_create(
        project=project,
        kind=SourceKind.PERSON,
        user=user,
        defaults={"is_human": True, "name": user.get_username()},
    )
    return source


def source_for_consensus(*, project: Project) -> Source:
    """The source of labels that several people agreed on, made at its first use."""
    source, _ = Source.objects.get_or_create(
        project=project, kind=SourceKind.CONSENSUS, defaults={"is_human": True, "name": "consensus"}
    )
    return source


def label_record(*, project: Project, word: Word, source: Source, by: User | None = None) -> RecordedLabel:
    """One word recorded: see labels_record."""
    return labels_record(project=project, words=[word], source=source, by=by)[0]


@transaction.atomic
def labels_record(
    *,
    project: Project,
    words: Sequence[Word],
    source: Source,
    by: User | None = None,
    holdout_floor: int = HOLDOUT_FLOOR,
) -> list[RecordedLabel]:
    """Each word stands as its item's label, and the labels that stood there are retired.

    A human label that stood is retired as replaced, a published machine label as confirmed or
    corrected. An item's first human label moves it to the holdout if it came by a uniform draw and
    the holdout is below `holdout_floor` or the project's share of draws falls on it. `by` is written
    as who retired.
    Takes the project's label lock shared, then its items' rows in order of id; four statements,
    however many words. Raises NotFound for an item, InvalidInput for a class, of another project.
    """
    now = lock_labels_shared(project.pk)
    splits = _lock_items(project, [word.item_id for word in words])
    return labels_write(
        project=project,
        words=words,
        source=source,
        by=by,
        holdout_floor=holdout_floor,
        now=now,
        splits=splits,
    )


def labels_write(
    *,
    project: Project,
    words: Sequence[Word],
    source: Source,
    by: User | None,
    now: dt.datetime,
    splits: Mapping[int, Split],
    holdout_floor: int = HOLDOUT_FLOOR,
) -> list[RecordedLabel]:
    """labels_record, for a caller whose transaction has held the project's label lock since `now`.

    It has locked the rows of the items too, FOR NO KEY UPDATE in order of id; `splits` is where they are.
    """
    class_of = {word.item_id: word.class_id for word in words}
    if len(class_of) != len(words):
        raise InvalidInput("An item occurs twice in one request. Send one label for each item.")
    if not source.is_human or source.project_id != project.pk:
        raise ValueError(f"Source {source.pk} is no human source of project {project.pk}.")
    drawn = [word.item_id for word in words if word.is_random_draw]
    to_holdout = _draw_holdout(project, drawn, splits, floor=holdout_floor)
    retired, labels = _replace_standing(project, class_of, source=source, by=by, now=now)
    return [
        RecordedLabel(
            label=labels[item_id],
            split=Split.HOLDOUT if item_id in to_holdout else splits[item_id],
            became_holdout=item_id in to_holdout,
            retired=[label for label in retired if label.item_id == item_id],
        )
        for item_id in class_of
    ]


@transaction.atomic
def label_retire(
    *,
    label: Label,
    by: User | None,
    reason: Retirement = Retirement.WITHDRAWN,
) -> Label | None:
    """The human label no longer stands. What it had replaced by a person is said again, and returned.

    A machine label that it had retired does not come back: the item has no label until the next
    publish (docs/decisions/0005). Takes the project's label lock shared, then the item.
    Raises Conflict if the label is retired already.
    """
    now = lock_labels_shared(label.project_id)
    _lock_items(label.project, [label.item_id])
    standing = Label.objects.filter(pk=label.pk, is_human=True, retired_at__isnull=True)
    if not standing.update(retired_at=now, retired_reason=reason, retired_by=by):
        raise Conflict("This label no longer stands, so it cannot be withdrawn.", code="already_retired")
    # One clock reading retired the old label and recorded this one: that is what ties them.
    replaced = Label.objects.filter(
        item_id=label.item_id,
        is_human=True,
        retired_at=label.created_at,
        retired_reason=Retirement.REPLACED,
    ).first()
    if replaced is None or reason != Retirement.WITHDRAWN:
        return None
    return Label.objects.create(
        project_id=label.project_id,
        item_id=label.item_id,
        label_class_id=replaced.label_class_id,
        source_id=replaced.source_id,
        is_human=True,
        created_at=now,
    )


@transaction.atomic
def publication_open(
    *,
    project: Project,
    source: Source,
    by: User | None,
    ended_reason: str,
    diff: Mapping[str, int] | None = None,
    class_counts: Mapping[int, int] | None = None,
    last_human_label_id: int = 0,
) -> Publication:
    """The machine source's labels stand from now on; those of the one before end, for `ended_reason`.

    `class_counts` (class id -> standing labels of the source) are counted here unless the caller, who
    may just have written them, knows. Labels of the source on items that people labeled meanwhile are
    retired first; human labels up to `last_human_label_id` are known to have been left out already.
    Takes the project's label lock exclusive, for these last statements only. Raises Conflict if the
    source stands already.
    """
    if source.is_human or source.project_id != project.pk:
        raise ValueError(f"Source {source.pk} is no machine source of project {project.pk}.")
    counts = dict(machine_class_counts(source.pk) if class_counts is None else class_counts)
    now = lock_labels_exclusive(project.pk)
    before = Publication.objects.filter(project=project, ended_at__isnull=True).first()
    if before is not None and before.source_id == source.pk:
        raise Conflict(f"The labels of {source.name} stand already.", code="already_published")
    for class_id, n_retired in _retire_under_human(
        project, source, now=now, last_human_label_id=last_human_label_id
    ):
        counts[class_id] -= n_retired
    if before is not None:
        _end(before, reason=ended_reason, now=now)
    return Publication.objects.create(
        project=project,
        source=source,
        started_at=now,
        started_by=by,
        n_labels=sum(counts.values()),
        class_counts={str(class_id): n for class_id, n in sorted(counts.items()) if n},
        diff=dict(diff or {}),
    )


@transaction.atomic
def publication_end(*, project: Project, reason: str) -> Publication:
    """No machine label stands in the project. Raises Conflict if none did. Takes the lock exclusive."""
    now = lock_labels_exclusive(project.pk)
    publication = Publication.objects.filter(project=project, ended_at__isnull=True).first()
    if publication is None:
        raise Conflict("No machine labels are published here, so there are none to end.")
    return _end(publication, reason=reason, now=now)


def _end(publication: Publication, *, reason: str, now: dt.datetime) -> Publication:
    publication.ended_at = now
    publication.ended_reason = reason
    publication.save(update_fields=["ended_at", "ended_reason"])
    return publication


def _lock_items(project: Project, item_ids: list[int]) -> dict[int, Split]:
    """Lock the items against other people's words, in one order so that nobody waits in a circle."""
    rows = fetch_prepared(
        """
        SELECT id, split FROM labeling_item
        WHERE project_id = %(project)s AND id = ANY(%(items)s::bigint[])
        ORDER BY id FOR NO KEY UPDATE
        """,
        {"project": project.pk, "items": item_ids},
    )
    splits = {pk: Split(split) for pk, split in rows}
    missing = [item_id for item_id in item_ids if item_id not in splits]
    if missing:
        raise NotFound(f"There is no item {missing[0]} in this project.")
    return splits


def _draw_holdout(project: Project, drawn: list[int], splits: Mapping[int, Split], *, floor: int) -> set[int]:
    """Move those of the uniformly drawn items to the holdout that this is the first word on."""
    drawn = [item_id for item_id in drawn if splits[item_id] == Split.POOL]
    if not drawn or project.holdout_share == 0:
        return set()
    answered = set(Label.objects.human().filter(item_id__in=drawn).values_list("item_id", flat=True))
    held = Item.objects.filter(project_id=project.pk, split=Split.HOLDOUT)
    room = floor - held[:floor].count() if floor else 0
    moving: set[int] = set()
    for item_id in drawn:
        if item_id in answered:
            continue
        if len(moving) < room or is_holdout_draw(project.salt, item_id, project.holdout_share):
            moving.add(item_id)
    Item.objects.filter(pk__in=moving).update(split=Split.HOLDOUT)
    return moving


# What stands on the items, machine or human, no longer does.
_RETIRE_STANDING = """
    UPDATE labeling_label AS label
    SET retired_at = %(now)s::timestamptz,
        retired_by_id = %(by)s::bigint,
        retired_reason = CASE
            WHEN label.is_human THEN 'replaced'
            WHEN label.label_class_id = word.class_id THEN 'confirmed'
            ELSE 'corrected'
        END
    FROM unnest(%(items)s::bigint[], %(classes)s::bigint[]) AS word (item_id, class_id)
    WHERE label.item_id = word.item_id
      AND label.retired_at IS NULL
      AND (label.is_human OR label.source_id = (
          SELECT source_id FROM labeling_publication
          WHERE project_id = %(project)s AND ended_at IS NULL
      ))
    RETURNING label.id, label.item_id, label.label_class_id, label.source_id, label.is_human,
              label.retired_reason"""

# Only words whose class is one of the project's.
_INSERT_HUMAN = """
    INSERT INTO labeling_label (project_id, item_id, label_class_id, source_id, is_human,
                                created_at, retired_reason)
    SELECT class.project_id, word.item_id, class.id, %(source)s::bigint, true, %(now)s::timestamptz, ''
    FROM unnest(%(items)s::bigint[], %(classes)s::bigint[]) AS word (item_id, class_id)
    JOIN labeling_labelclass AS class
      ON class.id = word.class_id AND class.project_id = %(project)s
    RETURNING id, item_id, label_class_id"""


def _replace_standing(
    project: Project,
    class_of: Mapping[int, int],
    *,
    source: Source,
    by: User | None,
    now: dt.datetime,
) -> tuple[list[RetiredLabel], dict[int, Label]]:
    """The labels that stood, and the new ones by item."""
    values = {
        "project": project.pk,
        "source": source.pk,
        "by": by.pk if by is not None else None,
        "now": now,
        "items": list(class_of),
        "classes": list(class_of.values()),
    }
    retired, inserted = fetch_in_turn((_RETIRE_STANDING, values), (_INSERT_HUMAN, values))
    labels = {
        item_id: Label(
            pk=pk,
            project=project,
            item_id=item_id,
            label_class_id=class_id,
            source=source,
            is_human=True,
            created_at=now,
        )
        for pk, item_id, class_id in inserted
    }
    for item_id, class_id in class_of.items():
        if item_id not in labels:
            raise InvalidInput(
                f"Class {class_id} is not one of this project's. Use the id of one of its classes.",
                fields={"class_id": [f"There is no class {class_id} in this project."]},
            )
    return [
        RetiredLabel(pk, item_id, class_id, source_id, is_human, Retirement(reason))
        for pk, item_id, class_id, source_id, is_human, reason in retired
    ], labels


def _retire_under_human(
    project: Project, source: Source, *, now: dt.datetime, last_human_label_id: int
) -> list[tuple[int, int]]:
    """Retire the source's standing labels on items that people labeled; [(class id, how many)]."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH meant AS MATERIALIZED (
                -- From the few human labels to the machine's, one look-up each. A join would be free to
                -- read the million that were just written, which PostgreSQL's statistics do not know.
                SELECT human.label_class_id, person.user_id, (
                    SELECT machine.id FROM labeling_label AS machine
                    WHERE machine.source_id = %(source)s AND machine.item_id = human.item_id
                      AND NOT machine.is_human AND machine.retired_at IS NULL
                ) AS machine_id
                FROM labeling_label AS human
                JOIN labeling_source AS person ON person.id = human.source_id
                WHERE human.project_id = %(project)s
                  AND human.is_human AND human.retired_at IS NULL AND human.id > %(last)s
            ), retired AS (
                UPDATE labeling_label AS machine
                SET retired_at = %(now)s,
                    retired_by_id = meant.user_id,
                    retired_reason = CASE
                        WHEN machine.label_class_id = meant.label_class_id THEN 'confirmed'
                        ELSE 'corrected'
                    END
                FROM meant
                WHERE machine.id = meant.machine_id
                RETURNING machine.label_class_id
            )
            SELECT label_class_id, count(*) FROM retired GROUP BY label_class_id
            """,
            {"now": now, "project": project.pk, "last": last_human_label_id, "source": source.pk},
        )
        retired: list[tuple[int, int]] = cursor.fetchall()
        return retired
