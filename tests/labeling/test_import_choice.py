"""Which labels are taken, and which keys new classes get."""

from __future__ import annotations

from labeling.imports.rules.label_choice import choose_labels
from labeling.labels.class_names import HOTKEYS, hotkey_of, natural


def test_a_balanced_choice_has_as_many_of_each_class_as_there_are() -> None:
    labels = [(row, "common" if row % 10 else "rare") for row in range(1_000)]
    names = dict(labels)

    chosen = choose_labels(labels, n_labels=300, balanced=True, seed=0)

    counts = [sum(names[row] == name for row in chosen) for name in ("common", "rare")]
    assert counts == [200, 100]  # all of the rare ones, and the rest from the others


def test_the_choice_depends_on_the_seed_and_not_on_the_order() -> None:
    labels = [(row, "a") for row in range(500)]

    first = choose_labels(labels, n_labels=50, balanced=False, seed=1)

    assert choose_labels(reversed(labels), n_labels=50, balanced=False, seed=1) == first
    assert choose_labels(labels, n_labels=50, balanced=False, seed=2) != first
    assert len(first) == 50


def test_a_smaller_choice_is_part_of_a_larger_one() -> None:
    labels = [(row, str(row % 7)) for row in range(700)]

    small = choose_labels(labels, n_labels=70, balanced=True, seed=3)

    assert small < choose_labels(labels, n_labels=140, balanced=True, seed=3)


def test_fewer_labels_than_asked_for_are_all_taken() -> None:
    assert choose_labels([(1, "a"), (2, "b")], n_labels=9, balanced=True, seed=0) == {1, 2}


def test_a_digit_gets_its_own_key_and_others_the_next_free_one() -> None:
    assert hotkey_of("7", set(), n_classes=9) == "7"
    assert hotkey_of("cat", {"1", "2"}, n_classes=9) == "3"
    assert hotkey_of("7", {"7"}, n_classes=9) == "1"
    assert hotkey_of("cat", set("1234567890"), n_classes=11) == "q"
    assert hotkey_of("cat", set(HOTKEYS), n_classes=len(HOTKEYS)) == ""
    # Of more classes than keys most are found by typing, and no letter of a name may answer.
    assert hotkey_of("cat", set("1234567890"), n_classes=77) == ""
    assert not {"z", "f"} & set(HOTKEYS)  # undo and flag


def test_class_names_that_are_numbers_are_in_order_of_number() -> None:
    assert sorted(["10", "cat", "9", "Ant"], key=natural) == ["9", "10", "Ant", "cat"]
