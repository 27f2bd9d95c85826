"""`assay status`."""

from __future__ import annotations

import datetime as dt
import json

import click
from django.conf import settings

from deploy import up
from deploy.web.health import Part, health_parts


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_context
def status_command(ctx: click.Context, as_json: bool) -> None:
    """Show each part: up or down, since when, how to fix it. Exit code 1 if a part is down."""
    parts = [*health_parts(), *_web()]
    is_ok = all(part.is_up for part in parts)
    if as_json:
        rows = [part.as_json() for part in parts]
        click.echo(
            json.dumps({"status": "ok" if is_ok else "degraded", "parts": rows}, default=str, indent=2)
        )
    else:
        for part in parts:
            click.echo(_line(part))
            if part.how_to_fix:
                click.echo(f"{'':16} {part.how_to_fix}")
    ctx.exit(0 if is_ok else 1)


def _web() -> list[Part]:
    """The web part of the `assay up` here; other hosts' web processes are for your load balancer to watch."""
    state = up.read_state(settings.ASSAY_DATA_DIR)
    if state is None:
        if not settings.EMBEDDED_POSTGRES:
            return []
        if up.is_up(settings.ASSAY_DATA_DIR):
            return [Part("web", False, None, "Assay is starting.", "Wait some seconds, and ask again.")]
        return [Part("web", False, None, "No `assay up` runs on this data directory.", "Start `assay up`.")]
    if up.web_answers(state["address"]):
        since = dt.datetime.fromisoformat(state["parts"]["web"]["started_at"])
        return [Part("web", True, since, state["address"])]
    return [
        Part(
            "web",
            False,
            None,
            f"{state['address']} does not answer.",
            "Look at the lines that begin with `web |` where `assay up` runs.",
        )
    ]


def _line(part: Part) -> str:
    state = click.style("up  ", fg="green") if part.is_up else click.style("down", fg="red")
    since = f"since {part.since.astimezone():%Y-%m-%d %H:%M:%S}  " if part.since else ""
    return f"{part.name:16} {state} {since}{part.message}"
