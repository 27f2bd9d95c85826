"""The command line: `assay`. Each subject has its file in deploy/commands/."""

from __future__ import annotations

import os
import sys
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click
import django
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

from labeling.errors import AssayError

# subcommand -> (module in deploy/commands, what it does); loaded when used, so that --help is quick
COMMANDS = {
    "up": ("instance.up", "Start everything here: database, broker, web, workers, scheduler."),
    "down": ("instance.up", "Stop the `assay up` of this data directory."),
    "status": ("instance.status", "Show each part: up or down, since when, how to fix it."),
    "demo": ("demo", "Start everything, with a real dataset being labeled."),
    "project": ("projects.project", "Create and list projects."),
    "import": ("projects.files", "Import a file, folder or archive into a project."),
    "undo-import": ("projects.undo", "Take away what an import brought; what people did since stays."),
    "export": ("projects.files", "Export a project's items and labels to a file."),
    "train": ("projects.train", "Start a training run, and watch it if you like."),
    "publish": ("projects.publish", "Show a candidate beside what stands, and make its labels stand."),
    "compare": ("projects.compare", "Compare learners on a project's labels, or on a labeled file."),
    "simulate": ("simulate", "Let simulated people certify a labeled dataset, and count what it takes."),
    "verify": ("verify", "Check a certificate from its files alone; no server is needed."),
    "user": ("instance.user", "Add and list people, set their passwords."),
    "token": ("instance.user", "Make an API token for a person."),
    "reproduce": ("reproduce", "Run a published case study and print its table."),
    "backup": ("instance.backup", "Write the database and the storage's files to one file."),
    "restore": ("instance.backup", "Put a backup into an empty database and a storage."),
    "orphans": ("instance.orphans", "Find files of the storage that nothing names, or that are missing."),
    "setup": ("instance.setup", "Make tables and static files (for your own hosts, at each upgrade)."),
    "web": ("instance.parts", "Run only web processes (for your own hosts)."),
    "worker": ("instance.parts", "Run only a worker for some queues (for your own hosts)."),
    "alive": ("instance.alive", "Whether the workers or the scheduler of this host work (for probes)."),
    "scheduler": ("instance.parts", "Run only the scheduler (for your own hosts)."),
}


# Parts start another program, which sets itself up; verify needs no settings.
WITHOUT_DJANGO = {"instance.parts", "verify"}


class Assay(click.Group):
    """Loads a subject's file when it is used, and turns errors that a user can act on into one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        subject = COMMANDS[cmd_name][0]
        if subject not in WITHOUT_DJANGO:
            django.setup()
        command: click.Command = getattr(
            import_module(f"deploy.commands.{subject}"), f"{cmd_name.replace('-', '_')}_command"
        )
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name. An unknown one is answered with what is called alike."""
        name = args[0]
        if name in COMMANDS or name.startswith("-"):
            return super().resolve_command(ctx, args)
        near = _alike(name)
        hint = f" Did you mean {' or '.join(f'`assay {one}`' for one in near)}?" if near else ""
        raise click.UsageError(f"There is no command {name!r}.{hint}", ctx)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AssayError as error:
            raise click.ClickException(_told(error)) from error
        except ImproperlyConfigured as error:
            raise click.ClickException(str(error)) from error
        except OperationalError as error:
            raise click.ClickException(
                f"The database does not answer: {' '.join(str(error).split())} "
                "Look at `assay status`, and at DATABASE_URL if you set it."
            ) from error


def _alike(name: str) -> list[str]:
    """Commands that hold the word, and those that are spelled nearly so."""
    parts = set(name.lower().split("-"))
    holding = [one for one in COMMANDS if parts & set(one.split("-"))]
    return list(dict.fromkeys([*holding, *get_close_matches(name.lower(), COMMANDS, cutoff=0.7)]))[:3]


def _told(error: AssayError) -> str:
    """The sentence, and below it what each field or row has to say."""
    lines = [f"  {name}: {sentence}" for name, sentences in error.fields.items() for sentence in sentences]
    return "\n".join([error.message, *lines])


@click.group(cls=Assay, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="assay-labeling", prog_name="assay")
def main() -> None:
    """Human-in-the-loop labeling with an active review queue and certified precision."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")
    os.umask(0o077)  # what we write is for the user that we run as


if __name__ == "__main__":
    sys.exit(main(prog_name="assay"))
