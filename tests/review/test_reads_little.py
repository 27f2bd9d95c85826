"""What people wait for reads a few rows, also while PostgreSQL has old counts of the rest."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import connection

from labeling.item_selectors import ItemFilters, ItemOrder, item_page
from labeling.models import Project
from review.publish import round_publish
from tests.makers import make_human_label, make_items
from tests.review.makers import answer, claim, make_entries, make_round

N_SAID = 400
FEW = 100  # rows of labels read


def _rows_read(table: str) -> int:
    """Rows of the table that this transaction has fetched, by index or in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables "
            "WHERE relname = %s",
            [table],
        )
        return int(cursor.fetchone()[0])


def _publish_then_say(project: Project, ada: User) -> None:
    """N_SAID items get a machine's label, are counted by PostgreSQL, and then people say what they are."""
    cat = project.classes.get(name="cat")
    items = make_items(project, N_SAID + 50)
    round_publish(round_id=make_round(project, [(item, cat, 0.95) for item in items]).pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE labeling_label, labeling_item")
    for item in items[-N_SAID:]:
        make_human_label(item, cat, user=ada)


def test_an_answer_does_not_read_what_people_said_of_other_items(
    project: Project, ada: User, ben: User
) -> None:
    _publish_then_say(project, ada)
    (entry,) = make_entries(project, make_items(project, 1, prefix="asked"))
    claim(project, ben)

    before = _rows_read("labeling_label")
    result = answer(project, ben, entry.pk, project.classes.get(name="dog"))

    assert result["outcome"] == "stored"
    assert _rows_read("labeling_label") - before < FEW


def test_a_page_of_machine_labels_does_not_read_what_people_said(project: Project, ada: User) -> None:
    _publish_then_say(project, ada)

    before = _rows_read("labeling_label")
    page, _ = item_page(project, ItemFilters(source="machine"), ItemOrder.CONFIDENCE, after=None, limit=10)

    assert len(page) == 10
    assert _rows_read("labeling_label") - before < FEW
