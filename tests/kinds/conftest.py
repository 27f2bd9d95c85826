from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from drf_spectacular import plumbing

from labeling.exports.formats import export_formats
from labeling.formats.layouts.tools import import_layouts
from labeling.item_types import item_types
from review.reasons import queue_reasons
from tests.kinds.package import install
from training.learners.catalogue import learners
from training.rules.policies import policy_kinds

Installed = Callable[..., Path]

REGISTRIES = (learners, export_formats, queue_reasons, policy_kinds, import_layouts, item_types)


def forget() -> None:
    """The next look at each list reads the entry points anew."""
    for registry in REGISTRIES:
        registry.cache_clear()
    plumbing._load_enum_name_overrides.cache_clear()  # the names of choices in the schema


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    """Puts a package on the path of this process, which serves the API, and of those that it starts."""
    modules: list[str] = []

    def put(sources: Mapping[str, str], entry_points: Mapping[str, Mapping[str, str]]) -> Path:
        folder = install(tmp_path / "site-packages", modules=sources, entry_points=entry_points)
        modules.extend(sources)
        monkeypatch.syspath_prepend(str(folder))
        monkeypatch.setenv("PYTHONPATH", str(folder))
        forget()
        return folder

    yield put
    monkeypatch.undo()
    forget()
    for name in modules:
        sys.modules.pop(name, None)
