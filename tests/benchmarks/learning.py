"""What learning costs: a training step beside a plain torch loop, and learners on a million rows.

    python -m tests.benchmarks.learning steps
    python -m tests.benchmarks.learning scale [--rows 1000000] [--learner NAME ...]

`make bench` runs both. On a million rows each learner has a process of its own, whose peak memory
(VmHWM) holds the rows and the libraries too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.report import Row, as_markdown

ROOT = Path(__file__).resolve().parents[2]
OVERHEAD_LIMIT = 1.05
MEMORY_LIMIT = 24.0  # GiB
N_STEPS = 150
N_IMAGES, BATCH_SIZE = (
    290,
    128,
)  # with fewer than 300 labels SimpleCNN looks at no held-out rows, which is no step
N_REPEATS = 6
N_FEATURES, N_CLASSES, N_CLUSTERS, N_LABELS = 64, 10, 50, 1_000
PREDICT_ROWS = 8_192  # as training/fitting/pipeline.py
SCALED = ("logistic_regression", "label_propagation")


def measure_step() -> Row:
    """Time of a step of SimpleCNN.fit over that of a loop that only moves batches through the same network.

    Processor time of one thread, so that whoever else uses the machine does not count; the two take turns, and
    the quickest of each is taken. The whole fit is divided by its steps. The plain loop has its batches as
    numbers on the device beforehand, and neither shuffles nor weighs nor reports.
    """
    import numpy as np
    import torch

    from training.learners.network import SimpleCNN

    torch.set_num_threads(1)
    draw = np.random.default_rng(0)
    images = draw.integers(0, 256, (N_IMAGES, 28, 28), dtype=np.uint8)
    y = np.arange(N_IMAGES) % N_CLASSES

    def ours() -> int:
        learner = SimpleCNN(n_steps=N_STEPS, batch_size=BATCH_SIZE, progress=lambda *_: None)
        return int(learner.fit(images, y).n_steps_)

    def plain() -> int:
        return _plain_loop(images[:BATCH_SIZE], y[:BATCH_SIZE])

    seconds: dict[str, list[float]] = {"ours": [], "plain": []}
    for _ in range(N_REPEATS):
        for name, loop in (("ours", ours), ("plain", plain)):
            began = time.process_time()
            n_steps = loop()
            seconds[name].append((time.process_time() - began) / n_steps)
    best = {name: min(each) for name, each in seconds.items()}
    return Row(
        f"training step, SimpleCNN over plain torch ({1000 * best['plain']:.1f} ms)",
        BATCH_SIZE,
        best["ours"] / best["plain"],
        "x",
        OVERHEAD_LIMIT,
        rival="17x (baal, its issue 264)",
    )


def _plain_loop(images: Any, y: Any) -> int:
    """Forward, backward and step on one batch, again and again, with SimpleCNN's network and optimizer."""
    import torch
    from torch.nn import functional

    from training.learners.network import ConvNet, numbers

    torch.manual_seed(0)
    height, width = images.shape[1:]
    net = ConvNet(1, height, width, N_CLASSES, dropout=0.4)
    net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # as in the learner
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.003, weight_decay=0.01)
    x, columns = numbers(torch.tensor(images)[:, None]), torch.tensor(y)
    net.train()
    for _ in range(N_STEPS):
        loss = functional.cross_entropy(net(x), columns)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
    return N_STEPS


def measure_scale(n_rows: int, learners: tuple[str, ...] = SCALED) -> Iterator[Row]:
    """Peak memory and time of each learner on a table of `n_rows` rows, one after the other."""
    for name in learners:
        command = [sys.executable, "-m", __spec__.name, "trial", "--rows", str(n_rows), "--learner", name]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        what = f"{name}, {N_FEATURES} columns"
        yield Row(f"{what}: peak memory", n_rows, found["peak_gib"], "GiB", MEMORY_LIMIT)
        yield Row(
            f"{what}: fit ({found['n_labels']:,} labels, {found['fit_cpu_seconds']:.0f} s of processors, "
            f"accuracy {found['accuracy']:.1%})",
            n_rows,
            found["fit_seconds"],
            "s",
        )
        yield Row(f"{what}: predict every row", n_rows, found["predict_seconds"], "s")


def run_trial(name: str, n_rows: int) -> dict[str, Any]:
    """One learner on a table as a run packs it. What learns from unlabeled rows is given 1,000 labels, others all."""
    from training.learners import create
    from training.learners.catalogue import learner_named

    frame, truth = _draw_table(n_rows)
    y = truth.copy()
    if learner_named(name, item_type="table").uses_unlabeled:
        y[N_LABELS:] = -1
    learner = create(name, item_type="table")
    _, fit_seconds, fit_cpu_seconds = _timed(lambda: learner.fit(frame, y))

    def predict() -> float:
        n_right = 0
        for start in range(0, n_rows, PREDICT_ROWS):
            part = slice(start, start + PREDICT_ROWS)
            answers = learner.classes_[learner.predict_proba(frame.iloc[part]).argmax(axis=1)]
            n_right += int((answers == truth[part]).sum())
        return n_right / n_rows

    accuracy, predict_seconds, _ = _timed(predict)
    return {
        "learner": name,
        "n_rows": n_rows,
        "n_labels": int((y >= 0).sum()),
        "fit_seconds": fit_seconds,
        "fit_cpu_seconds": fit_cpu_seconds,
        "predict_seconds": predict_seconds,
        "accuracy": accuracy,
        "peak_gib": _peak_bytes() / 2**30,
    }


def _draw_table(n_rows: int) -> tuple[Any, Any]:
    """(a DataFrame of float64 columns, (n_rows,) classes): Gaussian clusters, five of each class."""
    import numpy as np
    import pandas as pd

    draw = np.random.default_rng(0)
    centres = draw.normal(size=(N_CLUSTERS, N_FEATURES))
    cluster = draw.integers(0, N_CLUSTERS, n_rows)
    rows = draw.normal(size=(n_rows, N_FEATURES))
    rows += centres[cluster]
    return pd.DataFrame(rows, columns=[f"x{i:02}" for i in range(N_FEATURES)]), cluster % N_CLASSES


def _timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """(result, seconds, seconds of processors)."""
    began, began_cpu = time.monotonic(), time.process_time()
    result = work()
    return result, time.monotonic() - began, time.process_time() - began_cpu


def _peak_bytes() -> int:
    """The most resident memory that this process ever had."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("section", choices=["steps", "scale", "trial"])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--learner", nargs="+", default=list(SCALED))
    options = parser.parse_args()
    if options.section == "trial":  # a child of measure_scale
        sys.stdout.write(json.dumps(run_trial(options.learner[0], options.rows)) + "\n")
        return
    rows = [measure_step()] if options.section == "steps" else []
    if options.section == "scale":
        for row in measure_scale(options.rows, tuple(options.learner)):
            rows.append(row)
            sys.stderr.write(as_markdown([row]).splitlines()[-1] + "\n")
    sys.stdout.write(f"{os.cpu_count()} cores\n\n{as_markdown(rows)}\n")


if __name__ == "__main__":
    main()
