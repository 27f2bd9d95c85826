"""The queue's rows change often and are read from the front: keep their dead versions few.

An answered entry leaves dead index tuples just where the next claim begins to read, so vacuum comes after
a few thousand changes, whatever the size of the table; room on each page keeps updates of leases local.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("review", "0002_refill")]

    operations = [
        migrations.RunSQL(
            sql="""
                ALTER TABLE review_entry SET (
                    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
                    autovacuum_analyze_scale_factor = 0.02, fillfactor = 80
                );
                ALTER TABLE review_lease SET (
                    autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, fillfactor = 80
                );
            """,
            reverse_sql="""
                ALTER TABLE review_entry RESET (
                    autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold,
                    autovacuum_analyze_scale_factor, fillfactor
                );
                ALTER TABLE review_lease RESET (
                    autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, fillfactor
                );
            """,
        ),
    ]
