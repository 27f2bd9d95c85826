"""Requests made from the schema, by everybody, at a running product; and what is wrong with the answers.

schemathesis makes the requests (good and bad ones) from the schema that the product serves. Ids in addresses are
mostly those of rows that exist, or every answer would be 404. An answer is wrong if it is a 5xx (503 too: nothing
is away), a status, media type or shape that the schema does not name, HTML, too slow, or let somebody in.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

ROLES = ("owner", "engineer", "reviewer", "annotator", "viewer", "outsider", "anonymous")
SLOW_SECONDS = 10.0  # a preview may take 8 by itself
OPEN_TO_ALL = {"session_show", "session_open", "session_close", "health_show", "schema_retrieve"}
# They take away what the others need, so they are aimed at the second project.
DESTROYS = {"member_remove", "member_change", "class_delete", "class_change", "token_revoke", "attempt_abandon",
            "project_delete", "project_change"}  # fmt: skip
LAST = ("attempt_abandon", "member_change", "member_remove", "project_delete")
REAL_IDS = 0.85  # of the ids in addresses
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    # Not negative_data_rejection: unknown parameters are passed over, and of a list each part is judged alone.
]


@dataclass
class Report:
    """What was sent and what came back."""

    n_requests: int = 0
    n_operations: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    by_role: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")
    failures: dict[tuple[str, str], list[str]] = field(default_factory=dict)  # (kind, operation) -> cases

    def add(self, kind: str, operation: str, what: str) -> None:
        self.failures.setdefault((kind, operation), []).append(what)

    def lines(self) -> Iterator[str]:
        yield f"{self.n_operations} operations, {self.n_requests:,} requests"
        yield "by role: " + ", ".join(f"{role} {n:,}" for role, n in sorted(self.by_role.items()))
        yield "by status: " + ", ".join(f"{status}: {n:,}" for status, n in sorted(self.statuses.items()))
        yield f"slowest answer: {self.slowest[0]:.1f} s, {self.slowest[1]}"
        yield f"answers of 5xx: {sum(n for status, n in self.statuses.items() if status >= 500):,}"
        kinds = Counter(kind for kind, _ in self.failures)
        yield f"failures: {sum(map(len, self.failures.values()))}" + "".join(
            f"\n  {kind}: {n} operations" for kind, n in sorted(kinds.items())
        )
        for (kind, operation), cases in sorted(self.failures.items()):
            yield f"- {kind} in {operation}, {len(cases)} times, such as\n    {cases[0]}"


class Attacker:
    """Sends the cases of every operation as every role."""

    def __init__(self, address: str, world: Mapping[str, Any], *, number: int) -> None:
        """`number` is the seed of everything that is drawn."""
        self.address, self.world, self.number = address, world, number
        raw = requests.get(f"{address}/api/schema", headers=self._headers("owner"), timeout=60)
        raw.raise_for_status()
        import yaml

        self.schema = schemathesis.openapi.from_dict(yaml.safe_load(raw.text))
        self.sessions = {role: requests.Session() for role in ROLES}
        self.report = Report()

    def run(self, *, n_cases: int, max_seconds: float, roles: tuple[str, ...] = ROLES) -> Report:
        """About `n_cases` requests, spread over roles and operations; fewer if the time is over."""
        operations = [result.ok() for result in self.schema.get_all_operations()]
        operations.sort(key=_rank)
        self.report.n_operations = len(operations)
        each = max(1, -(-n_cases // (len(operations) * len(roles))))
        deadline = time.monotonic() + max_seconds
        for place, operation in enumerate(operations):
            if place % 10 == 0:
                print(
                    f"{place} of {len(operations)} operations, {self.report.n_requests:,} requests",
                    flush=True,
                )
            for role in roles:
                if time.monotonic() > deadline:
                    return self.report
                self._attack(operation, role, each)
        return self.report

    def _attack(self, operation: Any, role: str, n_cases: int) -> None:
        cases = st.one_of(
            operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE),
        )
        name = _name(operation)

        @seed(hash_of(self.number, name, role))
        @settings(
            max_examples=n_cases,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=cases, chance=st.randoms(use_true_random=False))
        def attack(case: Any, chance: random.Random) -> None:
            self._send(case, name, role, chance)

        try:
            attack()
        except Exception as error:  # noqa: BLE001  of the generator: the product has no part in it
            if "Unsatisfiable" in type(error).__name__:
                return
            self.report.add("no case could be made", name, f"{type(error).__name__}: {str(error)[:200]}")

    def _send(self, case: Any, name: str, role: str, chance: random.Random) -> None:
        place = "spare" if name in DESTROYS else "kept"
        is_real = self._aim(case, name, place, chance)
        try:
            response = case.call(
                base_url=self.address,
                session=self.sessions[role],
                headers=self._headers(role),
                timeout=60,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            if "Invalid" in type(error).__name__ or "UnicodeError" in str(type(error)):
                return  # the client would not send it
            self.report.add("no answer", name, f"{role}: {error!r:.300}")
            return
        report, status = self.report, response.status_code
        report.n_requests += 1
        report.statuses[status] += 1
        report.by_role[role] += 1
        what = f"{status} {role} {case.method} {response.request.url[:200]} {_shown(response.request.body)}"
        report.slowest = max(report.slowest, (response.elapsed, what))
        if response.elapsed > SLOW_SECONDS:
            report.add("slow", name, f"{response.elapsed:.1f} s: {what}")
        media_type = " ".join(response.headers.get("content-type", [""]))
        if "html" in media_type and name != "docs":
            report.add("HTML", name, what)
        if status < 300 and role == "anonymous" and name not in OPEN_TO_ALL:
            report.add("let in who is not signed in", name, what)
        if status < 300 and role == "outsider" and is_real:
            report.add("let in an outsider", name, what)
        if status == 503 and name == "health_show":
            return  # it says that a part is down, where the tests run none
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as group:
            for failure in group.exceptions:
                self._note(failure, name, what, response)
        except Failure as failure:
            self._note(failure, name, what, response)

    def _note(self, failure: BaseException, name: str, what: str, response: Any) -> None:
        kind = getattr(failure, "title", type(failure).__name__)
        message = " ".join(str(failure).split())[:300]
        self.report.add(kind, name, f"{what}\n    {message}\n    {response.content[:300]!r}")

    def _aim(self, case: Any, name: str, place: str, chance: random.Random) -> bool:
        """Put ids of rows that exist into the address, mostly. Returns whether all of them are."""
        known = self.world[place]
        is_real = bool(case.path_parameters)
        for parameter in dict(case.path_parameters or {}):
            if chance.random() >= REAL_IDS or parameter not in known:
                is_real = False
                continue
            ids = self.world["spares"] if name == "project_delete" else known[parameter]
            case.path_parameters[parameter] = chance.choice(ids)
        if isinstance(case.body, dict):
            for parameter, ids in known.items():
                if parameter in case.body and chance.random() < 0.5:
                    case.body[parameter] = chance.choice(ids)
        return is_real

    def _headers(self, role: str) -> dict[str, str]:
        token = self.world["tokens"].get(role)
        return {"Authorization": f"Token {token}"} if token else {}


def hash_of(*parts: object) -> int:
    """The same number for the same parts, in every process."""
    return uuid.uuid5(uuid.NAMESPACE_OID, json.dumps([str(part) for part in parts])).int % 2**32


def _name(operation: Any) -> str:
    return str(operation.definition.raw.get("operationId", operation.label))


def _rank(operation: Any) -> tuple[int, str]:
    name = _name(operation)
    return (LAST.index(name) + 1 if name in LAST else 0, name)


def _shown(body: Any) -> str:
    if body is None:
        return ""
    return repr(body if isinstance(body, bytes) else str(body))[:200]
