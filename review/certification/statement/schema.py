"""The JSON schema of a certificate (draft 2020-12), published as docs/certificate.schema.json.

After a change: python -m review.certification.statement.schema > docs/certificate.schema.json
"""

from __future__ import annotations

import json
import sys
from typing import Any

FORMAT = "assay-certificate/3"  # of what is issued
BY_CLASS_UNSAID = "assay-certificate/2"  # its sentence did not say that classes are the predicted ones
FORMATS = (BY_CLASS_UNSAID, FORMAT)  # that are understood

_COUNT = {"type": "integer", "minimum": 0}
_NUMBER = {"type": "integer", "minimum": 1}
_TEXT = {"type": "string"}
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
_RISK = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
_HASH = {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256, hex."}
_TIME = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)$",
    "description": "ISO 8601, UTC.",
}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _about(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {**schema, "description": description}


def _object(description: str, **properties: Any) -> dict[str, Any]:
    """An object with exactly these properties."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list_of(description: str, **properties: Any) -> dict[str, Any]:
    return {"type": "array", "items": _object(description, **properties)}


_CUT = {
    "cut": _about(_COUNT, "Ranks 1 to cut keep the machine's label; 0: none does."),
    "allowed_wrong": _about(_COUNT, "How many may be wrong."),
    "audits_in_cut": _about(_COUNT, "Audits drawn among ranks 1 to cut."),
    "wrong_in_cut": _about(_COUNT, "Of those, how many contradicted the machine or were skipped."),
    "at_most_wrong": _about(
        _COUNT,
        "What the same test would prove of this cut had it been the only one, what the audits corrected not counted "
        "(promise dataset); for information. The promise is allowed_wrong, since the cut was chosen by the audits.",
    ),
}
_P_VALUE = _about(_SHARE, "P(as few wrong audits within the cut, if one label more than allowed were wrong).")
_STOPPED_AT = _about(_or_null(_NUMBER), "The first cut that failed; null: none did.")
_GRID = {
    "type": "array",
    "prefixItems": [
        _about(_COUNT, "First cut."),
        _about(_COUNT, "Last cut."),
        _about(_COUNT, "Number of cuts."),
    ],
    "minItems": 3,
    "maxItems": 3,
    "description": "The cuts to be tested in turn, fixed before any answer (promise machine).",
}

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Assay certificate",
    **_object(
        "How many labels of a dataset are wrong at most, with everything that is needed to check it together "
        "with the file of labels (key,label,source,rank,predicted). docs/certificates.md explains it.",
        format={"enum": list(FORMATS)},
        number=_about(_NUMBER, "Of the certificate within its project."),
        sentence=_about(_TEXT, "The promise in plain words."),
        issued_at=_TIME,
        project=_object(
            "What was asked.",
            id=_NUMBER,
            name=_TEXT,
            question=_TEXT,
            item_type={"enum": ["image", "text", "table", "series"]},
            classes={"type": "array", "items": _TEXT, "uniqueItems": True, "minItems": 1},
        ),
        goal=_object(
            "What was to be proven, fixed before the audits were drawn.",
            promise={
                "enum": ["dataset", "machine"],
                "description": "dataset: of all N labels; machine: of those within the cut.",
            },
            eps=_about(_RISK, "Share that may be wrong."),
            confidence=_about(_RISK, "1 - delta."),
            per_class={
                "type": "boolean",
                "description": "The promise holds within each predicted class by itself. It says nothing of how many items of a true class carry its label.",
            },
        ),
        attempt=_object(
            "The attempt that this certificate came from.",
            number={**_NUMBER, "maximum": 1000},
            delta=_about(_RISK, "The risk that the tests of this attempt may take, all stages together."),
            stages={
                "type": "array",
                "items": _COUNT,
                "minItems": 1,
                "maxItems": 20,
                "description": "Audits by the end of each stage, ascending; fixed before the first answer.",
            },
            stage=_about(_NUMBER, "The stage whose audits these are, 1 the first."),
            frozen_at=_TIME,
            ended_at=_TIME,
            earlier=_list_of("An attempt before.", number=_NUMBER, state=_TEXT, delta=_RISK),
        ),
        counts=_object(
            "The population and what became of it.",
            items=_about(_NUMBER, "N: human_before + candidates."),
            human_before=_about(_COUNT, "Labeled by people before the freeze."),
            candidates=_about(_COUNT, "M: ranked by the frozen model."),
            machine=_about(_COUNT, "Labels that stand as the machine's."),
            human=_about(_COUNT, "Labels that stand as a person's."),
            unlabeled=_about(_COUNT, "Above the cut and not labeled (promise machine only)."),
            audits=_about(_COUNT, "K: drawn among the candidates."),
            skipped=_about(
                _COUNT,
                "Audits without an answer; they count as wrong, and carry no label by the machine (promise dataset).",
            ),
            **_CUT,
        ),
        test=_object(
            "The test that chose and proved the cut.",
            name=_TEXT,
            grid=_or_null(_GRID),
            level=_about(
                _RISK, "The risk that the test of this stage may take, its share of the attempt's delta."
            ),
            p_value=_P_VALUE,
            stopped_at=_STOPPED_AT,
        ),
        per_class=_or_null(
            {
                "type": "object",
                "description": "By predicted class, ranks counted within it. In counts stand the sums.",
                "additionalProperties": _object(
                    "A class's own test, at an equal share of the level.",
                    candidates=_COUNT,
                    **_CUT,
                    p_value=_P_VALUE,
                    stopped_at=_STOPPED_AT,
                ),
            }
        ),
        hashes=_object(
            "What was frozen, and what came of it.",
            salt=_about(_HASH, "Of the salt; stored before the draw."),
            items=_about(_HASH, "Over all keys, sorted."),
            ranking=_about(_HASH, "Over (key, predicted class) in order of rank."),
            human_before=_about(_HASH, "Over the keys that people had labeled before the freeze, sorted."),
            labels=_about(_HASH, "Over (key, label, source), sorted by key."),
            model=_about(_HASH, "Of the model's file."),
        ),
        salt=_about(_TEXT, "The audits are the keys with the smallest SHA-256(salt + ':' + key)."),
        ranked_by=_about(_TEXT, "What the candidates were ranked by."),
        audits=_list_of(
            "A blind audit.",
            key=_TEXT,
            rank=_NUMBER,
            predicted=_TEXT,
            answered=_about(_or_null(_TEXT), "The person's class; null: skipped."),
            by=_about(_or_null(_TEXT), "Who answered or skipped; null: nobody."),
            at=_or_null(_TIME),
        ),
        people=_list_of(
            "A person, or several in consensus, whose labels stand.",
            name=_TEXT,
            n_audits=_COUNT,
            n_labels=_COUNT,
        ),
        people_error=_or_null(
            _object(
                "How often people are wrong, from blind second answers on a random part of their labels.",
                n_second=_NUMBER,
                n_differ=_COUNT,
                delta=_RISK,
                upper=_about(_SHARE, "Upper bound of the share of people's labels that are wrong."),
                human_share=_about(_SHARE, "Of all N labels, those by people."),
                total_eps=_about(_SHARE, "Share wrong at most, people's own errors counted."),
                sentence=_TEXT,
            )
        ),
        model=_object(
            "What ranked and predicted.",
            name=_TEXT,
            learner=_TEXT,
            params={"type": "object"},
            seed={"type": "integer"},
            code_version=_TEXT,
            labels_hash=_TEXT,
            round=_about(_COUNT, "Of its run; 0: no model, everything is by people."),
        ),
        assumptions={"type": "array", "items": _TEXT, "minItems": 1},
        versions=_object("What computed it.", assay=_TEXT, python=_TEXT, scipy=_TEXT),
        digest=_about(_HASH, "Over everything else as JSON with sorted keys and no spaces."),
    ),
}


def schema_text() -> str:
    """The file docs/certificate.schema.json."""
    return json.dumps(SCHEMA, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
