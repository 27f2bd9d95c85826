"""A label's is_human is held to its source's by a composite foreign key."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("labeling", "0001_initial")]

    operations = [
        migrations.RunSQL(
            sql="""
                ALTER TABLE labeling_label ADD CONSTRAINT label_source_is_human
                FOREIGN KEY (source_id, is_human) REFERENCES labeling_source (id, is_human)
                DEFERRABLE INITIALLY DEFERRED
            """,
            reverse_sql="ALTER TABLE labeling_label DROP CONSTRAINT label_source_is_human",
        ),
    ]
