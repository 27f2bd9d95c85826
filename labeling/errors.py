"""Errors that a caller can act on.

AssayError                  400  the base: a code, one sentence, and the fields it is about
├── InvalidInput            400  a value lies outside what is allowed
├── NotAllowed              403  a member whose role does not reach
├── NotFound                404  no such thing, or not yours to see
├── Conflict                409  right in itself, but not in the present state
├── TooMany                 429  more at once, or more often, than one person may
├── TooLarge                413  more bytes, rows or pixels than the limit
└── Unavailable             503  a part that is needed is down

Every sentence says what is wrong with the value we saw, what is allowed, and what to do.
The one handler that turns these into HTTP is labeling/web/http.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class AssayError(Exception):
    """Something a caller can act on.

    `code` is stable and machine readable; `fields` maps an input field (or `row 17`) to its sentences.
    """

    status = 400
    code = "error"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        fields: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.fields = {name: list(sentences) for name, sentences in (fields or {}).items()}


class InvalidInput(AssayError):
    """A value lies outside what is allowed."""

    status = 400
    code = "invalid_input"


class NotAllowed(AssayError):
    """A member asks for something that the role does not include."""

    status = 403
    code = "not_allowed"


class NotFound(AssayError):
    """No such thing, or the caller is no member of its project."""

    status = 404
    code = "not_found"


class Conflict(AssayError):
    """The request is right in itself but does not fit the present state."""

    status = 409
    code = "conflict"


class TooLarge(AssayError):
    """More bytes, rows or pixels than the limit."""

    status = 413
    code = "too_large"


class TooMany(AssayError):
    """More at once, or more often, than one person may; the same request is right a little later."""

    status = 429
    code = "too_many"


class Unavailable(AssayError):
    """A part that is needed (database, broker, storage) does not answer."""

    status = 503
    code = "unavailable"
