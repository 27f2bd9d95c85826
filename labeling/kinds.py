"""Things that come in kinds: each kind is one description in one folder, or an entry point of another package. Pure.

A description is a frozen dataclass with a `name`, light to import; what does the work is named as
"module:attribute" and imported when it is needed. docs/kinds.md lists what comes in kinds.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, Protocol, TypeVar, cast

logger = logging.getLogger(__name__)


class Kind(Protocol):
    @property
    def name(self) -> str: ...


K = TypeVar("K", bound=Kind)


def kinds_of(group: str, kind_type: type[K], built_in: Iterable[K]) -> dict[str, K]:
    """Name -> description: ours, then those that installed packages add by entry points of this group.

    One that cannot be read is logged, not fatal.
    """
    known = {kind.name: kind for kind in built_in}
    for entry in entry_points(group=group):
        try:
            kind = entry.load()
        except (ImportError, AttributeError) as error:
            logger.error("%s of %s (%s) cannot be loaded: %s", entry.name, group, entry.value, error)
            continue
        if not isinstance(kind, kind_type) or kind.name != entry.name or kind.name in known:
            logger.error(
                "%s of %s (%s) is left out: it must be a %s of that very name, and the name must be free.",
                entry.name,
                group,
                entry.value,
                kind_type.__name__,
            )
            continue
        known[kind.name] = kind
    return known


def load_factory(path: str) -> Callable[..., Any]:
    """The thing behind "module:attribute"."""
    module, _, attribute = path.partition(":")
    return cast("Callable[..., Any]", getattr(import_module(module), attribute))


def accepted(factory: Callable[..., Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `settings` that the factory has a parameter for."""
    names = inspect.signature(factory).parameters
    return {name: value for name, value in settings.items() if name in names}
