"""`make chaos`: prints what was done, what was heard and what stands; exit code 1 if a law is broken."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import click

from tests.chaos import judge, load
from tests.chaos.faults import Faults
from tests.chaos.load import Heard
from tests.chaos.world import World, world
from tests.running import ROOT

CALM_SECONDS = 600.0  # within which everything that was begun is over, once the faults have ended
PEOPLE = ("ada", "ben", "cy", "vera")  # the last one only looks
ADD_PEOPLE = """
import django
django.setup()
from django.contrib.auth.models import User
from labeling.accounts.services import token_create
for name in {names!r}:
    user, _ = User.objects.get_or_create(username=name)
    print(token_create(user=user, name="chaos")[1])
"""


@click.command()
@click.option("--minutes", default=15.0, show_default=True, type=click.FloatRange(min=0.1))
@click.option("--seed", default=1, show_default=True)
@click.option("--every", default=6.0, show_default=True, help="Seconds between two short faults, about.")
@click.option("--outage", default=60.0, show_default=True, help="Seconds for which a server is away.")
@click.option("--learner", default="logistic_regression", show_default=True)
@click.option("--keep", is_flag=True, help="Leave the log where it is afterwards.")
def main(minutes: float, seed: int, every: float, outage: float, learner: str, keep: bool) -> None:
    """Faults of every kind over a whole loop with people answering."""
    folder = Path(tempfile.mkdtemp(prefix="assay-chaos-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        with world(folder) as place:
            is_good = carry_out(
                place, minutes=minutes, seed=seed, every=every, outage=outage, learner=learner, tell=_tell
            )
    finally:
        if keep:
            _tell(f"The log of all parts: {folder / 'log'}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if is_good else 1)


def carry_out(
    place: World, *, minutes: float, seed: int, every: float, outage: float, learner: str, tell: object = None
) -> bool:
    """The whole play in this world; returns whether every law held."""
    say = tell if callable(tell) else lambda line: None
    place.start()
    place.wait_until_healthy()
    is_over, heard = threading.Event(), Heard()
    play = load.begin(place.address, _tokens(place), heard, is_over, n_items=1_500, pause_seconds=0.25)
    faults = Faults(place, seed=seed, tell=say)
    say(
        f"{len(PEOPLE) - 1} people answer, an engineer imports, trains and exports; {minutes:g} minutes, seed {seed}."
    )
    began = time.monotonic()
    until = began + 60 * minutes
    threads = load.run(play, learner=learner, goal={"eps": 0.2, "n_audits": 60})
    away = threading.Thread(
        target=faults.outages,
        kwargs={"seconds": outage, "pause": max(5.0, outage / 2), "until": until},
        daemon=True,
    )
    away.start()
    faults.short(until=until, every=every)
    away.join(outage + 60)
    say("The faults are over.")

    play.is_resting.set()
    calm_until = time.monotonic() + CALM_SECONDS
    calm_began = time.monotonic()
    while time.monotonic() < calm_until and not (
        play.is_idle.is_set() and place.is_healthy() and judge.is_at_rest(place.database_url)
    ):
        place.keep_up()
        time.sleep(1)
    calm = time.monotonic() - calm_began
    is_at_rest = play.is_idle.is_set()
    broken, failed = judge.judge(place.database_url, play, heard, place.folder)
    broken["laps of the engineer that did not end"] = int(not is_at_rest)
    attempts = [play.owner.get(f"attempts/{attempt_id}")["state"] for attempt_id in heard.attempts]
    is_over.set()
    for thread in threads:
        thread.join(20)

    n_faults = sum(faults.counts.values())
    say(f"\n{n_faults} faults of {len(faults.counts)} kinds in {minutes:g} minutes:")
    for name, n in sorted(faults.counts.items()):
        say(f"{n:7,}  {name}")
    if not place.has_own_disk:
        say("      -  disk full: needs root and mount, and was left out")
    say(
        f"\nHeard: {len(heard.answers):,} answers, {len(heard.imports)} imports, {len(heard.exports)} exports, "
        f"{len(heard.runs)} runs, attempts {attempts or 'none'}; {heard.n_requests:,} requests, "
        f"{heard.n_not_now:,} answered 'not now', {heard.n_lost:,} connections lost, {heard.n_refused:,} answers "
        f"refused with a reason; slowest {heard.slowest:.1f} s. At rest {calm:.0f} s after the last fault."
    )
    say("\nBroken:")
    for law, n in broken.items():
        say(f"{n:7,}  {law}")
    for line in [*failed, *heard.unforeseen[:20]]:
        say(f"         {line}")
    return not any(broken.values())


def _tokens(place: World) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", ADD_PEOPLE.format(names=PEOPLE)],
        cwd=ROOT,
        env=place.environment | {"DJANGO_SETTINGS_MODULE": "deploy.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


_BEGAN = time.monotonic()


def _tell(line: str) -> None:
    click.echo(f"{time.monotonic() - _BEGAN:7.0f} s  {line}" if not line.startswith((" ", "\n")) else line)


if __name__ == "__main__":
    main()
