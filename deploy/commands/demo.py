"""`assay demo`: everything up, with a real dataset that is being labeled while you watch."""

from __future__ import annotations

import gzip
import secrets
import struct
from pathlib import Path
from typing import Any

import click
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection

from deploy import up
from deploy.commands.instance.up import FOREVER, running
from deploy.commands.projects.files import import_inline
from deploy.commands.projects.progress import check_over, watch
from deploy.commands.projects.train import print_rounds, run_start
from labeling.errors import InvalidInput
from labeling.models import ItemType, Project, Publishing
from labeling.projects.services import project_create
from training.models import Run

USERNAME = "demo"
DIGITS = "Handwritten digits"
MNIST = "MNIST"
LEARNER = "simple_cnn"  # not the default one: it shows what rounds of pseudo-labels do
# A hundred images of 8 by 8 pixels are learned by heart long before the network's default of steps.
PARAMS = {DIGITS: {"n_steps": 300}, MNIST: {}}
TRY = """
What to try:
  1. Open the project. The run that has begun labels what it is sure of, in up to {n_rounds} rounds.
  2. Review: keys 0 to 9 choose the digit, Enter takes the suggestion, Z undoes, ? shows all keys.
  3. Correct a machine label in Items: it is retired at once, and its history says so.
  4. Train again, with another threshold or learner, and compare the rounds.
  5. Export everything, with who said so, as CSV, JSONL, Parquet or folders of images.
"""


@click.command("demo")
@click.argument("dataset", type=click.Choice(["digits", "mnist"]), default="digits")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65_535))
@click.option("--no-frontend", is_flag=True, help="Do not build the front end where it is missing.")
@click.option("--once", is_flag=True, help="Wait for the run, print its rounds, and stop.")
def demo_command(
    dataset: str, path: Path | None, host: str, port: int, no_frontend: bool, once: bool
) -> None:
    """Start everything, with a real dataset being labeled.

    digits: the 1,797 handwritten digits that scikit-learn ships, 100 of them labeled.
    mnist PATH: the IDX files in the folder PATH, 1,000 of 60,000 labeled.
    """
    if dataset == "mnist" and path is None:
        raise InvalidInput("Say where the IDX files are: `assay demo mnist /path/to/folder`.")
    with running(
        host=host, port=port, n_web=2, with_frontend=not no_frontend, first_user=_demo_user
    ) as supervisor:
        person = User.objects.get(username=USERNAME)
        project = _digits(person) if path is None else _mnist(person, path)
        run = _first_run(project)
        connection.close()
        _tell(supervisor, person, run)
        over = watch(run, until=lambda: _ticked(supervisor))
        assert isinstance(over, Run)
        if not over.is_open:
            print_rounds(over)
        if once and not supervisor.is_stopping:
            check_over(over, f"Run {over.number}")
            return
        supervisor.wait_until(lambda: False, FOREVER)


def _demo_user() -> str:
    """A user `demo` with a new password at each start, which the caller prints."""
    person, _ = User.objects.get_or_create(
        username=USERNAME, defaults={"is_staff": True, "is_superuser": True}
    )
    password = secrets.token_urlsafe(9)
    person.set_password(password)
    person.save()
    return f"Sign in as {USERNAME} with the password {password}  (a new one at each start)"


def _digits(person: User) -> Project:
    """The project of scikit-learn's digits, imported if it is not there yet."""
    project, is_new = _project(person, DIGITS, "Which digit is this?")
    if is_new:
        folder = settings.ASSAY_DATA_DIR / "demo" / "digits"
        _write_digits(folder)
        _import(project, folder, {"label_first": 100, "sealed": True}, person)
    return project


def _mnist(person: User, folder: Path) -> Project:
    """The project of MNIST's 60,000 training images, and its 10,000 test images for measuring."""
    for name in ("train", "t10k"):
        if not list(folder.glob(f"{name}-images*")):
            raise InvalidInput(
                f"{folder} has no file {name}-images-idx3-ubyte or {name}-images-idx3-ubyte.gz."
            )
    project, is_new = _project(person, MNIST, "Which digit is this?")
    if is_new:
        _import(project, _only(folder, "train"), {"label_first": 1000, "sealed": True}, person)
        _import(project, _only(folder, "t10k"), {"split": "test"}, person)
    return project


def _project(person: User, name: str, question: str) -> tuple[Project, bool]:
    """The project of that name, and whether its items have still to come."""
    project = Project.objects.filter(name=name, created_by=person, deleted_at__isnull=True).first()
    if project is None:
        settings_ = {
            "name": name,
            "item_type": ItemType.IMAGE,
            "question": question,
            "publishing": Publishing.BY_ITSELF,  # so that labels come while you watch
        }
        project = project_create(owner=person, settings=settings_)
    return project, not project.imports.filter(state="done").exists()


def _import(project: Project, path: Path, options: dict[str, Any], person: User) -> None:
    click.echo(f"Importing {path}")
    work = import_inline(project, paths=[path], options=options, person=person)
    check_over(work, f"The import of {path}")


def _first_run(project: Project) -> Run:
    """The run of a new project, begun as the page begins one; later starts find it where it is."""
    run = project.runs.order_by("-number").first()
    if run is not None:
        return run
    return run_start(
        project,
        learner=LEARNER,
        params=PARAMS[project.name],
        policy={"kind": "fixed", "threshold": 0.97},
        n_rounds=5,
        user=USERNAME,
    )


def _tell(supervisor: up.Supervisor, person: User, run: Run) -> None:
    click.echo(TRY.format(n_rounds=run.n_rounds))
    click.secho(f"Open {supervisor.address}", bold=True)


def _ticked(supervisor: up.Supervisor) -> bool:
    """Watch the parts while we watch the run; true once somebody asks to stop."""
    supervisor.tick()
    return supervisor.is_stopping


def _only(folder: Path, name: str) -> Path:
    """The images of that part; the reader finds the labels beside them."""
    return sorted(folder.glob(f"{name}-images*"))[0]


def _write_digits(folder: Path) -> None:
    """The digits as an IDX pair, as MNIST ships: 8 by 8 pixels, 0 to 255."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels = (digits.images * (255 / 16)).round().astype("uint8")  # (n, 8, 8), from 0 to 16
    classes = digits.target.astype("uint8")
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(folder / "digits-images-idx3-ubyte.gz", "wb") as file:
        file.write(struct.pack(">4I", 0x803, *pixels.shape) + pixels.tobytes())
    with gzip.open(folder / "digits-labels-idx1-ubyte.gz", "wb") as file:
        file.write(struct.pack(">2I", 0x801, len(classes)) + classes.tobytes())
