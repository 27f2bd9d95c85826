"""`assay import` and `assay export`: a project's items and labels in and out."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click
from django.contrib.auth.models import User
from django.core.files.storage import default_storage

from deploy.commands import with_database
from deploy.commands.progress import Shower, check_over, shown, watch
from deploy.commands.project import find_person, find_project
from labeling.errors import InvalidInput, NotFound
from labeling.export_pipeline import export_run
from labeling.export_services import export_request
from labeling.import_options import CHOICES
from labeling.import_services import import_from_path, import_run_inline, preview_path
from labeling.item_selectors import ItemFilters, LabeledBy
from labeling.models import Export, Import, Project, Split
from labeling.project_pipeline import project_erase
from labeling.project_services import project_create, project_delete
from labeling.readers.rows import ColumnRole
from labeling.work import Work, WorkState

SHOWN_PROBLEMS = 20
WRITTEN_AS = ("csv", "jsonl", "parquet", "images")


@click.command("import")
@click.argument("project")
@click.argument("paths", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="PATH...")
@click.option("--create", "is_created", is_flag=True, help="Make the project if there is none of this name.")
@click.option("--dry-run", is_flag=True, help="Check everything, write nothing.")
@click.option("--format", type=click.Choice(CHOICES["format"]), help="Detected if left out.")
@click.option("--entry", help="The table within an archive or folder.")
@click.option("--encoding", help="Of the text; detected if left out.")
@click.option("--delimiter", help="One character; detected if left out.")
@click.option("--header/--no-header", "has_header", default=None, help="Detected if left out.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=ROLE",
    help=f"Once for each column; roles are {', '.join(ColumnRole)}.",
)
@click.option("--labels-from", type=click.Choice(CHOICES["labels_from"]), help="Who made the file's labels.")
@click.option("--split", type=click.Choice(CHOICES["split"]), help="test: labels are only for measuring.")
@click.option("--classes", type=click.Choice(CHOICES["classes"]), help="What to do with new classes.")
@click.option(
    "--label-first", type=int, help="Take so many labels, balanced over classes; leave out the rest."
)
@click.option("--sealed", is_flag=True, help="Keep labels left out as sealed truth, for benchmarks.")
@click.option("--seed", type=int, help="Of the draw of --label-first.")
@click.option("--user", help="In whose name; the first administrator if left out.")
@with_database
def import_command(
    project: str,
    paths: tuple[Path, ...],
    is_created: bool,
    columns: tuple[str, ...],
    user: str | None,
    **given: Any,
) -> None:
    """Import files, folders or archives into a project. Several are read together, as parts of one set.

    The same file twice adds nothing.
    """
    options = {name: value for name, value in given.items() if value not in (None, False)}
    if given["has_header"] is False:
        options["has_header"] = False
    if columns:
        options["columns"] = dict(_role(text) for text in columns)
    person = find_person(user)
    is_dry = bool(options.get("dry_run"))
    found, is_new = _project(project, paths=paths, options=options, person=person, is_created=is_created)
    with _kept(found) if is_new else nullcontext() as keep:
        work = import_inline(found, paths=paths, options=options, person=person)
        if keep is not None and not is_dry and (work.state == WorkState.DONE or found.items.exists()):
            keep()
    _print_report(work, is_dry=is_dry)
    check_over(work, f"The import of {work.file_name}")


@click.command("export")
@click.argument("project")
@click.option("--format", required=True, type=click.Choice(WRITTEN_AS), help="images: a zip of folders.")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The file to write."
)
@click.option("--source", type=click.Choice(LabeledBy.values), help="Only items with this kind of label.")
@click.option("--class", "class_name", help="Only items that this class stands for.")
@click.option("--confidence-min", type=float, help="Only machine labels at least this sure.")
@click.option("--confidence-max", type=float, help="Only machine labels at most this sure.")
@click.option(
    "--split",
    type=click.Choice([name for name, _ in Split.shown_choices()]),
    help="Only items of this split.",
)
@click.option("--as-of", type=click.DateTime(), help="The state at this moment (UTC); now if left out.")
@click.option("--user", help="In whose name; the first administrator if left out.")
@with_database
def export_command(
    project: str,
    format: str,
    out: Path,
    class_name: str | None,
    as_of: dt.datetime | None,
    user: str | None,
    **filters: Any,
) -> None:
    """Export a project's items and labels to a file."""
    found = find_project(project)
    if not out.resolve().parent.is_dir():
        raise InvalidInput(f"There is no folder {out.resolve().parent} to write {out.name} into.")
    export: Work = export_request(
        project=found,
        by=find_person(user),
        format=format,
        filters=ItemFilters(class_id=_class_id(found, class_name), **filters),
        as_of=as_of.replace(tzinfo=dt.UTC) if as_of else None,
    )
    with shown(export):
        export_run(export.pk, worker=f"{socket.gethostname()}:{os.getpid()}")
    export = watch(export)  # a worker may have heard the bell first
    check_over(export, "The export")
    assert isinstance(export, Export)
    beside = out.with_name(f"{out.name}.part")
    with default_storage.open(export.stored_name) as stored, open(beside, "wb") as file:
        shutil.copyfileobj(stored, file)
    beside.replace(out)
    click.echo(f"{export.n_rows:,} rows, {export.n_bytes:,} bytes, SHA-256 {export.sha256}: {out}")


