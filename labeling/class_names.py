"""Order and hotkeys of the classes that an import finds. Pure."""

from __future__ import annotations

from collections.abc import Collection

HOTKEYS = "1234567890qwertyuiopasdghjklxcvbnm"  # without z (undo) and f (flag) of the review page


def hotkey_of(name: str, taken: Collection[str]) -> str:
    """The key for a class: its own name if that is a free key (digit 7 on key 7), else the next free one.

    Empty once all are taken: such a class is found by typing.
    """
    own = name.strip().lower()
    if len(own) == 1 and own in HOTKEYS and own not in taken:
        return own
    return next((key for key in HOTKEYS if key not in taken), "")


def natural(name: str) -> tuple[int, float, str]:
    """Sort key under which numbers stand in their order and before words: 1, 2, 10, cat."""
    try:
        return (0, float(name), name)
    except ValueError:
        return (1, 0.0, name.casefold())
