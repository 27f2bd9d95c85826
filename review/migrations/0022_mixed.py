"""What is asked among audits has a reason of its own, and everywhere follows the rules of an audit."""

from __future__ import annotations

from django.db import migrations

# A refill's entries have priorities of 1 at most; what was mixed in lay above them.
NAME = """
UPDATE review_entry SET reason = 'mixed'
WHERE reason = 'uncertain' AND is_blind AND priority > 1"""
UNNAME = "UPDATE review_entry SET reason = 'uncertain' WHERE reason = 'mixed'"


class Migration(migrations.Migration):
    dependencies = [("review", "0021_certified_names")]

    operations = [migrations.RunSQL(NAME, UNNAME)]
