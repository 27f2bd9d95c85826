"""A wrong value stops the start and says what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from deploy import env


def test_number_outside_its_range_is_refused_with_the_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_X", "1000")

    with pytest.raises(ImproperlyConfigured, match="ASSAY_X is '1000'; use a whole number from 1 to 10"):
        env.read_int("ASSAY_X", 3, low=1, high=10)


def test_word_that_is_neither_yes_nor_no_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_X", "maybe")

    with pytest.raises(ImproperlyConfigured, match="use one of 0, 1, false, no"):
        env.read_bool("ASSAY_X", False)


def test_empty_value_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_X", " ")

    assert env.read_int("ASSAY_X", 3, low=1, high=10) == 3
    assert env.read_bool("ASSAY_X", True) is True
    assert env.read_str("ASSAY_X", "there") == "there"


def test_secret_comes_from_a_file_before_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("from the file\n")
    monkeypatch.setenv("ASSAY_X", "from the environment")
    monkeypatch.setenv("ASSAY_X_FILE", str(tmp_path / "secret"))

    assert env.read_secret("ASSAY_X") == "from the file"


def test_secret_file_that_is_missing_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_X_FILE", "/nowhere/at/all")

    with pytest.raises(ImproperlyConfigured, match="ASSAY_X_FILE is '/nowhere/at/all'"):
        env.read_secret("ASSAY_X")


def test_options_must_be_a_json_object(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_X", '["bucket"]')

    with pytest.raises(ImproperlyConfigured, match="JSON object"):
        env.read_json("ASSAY_X")
