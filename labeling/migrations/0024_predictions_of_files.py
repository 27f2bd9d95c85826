"""A file's machine labels that stand say that they are predictions, as those of later imports do: they become a round."""

from django.db import migrations


def mark_standing(apps, schema_editor):
    Publication = apps.get_model("labeling", "Publication")
    standing = Publication.objects.filter(
        ended_at__isnull=True, source__kind="file", source__details__has_key="import"
    )
    for publication in standing.exclude(source__details__has_key="said_by").select_related("source"):
        publication.source.details |= {"predictions": True}
        publication.source.save(update_fields=["details"])


class Migration(migrations.Migration):
    dependencies = [("labeling", "0023_exports_carry")]

    operations = [migrations.RunPython(mark_standing, migrations.RunPython.noop)]