def _class_id(project: Project, name: str | None) -> int | None:
    if name is None:
        return None
    found = project.classes.filter(name=name).first()
    if found is None:
        names = ", ".join(project.classes.values_list("name", flat=True)[:20])
        raise NotFound(f"{project.name} has no class {name!r}. It has: {names or 'none yet'}.")
    return found.pk


def import_inline(
    project: Project, *, paths: Sequence[Path], options: dict[str, Any], person: User
) -> Import:
    """Do the import here, with its progress shown. Raises AssayError for what can be seen to be wrong."""
    work = import_from_path(project=project, path=paths[0], more=paths[1:], options=options, user=person)
    shower = Shower()
    try:
        return import_run_inline(work.pk, on_progress=shower.show)
    finally:
        shower.close()


@contextmanager
def _kept(project: Project) -> Iterator[Callable[[], None]]:
    """A project made for an import: said to be made once it is kept, and otherwise taken away again at the end."""
    is_kept = False

    def keep() -> None:
        nonlocal is_kept
        is_kept = True
        kind = project.get_item_type_display().lower()
        click.echo(f"Made project {project.pk}: {project.name}, of {kind} items.")

    try:
        yield keep
    finally:
        if not is_kept and not project.items.exists():
            project_delete(project=project)
            project_erase(project.pk)


def _project(
    name: str, *, paths: Sequence[Path], options: dict[str, Any], person: User, is_created: bool
) -> tuple[Project, bool]:
    """The project of that name, and whether it was made now."""
    try:
        return find_project(name), False
    except NotFound:
        if not is_created:
            raise
    for path in paths:
        if not path.exists():
            raise InvalidInput(f"There is no file or folder {path}.", code="no_such_file")
    item_type = preview_path(path=paths[0], more=paths[1:], item_type=None, options=options).item_type
    return project_create(owner=person, settings={"name": name, "item_type": item_type}), True


def _role(text: str) -> tuple[str, str]:
    name, equals, role = text.rpartition("=")
    if not equals:
        raise InvalidInput(f"--column is {text!r}; write it as NAME=ROLE, such as --column review=text.")
    return name, role


def _print_report(work: Import, *, is_dry: bool) -> None:
    report = work.report
    verb = "would be added" if is_dry else "added"
    click.echo(
        f"{report.get('n_rows', 0):,} rows: {report.get('n_items_added', 0):,} items and "
        f"{report.get('n_labels_added', 0):,} labels {verb}, {report.get('n_known', 0):,} known already."
    )
    counts = {
        "n_sealed": ("label is sealed", "labels are sealed"),
        "n_duplicate_content": ("row repeats the content of another", "rows repeat the content of another"),
        "n_label_conflicts": (
            "row contradicts a label; the label that stood was kept",
            "rows contradict a label; the label that stood was kept",
        ),
        "n_problems": ("problem", "problems"),
    }
    for name, (one, many) in counts.items():
        if report.get(name):
            click.echo(f"{report[name]:,} {one if report[name] == 1 else many}.")
    for note in report.get("notes", []):
        click.echo(note)
    in_order = sorted(report.get("problems", []), key=lambda problem: problem["row"] or 0)
    for problem in in_order[:SHOWN_PROBLEMS]:
        where = "" if problem["row"] is None else f"row {problem['row']}: "
        click.echo(f"  {where}{problem['message']}")
