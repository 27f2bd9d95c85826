"""`assay publish`."""

from __future__ import annotations

import click

from deploy.commands import with_database
from deploy.commands.projects.project import find_actor, find_project
from labeling.errors import InvalidInput, NotFound
from labeling.models import Project
from review.publishing.candidates import Beside, beside_standing
from review.publishing.publish import round_publish
from training.models import Round, RoundState
from training.rounds.held_back import p_text
from training.rules.paired import exact_interval


@click.command("publish")
@click.argument("project")
@click.option("--round", "named", help="Such as 3.2: round 2 of run 3; the newest candidate if left out.")
@click.option("--yes", "is_sure", is_flag=True, help="Publish without asking.")
@click.option(
    "--user",
    help="In whose name, and with whose role; the first administrator, who may do everything, if left out.",
)
@with_database
def publish_command(project: str, named: str | None, is_sure: bool, user: str | None) -> None:
    """Show a round beside what stands, and make its labels stand.

    A candidate, or an earlier round that is put back.
    """
    found = find_project(project)
    person = find_actor(found, user)
    round = _newest_candidate(found) if named is None else _round_named(found, named)
    beside = beside_standing(round)
    for line in lines_of(beside):
        click.echo(line)
    if beside.stands:
        return
    if not is_sure:
        click.confirm("Publish it?", abort=True)
    publication = round_publish(
        round_id=round.pk,
        by=person,
        instead_of=beside.standing.publication.pk if beside.standing is not None else None,
    )
    click.echo(f"{publication.n_labels:,} labels of {publication.source.name} stand now.")


def lines_of(beside: Beside) -> list[str]:
    """For people: what stands, what would change, and which is right more often."""
    round, diff, paired = beside.round, beside.diff, beside.paired
    name = f"Round {round.run.number}.{round.number}"
    if beside.stands:
        return [f"The labels of {name.lower()} stand already."]
    if beside.standing is None:
        return [f"{name} would label {beside.n_labels:,} items. No machine label stands now."]
    lines = [
        (
            f"{name} would replace {beside.standing.publication.source.name}: {beside.n_labels:,} labels instead of "
            f"{beside.n_standing:,} ({diff['new']:,} gained, {diff['dropped']:,} lost, {diff['changed']:,} changed)."
        )
    ]
    if paired is None:
        lines.append("No held-out item says anything of both, so which is right more often is not known.")
    else:
        lines.append(
            f"On the same {paired.n:,} held-out items: {name.lower()} {_right(paired.n_candidate, paired.n)}, what "
            f"stands {_right(paired.n_standing, paired.n)}; chance of such a loss if it were no worse: p "
            f"{p_text(paired.p_worse)}."
        )
        if paired.is_worse:
            lines.append("It is worse beyond chance.")
    if beside.certificate is not None:
        lines.append(f"Certificate {beside.certificate.number} would be revoked, for good.")
    return lines


def _right(n_right: int, n: int) -> str:
    low, high = exact_interval(n_right, n)
    return f"{n_right / n:.1%} right ({low:.1%} to {high:.1%})"


def _newest_candidate(project: Project) -> Round:
    ready = Round.objects.filter(run__project=project, state=RoundState.READY).select_related(
        "run__project", "source"
    )
    round = ready.order_by("pk").last()
    if round is None:
        raise NotFound(
            "There is no candidate: no round is ready and not published. `assay train` makes one; --round 3.2 puts an "
            "earlier one back."
        )
    return round


def _round_named(project: Project, named: str) -> Round:
    run, dot, number = named.partition(".")
    if not (dot and run.isdecimal() and number.isdecimal()):
        raise InvalidInput(f"--round is {named!r}; write run and round with a dot between, such as 3.2.")
    rounds = Round.objects.filter(run__project=project, run__number=int(run), number=int(number))
    round = rounds.select_related("run__project", "source").first()
    if round is None:
        raise NotFound(f"There is no round {named} in this project.")
    return round
