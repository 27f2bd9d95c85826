"""`assay simulate`: people who know the truth label a dataset through the API, up to a certificate and beyond."""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from django.conf import settings
from django.contrib.auth.models import User

from deploy import up
from deploy.commands import with_database
from deploy.commands.instance.up import FOREVER, running
from deploy.commands.policies import chosen_policy, pairs, policy_options
from deploy.simulation.client import Client
from deploy.simulation.people import Person
from deploy.simulation.plan import Breach, Policy
from deploy.simulation.play import Play
from deploy.simulation.truth import truth_read
from labeling.accounts.services import token_create, token_revoke
from labeling.errors import AssayError, InvalidInput
from labeling.item_types import item_types
from labeling.models import Acquisition, ApiToken

USERNAME = "simulated-{}"


@click.command("simulate")
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--entry", help="The table within DATA, if that is an archive or folder of several.")
@click.option("--label-column", help="Of DATA; guessed if left out.")
@click.option("--item-type", type=click.Choice(list(item_types())), help="Of DATA; guessed if left out.")
@click.option("--items", "n_items", type=click.IntRange(min=2), help="Only so many rows, drawn at random.")
@click.option("--people", "n_people", default=2, show_default=True, type=click.IntRange(1, 200))
@click.option(
    "--error-rate", default=0.0, show_default=True, type=click.FloatRange(0, 1), help="Of every person."
)
@click.option(
    "--speed", default=0.0, show_default=True, type=click.FloatRange(min=0),
    help="Answers a second, of each person; 0: as fast as it goes.",
)  # fmt: skip
@click.option("--eps", default=0.05, show_default=True, help="Share of labels that may be wrong.")
@click.option("--confidence", default=0.95, show_default=True)
@click.option(
    "--promise", type=click.Choice(["dataset", "machine"]), default="dataset", show_default=True,
    help="Of all labels, or of those that the machine gives.",
)  # fmt: skip
@click.option("--per-class", is_flag=True, help="The promise holds for each class.")
@click.option(
    "--audits",
    "n_audits",
    type=click.IntRange(min=1),
    help="So many at once; in stages, as many as it takes, if left out.",
)
@click.option(
    "--second", "n_second", default=0, show_default=True, type=click.IntRange(min=0),
    help="Labels by people to be answered again, blind: bounds people's own error.",
)  # fmt: skip
@click.option("--learner", default="auto", show_default=True)
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="Of the learner; once for each.")
@policy_options
@click.option("--first", "n_first", type=click.IntRange(min=2), help="Answers before the first run.")
@click.option(
    "--growth", default=1.5, show_default=True, type=click.FloatRange(min=1.01),
    help="Each next run waits for so many times as many answers.",
)  # fmt: skip
@click.option(
    "--answers", "n_answers", type=click.IntRange(min=2),
    help="Answers before the attempt; as long as the plan says that they are worth it if left out.",
)  # fmt: skip
@click.option(
    "--max-rounds", type=click.IntRange(min=1),
    help="Runs before the attempt, at most; as many as it takes if left out.",
)  # fmt: skip
@click.option("--acquisition", type=click.Choice(Acquisition.values), help="The project's if left out.")
@click.option(
    "--setting", "project_settings", multiple=True, metavar="NAME=VALUE",
    help="Of the project, such as holdout_share=0.1; once for each.",
)  # fmt: skip
@click.option(
    "--breach", type=(str, click.FloatRange(0, 1)), metavar="CLASS SHARE",
    help="After the certificate this share of a class's machine labels becomes wrong.",
)  # fmt: skip
@click.option(
    "--monitor", "n_monitor", default=50, show_default=True, type=click.IntRange(1, 5000),
    help="Monitoring audits asked for at a time, after a breach.",
)  # fmt: skip
@click.option("--seed", default=0, show_default=True, type=click.IntRange(min=0))
@click.option("--address", help="Of a service elsewhere, such as https://assay.example; with --token.")
@click.option(
    "--token", "tokens", multiple=True, help="Of a person there; once for each, the project's owner first."
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False),
    help="Folder for report.json, the certificates and their labels.",
)  # fmt: skip
def simulate_command(
    data: Path,
    entry: str | None,
    label_column: str | None,
    item_type: str | None,
    n_items: int | None,
    n_people: int,
    error_rate: float,
    speed: float,
    address: str | None,
    tokens: tuple[str, ...],
    breach: tuple[str, float] | None,
    n_monitor: int,
    out: Path | None,
    seed: int,
    **chosen: Any,
) -> None:
    """Let simulated people, who know the labels of DATA, certify it from nothing, and count what it took.

    They reach the service by its HTTP API alone, which is given the items without their labels. Without
    --address it is the `assay up` of this data directory, or all parts are started for as long as it takes.
    """
    with tempfile.TemporaryDirectory(prefix="assay-simulate-") as temporary:
        folder = out or Path(temporary)
        truth = truth_read(
            data,
            Path(temporary),
            entry=entry,
            label_column=label_column,
            item_type=item_type,
            n_items=n_items,
            seed=seed,
        )
        if breach and breach[0] not in truth.classes:
            raise InvalidInput(
                f"--breach names {breach[0]!r}; the classes are {', '.join(truth.classes[:20])}."
            )
        policy = _policy(f"Simulation of {data.name}", n_classes=len(truth.classes), seed=seed, **chosen)
        n_people = len(tokens) if address else n_people
        _check_people(n_people, policy, address, tokens)
        folder.mkdir(parents=True, exist_ok=True)
        clock = _Clock()

        def play(address: str, tokens: list[str]) -> None:
            people = [
                Person(_name(address, token), Client(address, token), error_rate, speed, seed)
                for token in tokens
            ]
            game = Play(people, truth, policy, folder=folder, tell=clock.tell)
            _play_out(game, Breach(*breach, n_audits=n_monitor, seed=seed) if breach else None, clock, folder)

        if address:
            play(address, list(tokens))
        else:
            _play_here(n_people, play)
        if out:
            click.echo(f"Report, certificates and labels: {out}")


