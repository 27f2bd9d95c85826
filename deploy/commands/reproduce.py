"""`assay reproduce`: published case studies, with the product's own code."""

from __future__ import annotations

from pathlib import Path

import click

from training.reproduce import SIZES, THRESHOLDS, reproduce_seed_001, table_markdown, table_text


@click.command("reproduce")
@click.argument("study", type=click.Choice(["seed-001"]))
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--labels", "sizes", multiple=True, type=click.IntRange(10, 60_000), help="Only these sizes.")
@click.option("--threshold", "thresholds", multiple=True, type=click.FloatRange(0, 1), help="Only these.")
@click.option("--rounds", "n_rounds", type=click.IntRange(1, 50), default=10, show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True)
@click.option(
    "--results",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Keeps finished cells here (JSON lines), and goes on from them.",
)
@click.option("--markdown", is_flag=True, help="Print the table as docs/results.md has it.")
def reproduce_command(
    study: str,
    path: Path,
    sizes: tuple[int, ...],
    thresholds: tuple[float, ...],
    n_rounds: int,
    seed: int,
    device: str,
    results: Path | None,
    markdown: bool,
) -> None:
    """Run a published case study and print its table.

    seed-001: iterative pseudo-labeling of MNIST with a simple CNN. PATH holds the four IDX files.
    """
    cells = reproduce_seed_001(
        path,
        n_rounds=n_rounds,
        seed=seed,
        device=device,
        results=results,
        tell=lambda line: click.echo(line, err=True),
        sizes=sizes or SIZES,
        thresholds=thresholds or THRESHOLDS,
    )
    click.echo(table_markdown(cells) if markdown else table_text(cells))
