"""Label-error candidates of an inspection on their way to the queue: each is flagged with its reason."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import transaction

from labeling.blindness import Sight
from labeling.errors import InvalidInput
from labeling.models import Item
from review.models import Flag
from review.queue.flagging import flag_add
from training.inspections.sight import findings_seen
from training.models import Inspection


@transaction.atomic
def candidates_flag(*, inspection: Inspection, person: User, item_ids: Sequence[int]) -> list[Flag]:
    """Those candidates wait on top of the queue for a reviewer, with the doubt as the flag's note.

    What is asked blind is no candidate meanwhile. An item whose flag is still open is not flagged again; one whose label was changed since is left alone, as
    the doubt was about another label. Returns the new flags. Raises InvalidInput for items that are no candidates.
    """
    candidates = {
        each["item_id"]: each
        for each in findings_seen(inspection.findings, Sight.SETTLED).get("labels", {}).get("candidates", [])
    }
    strangers = [item_id for item_id in item_ids if item_id not in candidates]
    if strangers:
        sentence = f"Item {strangers[0]} is no candidate of inspection {inspection.number}."
        raise InvalidInput(sentence, fields={"item_ids": [sentence]})
    names = dict(inspection.project.classes.values_list("pk", "name"))
    flagged = set(
        Flag.objects.filter(item_id__in=item_ids, resolved_at__isnull=True).values_list("item_id", flat=True)
    )
    items = Item.objects.filter(project_id=inspection.project_id, pk__in=set(item_ids) - flagged)
    standing = dict(
        items.filter(labels__is_human=True, labels__retired_at__isnull=True).values_list(
            "pk", "labels__label_class_id"
        )
    )
    return [
        flag_add(item=item, person=person, note=_note(inspection, candidates[item.pk], names))
        for item in items.order_by("pk")
        if standing.get(item.pk) == candidates[item.pk]["class_id"]
    ]


def _note(inspection: Inspection, candidate: dict[str, float], names: dict[int, str]) -> str:
    given, suggested = (names.get(int(candidate[key]), "?") for key in ("class_id", "suggested_class_id"))
    return (
        f"Possible label error: labeled {given}, but the other labels suggest {suggested} "
        f"({candidate['suggested_confidence']:.0%} against {candidate['confidence']:.0%}; "
        f"inspection {inspection.number}, {inspection.learner})."
    )