class _Clock:
    """Lines with the seconds since the simulation began."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def tell(self, line: str) -> None:
        click.echo(f"{self.seconds:8.1f} s  {line}")


def _play_out(game: Play, breach: Breach | None, clock: _Clock, folder: Path) -> None:
    """To the certificate, and on to the breach if there is one; the report is written whatever happens."""
    try:
        game.to_certificate()
        if breach:
            game.to_breach(breach)
    finally:
        game.report.seconds["all"] = clock.seconds
        (folder / "report.json").write_text(game.report.as_json())
    _tell_costs(game, clock.tell)


def _policy(
    name: str,
    *,
    n_classes: int,
    seed: int,
    learner: str,
    params: tuple[str, ...],
    threshold: float | None,
    policy_name: str,
    policy_params: tuple[str, ...],
    n_first: int | None,
    growth: float,
    n_answers: int | None,
    max_rounds: int | None,
    acquisition: str | None,
    project_settings: tuple[str, ...],
    **goal: Any,
) -> Policy:
    chosen = {"acquisition": acquisition} if acquisition else {}
    n_first = n_first or max(20, 5 * n_classes)
    return Policy(
        name=name,
        settings={
            "question": "Which class is it?",
            "target_precision": round(1 - goal["eps"], 6),
            "confidence_level": goal["confidence"],
            "holdout_share": 0.0,  # the audits measure; a holdout would cost labels and train nothing
            "review_budget": max(100, 2 * n_first),  # what waits longer is not what people are asked now
            **chosen,
            **pairs("--setting", project_settings),
        },
        goal=goal,
        run={
            "learner": learner,
            "params": pairs("--param", params),
            "policy": chosen_policy(threshold, policy_name, policy_params),
            "n_rounds": 1,
            "seed": seed,
        },
        n_first=min(n_first, n_answers or n_first),
        growth=growth,
        n_answers=n_answers,
        max_rounds=max_rounds,
    )


def _check_people(n_people: int, policy: Policy, address: str | None, tokens: tuple[str, ...]) -> None:
    if bool(address) != bool(tokens):
        raise InvalidInput("--address and --token go together: a token for each person there.")
    n_wanted = max(policy.settings.get("answers_wanted", 1), 2 if policy.goal["n_second"] else 1)
    if n_people < n_wanted:
        raise InvalidInput(
            f"{n_wanted} people must answer some items, and there are {n_people}; use --people."
        )


def _name(address: str, token: str) -> str:
    client = Client(address, token)
    try:
        return str(client.get("session")["username"])
    finally:
        client.close()


def _play_here(n_people: int, play: Callable[[str, list[str]], None]) -> None:
    """Play on the `assay up` of this data directory, or start all parts until it is over."""
    state = up.read_state(settings.ASSAY_DATA_DIR)
    if state is not None:
        with _people_here(n_people) as tokens:
            play(state["address"], tokens)
        return
    started = running(host="127.0.0.1", port=_free_port(), n_web=2, with_frontend=False)
    with started as supervisor, _people_here(n_people) as tokens:
        _supervised_play(supervisor, lambda: play(supervisor.address, tokens))


def _supervised_play(supervisor: up.Supervisor, play: Callable[[], None]) -> None:
    """The parts are looked after while a thread plays. Raises what the thread raised."""
    raised: list[BaseException] = []

    def carry_out() -> None:
        try:
            play()
        except (AssayError, OSError, ValueError, LookupError) as error:
            raised.append(error)

    thread = threading.Thread(target=carry_out, name="simulation", daemon=True)
    thread.start()
    supervisor.wait_until(lambda: not thread.is_alive(), FOREVER)
    if raised:
        raise raised[0]
    if thread.is_alive():
        raise click.Abort


@contextmanager
def _people_here(n_people: int) -> Iterator[list[str]]:
    """Tokens of the simulated people of this data directory, who are made if they are not there."""
    tokens = _sign_in(n_people)
    try:
        yield list(tokens.values())
    finally:
        _sign_out(list(tokens))


@with_database
def _sign_in(n_people: int) -> dict[int, str]:
    """Token id -> token, for each person."""
    tokens = {}
    for number in range(1, n_people + 1):
        person, is_new = User.objects.get_or_create(username=USERNAME.format(number))
        if is_new:
            person.set_unusable_password()
            person.save()
        token, text = token_create(user=person, name="assay simulate")
        tokens[token.pk] = text
    return tokens


@with_database
def _sign_out(token_ids: list[int]) -> None:
    for token in ApiToken.objects.filter(pk__in=token_ids):
        token_revoke(token=token)


def _tell_costs(game: Play, tell: Callable[[str], None]) -> None:
    report = game.report
    last = report.certificates[-1]
    share = last["human_labels"] / report.n_items
    spent = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in report.seconds.items())
    tell(
        f"{last['human_labels']:,} of {report.n_items:,} items ({share:.1%}) were labeled by people. Time: {spent}."
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
