"""What a label refers to is checked once for each statement, not once for each row and reference.

A round writes a million labels in one statement. Four foreign keys look at each of its rows, one after
the other: 40 of the 62 seconds that a publish of 800,000 took. One trigger with a transition table asks
the same of all rows at once (1 second), and more: that item, class and source are of the label's project.
What a label says cannot be changed afterwards, so checking when it is added is enough; rows that are
referred to are deleted through the application only, which protects or deletes the labels first.
"""

import django.db.models.deletion
from django.db import migrations, models

CHECK = """
CREATE FUNCTION label_check_references() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong text;
BEGIN
    SELECT format('class %s or source %s', added.label_class_id, added.source_id) INTO wrong
    FROM (SELECT DISTINCT project_id, label_class_id, source_id, is_human FROM added) AS added
    LEFT JOIN labeling_labelclass AS class
      ON class.id = added.label_class_id AND class.project_id = added.project_id
    LEFT JOIN labeling_source AS source
      ON source.id = added.source_id AND source.project_id = added.project_id
     AND source.is_human = added.is_human
    WHERE class.id IS NULL OR source.id IS NULL
    LIMIT 1;
    IF wrong IS NULL THEN
        SELECT format('item %s', added.item_id) INTO wrong
        FROM added LEFT JOIN labeling_item AS item
          ON item.id = added.item_id AND item.project_id = added.project_id
        WHERE item.id IS NULL
        LIMIT 1;
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE foreign_key_violation USING
            MESSAGE = 'a label refers to ' || wrong || ', which its project does not have as such',
            CONSTRAINT = 'label_check_references', TABLE = 'labeling_label';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER label_check_references AFTER INSERT ON labeling_label
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION label_check_references();

CREATE FUNCTION label_refuse_edit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE restrict_violation USING
        MESSAGE = 'label ' || OLD.id || ' cannot be edited; retire it and add another',
        CONSTRAINT = 'label_refuse_edit', TABLE = 'labeling_label';
END
$$;
CREATE TRIGGER label_refuse_edit
    BEFORE UPDATE OF project_id, item_id, label_class_id, source_id, is_human, confidence, threshold
    ON labeling_label FOR EACH ROW
    WHEN ((OLD.project_id, OLD.item_id, OLD.label_class_id, OLD.source_id, OLD.is_human, OLD.confidence,
           OLD.threshold)
          IS DISTINCT FROM
          (NEW.project_id, NEW.item_id, NEW.label_class_id, NEW.source_id, NEW.is_human, NEW.confidence,
           NEW.threshold))
    EXECUTE FUNCTION label_refuse_edit();
"""

UNCHECK = """
DROP TRIGGER label_refuse_edit ON labeling_label;
DROP FUNCTION label_refuse_edit();
DROP TRIGGER label_check_references ON labeling_label;
DROP FUNCTION label_check_references();
"""


class Migration(migrations.Migration):
    dependencies = [("labeling", "0004_human_labels_by_item")]

    operations = [
        migrations.RunSQL(
            sql="ALTER TABLE labeling_label DROP CONSTRAINT label_source_is_human",
            reverse_sql="""
                ALTER TABLE labeling_label ADD CONSTRAINT label_source_is_human
                FOREIGN KEY (source_id, is_human) REFERENCES labeling_source (id, is_human)
                DEFERRABLE INITIALLY DEFERRED
            """,
        ),
        migrations.AlterField(
            model_name="label",
            name="item",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE,
                related_name="labels", to="labeling.item",
            ),
        ),
        migrations.AlterField(
            model_name="label",
            name="label_class",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT,
                related_name="labels", to="labeling.labelclass",
            ),
        ),
        migrations.AlterField(
            model_name="label",
            name="source",
            field=models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT,
                related_name="labels", to="labeling.source",
            ),
        ),
        migrations.RunSQL(sql=CHECK, reverse_sql=UNCHECK),
    ]
