"""`assay compare`: several learners on the same labels and seeds, of a project or of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from deploy.commands import with_database
from deploy.commands.projects.progress import shown, watch
from deploy.commands.projects.project import find_actor, find_project
from deploy.web.health import health_parts
from labeling.errors import InvalidInput
from labeling.item_types import item_types
from labeling.jobs.work import WorkState
from labeling.web.json_reading import read_json
from training.comparisons.services import comparison_inline, comparison_request
from training.learners.catalogue import check_params, learners_for
from training.models import Comparison

MINUTES_DEFAULT = 15


@click.command("compare")
@click.argument("project", required=False)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Compare on a labeled file or folder instead of a project: CSV and its kin, IDX, folders of images.",
)
@click.option("--learner", "learners", multiple=True, help="Once for each; all of the item type if left out.")
@click.option(
    "--param", "params", multiple=True, metavar="LEARNER.NAME=VALUE", help="Of a learner; once for each."
)
@click.option(
    "--labels",
    "n_labels",
    multiple=True,
    type=click.IntRange(min=2),
    help="Draw so many labels, the rest counts as unlabeled; once for each size. All if left out.",
)
@click.option("--seeds", "n_seeds", default=3, show_default=True, type=click.IntRange(1, 20))
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0), help="The first one.")
@click.option(
    "--max-minutes",
    default=float(MINUTES_DEFAULT),
    show_default=True,
    help="Of one trial; then it is stopped.",
)
@click.option("--label-column", help="Of --data; guessed if left out.")
@click.option("--item-type", type=click.Choice(list(item_types())), help="Of --data; guessed if left out.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", help="For --data.")
@click.option(
    "--results",
    type=click.Path(path_type=Path, dir_okay=False),
    help="For --data: keeps finished trials here (JSON lines), and goes on from them.",
)
@click.option("--markdown", is_flag=True, help="Print the table as a page has it.")
@click.option(
    "--user",
    help="In whose name, and with whose role; the first administrator, who may do everything, if left out.",
)
def compare_command(
    project: str | None,
    data: Path | None,
    learners: tuple[str, ...],
    params: tuple[str, ...],
    n_labels: tuple[int, ...],
    n_seeds: int,
    seed: int,
    max_minutes: float,
    markdown: bool,
    user: str | None,
    **of_files: Any,
) -> None:
    """Compare learners on the labels of PROJECT, or on files with --data.

    Every learner gets the same labels at the same seed. The table has means with 95% intervals; the
    best is marked only where it is better than every other beyond what chance explains.
    """
    if (project is None) == (data is None):
        raise InvalidInput("Name a project, or files with --data; one of the two.")
    settings: dict[str, Any] = {"n_seeds": n_seeds, "seed": seed}
    if data is not None:
        rows = _files(
            data,
            learners,
            _params(params),
            n_labels=n_labels,
            seconds=60 * max_minutes,
            **settings,
            **of_files,
        )
    else:
        assert project is not None
        rows = _project(
            project,
            learners,
            _params(params),
            user=user,
            n_labels=n_labels,
            max_seconds=round(60 * max_minutes),
            **settings,
        )
    print_table(rows, markdown=markdown)


def print_table(rows: Sequence[Mapping[str, Any]], *, markdown: bool = False) -> None:
    """The table, and below it what went wrong."""
    # Here: web processes load the commands' list, and these bring in numpy.
    from training.comparisons.rules.table import table_markdown, table_text

    click.echo(table_markdown(rows) if markdown else table_text(rows))
    for row in rows:
        for sentence in row["errors"]:
            click.echo(f"{row['learner']}: {sentence}", err=True)


@with_database
def _project(
    name: str,
    learners: Sequence[str],
    params: Mapping[str, Mapping[str, Any]],
    *,
    user: str | None,
    **settings: Any,
) -> list[dict[str, Any]]:
    """The table of a comparison on a project's labels. A worker does it; without one it is done here."""
    project = find_project(name)
    comparison = comparison_request(
        project=project,
        user=find_actor(project, user),
        learners=_chosen(project.form, learners, params),
        **settings,
    )
    click.echo(f"Comparison {comparison.number} of {project} is queued.", err=True)
    if any(part.name == "worker train" and part.is_up for part in health_parts()):
        over = watch(comparison)
    else:
        click.echo("No worker listens to the queue train, so it is done here. Ctrl-C cancels it.", err=True)
        with shown(comparison):
            over = comparison_inline(comparison)
    assert isinstance(over, Comparison)
    if over.state != WorkState.DONE:
        click.echo(f"Comparison {over.number} is {over.state}. {over.error_message}".rstrip(), err=True)
    measured = over.get_measured_by_display() or "nothing yet"
    click.echo(
        f"{over.n_human:,} training labels, {over.n_pool:,} unlabeled items. "
        f"Measured by: {measured.lower()} ({over.n_test:,} labels).",
        err=True,
    )
    return list(over.table)


def _files(
    path: Path,
    learners: Sequence[str],
    params: Mapping[str, Mapping[str, Any]],
    *,
    n_labels: Sequence[int],
    n_seeds: int,
    seed: int,
    seconds: float,
    label_column: str | None,
    item_type: str | None,
    device: str,
    results: Path | None,
) -> list[dict[str, Any]]:
    """The table of a comparison on files. No database is needed."""
    from training.comparisons.rules.benchmark import benchmark_run, trials_planned
    from training.comparisons.rules.files import files_read
    from training.comparisons.rules.table import table_rows

    dataset = files_read(path, label_column=label_column, item_type=item_type)
    n_train = len(dataset.labeled_rows)
    click.echo(
        f"{n_train:,} {dataset.item_type} items to train on, {len(dataset.test_rows):,} for testing, "
        f"{len(dataset.class_names)} classes.",
        err=True,
    )
    if too_many := [n for n in n_labels if n > n_train]:
        raise InvalidInput(f"--labels is {too_many[0]:,}, and there are {n_train:,} labels to train on.")
    trials = trials_planned(
        _chosen(dataset.item_type, learners, params), n_labels=n_labels or (None,), n_seeds=n_seeds, seed=seed
    )
    done = benchmark_run(
        dataset,
        trials,
        device=device,
        max_seconds=seconds,
        results=results,
        about=str(path.resolve()),
        tell=lambda line: click.echo(line, err=True),
    )
    return table_rows(done)


def _chosen(
    item_type: str, learners: Sequence[str], params: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Learner -> its parameters, checked; all of the item type where none is named."""
    names = list(dict.fromkeys(learners)) or [spec.name for spec in learners_for(item_type)]
    if strangers := sorted(set(params) - set(names)):
        raise InvalidInput(f"--param is of {strangers[0]}, which is not compared.")
    return {
        name: dict(check_params(name, item_type=item_type, params=params.get(name, {}))) for name in names
    }


def _params(texts: Sequence[str]) -> dict[str, dict[str, Any]]:
    """LEARNER.NAME=VALUE, the value a number or a word."""
    found: dict[str, dict[str, Any]] = {}
    for text in texts:
        place, equals, value = text.partition("=")
        learner, dot, name = place.partition(".")
        if not (equals and dot):
            raise InvalidInput(
                f"--param is {text!r}; write it as LEARNER.NAME=VALUE, such as simple_cnn.n_steps=300."
            )
        try:
            read = read_json(value)
        except ValueError:
            read = value
        found.setdefault(learner, {})[name] = read
    return found
