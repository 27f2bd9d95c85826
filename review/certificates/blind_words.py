"""What people said, blind, of an item that they were asked about. Attempts and monitors alike take it from here."""

from __future__ import annotations

# Of a closed `entry`, in a LATERAL join: (label_class_id, name of who said it, created_at), or no row where nobody
# said a class. One answer wanted: that answer. Several: the label that they made, by their majority or, where they
# have none, by the verdict; never one of the answers, since those that were outvoted name the label, too. A label that
# was taken back, with the answer that completed it or with the verdict, is nobody's word.
BLIND_WORD = """
    SELECT label_class_id, name, created_at FROM (
        SELECT answer.label_class_id, person.username AS name, answer.created_at
        FROM review_answer answer JOIN auth_user person ON person.id = answer.person_id
        WHERE entry.n_wanted = 1 AND answer.entry_id = entry.id AND answer.kind = 'label'
          AND answer.withdrawn_at IS NULL
        UNION ALL
        SELECT label.label_class_id, source.name, label.created_at
        FROM review_answer answer
        JOIN labeling_label label ON label.id = answer.label_id
        JOIN labeling_source source ON source.id = label.source_id
        WHERE entry.n_wanted > 1 AND answer.entry_id = entry.id AND answer.kind = 'label'
          AND answer.withdrawn_at IS NULL AND label.retired_reason <> 'withdrawn'
        UNION ALL
        SELECT label.label_class_id, source.name, label.created_at
        FROM labeling_label label JOIN labeling_source source ON source.id = label.source_id
        WHERE entry.n_wanted > 1 AND label.item_id = entry.item_id AND label.is_human
          AND label.created_at >= entry.closed_at AND label.retired_reason <> 'withdrawn'
    ) word ORDER BY created_at LIMIT 1"""
