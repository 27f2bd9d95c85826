"""What tests of labels share."""

from __future__ import annotations

import pytest

from labeling.models import LabelClass, Project


@pytest.fixture
def classes(project: Project) -> dict[str, LabelClass]:
    return {label_class.name: label_class for label_class in project.classes.all()}
