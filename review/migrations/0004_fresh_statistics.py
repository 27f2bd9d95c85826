"""PostgreSQL counts the leases and answers anew after 5,000 changed rows, as it does the labels."""

from __future__ import annotations

from django.db import migrations

TABLES = ("review_lease", "review_answer")


class Migration(migrations.Migration):
    dependencies = [("review", "0003_queue_storage")]

    operations = [
        migrations.RunSQL(
            f"""ALTER TABLE {table}
                    SET (autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000)""",
            f"ALTER TABLE {table} RESET (autovacuum_analyze_scale_factor, autovacuum_analyze_threshold)",
        )
        for table in TABLES
    ]
