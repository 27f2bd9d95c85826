"""`assay train`."""

from __future__ import annotations

from typing import Any

import click

from deploy.commands import with_database
from deploy.commands.policies import chosen_policy, pairs, policy_options
from deploy.commands.projects.progress import check_over, shown, watch
from deploy.commands.projects.project import find_actor, find_project
from deploy.web.health import health_parts
from labeling.models import Project, Publishing
from training.learners.catalogue import DEFAULT_LEARNER
from training.models import RoundState, Run
from training.rounds.held_back import held_sentence
from training.runs.services import run_inline, run_request


@click.command("train")
@click.argument("project")
@click.option(
    "--learner", help="See /api/learners or the training page; the item type's default if left out."
)
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="Of the learner; once for each.")
@policy_options
@click.option("--rounds", "n_rounds", type=int, default=5, show_default=True, help="At most so many.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--watch", "is_watched", is_flag=True, help="Stay until it is over, and show its rounds.")
@click.option(
    "--user",
    help="In whose name, and with whose role; the first administrator, who may do everything, if left out.",
)
@with_database
def train_command(
    project: str,
    learner: str | None,
    params: tuple[str, ...],
    threshold: float | None,
    policy_name: str,
    policy_params: tuple[str, ...],
    n_rounds: int,
    seed: int,
    is_watched: bool,
    user: str | None,
) -> None:
    """Start a training run. A worker does it; without one it is done here."""
    run = run_start(
        find_project(project),
        learner=learner,
        params=pairs("--param", params),
        policy=chosen_policy(threshold, policy_name, policy_params),
        n_rounds=n_rounds,
        seed=seed,
        user=user,
    )
    click.echo(f"Run {run.number} of {run.project} is queued.")
    if _worker_is_up():
        if not is_watched:
            return
        run = watch(run)
    else:
        click.echo("No worker listens to the queue train, so it is done here. Ctrl-C cancels it.")
        with shown(run):
            run = run_inline(run)
    check_over(run, f"Run {run.number}")
    print_rounds(run)


def run_start(
    project: Project,
    *,
    learner: str | None = None,
    params: dict[str, Any],
    policy: dict[str, Any],
    n_rounds: int,
    seed: int = 0,
    user: str | None = None,
) -> Run:
    """The same as pressing Train on the page. Raises AssayError."""
    return run_request(
        project=project,
        user=find_actor(project, user),
        learner=learner or DEFAULT_LEARNER,
        params=params,
        policy=policy,
        n_rounds=n_rounds,
        seed=seed,
    )


def print_rounds(run: Run) -> None:
    """A line for each round, and why there are no more."""
    click.echo("round  labels by people  holdout accuracy (95% interval)  accepted       true precision")
    for each in run.rounds.order_by("number"):
        metrics = each.metrics
        held = metrics.get("holdout")
        truth = metrics.get("true_precision")
        accuracy = (
            f"{held['accuracy']:.1%} ({held['low']:.1%} to {held['high']:.1%})" if held else "no holdout"
        )
        accepted = f"{metrics.get('n_accepted', 0):,} ({metrics.get('share_accepted') or 0:.0%})"
        precision = _precision(truth) if truth else "not known"
        click.echo(f"{each.number:>5}  {each.n_human:>16,}  {accuracy:>31}  {accepted:<13}  {precision}")
    if run.stop_reason:
        click.echo(run.stop_reason)
    candidate = run.rounds.filter(state=RoundState.READY).order_by("number").last()
    if candidate is not None and candidate.held_back:
        click.echo(held_sentence(candidate.held_back))
    if candidate is None:
        return
    if run.project.publishing == Publishing.BY_ITSELF and not candidate.held_back:
        click.echo(f"Round {run.number}.{candidate.number} is being published, as the project's rule says.")
    else:
        click.echo(
            f"Round {run.number}.{candidate.number} is a candidate: `assay publish {run.project_id}` shows it beside "
            "what stands, and publishes it."
        )


def _precision(truth: dict[str, Any]) -> str:
    accepted = truth.get("accepted")
    return "none accepted" if accepted is None else f"{accepted:.2%} of {truth['n']:,}"


def _worker_is_up() -> bool:
    return any(part.name == "worker train" and part.is_up for part in health_parts())
