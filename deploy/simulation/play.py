"""A whole project played through the API: from no label at all to a certificate, and on to a breach and the next.

The policy is that of docs/certificates.md: first answers, a run, more answers as long as the plan says that they
save others, then an attempt; from then on people answer what the queue hands out.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
import random
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from deploy.simulation.certificate import certificate_check, labels_path
from deploy.simulation.client import Client, Refused
from deploy.simulation.pace import LOOK_SECONDS, Pace, Stalled
from deploy.simulation.people import Crowd, Person
from deploy.simulation.plan import Breach, Policy, Report, Row
from deploy.simulation.truth import Truth

DIVERSE_SECONDS = 120.0
COUNTED_SECONDS = 6.0  # three sweeps: by then what was answered is counted, and people answer on
N_MORE = 10  # answers at a time, where those that are counted are not enough yet
OPEN_STATES = ("queued", "auditing", "reviewing")


class Play:
    """One project from beginning to end. Raises AssayError where something stands in the way."""

    def __init__(
        self,
        people: list[Person],
        truth: Truth,
        policy: Policy,
        *,
        folder: Path,
        tell: Callable[[str], None],
    ) -> None:
        """The first of `people` owns the project and decides; all of them answer. `folder` takes the certificates."""
        self.client: Client = people[0].client
        self.people = people
        self.truth = truth
        self.policy = policy
        self.folder = folder
        self.tell = tell
        self.report = Report(
            asdict(policy),
            len(truth.by_key),
            len(truth.classes),
            [
                {
                    "name": each.name,
                    "error_rate": each.error_rate,
                    "answers_per_second": each.answers_per_second,
                }
                for each in people
            ],
        )
        self.pace = Pace(self.client, self.report.seconds)
        self.project_id = 0
        self.crowd: Crowd

    def to_certificate(self) -> None:
        """From nothing to a first certificate, which is checked against its files and against the truth."""
        self._create_project()
        self._import()
        self._refill()
        self._wait_for_diverse()
        self._answer(self.policy.n_first)
        self._train_and_answer()
        goal = {name: value for name, value in self.policy.goal.items() if value is not None}
        attempt = self.client.post(f"projects/{self.project_id}/attempts", goal)
        self._finish_attempt(attempt["id"])

    def to_breach(self, breach: Breach) -> None:
        """The truth changes, monitoring audits are asked for until the alarm; then on to the next certificate."""
        certificate = self.report.certificates[-1]
        changed = self._change_truth(breach)
        n_before = self.crowd.work.n_answers
        found = self._watch_until_alarm(certificate["id"], breach)
        self.report.breach = asdict(breach) | {
            "n_changed": len(changed),
            "is_alarm": found is not None,
            "n_audits": self.crowd.work.n_answers - n_before,
            "reason": "" if found is None else found["revoked_reason"],
        }
        if found is None:
            self.tell("Every certified label was looked at again, and no alarm was raised.")
            return
        self.tell(f"Alarm after {self.crowd.work.n_answers - n_before:,} audits: {found['revoked_reason']}")
        self._finish_attempt(self._next_attempt(after=certificate["attempt_id"]))

    def _create_project(self) -> None:
        project = self.client.post(
            "projects",
            {
                "name": self.policy.name,
                "item_type": self.truth.item_type,
                "classes": self.truth.classes,
                "publishing": "by_itself",
                **self.policy.settings,
            },
        )
        self.project_id = project["id"]
        for person in self.people[1:]:
            member = {"username": person.name, "role": "annotator"}
            self.client.post(f"projects/{self.project_id}/members", member)
        self.crowd = Crowd(
            self.people,
            project_id=self.project_id,
            truth=dict(self.truth.by_key),
            class_ids={each["name"]: each["id"] for each in project["classes"]},
        )
        self.tell(f"Project {self.project_id}: {self.policy.name}, {len(self.truth.classes)} classes.")

    def _import(self) -> None:
        """The items go in without a label."""
        with self.pace.timed("waiting"):
            upload = self.client.upload(self.truth.upload)
            body = {"upload": upload, "options": self.truth.import_options}
            work = self.pace.finished(
                f"imports/{self.client.post(f'projects/{self.project_id}/imports', body)['id']}"
            )
        self.tell(f"{work['report']['n_items_added']:,} items without a label are in.")

    def _refill(self) -> None:
        self.client.post(f"projects/{self.project_id}/queue/refill", {})

    def _wait_for_diverse(self) -> None:
        """Wait for a worker to add items unlike each other to the first, random ones; go on without them after a while."""
        until = time.monotonic() + DIVERSE_SECONDS
        with self.pace.timed("waiting"):
            while time.monotonic() < until:
                if "diverse" in self.client.get(f"projects/{self.project_id}/queue")["by_reason"]:
                    return
                time.sleep(LOOK_SECONDS)

    def _answer(self, n_total: int) -> None:
        """Let people answer until they have given n_total answers; refill the queue as often as it takes."""
        began = time.monotonic()
        while (missing := n_total - self.crowd.work.n_answers) > 0:
            with self.pace.timed("answering"):
                n_done = self.crowd.answer(missing)
            if n_done:
                began = time.monotonic()
            else:
                self._refill()
                self.pace.pause(began, f"the queue hands out nothing, though {missing:,} answers are wanted")
        self.tell(f"{self.crowd.work.n_answers:,} answers are given.")

    def _train_and_answer(self) -> None:
        """Train and answer in turn, until the plan or the policy says that it is enough."""
        for number in itertools.count(1):
            round = self._run()
            n_answers, n_wanted, growth = self.crowd.work.n_answers, self.policy.n_answers, self.policy.growth
            if n_wanted is None:
                advice = self._plan(round["id"])["next_hundred"]
                is_worth_it = advice["is_worth_it"]
                if advice["saves"] is not None and advice["saves"] <= 0:
                    growth **= 1 / 3  # a few, to see whether the next plan says so, too
            else:
                is_worth_it = n_answers < n_wanted
            more = min(math.ceil(n_answers * growth), n_wanted or len(self.truth.by_key))
            if not is_worth_it or number == self.policy.max_rounds or more <= n_answers:
                return
            self._answer(more)

    def _run(self) -> Row:
        """A run, until its last round is published or held back; returns the round that stands then."""
        with self.pace.timed("training"):
            asked = self.client.post(f"projects/{self.project_id}/runs", self.policy.run)
            run = self.pace.finished(f"runs/{asked['id']}")
            began = time.monotonic()
            while (round := run["rounds"][-1])["state"] != "published" and round["held_back"] is None:
                self.pace.pause(began, f"round {round['number']} of run {run['number']} is {round['state']}")
                run = self.client.get(f"runs/{asked['id']}")
        seconds = _seconds_between(run["started_at"], run["finished_at"])
        self.report.runs.append(
            {
                "learner": run["learner"],
                "n_answers": self.crowd.work.n_answers,
                "seconds": seconds,
                "holdout_accuracy": round["holdout_accuracy"],
            }
        )
        accuracy = round["holdout_accuracy"]
        measured = "" if accuracy is None else f", {accuracy:.1%} right on the holdout"
        self.tell(f"Run {run['number']} ({run['learner']}) took {seconds:.0f} s{measured}.")
        if round["held_back"] is None:
            return dict(round)
        self.tell(round["held_back"]["sentence"])
        standing = self.client.get(f"projects/{self.project_id}/publications?limit=1")["results"][0]
        return dict(self.client.get(f"rounds/{standing['round_id']}"))

    def _plan(self, round_id: int) -> Row:
        """The plan by this round; a worker makes it soon after the round."""
        began = time.monotonic()
        with self.pace.timed("waiting"):
            while (plan := self._newest_plan()) is None or plan["round_id"] != round_id:
                self.pace.pause(began, "no plan was made after the round; --answers goes without")
        self.report.runs[-1]["plan"] = plan["n_total"]
        self.tell(f"Plan: {plan['sentence']} {plan['next_hundred']['sentence']}")
        return plan

    def _newest_plan(self) -> Row | None:
        try:
            return dict(self.client.get(f"projects/{self.project_id}/plan"))
        except Refused as refusal:
            if refusal.status != 404:
                raise
            return None

    def _finish_attempt(self, attempt_id: int) -> None:
        """Let people answer what the queue hands out until the attempt is over, and check its certificate."""
        attempt = self._answer_attempt(attempt_id)
        if attempt["state"] != "certified":
            raise Stalled(f"Attempt {attempt['number']} is {attempt['state']}: {attempt['state_reason']}")
        self._check_certificate(attempt["certificate_id"])

    def _answer_attempt(self, attempt_id: int) -> Row:
        began, told = time.monotonic(), ""
        while (attempt := self.client.get(f"attempts/{attempt_id}"))["state"] in OPEN_STATES:
            if attempt["state"] != told:
                told = attempt["state"]
                self.tell(_about_attempt(attempt))
            wanted = attempt["n_remaining"]
            if attempt["state"] == "auditing":
                wanted = attempt["n_asked"] - attempt["n_answered"]
                # Other blind answers count too, so that the counts tell nobody what an audit is: some may be missing.
                if wanted <= 0 and time.monotonic() - began > COUNTED_SECONDS:
                    wanted = N_MORE
            if wanted > 0:
                with self.pace.timed("answering"):
                    n_done = self.crowd.answer(wanted)
                if n_done:
                    began = time.monotonic()
                    continue
            with self.pace.timed("waiting"):
                self.pace.pause(
                    began, f"attempt {attempt['number']} is {attempt['state']} and wants {wanted:,} answers"
                )
        return dict(attempt)

    def _check_certificate(self, certificate_id: int) -> None:
        """Download it, verify it from its files, and count what is wrong in truth."""
        began = time.monotonic()
        with self.pace.timed("waiting"):
            while (short := self.client.get(f"certificates/{certificate_id}"))["sentence"] is None:
                self.pace.pause(began, f"certificate {certificate_id} is not written")
        entry, sentences = certificate_check(
            self.client,
            short,
            folder=self.folder,
            truth=self.crowd.truth,
            human_labels=len(self.crowd.work.items),
            n_answers=self.crowd.work.n_answers,
        )
        self.report.certificates.append(entry)
        for sentence in sentences:
            self.tell(sentence)

    def _change_truth(self, breach: Breach) -> list[str]:
        """Make a share of the machine's right labels of this class wrong, by giving their items another true class."""
        from review.certification.labels import labels_read

        with open(
            labels_path(self.folder, self.report.certificates[-1]["id"]), newline="", encoding="utf-8"
        ) as file:
            labels = labels_read(file)
        truth = self.crowd.truth
        of_class = sorted(
            key
            for key, label, source in zip(labels.keys, labels.labels, labels.sources, strict=True)
            if source == "machine" and label == truth[key] == breach.class_name
        )
        draw = random.Random(breach.seed)
        changed = draw.sample(of_class, round(breach.share * len(of_class)))
        others = [name for name in self.truth.classes if name != breach.class_name]
        truth.update((key, draw.choice(others)) for key in changed)
        self.tell(
            f"Breach: of {len(of_class):,} certified machine labels {breach.class_name!r}, {len(changed):,} are now "
            "wrong."
        )
        return changed

    def _watch_until_alarm(self, certificate_id: int, breach: Breach) -> Row | None:
        """Monitoring audits until the certificate is revoked; None if there is nothing left to audit."""
        address = f"certificates/{certificate_id}"
        while (certificate := self.client.get(address))["revoked_at"] is None:
            n_before = certificate["monitor"]["n_answered"]
            try:
                n_asked = self.client.post(f"{address}/audits", {"n": breach.n_audits})["n_asked"]
            except Refused as refusal:
                if refusal.code != "already_revoked":
                    raise
                continue
            if not n_asked:
                return None
            monitor = self._answer_monitor(address, n_asked, n_before=n_before)["monitor"]
            self.tell(f"{monitor['n_answered']:,} monitoring audits, {monitor['n_wrong']:,} wrong.")
        return dict(certificate)

    def _answer_monitor(self, address: str, n_asked: int, *, n_before: int) -> Row:
        """The monitoring audits that were asked for are answered and counted, or the certificate is revoked.

        A worker counts them a moment later. Other entries may be handed out between them, so that more
        answers are given where it takes longer.
        """
        wanted, n_in_all = n_asked, n_before + n_asked
        began = time.monotonic()
        while True:
            with self.pace.timed("answering"):
                self.crowd.answer(min(wanted, n_asked))
            n_asked = N_MORE
            until = time.monotonic() + COUNTED_SECONDS
            while time.monotonic() < until:
                certificate = self.client.get(address)
                wanted = n_in_all - certificate["monitor"]["n_answered"]
                if certificate["revoked_at"] is not None or wanted <= 0:
                    return dict(certificate)
                with self.pace.timed("waiting"):
                    self.pace.pause(began, f"{wanted:,} monitoring audits are not counted")

    def _next_attempt(self, *, after: int) -> int:
        """The attempt that the service starts by itself after a breach, once its run is published.

        If that run fails, another is started by hand.
        """
        began = time.monotonic()
        while True:
            newest = self.client.get(f"projects/{self.project_id}/attempts?limit=1")["results"][0]
            if newest["id"] != after:
                return int(newest["id"])
            run = self.client.get(f"projects/{self.project_id}/runs?limit=1")["results"][0]
            if run["is_open"]:
                began = time.monotonic()
            elif run["state"] != "done":
                self.tell(f"Run {run['number']} is {run['state']}: {run['error_message']}")
                self._run()
            with self.pace.timed("training"):
                self.pace.pause(began, "no attempt follows the breach")


def _about_attempt(attempt: Row) -> str:
    if attempt["state"] == "queued":
        return "An attempt is asked for."
    if attempt["state"] == "auditing":
        second = f" and {attempt['n_second']:,} second answers" if attempt["n_second"] else ""
        return (
            f"Attempt {attempt['number']} is frozen: {attempt['n_candidates']:,} candidates ranked by "
            f"{attempt['ranked_by']}, {attempt['n_audits']:,} audits{second} in the queue."
        )
    return f"The cut is at {attempt['cut']:,}; people label {attempt['n_remaining']:,} more."


def _seconds_between(started: str, finished: str) -> float:
    return (dt.datetime.fromisoformat(finished) - dt.datetime.fromisoformat(started)).total_seconds()
