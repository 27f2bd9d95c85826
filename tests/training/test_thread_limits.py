"""Threads of the processes that train: as many as help, and the results do not depend on them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_limits

from labeling.jobs.processes import thread_limits
from training.learners import create

LOOK = """
import json
import sklearn.linear_model, threadpoolctl, torch
n_torch = torch.get_num_threads()
pools = [(each["user_api"], "torch" in each["filepath"], each["num_threads"]) for each in threadpoolctl.threadpool_info()]
print(json.dumps([n_torch, pools]))
"""
NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_WAIT_POLICY")


def threads_with(**set_by_hand: str) -> tuple[int, set[int]]:
    """(of torch, of the pools of all other libraries) in a process with these limits."""
    bare = {name: value for name, value in os.environ.items() if name not in NAMES} | set_by_hand
    run = subprocess.run(
        [sys.executable, "-c", LOOK],
        env=bare | thread_limits(bare),
        check=True,
        capture_output=True,
        text=True,
    )
    n_torch, pools = json.loads(run.stdout)
    return n_torch, {n for _, is_torchs, n in pools if not is_torchs}


def test_torch_takes_the_cores_and_the_others_one_thread() -> None:
    cores = len(os.sched_getaffinity(0))
    assert threads_with() == (cores, {1})


def test_who_sets_the_threads_by_hand_has_them() -> None:
    assert threads_with(OMP_NUM_THREADS="1") == (1, {1})
    assert threads_with(MKL_NUM_THREADS="1") == (1, {1})
    assert thread_limits({"OPENBLAS_NUM_THREADS": "3"})["OPENBLAS_NUM_THREADS"] == "3"
    assert thread_limits({"OMP_NUM_THREADS": "3"})["MKL_NUM_THREADS"] == "3"


@pytest.mark.parametrize("name", ["logistic_regression", "gradient_boosting", "simple_cnn"])
def test_labels_do_not_depend_on_the_number_of_threads_but_for_rounding(name: str) -> None:
    images, classes = load_digits(return_X_y=True)
    images = (images[:300].reshape(-1, 8, 8) * 15).astype(np.uint8)
    params: dict[str, Any] = {"n_steps": 60} if name == "simple_cnn" else {}
    answers = []
    before = torch.get_num_threads()
    for n_threads in (1, 2):
        torch.set_num_threads(n_threads)
        try:
            with threadpool_limits(n_threads):
                learner = create(name, item_type="image", random_state=0, **params)
                answers.append(learner.fit(images[:200], classes[:200]).predict_proba(images[200:]))
        finally:
            torch.set_num_threads(before)
    assert np.abs(answers[0] - answers[1]).max() < 0.01
    assert (answers[0].argmax(axis=1) == answers[1].argmax(axis=1)).mean() > 0.98
