"""What is withheld from whoever may be asked: a view, which the migrations of review/ define over their rows."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('labeling', '0016_pulse_problem'),
    ]

    operations = [
        migrations.CreateModel(
            name='Withheld',
            fields=[
                ('item', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='+', serialize=False, to='labeling.item')),
                ('project', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='labeling.project')),
                ('since', models.DateTimeField()),
                ('is_closed', models.BooleanField()),
            ],
            options={
                'verbose_name_plural': 'withheld',
                'db_table': 'labeling_withheld',
                'managed': False,
            },
        ),
    ]
