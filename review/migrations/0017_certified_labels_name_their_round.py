from django.db import migrations

TAKEN_FROM = """
    UPDATE labeling_source source SET taken_from_id = round.source_id
    FROM review_certificate certificate
    JOIN review_attempt attempt ON attempt.id = certificate.attempt_id
    JOIN training_round round ON round.id = attempt.round_id
    WHERE source.id = certificate.source_id"""


class Migration(migrations.Migration):
    """Certificates issued before: their labels are those of the round that their attempt froze."""

    dependencies = [
        ("review", "0016_lease_blindness"),
        ("labeling", "0014_publishing"),
        ("training", "0008_held_back"),
    ]

    operations = [migrations.RunSQL(TAKEN_FROM, migrations.RunSQL.noop)]
