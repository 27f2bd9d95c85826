"""`assay alive`: for probes that restart what is wedged. It asks no server, so that no outage restarts anything."""

from __future__ import annotations

import click

from deploy.workers.heart import alive_here, patience_seconds


@click.command("alive")
@click.argument("part", type=click.Choice(["worker", "scheduler"]))
def alive_command(part: str) -> None:
    """Whether the workers, or the scheduler, of this host work: exit code 0, else 1 with a sentence."""
    ages = alive_here(part)
    if not ages:
        raise click.ClickException(f"No {part} runs on this host with this ASSAY_DATA_DIR.")
    silent = {pid: age for pid, age in ages.items() if age > patience_seconds()}
    for pid, age in silent.items():
        click.echo(f"The {part} of process {pid} has shown no work for {age:.0f} s.", err=True)
    if silent:
        raise click.exceptions.Exit(1)
    click.echo(f"{len(ages)} of {len(ages)} work.")
