"""Options of the commands that start runs: which predictions become labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from labeling.errors import InvalidInput
from labeling.web.json_reading import read_json
from training.rules.policies import DEFAULT_POLICY, policy_kinds

F = TypeVar("F", bound=Callable[..., Any])


def policy_options(command: F) -> F:
    """--threshold, --policy and --policy-param, for `chosen_policy`."""
    kinds = policy_kinds().values()
    told = "  ".join(f"{one.name}: {', '.join(param.name for param in one.params)}." for one in kinds)
    usual = DEFAULT_POLICY.values["threshold"]
    for option in (
        click.option(
            "--policy-param",
            "policy_params",
            multiple=True,
            metavar="NAME=VALUE",
            help=f"Of the policy; once for each.  {told}",
        ),
        click.option(
            "--policy",
            "policy_name",
            type=click.Choice([one.name for one in kinds]),
            default=DEFAULT_POLICY.kind,
            show_default=True,
            help="  ".join(f"{one.name}: {one.description}" for one in kinds),
        ),
        click.option(
            "--threshold",
            type=float,
            help=f"Of a fixed policy: accept predictions from this confidence on.  [default: {usual}]",
        ),
    ):
        command = option(command)
    return command


def chosen_policy(threshold: float | None, policy_name: str, policy_params: Sequence[str]) -> dict[str, Any]:
    """As JSON; what is in it is checked by whoever starts the run. Raises InvalidInput."""
    given = pairs("--policy-param", policy_params)
    if threshold is not None:
        if policy_name != "fixed":
            raise InvalidInput(
                f"--threshold is of a fixed policy, and --policy is {policy_name}; use --policy-param."
            )
        given["threshold"] = threshold
    return {"kind": policy_name, **given}


def pairs(option: str, texts: Sequence[str]) -> dict[str, Any]:
    """NAME=VALUE, the value a number, true, false or a word."""
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidInput(f"{option} is {text!r}; write it as NAME=VALUE, such as {option} epochs=20.")
        try:
            found[name] = read_json(value)
        except ValueError:
            found[name] = value
    return found
