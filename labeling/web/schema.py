"""The API's schema: what every operation may answer besides what its view says.

Views name what they answer when all goes well, and errors worth a word of their own. The rest follows from the
method and the address, so it is added here, for every operation at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drf_spectacular.openapi import AutoSchema
from rest_framework.permissions import SAFE_METHODS

LARGEST_ID = 2**63 - 1

ERRORS = {
    400: "What was sent cannot be used; `fields` says what and why.",
    401: "Nobody is signed in, or the token is not valid.",
    403: "Your role does not include this, or the CSRF token is missing.",
    404: "There is no such thing, or none that you may see.",
    409: "Right in itself, but not in the present state.",
    413: "More bytes than are allowed.",
    415: "Another media type or charset than this operation reads.",
    503: "A part that is needed (database, broker, storage) does not answer. Try again.",
}


def add_errors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: the answers that operations refer to, each described once."""
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorOutput"}}}
    result["components"]["responses"] = {
        f"Error{status}": {"description": sentence, "content": content} for status, sentence in ERRORS.items()
    }
    return result


class Schema(AutoSchema):
    """drf-spectacular's, with the errors and the ranges that hold everywhere."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        found: dict[str, Any] = super()._get_response_bodies(direction)
        named = self.get_response_serializers()
        if self.method == "DELETE" and not isinstance(named, dict):
            # drf-spectacular takes it for granted that a DELETE answers nothing.
            found = {"200": self._get_response_for_code(named, "200")}  # type: ignore[no-untyped-call]
        for status in self._errors():
            found.setdefault(str(status), self._error(status))
        return dict(sorted(found.items()))

    def _errors(self) -> Iterator[int]:
        """Statuses that this operation may answer whatever its view does."""
        is_write = self.method not in SAFE_METHODS
        names_row = "{" in self.path
        yield from (400, 401, 503)
        if is_write or names_row:
            yield 403
        if names_row or is_write:  # a body may name rows, too
            yield 404
        if is_write:
            yield from (409, 413, 415)

    def _error(self, status: int) -> dict[str, Any]:
        from labeling.web.http import ErrorOutput  # here: rest_framework loads this module before that one

        self.resolve_serializer(ErrorOutput, "response")  # it is among the schema's shapes
        return {"$ref": f"#/components/responses/Error{status}"}

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super()._resolve_path_parameters(variables)  # type: ignore[no-untyped-call]
        for parameter in parameters:
            if parameter["schema"].get("type") == "integer":
                parameter["schema"] |= {"format": "int64", "minimum": 0, "maximum": LARGEST_ID}
        return parameters
