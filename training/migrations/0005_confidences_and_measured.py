"""Counts by confidence of each round, what it said of the items that measure it, and lists by class."""

import django.db.models.deletion
from django.db import migrations, models


def to(model, name):
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name=name,
        to=model,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("labeling", "0008_margin_random"),
        ("training", "0004_inspections"),
    ]

    operations = [
        migrations.AddField(
            model_name="round",
            name="confidences",
            field=models.JSONField(default=dict),
        ),
        migrations.CreateModel(
            name="MeasuredPrediction",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "round_id", "item_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("is_test", models.BooleanField()),
                ("confidence", models.FloatField()),
                ("item", to("labeling.item", "+")),
                ("label_class", to("labeling.labelclass", "+")),
                ("round", to("training.round", "measured")),
                ("truth", to("labeling.labelclass", "+")),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["round", "is_test", "truth", "label_class", "confidence", "item"],
                        name="measured_cell",
                    )
                ],
            },
        ),
        migrations.RemoveIndex(model_name="prediction", name="prediction_confidence"),
        migrations.AddIndex(
            model_name="prediction",
            index=models.Index(
                fields=["round", "label_class", "confidence", "item"], name="prediction_class"
            ),
        ),
    ]
