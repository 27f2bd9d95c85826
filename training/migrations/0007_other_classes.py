"""The likeliest classes after the first, with each prediction. Rows of before have none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("training", "0006_map_points")]

    operations = [
        migrations.AddField(model_name="prediction", name="others", field=models.BinaryField(null=True)),
    ]
