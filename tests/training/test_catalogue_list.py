"""The checked list: light to import, complete, and open to other packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.learners import create, load_factory
from training.learners.catalogue import DEFAULT_LEARNER, ITEM_TYPES, check_params, learners, learners_for
from training.learners.errors import InvalidParams
from training.learners.saving import load, save


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A package that somebody else installed, with three entry points, of which two are wrong."""
    (tmp_path / "assay_extra.py").write_text(
        """
from training.learners.catalogue import LearnerSpec, Param

SPEC = LearnerSpec(
    name="extra_trees",
    title="Extra trees",
    description="Trees with random cuts.",
    item_types=("image", "table"),
    params=(Param("n_estimators", "int", 10, 1, 500, help="Number of trees."),),
    factory="sklearn.ensemble:ExtraTreesClassifier",
)
TAKEN = LearnerSpec(name="knn", title="", description="", item_types=("text",), factory="builtins:dict")
"""
    )
    info = tmp_path / "assay_extra-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: assay-extra\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[assay.learners]\n"
        "extra_trees = assay_extra:SPEC\n"
        "knn = assay_extra:TAKEN\n"
        "gone = assay_extra:MISSING\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    learners.cache_clear()
    yield
    learners.cache_clear()
    sys.modules.pop("assay_extra", None)


def test_a_learner_of_another_package_is_listed_checked_fitted_and_saved(
    package: None, tmp_path: Path
) -> None:
    X = np.random.default_rng(0).integers(0, 255, (20, 6, 6), dtype=np.uint8)
    y = np.arange(20) % 2

    assert "extra_trees" in [spec.name for spec in learners_for("image")]
    assert "extra_trees" not in [spec.name for spec in learners_for("text")]
    with pytest.raises(InvalidParams, match="n_estimators is 0"):
        create("extra_trees", item_type="image", n_estimators=0)

    learner = create("extra_trees", item_type="image").fit(X, np.where(np.arange(20) < 10, y, -1))
    save(learner, tmp_path / "model")
    assert np.allclose(load(tmp_path / "model").predict_proba(X), learner.predict_proba(X))


def test_entry_points_that_do_not_fit_are_logged_and_left_out(package: None, caplog: Any) -> None:
    known = learners()

    assert "gone" not in known
    assert known["knn"].title == "Nearest neighbours"
    assert "gone" in caplog.text
    assert "the name must be free" in caplog.text


def test_every_default_is_allowed_and_every_factory_is_there() -> None:
    for item_type in ITEM_TYPES:
        for spec in learners_for(item_type):
            defaults = {param.name: param.default for param in spec.params}
            assert check_params(spec.name, item_type=item_type, params={}) == defaults
            assert check_params(spec.name, item_type=item_type, params=defaults) == defaults
            assert all(param.help for param in spec.params)
            assert callable(load_factory(spec.factory))


def test_defaults_follow_the_item_type() -> None:
    assert check_params("svm", item_type="text", params={})["kernel"] == "linear"
    assert check_params("svm", item_type="table", params={})["kernel"] == "rbf"


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"n_neighbors": 2.5}, "n_neighbors is 2.5; it must be a whole number from 1 to 200."),
        ({"n_neighbors": "5"}, "n_neighbors is '5'; it must be a whole number"),
        ({"n_neighbors": True}, "n_neighbors is True; it must be a whole number"),
        ({"n_neighbors": float("inf")}, "n_neighbors is inf; it must be a whole number"),
        ({"weights": None}, "weights is None; it must be one of distance, uniform."),
        ({"size": 1}, "Nearest neighbours has no parameter 'size'. It has: n_neighbors, weights."),
    ],
)
def test_a_wrong_value_is_refused_in_a_sentence(params: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidParams) as caught:
        check_params("knn", item_type="table", params=params)

    (sentences,) = caught.value.fields.values()
    assert sentences[0].startswith(sentence)


def test_a_whole_number_may_come_as_a_float() -> None:
    found = check_params("knn", item_type="table", params={"n_neighbors": 7.0})

    assert found["n_neighbors"] == 7
    assert isinstance(found["n_neighbors"], int)


def test_listing_and_checking_import_no_heavy_library() -> None:
    code = (
        "import sys\n"
        "from training.learners import create\n"
        "from training.learners.catalogue import check_params, learners_for\n"
        "from training.rules.policies import check_policy\n"
        "learners_for('text'); check_params('svm', item_type='text', params={})\n"
        "check_policy({'kind': 'fixed'})\n"
        "print(sorted({'torch', 'sklearn', 'pandas', 'numpy', 'scipy', 'django'} & set(sys.modules)))"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("item_type", ITEM_TYPES)
def test_the_default_learner_is_offered_first(item_type: str) -> None:
    assert learners_for(item_type)[0].name == DEFAULT_LEARNER
