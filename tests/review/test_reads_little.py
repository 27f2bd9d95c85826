"""What people wait for reads a few rows, also while PostgreSQL has old counts of the rest."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import connection

from labeling.items.selectors import ItemFilters, ItemOrder, item_page
from labeling.models import Project
from review.adjudication.disagreements import disagreement_page
from review.adjudication.selectors import adjudication_summary
from review.publishing.publish import round_publish
from tests.makers import make_human_labels, make_items
from tests.review.makers import answer, claim, make_entries, make_round, stand
from training.models import Round
from training.models.querysets import has_predictions

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
    make_human_labels([(item, cat) for item in items[-N_SAID:]], user=ada)


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


def test_what_a_model_contradicts_is_found_without_reading_the_labels_it_learned_from(
    project: Project, ada: User
) -> None:
    cat, dog, _ = project.classes.all()
    learned, asked = make_items(project, N_SAID), make_items(project, 3, prefix="asked")
    labels = make_human_labels([(item, cat) for item in learned], user=ada)
    round = stand(make_round(project, [(item, dog, 0.9) for item in asked]))
    Round.objects.filter(pk=round.pk).update(last_human_label_id=labels[-1].pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE labeling_label, labeling_item, training_prediction")
    make_human_labels([(item, cat) for item in asked], user=ada)

    before = _rows_read("labeling_label")
    page, _ = disagreement_page(project, after=None, limit=10)

    assert len(page) == 3
    assert _rows_read("labeling_label") - before < FEW


def test_what_waits_for_a_verdict_is_counted_without_reading_the_queue(project: Project, ada: User) -> None:
    make_entries(project, make_items(project, N_SAID))
    make_entries(project, make_items(project, 2, prefix="disputed"), state="disputed", n_free=0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE review_entry")

    before = _rows_read("review_entry")
    summary = adjudication_summary(project, ada, with_model=False)

    assert (summary["n_people"], summary["n_model"]) == (2, None)
    assert _rows_read("review_entry") - before < FEW


def test_whether_a_round_has_predictions_is_seen_without_reading_those_of_others(project: Project) -> None:
    cat = project.classes.get(name="cat")
    items = make_items(project, N_SAID)
    older, newer = (make_round(project, [(item, cat, 0.9) for item in items]) for _ in range(2))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE training_prediction")

    before = _rows_read("training_prediction")

    assert has_predictions(older.pk)
    assert has_predictions(newer.pk)
    assert not has_predictions(newer.pk + 1)
    assert _rows_read("training_prediction") - before < FEW
