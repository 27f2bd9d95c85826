"""A small version of `make fuzz`: some cases of every operation, by people of three kinds, against the same code."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from pytest_django.live_server_helper import LiveServer

from tests.fuzz.attack import Attacker
from tests.fuzz.world import PEOPLE, world_make


@pytest.mark.django_db(transaction=True)
def test_whatever_is_sent_every_answer_is_one_that_the_schema_names(live_server: LiveServer) -> None:
    people = {role: User.objects.create_user(f"fuzz-{role}") for role in PEOPLE}
    attacker = Attacker(live_server.url, world_make(people), number=7)

    report = attacker.run(n_cases=330, max_seconds=40, roles=("owner", "outsider", "anonymous"))

    assert report.n_requests > 100
    assert not report.failures, "\n".join(report.lines())
