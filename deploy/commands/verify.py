"""`assay verify`: check a certificate from its two files alone, without server, database or settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from labeling.errors import InvalidInput
from labeling.web.json_reading import read_json, without_repeats

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("verify")
@click.argument("certificate", type=FILE)
@click.argument("labels", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def verify_command(ctx: click.Context, certificate: Path, labels: Path, as_json: bool) -> None:
    """Recompute CERTIFICATE (JSON) from LABELS (CSV), both as downloaded, and say what does not fit.

    Exit code 0 if everything fits, else 1.
    """
    # Here: they bring in numpy and scipy.
    from review.certification.labels import labels_read
    from review.certification.statement.verify import verify

    document = _read_json(certificate)
    with open(labels, newline="", encoding="utf-8") as file:
        findings = verify(document, labels_read(file))
    is_good = all(finding.is_good for finding in findings)
    if as_json:
        checks = [
            {"what": each.what, "is_good": each.is_good, "problems": list(each.problems)} for each in findings
        ]
        click.echo(json.dumps({"is_good": is_good, "checks": checks}, indent=2))
    else:
        for finding in findings:
            mark = click.style("ok   ", fg="green") if finding.is_good else click.style("WRONG", fg="red")
            click.echo(f"{mark} {finding.what}")
            for problem in finding.problems:
                click.echo(f"        {problem}")
        click.echo(document["sentence"] if is_good else "Do not rely on this certificate.")
    ctx.exit(0 if is_good else 1)


def _read_json(path: Path) -> Any:
    """Refuses a field that stands twice, of which one reader would see the first and another the last."""
    try:
        return read_json(path.read_bytes(), object_pairs_hook=without_repeats)
    except ValueError as error:
        raise InvalidInput(f"{path} is no JSON file: {error}.") from None
