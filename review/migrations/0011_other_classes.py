"""The likeliest classes after the suggested one, with each entry. Entries of before have none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("review", "0010_grid")]

    operations = [
        migrations.AddField(
            model_name="entry",
            name="suggested_others",
            field=models.BinaryField(blank=True, null=True),
        ),
    ]
