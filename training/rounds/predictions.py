"""Predictions in and out of the database by binary COPY: a million rows in seconds, no ORM objects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction

from labeling.database.statistics import statistics_refresh
from labeling.jobs.trouble import patient
from training.models import Round
from training.rounds.rows import round_hold
from training.rules.other_classes import N_OTHERS, SCALE

BLOCK_ROWS = 65_536  # of one COPY message, about 7 MB

OTHER = np.dtype([("class_id", ">u4"), ("confidence", ">u2")])  # as training/rules/other_classes.py reads it

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass
class Predictions:
    """What a round thinks of the pool. All arrays are (n_pool,), in ascending order of item id."""

    item_ids: IntArray
    class_ids: IntArray  # predicted, as database ids
    confidence: FloatArray  # calibrated, 0 to 1
    raw_confidence: FloatArray
    margin: FloatArray  # first minus second calibrated probability; low: unsure
    entropy: FloatArray  # nats; high: unsure
    threshold: FloatArray  # that it had to pass
    is_accepted: BoolArray
    others: npt.NDArray[np.void] | None = None  # (n_pool, up to N_OTHERS) of OTHER; None: not kept

    @classmethod
    def blank(cls, item_ids: IntArray, *, n_classes: int = 1) -> Predictions:
        """Arrays of the right length and kind, to be filled in."""
        n = len(item_ids)
        n_others = min(N_OTHERS, n_classes - 1)
        return cls(
            item_ids,
            class_ids=np.zeros(n, dtype=np.int64),
            confidence=np.zeros(n),
            raw_confidence=np.zeros(n),
            margin=np.zeros(n),
            entropy=np.zeros(n),
            threshold=np.zeros(n),
            is_accepted=np.zeros(n, dtype=bool),
            others=np.zeros((n, n_others), dtype=OTHER) if n_others > 0 else None,
        )

    def __len__(self) -> int:
        return len(self.item_ids)


@dataclass(frozen=True)
class PastPredictions:
    """What an earlier round thought, as far as rounds are compared. (n,), ascending item ids."""

    item_ids: IntArray
    class_ids: IntArray
    is_accepted: BoolArray
    confidence: FloatArray  # calibrated, 0 to 1


def other_classes(calibrated: FloatArray, class_ids: IntArray, *, n: int) -> npt.NDArray[np.void]:
    """(n_rows, n) of OTHER: the classes likeliest after the first, in descending order.

    calibrated   (n_rows, n_classes) probabilities, columns in the order of class_ids; n < n_classes
    """
    each = np.arange(len(calibrated))[:, None]
    rest = calibrated.copy()
    rest[each, calibrated.argmax(axis=1)[:, None]] = -1.0  # the first, which has columns of its own
    places = np.argpartition(-rest, n - 1, axis=1)[:, :n]
    places = places[each, np.argsort(-rest[each, places], axis=1, kind="stable")]
    others = np.zeros(places.shape, dtype=OTHER)
    others["class_id"] = class_ids[places]
    others["confidence"] = np.rint(np.clip(rest[each, places], 0.0, 1.0) * SCALE)
    return others


@patient
def predictions_store(round: Round, predictions: Predictions) -> None:
    """All predictions of the running round are in the database, or none. Raises WorkLost."""
    others = predictions.others
    record = _record(
        ("round_id", ">i8"),
        ("item_id", ">i8"),
        ("label_class_id", ">i8"),
        ("confidence", ">f8"),
        ("raw_confidence", ">f8"),
        ("margin", ">f8"),
        ("entropy", ">f8"),
        ("threshold", ">f8"),
        ("is_accepted", "u1"),
        *([("others", f"V{others[0].nbytes}")] if others is not None and len(others) else []),
    )
    columns = [name for name in record.names or () if not name.startswith(("n_fields", "size_"))]
    with transaction.atomic(), connection.cursor() as cursor:
        round_hold(round)
        cursor.execute("DELETE FROM training_prediction WHERE round_id = %s", [round.pk])  # of a try before
        statement = f"COPY training_prediction ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
        with cursor.copy(statement) as copy:
            copy.write(_SIGNATURE)
            for start in range(0, len(predictions), BLOCK_ROWS):
                part = slice(start, start + BLOCK_ROWS)
                block = _blank(record, len(predictions.item_ids[part]))
                block["round_id"] = round.pk
                block["item_id"] = predictions.item_ids[part]
                block["label_class_id"] = predictions.class_ids[part]
                for name in ("confidence", "raw_confidence", "margin", "entropy", "threshold", "is_accepted"):
                    block[name] = getattr(predictions, name)[part]
                if others is not None:
                    block["others"] = others[part].view(record["others"])[:, 0]
                copy.write(block.tobytes())
            copy.write(_TRAILER)
    statistics_refresh("training_prediction", n_rows=len(predictions))


@patient
def measured_store(
    round: Round,
    *,
    is_test: bool,
    item_ids: IntArray,
    truth_ids: IntArray,
    calibrated: FloatArray,
    class_ids: IntArray,
) -> None:
    """What the running round said of the items of one measuring set is in the database. Raises WorkLost.

    item_ids, truth_ids   (n,) items, and the ids of the classes that people gave them
    calibrated            (n, n_classes) probabilities, columns in the order of class_ids
    """
    with transaction.atomic():
        round_hold(round)
        measured_write(
            round,
            is_test=is_test,
            item_ids=item_ids,
            truth_ids=truth_ids,
            calibrated=calibrated,
            class_ids=class_ids,
        )
    statistics_refresh("training_measuredprediction", n_rows=len(item_ids))


def measured_write(
    round: Round,
    *,
    is_test: bool,
    item_ids: IntArray,
    truth_ids: IntArray,
    calibrated: FloatArray,
    class_ids: IntArray,
) -> None:
    """`measured_store` in place of what was there, for a caller that holds the round."""
    said = class_ids[calibrated.argmax(axis=1)]
    sure = np.clip(calibrated.max(axis=1), 0.0, 1.0)
    with connection.cursor() as cursor:
        of_set = [round.pk, is_test]  # of a try before
        cursor.execute("DELETE FROM training_measuredprediction WHERE round_id = %s AND is_test = %s", of_set)
        statement = (
            "COPY training_measuredprediction (round_id, item_id, is_test, truth_id, label_class_id, confidence)"
            " FROM STDIN"
        )
        with cursor.copy(statement) as copy:
            for row in zip(item_ids.tolist(), truth_ids.tolist(), said.tolist(), sure.tolist(), strict=True):
                copy.write_row((round.pk, row[0], is_test, *row[1:]))


def predictions_read(round: Round) -> PastPredictions:
    """What the round thought of its pool; empty if its predictions were pruned."""
    record = _record(
        ("item_id", ">i8"), ("label_class_id", ">i8"), ("is_accepted", "u1"), ("confidence", ">f8")
    )
    statement = (
        "COPY (SELECT item_id, label_class_id, is_accepted, confidence FROM training_prediction "
        f"WHERE round_id = {int(round.pk)} ORDER BY item_id) TO STDOUT (FORMAT BINARY)"
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        message = b"".join(copy)
    rows = np.frombuffer(message[len(_SIGNATURE) : -len(_TRAILER)], dtype=record)
    return PastPredictions(
        item_ids=rows["item_id"].astype(np.int64),
        class_ids=rows["label_class_id"].astype(np.int64),
        is_accepted=rows["is_accepted"].astype(bool),
        confidence=rows["confidence"].astype(np.float64),
    )


# PostgreSQL's documentation of COPY, "Binary Format": signature, flags, length of the extension; then
# tuples of a 16-bit field count and, per field, a 32-bit size and the value; then -1.
_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER = b"\xff\xff"


def _record(*fields: tuple[str, str]) -> np.dtype[np.void]:
    """One tuple of the binary format whose fields are never null, as a numpy record."""
    parts = [("n_fields", ">i2")]
    for name, kind in fields:
        parts += [(f"size_{name}", ">i4"), (name, kind)]
    return np.dtype(parts)


def _blank(record: np.dtype[np.void], n_rows: int) -> npt.NDArray[np.void]:
    """Records whose counts and sizes are filled in."""
    block = np.zeros(n_rows, dtype=record)
    names = [name for name in record.names or () if name.startswith("size_")]
    block["n_fields"] = len(names)
    for name in names:
        block[name] = record[name.removeprefix("size_")].itemsize
    return block
