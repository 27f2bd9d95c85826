"""What stands: the round whose labels count now."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from labeling.labels.selectors import publication_of
from labeling.models import Project, Publication
from training.models import Round
from training.models.querysets import finished_rounds, has_predictions


def round_before(round: Round) -> Round | None:
    """The newest earlier round of the project that still has its predictions."""
    return finished_rounds(round.run.project_id).filter(id__lt=round.pk, pruned_at__isnull=True).first()


@dataclass(frozen=True)
class Standing:
    """What counts now: the labels of the open publication, and whose they are."""

    publication: Publication
    round: (
        Round | None
    )  # whose labels they are, or whose part, as a certificate's; None: a file's, not yet taken in

    @property
    def is_whole_round(self) -> bool:
        """The round's labels themselves, no part of them."""
        return self.round is not None and self.round.source_id == self.publication.source_id


# Of a round whose labels, or a part of them, are those of an open publication.
IS_STANDING = Q(source__publications__isnull=False, source__publications__ended_at__isnull=True) | Q(
    source__taken__publications__isnull=False, source__taken__publications__ended_at__isnull=True
)


def standing_of(project: Project) -> Standing | None:
    """What stands in the project. This is the one meaning of the word; None: no machine label does."""
    publication = publication_of(project)
    if publication is None:
        return None
    source = publication.source
    rounds = Round.objects.filter(source__in=[source.pk, source.taken_from_id or source.pk])
    shown = rounds.select_related("run", "source").defer("metrics", "confidences", "seconds")
    return Standing(publication, shown.first())


def standing_round(project: Project) -> Round | None:
    """The round whose labels stand, with its run and source, if its predictions are kept.

    None while nothing stands, or what a file brought and no run has taken in yet: a candidate is no model to go by
    before it is published.
    """
    standing = standing_of(project)
    round = standing.round if standing is not None else None
    return round if round is not None and has_predictions(round.pk) else None
