"""Simulated annotators: each claims what the queue hands out, ten entries at a time, and answers it.

They cannot tell why an entry was handed out, and treat all alike. A person errs on an item with the stated
probability, by a draw that follows from seed, person and item: the same person says the same again.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from deploy.simulation.client import Client

N_CLAIMED = 10


@dataclass
class Work:
    """What all people together have done."""

    items: set[str] = field(default_factory=set)  # keys with at least one stored answer
    n_answers: int = 0  # stored labels, second answers included
    n_refused: int = 0  # answers that the service refused, such as to an entry that was withdrawn meanwhile


@dataclass(frozen=True)
class Person:
    """One annotator."""

    name: str
    client: Client
    error_rate: float  # 0 to 1
    answers_per_second: float  # 0: as fast as it goes
    seed: int

    def answer_to(self, key: str, *, truth: Mapping[str, str], classes: list[str]) -> str:
        """The class that this person gives the item."""
        draw = random.Random(f"{self.seed}:{self.name}:{key}")
        right = truth[key]
        if draw.random() >= self.error_rate:
            return right
        return draw.choice([name for name in classes if name != right])


class Crowd:
    """All annotators of one project, at work at once."""

    def __init__(
        self, people: list[Person], *, project_id: int, truth: dict[str, str], class_ids: dict[str, int]
    ) -> None:
        """`truth` is key -> class, and may be changed while nobody is answering."""
        self.people = people
        self.project_id = project_id
        self.truth = truth
        self.class_ids = class_ids
        self.work = Work()
        self._lock = threading.Lock()

    def answer(self, n: int, *, on_progress: Callable[[int], None] = lambda n: None) -> int:
        """Answer up to `n` entries, fewer if the queue has no more for anybody; returns how many were stored.

        Raises Refused, Unavailable.
        """
        todo = Quota(n)
        with ThreadPoolExecutor(len(self.people)) as pool:
            shifts = [pool.submit(self._work_shift, person, todo, on_progress) for person in self.people]
        return sum(shift.result() for shift in shifts)

    def _work_shift(self, person: Person, todo: Quota, on_progress: Callable[[int], None]) -> int:
        """One person answers until the quota is used up or the queue has nothing for them."""
        n_done = 0
        while n_mine := todo.take(N_CLAIMED):
            claimed = person.client.post(f"projects/{self.project_id}/queue/claim", {"n": n_mine})
            entries = claimed["entries"][:n_mine]
            n_stored = self._answer_entries(person, entries) if entries else 0
            todo.give_back(n_mine - n_stored)
            n_done += n_stored
            on_progress(todo.n_used)
            if not n_stored:
                break
        return n_done

    def _answer_entries(self, person: Person, entries: list[dict[str, Any]]) -> int:
        if person.answers_per_second:
            time.sleep(len(entries) / person.answers_per_second)
        seconds = 1 / person.answers_per_second if person.answers_per_second else None
        classes = list(self.class_ids)
        keys = [entry["item"]["key"] for entry in entries]
        said = [person.answer_to(key, truth=self.truth, classes=classes) for key in keys]
        answers = [
            {
                "key": str(uuid.uuid4()),
                "entry_id": entry["id"],
                "kind": "label",
                "class_id": self.class_ids[name],
                "seconds": seconds,
            }
            for entry, name in zip(entries, said, strict=True)
        ]
        results = person.client.post(f"projects/{self.project_id}/answers", {"answers": answers})["results"]
        stored = [key for key, result in zip(keys, results, strict=True) if result["outcome"] != "refused"]
        with self._lock:
            self.work.items.update(stored)
            self.work.n_answers += len(stored)
            self.work.n_refused += len(results) - len(stored)
        return len(stored)


class Quota:
    """So many answers are wanted, of all people together."""

    def __init__(self, n: int) -> None:
        self._left = n
        self.n_used = 0
        self._lock = threading.Lock()

    def take(self, n: int) -> int:
        """Up to n of what is left; 0: nothing is."""
        with self._lock:
            n = min(n, self._left)
            self._left -= n
            self.n_used += n
            return n

    def give_back(self, n: int) -> None:
        with self._lock:
            self._left += n
            self.n_used -= n
