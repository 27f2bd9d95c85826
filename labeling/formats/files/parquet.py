"""Parquet, one batch of rows at a time. Pure."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any, BinaryIO

from labeling.errors import InvalidInput
from labeling.formats.files.bundle import Bundle
from labeling.formats.layouts.tools.hugging_face import class_names_of
from labeling.formats.rows import Record

MAGIC = b"PAR1"
BATCH_ROWS = 1_000
SPOOL_BYTES = 32 * 2**20  # a packed file larger than this goes to a temporary file


class ParquetTable:
    """Columns keep their types; dates and decimals come as Python values."""

    def __init__(self, bundle: Bundle, name: str) -> None:
        """Raises InvalidInput if the file cannot be read."""
        self.bundle = bundle
        self.name = name
        with self._open() as stream:
            file = self._parquet_file(stream)
            self.column_names: list[str] = list(file.schema_arrow.names)
            self.n_rows: int = file.metadata.num_rows
            self.class_names = class_names_of(file.schema_arrow.metadata)
        self.n_read = 0
        if not self.n_rows:
            raise InvalidInput(f"{name} holds no row.", code="empty_file")

    def records(self, *, skip: int = 0) -> Iterator[Record]:
        import pyarrow

        with self._open() as stream:
            file = self._parquet_file(stream)
            groups: list[int] = []
            number = 0
            for group in range(file.num_row_groups):  # whole groups before `skip` are not read at all
                n_rows = file.metadata.row_group(group).num_rows
                if not groups and number + n_rows <= skip:
                    number += n_rows
                else:
                    groups.append(group)
            try:
                for batch in file.iter_batches(batch_size=BATCH_ROWS, row_groups=groups, use_threads=False):
                    columns = [column.to_pylist() for column in batch.columns]
                    for values in zip(*columns, strict=True):
                        number += 1
                        self.n_read = number
                        if number > skip:
                            yield number, values
            except (pyarrow.ArrowException, OSError) as error:
                raise InvalidInput(
                    f"{self.name} cannot be read after row {number:,}: {error}.", code="bad_parquet"
                ) from None

    def progress(self) -> tuple[int, int]:
        return self.n_read, self.n_rows

    def _open(self) -> BinaryIO:
        """A seekable stream; what comes packed is unpacked into a temporary file first."""
        stream = self.bundle.open(self.name)
        if stream.seekable():
            return stream
        spool = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115 - the caller closes it
        with stream:
            while block := stream.read(2**20):
                spool.write(block)
        spool.seek(0)
        return spool  # type: ignore[return-value]

    def _parquet_file(self, stream: BinaryIO) -> Any:
        import pyarrow
        import pyarrow.parquet

        try:
            return pyarrow.parquet.ParquetFile(stream)
        except (pyarrow.ArrowException, OSError) as error:
            raise InvalidInput(
                f"{self.name} is no readable Parquet file: {error}.", code="bad_parquet"
            ) from None
