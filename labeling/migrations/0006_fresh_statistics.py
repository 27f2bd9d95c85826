"""PostgreSQL counts anew after 5,000 changed rows, not after a tenth of the table.

A tenth of three million labels is more than people say in a project's life, and until then the indexes of human
labels count as empty: plans that read one of them whole for every row look cheap.
"""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("labeling", "0005_label_references_by_statement")]

    operations = [
        migrations.RunSQL(
            """ALTER TABLE labeling_label
                   SET (autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000)""",
            "ALTER TABLE labeling_label RESET (autovacuum_analyze_scale_factor, autovacuum_analyze_threshold)",
        )
    ]
