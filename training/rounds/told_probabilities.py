"""What exports carry of the published round's probabilities (labeling/carried.py)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from django.db.models import Q

from labeling.models import LabelClass, Project, Publication
from training.models import Prediction, Round
from training.rules.other_classes import others_unpack


def round_probabilities(
    project: Project, item_ids: Sequence[int], at: dt.datetime | None
) -> Iterator[tuple[int, dict[str, float]]]:
    """Class -> probability of the five likeliest classes, by the round whose labels stood then; none once it is pruned."""
    spans = Publication.objects.filter(project=project)
    spans = spans.filter(ended_at__isnull=True) if at is None else spans.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gt=at), started_at__lte=at
    )  # fmt: skip
    sources = list(spans.values_list("source_id", "source__taken_from_id"))
    wanted = [pk for pair in sources for pk in pair if pk is not None]
    a_round = Round.objects.filter(source_id__in=wanted).first()
    if a_round is None:
        return
    names = dict(LabelClass.objects.filter(project=project).values_list("pk", "name"))
    rows = Prediction.objects.filter(round=a_round, item_id__in=list(item_ids))
    for item_id, class_id, confidence, others in rows.values_list(
        "item_id", "label_class_id", "confidence", "others"
    ):
        shares = {class_id: round(confidence, 4)} | {
            one.class_id: one.confidence for one in others_unpack(others)
        }
        yield item_id, {names[pk]: share for pk, share in shares.items() if pk in names}
