"""Audits are answered in stages: all are drawn at the freeze, and the sizes of the stages are fixed there, too."""

from __future__ import annotations

from django.db import migrations, models


def functions(*, may_change: str, stage_check: str) -> str:
    return f"""
CREATE OR REPLACE FUNCTION review_attempt_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_change text[] := ARRAY['state', 'state_reason', 'asked_by_id', 'round_id', 'ended_at', 'result', 'cut'{may_change}];
BEGIN
    IF (OLD.promise, OLD.eps, OLD.confidence, OLD.per_class)
       IS DISTINCT FROM (NEW.promise, NEW.eps, NEW.confidence, NEW.per_class) THEN
        RAISE EXCEPTION 'The goal of an attempt never changes; ask for another attempt'
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state <> 'queued' AND to_jsonb(OLD) - may_change IS DISTINCT FROM to_jsonb(NEW) - may_change THEN
        RAISE EXCEPTION 'What an attempt has frozen never changes' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.cut IS NOT NULL AND (OLD.cut, OLD.result) IS DISTINCT FROM (NEW.cut, NEW.result) THEN
        RAISE EXCEPTION 'The result of an attempt never changes' USING ERRCODE = 'check_violation';
    END IF;
    {stage_check}
    IF OLD.state IN ('certified', 'abandoned', 'refused') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'An attempt that has ended stays ended' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""


STAGE_CHECK = """
    IF NEW.stage <> OLD.stage
       AND (OLD.cut IS NOT NULL OR NEW.stage <> OLD.stage + 1 OR NEW.stage > jsonb_array_length(NEW.stages)) THEN
        RAISE EXCEPTION 'The stages of an attempt follow one another until its cut is known'
            USING ERRCODE = 'check_violation';
    END IF;
"""

# Attempts from before had one stage.
KEEP_COUNTS = """
ALTER TABLE review_attempt DISABLE TRIGGER attempt_stays;
UPDATE review_attempt SET stages = jsonb_build_array(n_audits) WHERE number IS NOT NULL;
ALTER TABLE review_attempt ENABLE TRIGGER attempt_stays;
"""
RESTORE_COUNTS = """
ALTER TABLE review_attempt DISABLE TRIGGER attempt_stays;
UPDATE review_attempt SET n_audits = (stages ->> -1)::int WHERE jsonb_array_length(stages) > 0;
ALTER TABLE review_attempt ENABLE TRIGGER attempt_stays;
"""


class Migration(migrations.Migration):
    dependencies = [("review", "0007_pick_probability")]

    operations = [
        migrations.AddField("attempt", "stages", models.JSONField(default=list)),
        migrations.AddField("attempt", "stage", models.PositiveSmallIntegerField(default=1)),
        migrations.AddField("audit", "position", models.PositiveIntegerField(default=1)),
        migrations.RunSQL(KEEP_COUNTS, RESTORE_COUNTS),
        migrations.RemoveField("attempt", "n_audits"),
        migrations.RunSQL(
            functions(may_change=", 'stage'", stage_check=STAGE_CHECK), functions(may_change="", stage_check="")
        ),
    ]
