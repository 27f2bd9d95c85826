"""`assay import` and `assay export`: a project's items and labels in and out."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click
from django.conf import settings
from django.contrib.auth.models import User
from django.core.files.storage import default_storage

from deploy.backing.addresses import postgres_folder
from deploy.commands import with_database
from deploy.commands.projects.progress import Shower, check_over, shown, watch
from deploy.commands.projects.project import find_actor, find_person, find_project
from deploy.commands.projects.report import error_json, nothing_taken, report_text
from labeling.carried import CARRIED
from labeling.errors import AssayError, InvalidInput, NotFound
from labeling.exports.formats import export_formats
from labeling.exports.pipeline import export_run
from labeling.exports.services import check_may_export, export_request
from labeling.formats.options import CHOICES, ImportOptions, options_from_json
from labeling.formats.rows import ColumnRole
from labeling.imports.rules.report import ImportReport
from labeling.imports.services import file_names, import_from_path, import_run_inline, preview_path
from labeling.imports.uploads import bundle_on_server
from labeling.item_types import item_types
from labeling.items.selectors import ItemFilters, LabeledBy
from labeling.jobs.work import Work, WorkState
from labeling.models import Export, Import, Project, Split
from labeling.projects.deletion import project_erase
from labeling.projects.services import project_create, project_delete


@click.command("import")
@click.argument("project")
@click.argument("paths", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="PATH...")
@click.option("--create", "is_created", is_flag=True, help="Make the project if there is none of this name.")
@click.option(
    "--item-type", type=click.Choice(list(item_types())), help="Of a new project; guessed if left out."
)
@click.option(
    "--dry-run", is_flag=True, help="Check everything, write nothing; the project need not be there."
)
@click.option(
    "--json", "is_json", is_flag=True, help="Print the report as one JSON object; the rest on stderr."
)
@click.option("--format", type=click.Choice(CHOICES["format"]), help="Detected if left out.")
@click.option("--entry", help="The table within an archive or folder.")
@click.option("--encoding", help="Of the text; detected if left out.")
@click.option("--delimiter", help="One character; detected if left out.")
@click.option("--quote", help="One character; '' if quotes are ordinary characters. Detected if left out.")
@click.option(
    "--escape", help="One character before quotes within fields; '' for none. Detected if left out."
)
@click.option("--skip-lines", type=int, help="Lines above the table. Detected if left out.")
@click.option("--header/--no-header", "has_header", default=None, help="Detected if left out.")
@click.option(
    "--decimal", type=click.Choice(CHOICES["decimal"]), help="Of numbers in text. Detected if left out."
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="NAME=ROLE",
    help=f"Once for each column to be set, the others stay as detected; roles are {', '.join(ColumnRole)}.",
)
@click.option(
    "--labels-from",
    type=click.Choice(CHOICES["labels_from"]),
    help="Who made the file's labels; auto, if left out: as the file shows.",
)
@click.option("--split", type=click.Choice(CHOICES["split"]), help="test: labels are only for measuring.")
@click.option(
    "--join",
    "join_classes",
    multiple=True,
    metavar="NAME=CLASS",
    help="Once for each name in the file that is another class; nothing after = means no label.",
)
@click.option("--classes", type=click.Choice(CHOICES["classes"]), help="What to do with new classes.")
@click.option("--label-first", type=int, help="Take so many labels; leave out the rest.")
@click.option(
    "--balanced/--unbalanced",
    default=None,
    help="Whether --label-first takes as many of each class as it can; it does if left out.",
)
@click.option("--sealed", is_flag=True, help="Keep labels left out as sealed truth, for benchmarks.")
@click.option("--seed", type=int, help="Of the draw of --label-first.")
@click.option(
    "--user",
    help="In whose name, and with whose role; the first administrator, who may do everything, if left out.",
)
def import_command(
    project: str,
    paths: tuple[Path, ...],
    is_created: bool,
    item_type: str | None,
    is_json: bool,
    columns: tuple[str, ...],
    join_classes: tuple[str, ...],
    user: str | None,
    **given: Any,
) -> None:
    """Import files, folders or archives into a project. Several are read together, as parts of one set.

    The same file twice adds nothing.
    """
    with _told(is_json=is_json) as tell:
        options = {name: value for name, value in given.items() if value is not None and value is not False}
        options |= {name: False for name in ("has_header", "balanced") if given[name] is False}
        if columns:
            options["columns"] = dict(_pair(text, "--column", "review=text") for text in columns)
        if join_classes:
            options["join_classes"] = dict(
                _pair(text, "--join", "positive=Positive") for text in join_classes
            )
        if given["dry_run"]:
            tell(check_inline(project, paths=paths, options=options, item_type=item_type))
        else:
            tell(_import(project, paths, options, item_type=item_type, is_created=is_created, user=user))


@with_database
def _import(
    name: str,
    paths: Sequence[Path],
    options: dict[str, Any],
    *,
    item_type: str | None,
    is_created: bool,
    user: str | None,
) -> dict[str, Any]:
    """The report of an import that is done. Raises AssayError."""
    person = find_person(user)
    project, is_new = _project(
        name, paths=paths, options=options, item_type=item_type, person=person, is_created=is_created
    )
    if not is_new:
        find_actor(project, user)
    with _kept(project) if is_new else nullcontext() as keep:
        work = import_inline(project, paths=paths, options=options, person=person)
        if keep is not None and (work.state == WorkState.DONE or project.items.exists()):
            keep()
    if work.state == WorkState.FAILED:
        raise InvalidInput(
            f"The import of {work.file_name} failed. {work.error_message}", code=work.error_code
        )
    check_over(work, f"The import of {work.file_name}")
    return {**work.report, "import_id": work.pk}


@click.command("export")
@click.argument("project")
@click.option(
    "--format",
    required=True,
    type=click.Choice(list(export_formats())),
    help=" ".join(f"{one.name}: {one.title}." for one in export_formats().values()),
)
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
@click.option(
    "--with",
    "carried",
    multiple=True,
    type=click.Choice(CARRIED),
    help="Beside the labels; may be given several times.",
)
@click.option("--as-of", type=click.DateTime(), help="The state at this moment (UTC); now if left out.")
@click.option(
    "--user",
    help="In whose name, and with whose role; the first administrator, who may do everything, if left out.",
)
@with_database
def export_command(
    project: str,
    format: str,
    out: Path,
    class_name: str | None,
    as_of: dt.datetime | None,
    carried: tuple[str, ...],
    user: str | None,
    **filters: Any,
) -> None:
    """Export a project's items and labels to a file."""
    found = find_project(project)
    if not out.resolve().parent.is_dir():
        raise InvalidInput(f"There is no folder {out.resolve().parent} to write {out.name} into.")
    person = find_actor(found, user)
    if user is not None:
        check_may_export(found, person.memberships.get(project=found).role)
    export: Work = export_request(
        project=found,
        by=person,
        format=format,
        filters=ItemFilters(class_id=_class_id(found, class_name), **filters),
        as_of=as_of.replace(tzinfo=dt.UTC) if as_of else None,
        carried=carried,
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
    if export.n_withheld:
        click.echo(
            f"{export.n_withheld:,} of the rows are without a label, since people are asked about these items blind. "
            "Export again when they have answered.",
            err=True,
        )
    click.echo(f"{export.n_rows:,} rows, {export.n_bytes:,} bytes, SHA-256 {export.sha256}: {out}")


def _class_id(project: Project, name: str | None) -> int | None:
    if name is None:
        return None
    found = project.classes.filter(name=name).first()
    if found is None:
        names = ", ".join(project.classes.values_list("name", flat=True)[:20])
        raise NotFound(f"{project.name} has no class {name!r}. It has: {names or 'none yet'}.")
    return found.pk


def check_inline(
    name: str, *, paths: Sequence[Path], options: dict[str, Any], item_type: str | None
) -> dict[str, Any]:
    """The report of an import into the project of that name, if there is one, that writes nothing. Raises AssayError."""
    wanted = options_from_json(options)
    if settings.EMBEDDED_POSTGRES and not (postgres_folder(settings.ASSAY_DATA_DIR) / "PG_VERSION").exists():
        return _check(None, paths, wanted, item_type)  # no database, so no project, and none is made for this
    return _check_in_project(name, paths, wanted, item_type)


@with_database
def _check_in_project(
    name: str, paths: Sequence[Path], options: ImportOptions, item_type: str | None
) -> dict[str, Any]:
    try:
        project = find_project(name)
    except NotFound:
        project = None
    return _check(project, paths, options, item_type)


def _check(
    project: Project | None, paths: Sequence[Path], options: ImportOptions, item_type: str | None
) -> dict[str, Any]:
    # Here, because the pipeline loads pyarrow, and every command loads this module.
    from labeling.imports.checks.check import import_check

    paths = [path.expanduser().resolve() for path in paths]
    _check_exist(paths)
    shower = Shower(is_err=True)

    def show(report: ImportReport, step: int, n_steps: int) -> None:
        shower.show(Import(state=WorkState.RUNNING, step=step, n_steps=n_steps, step_name="Checking"))

    try:
        with bundle_on_server(*paths) as bundle:
            name = file_names([path.name for path in paths])
            report = import_check(
                bundle, options, file_name=name, project=project, item_type=item_type, on_count=show
            )
    finally:
        shower.close()
    return report.as_json() | {"dry_run": True}


def import_inline(
    project: Project, *, paths: Sequence[Path], options: dict[str, Any], person: User
) -> Import:
    """Do the import here, with its progress shown. Raises AssayError for what can be seen to be wrong."""
    work = import_from_path(project=project, path=paths[0], more=paths[1:], options=options, user=person)
    shower = Shower(is_err=True)
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
        click.echo(f"Made project {project.pk}: {project.name}, of {kind} items.", err=True)

    try:
        yield keep
    finally:
        if not is_kept and not project.items.exists():
            project_delete(project=project)
            project_erase(project.pk)


def _project(
    name: str,
    *,
    paths: Sequence[Path],
    options: dict[str, Any],
    item_type: str | None,
    person: User,
    is_created: bool,
) -> tuple[Project, bool]:
    """The project of that name, and whether it was made now."""
    try:
        return find_project(name), False
    except NotFound:
        if not is_created:
            raise
    _check_exist(paths)
    item_type = preview_path(path=paths[0], more=paths[1:], item_type=item_type, options=options).item_type
    return project_create(owner=person, settings={"name": name, "item_type": item_type}), True


def _check_exist(paths: Sequence[Path]) -> None:
    for path in paths:
        if not path.exists():
            raise InvalidInput(f"There is no file or folder {path}.", code="no_such_file")


def _pair(text: str, option: str, example: str) -> tuple[str, str]:
    name, equals, value = text.rpartition("=")
    if not equals:
        raise InvalidInput(f"{option} is {text!r}; write it as in {option} {example}.")
    return name, value


@contextmanager
def _told(*, is_json: bool) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Reports are told as text or as one JSON object; so is what is refused, and the exit code is not 0 then."""

    def tell(report: dict[str, Any]) -> None:
        click.echo(json.dumps(report, ensure_ascii=False, indent=2) if is_json else report_text(report))
        for warning in report["warnings"]:
            click.echo(click.style(f"warning: {warning}", fg="red"), err=True)
        if nothing_taken(report):
            raise SystemExit(1)

    try:
        yield tell
    except AssayError as error:
        if not is_json:
            raise
        click.echo(error_json(error))
        raise SystemExit(1) from error
