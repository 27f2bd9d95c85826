import django.db.models.deletion
from django.db import migrations, models

CHOICES = [("by_hand", "By hand"), ("by_itself", "By itself")]


class Migration(migrations.Migration):
    """Projects that are there go on publishing by themselves; new ones wait for somebody to publish."""

    dependencies = [
        ("labeling", "0013_leftovers_and_erasures"),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="publishing",
            field=models.CharField(choices=CHOICES, default="by_itself", max_length=10),
        ),
        migrations.AlterField(
            model_name="project",
            name="publishing",
            field=models.CharField(choices=CHOICES, default="by_hand", max_length=10),
        ),
        migrations.AddField(
            model_name="source",
            name="taken_from",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="taken",
                to="labeling.source",
            ),
        ),
    ]
