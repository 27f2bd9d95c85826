"""What a certificate rests on cannot be rewritten, whoever holds a connection.

- Audits and frozen rows are written while their attempt is queued, never later: nobody draws again.
- What is frozen, an audit's answer, a result and a document never change once they are there.
- Nothing of it is deleted, except with its project.
- An item under audit returns to the pool, where it may be trained on, only after its attempt has ended.
"""

from __future__ import annotations

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION review_frozen_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF EXISTS (SELECT FROM (SELECT DISTINCT attempt_id FROM changed) row
                   JOIN review_attempt attempt ON attempt.id = row.attempt_id
                   WHERE attempt.state <> 'queued') THEN
            RAISE EXCEPTION '% is written while its attempt is queued, and never again', TG_TABLE_NAME
                USING ERRCODE = 'check_violation';
        END IF;
    ELSIF EXISTS (SELECT FROM (SELECT DISTINCT attempt_id FROM changed) row
                  JOIN review_attempt attempt ON attempt.id = row.attempt_id
                  JOIN labeling_project project ON project.id = attempt.project_id
                  WHERE project.deleted_at IS NULL) THEN
        RAISE EXCEPTION '% is kept for as long as its project', TG_TABLE_NAME
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION review_frozen_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What an attempt has frozen never changes' USING ERRCODE = 'check_violation';
END $$;

CREATE FUNCTION review_audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.answered_at IS NOT NULL
       OR (OLD.attempt_id, OLD.item_id, OLD.rank, OLD.label_class_id)
          IS DISTINCT FROM (NEW.attempt_id, NEW.item_id, NEW.rank, NEW.label_class_id) THEN
        -- Its entry may go, with nothing else.
        IF to_jsonb(OLD) - 'entry_id' IS DISTINCT FROM to_jsonb(NEW) - 'entry_id' THEN
            RAISE EXCEPTION 'An audit never changes once it is answered, and what it is of never does'
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION review_attempt_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    may_change text[] := ARRAY['state', 'state_reason', 'asked_by_id', 'round_id', 'ended_at', 'result', 'cut'];
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
    IF OLD.state IN ('certified', 'abandoned', 'refused') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'An attempt that has ended stays ended' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION review_certificate_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.project_id, OLD.number, OLD.attempt_id, OLD.source_id, OLD.issued_at)
       IS DISTINCT FROM (NEW.project_id, NEW.number, NEW.attempt_id, NEW.source_id, NEW.issued_at)
       OR (OLD.document <> '{}'::jsonb AND OLD.document IS DISTINCT FROM NEW.document)
       OR (OLD.revoked_at IS NOT NULL AND (OLD.revoked_at, OLD.revoked_reason, OLD.is_breach)
           IS DISTINCT FROM (NEW.revoked_at, NEW.revoked_reason, NEW.is_breach)) THEN
        RAISE EXCEPTION 'A certificate never changes; it can be revoked, once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION review_item_under_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM review_audit audit
               JOIN review_attempt attempt ON attempt.id = audit.attempt_id
               JOIN labeling_project project ON project.id = attempt.project_id
               WHERE audit.item_id = OLD.id AND attempt.state IN ('queued', 'auditing', 'reviewing')
                 AND project.deleted_at IS NULL) THEN
        RAISE EXCEPTION 'Item % is under audit until its attempt has ended', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""

TRIGGERS = """
CREATE TRIGGER audit_drawn_once AFTER INSERT ON review_audit
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION review_frozen_once();
CREATE TRIGGER audit_kept AFTER DELETE ON review_audit
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION review_frozen_once();
CREATE TRIGGER audit_stays BEFORE UPDATE ON review_audit
    FOR EACH ROW EXECUTE FUNCTION review_audit_stays();
CREATE TRIGGER frozen_once AFTER INSERT ON review_frozen
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION review_frozen_once();
CREATE TRIGGER frozen_kept AFTER DELETE ON review_frozen
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION review_frozen_once();
CREATE TRIGGER frozen_stays BEFORE UPDATE ON review_frozen
    FOR EACH STATEMENT EXECUTE FUNCTION review_frozen_stays();
CREATE TRIGGER attempt_stays BEFORE UPDATE ON review_attempt
    FOR EACH ROW EXECUTE FUNCTION review_attempt_stays();
CREATE TRIGGER certificate_stays BEFORE UPDATE ON review_certificate
    FOR EACH ROW EXECUTE FUNCTION review_certificate_stays();
CREATE TRIGGER item_under_audit_stays BEFORE UPDATE OF split ON labeling_item
    FOR EACH ROW WHEN (OLD.split = 'audit' AND NEW.split <> 'audit')
    EXECUTE FUNCTION review_item_under_audit();
CREATE TRIGGER item_under_audit_kept BEFORE DELETE ON labeling_item
    FOR EACH ROW WHEN (OLD.split = 'audit') EXECUTE FUNCTION review_item_under_audit();
"""

UNDO = """
DROP TRIGGER item_under_audit_kept ON labeling_item;
DROP TRIGGER item_under_audit_stays ON labeling_item;
DROP FUNCTION review_item_under_audit, review_certificate_stays, review_attempt_stays, review_audit_stays,
    review_frozen_stays, review_frozen_once CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("review", "0005_certificates"), ("labeling", "0007_audit_split")]

    operations = [migrations.RunSQL(FUNCTIONS + TRIGGERS, UNDO)]
