"""The columns of table rows: their order, and what is usual in each. Projects of before learn both with their next rows."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0009_timeline_indexes")]

    operations = [
        migrations.CreateModel(
            name="TableColumns",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("names", models.JSONField(default=list)),
                ("usual", models.JSONField(default=dict)),
                ("n_items", models.PositiveBigIntegerField(default=0)),
                ("n_sampled", models.PositiveIntegerField(default=0)),
                ("measured_at", models.DateTimeField(blank=True, null=True)),
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="table_columns",
                        to="labeling.project",
                    ),
                ),
            ],
        ),
    ]
