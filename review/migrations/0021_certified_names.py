"""Classes that were renamed under a certificate: exports name it no longer beside their labels.

From now on a valid certificate's classes keep their names; `Source.details` says which were renamed after it.
"""

from __future__ import annotations

from django.db import migrations

NOTE = """
UPDATE labeling_source source SET details = source.details || jsonb_build_object('renamed', renamed.ids)
FROM (
    SELECT certificate.source_id, jsonb_agg(class.id) AS ids
    FROM review_certificate certificate
    JOIN review_attempt attempt ON attempt.id = certificate.attempt_id
    CROSS JOIN LATERAL jsonb_to_recordset(attempt.classes) AS named (id bigint, name text)
    JOIN labeling_labelclass class ON class.id = named.id AND class.name <> named.name
    GROUP BY certificate.source_id
) renamed
WHERE source.id = renamed.source_id"""


class Migration(migrations.Migration):
    dependencies = [("review", "0020_reasons_by_description")]

    operations = [migrations.RunSQL(NOTE, migrations.RunSQL.noop)]
