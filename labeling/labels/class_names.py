"""Order and hotkeys of the classes that an import finds. Pure."""

from __future__ import annotations

from collections.abc import Collection

DIGITS = "1234567890"
HOTKEYS = DIGITS + "qwertyuiopasdhjklxcvbnm"  # without z (undo), f (flag) and g (guide) of the review page


def hotkey_of(name: str, taken: Collection[str], *, n_classes: int) -> str:
    """The key for one of n_classes: its own name if that is a free key (digit 7 on key 7), else the next free one.

    Where there are more classes than keys only the first ten have one, a digit: the others are found by typing,
    and a letter that begins a name must not answer.
    """
    keys = HOTKEYS if n_classes <= len(HOTKEYS) else DIGITS
    own = name.strip().lower()
    if len(own) == 1 and own in keys and own not in taken:
        return own
    return next((key for key in keys if key not in taken), "")


def natural(name: str) -> tuple[int, float, str]:
    """Sort key under which numbers stand in their order and before words: 1, 2, 10, cat."""
    try:
        return (0, float(name), name)
    except ValueError:
        return (1, 0.0, name.casefold())
