"""What the project knows of the items of a batch.

The look-ups by project hide its id from the planner, in (SELECT id). While a project grows faster than
PostgreSQL's statistics, the planner that knows the id takes the project for small and reads all of it for
each row (measured: 22 s instead of 0.3 s for 10,000 images); so it must plan for an average one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from django.db import connection

from labeling.blindness import is_measured
from labeling.carried import told
from labeling.imports.rules.answers import Answer, outcome_of
from labeling.imports.rules.decisions import ItemState
from labeling.imports.rules.own import word_of
from labeling.models import Import, Label


@dataclass(frozen=True, slots=True)
class KnownItems:
    """Looks items up for one batch of an import, in its transaction."""

    work: Import
    own_sources: list[int]  # of this import's labels
    class_ids: Callable[[], dict[str, int]]  # class name -> id
    is_own: bool  # the batch is of an export of ours
    hears: bool  # the batch tells who said what, so earlier answers are looked up
    with_sealed: bool  # sealed truths are looked up

    def under(self, keys: Collection[str]) -> dict[str, ItemState]:
        """What the project knows under these keys, by key."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT found.key, found.id, found.content_hash, found.split,
                       found.imported_by_id IS NOT DISTINCT FROM %(work)s
                FROM unnest(%(keys)s::varchar[]) AS wanted (key)
                CROSS JOIN LATERAL (
                    SELECT * FROM labeling_item AS item
                    WHERE item.project_id = (SELECT %(project)s::bigint) AND item.key = wanted.key LIMIT 1
                ) AS found
                """,
                {"work": self.work.pk, "project": self.work.project_id, "keys": list(keys)},
            )
            states = {
                key: ItemState(pk, content_hash, split=split, is_ours=is_ours)
                for key, pk, content_hash, split, is_ours in cursor.fetchall()
            }
            if states:
                by_id = {state.id: state for state in states.values()}
                self._add_labels(by_id)
                self._withhold(by_id)
        return states

    def _add_labels(self, by_id: Mapping[int, ItemState]) -> None:
        ours = self.own_sources
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT item_id, label_class_id, source_id, is_human, retired_at IS NULL, retired_reason
                FROM labeling_label WHERE item_id = ANY(%s) AND (is_human OR source_id = ANY(%s))
                """,
                [list(by_id), ours],
            )
            for item_id, class_id, said_by, is_human, stands, reason in cursor.fetchall():
                state = by_id[item_id]
                state.was_labeled |= is_human
                state.is_disputed |= said_by in ours and reason == "withdrawn"
                if is_human and stands:
                    state.human_id, state.human_is_ours = class_id, said_by in ours
                if not is_human and (reason != "withdrawn" or not self.hears):
                    state.machine_id = class_id
            if self.hears:
                self._add_answers(by_id)
            if self.is_own:
                self._add_words(by_id)
            if self.with_sealed:
                cursor.execute(
                    "SELECT item_id, label_class_id FROM labeling_sealedtruth WHERE item_id = ANY(%s)",
                    [list(by_id)],
                )
                for item_id, class_id in cursor.fetchall():
                    by_id[item_id].sealed_id = class_id

    def _withhold(self, by_id: Mapping[int, ItemState]) -> None:
        """Forget what is known of items that people are asked about blind, except what this import's own machine said.

        Where nothing is measured, an item that no person ever labeled has nothing to withhold.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT DISTINCT item_id FROM labeling_withheld
                WHERE project_id = %s AND item_id BETWEEN %s AND %s
                """,
                [self.work.project_id, min(by_id), max(by_id)],
            )
            withheld = [by_id[item_id] for (item_id,) in cursor.fetchall() if item_id in by_id]
        if withheld and not is_measured(self.work.project):
            withheld = [state for state in withheld if state.was_labeled]
        own: dict[int, list[Answer]] = {state.id: [] for state in withheld}
        if withheld and self.hears:
            self._hear_own(own)
        for state in withheld:
            state.is_withheld, state.is_disputed, state.sealed_id, state.words = True, False, None, ()
            if self.hears:
                state.answers = own[state.id]
                state.machine_id = outcome_of(own[state.id], answers_wanted=1).machine_id

    def _add_answers(self, by_id: Mapping[int, ItemState]) -> None:
        """Add the single answers that this import and earlier ones brought."""
        for item_id, answer in self._answers("true", list(by_id)):
            by_id[item_id].answers = [*(by_id[item_id].answers or ()), answer]

    def _hear_own(self, own: dict[int, list[Answer]]) -> None:
        for item_id, answer in self._answers(
            "answer.brought_by_id = %s AND NOT source.is_human", list(own), self.work.pk
        ):
            own[item_id].append(answer)

    def _answers(self, which: str, item_ids: list[int], *params: int) -> list[tuple[int, Answer]]:
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT answer.item_id, coalesce(source.details->>'said_by', ''), source.is_human, answer.kind,
                       answer.label_class_id, answer.said_at, answer.confidence
                FROM labeling_importedanswer AS answer JOIN labeling_source AS source ON source.id = answer.source_id
                WHERE answer.item_id = ANY(%s) AND {which} ORDER BY answer.id
                """,
                [item_ids, *params],
            )
            return [
                (
                    item_id,
                    Answer(
                        who,
                        is_human,
                        kind,
                        class_id,
                        None if at is None else at.astimezone(dt.UTC).isoformat(),
                        confidence,
                    ),
                )
                for item_id, who, is_human, kind, class_id, at, confidence in cursor.fetchall()
            ]

    def _add_words(self, by_id: Mapping[int, ItemState]) -> None:
        """Add what the project itself ever said of the items, so that its own export does not say it again."""
        labels = Label.objects.filter(item_id__in=list(by_id)).values_list(
            "item_id", "label_class_id", "is_human", "created_at"
        )
        for item_id, class_id, is_human, at in labels:
            by_id[item_id].words += (word_of(class_id, is_human, at),)
        class_ids = self.class_ids()
        for item_id, answer in told("answers", self.work.project, list(by_id)):
            at = answer["at"] and dt.datetime.fromisoformat(answer["at"])
            said_class = class_ids.get(answer["label"] or "")
            by_id[item_id].words += (word_of(said_class, answer["is_human"], at),)
