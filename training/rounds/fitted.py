"""A round's learner, as it was saved, for workers that look at it again."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from labeling.storing.storage import stored_stream
from training.learners.base import Learner
from training.learners.saving import load
from training.models import Round
from training.rounds.artifacts import artifact_files


def learner_load(round: Round) -> Learner:
    """Raises LearnerError if its files are gone, or of another version that cannot be read."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for stored in artifact_files(round.artifact):
            target = folder / stored[len(round.artifact) + 1 :]
            target.parent.mkdir(parents=True, exist_ok=True)
            with stored_stream(stored) as stream, target.open("wb") as file:
                shutil.copyfileobj(stream, file, 2**20)
        learner: Learner = load(folder)
        return learner
