"""Which rows of a batch, and which of their labels, are taken, before it is decided what becomes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from labeling.formats.options import ImportOptions
from labeling.formats.rows import Problem, Row, Said, SaidKind
from labeling.imports.rules.decisions import Incoming
from labeling.imports.rules.report import ImportReport
from labeling.imports.rules.sealing import OF_MACHINE
from labeling.storing.images import CheckedImage, ImageRefused


@dataclass(frozen=True, slots=True)
class Taking:
    """What an import wants."""

    options: ImportOptions
    chosen: frozenset[int] | None  # numbers of the rows whose labels are taken; None: all

    def incoming(
        self,
        rows: list[Row],
        checked: list[CheckedImage | ImageRefused | None],
        class_ids: dict[str, int],
        report: ImportReport,
    ) -> Iterator[Incoming]:
        """The rows that can come in, each with its image as it was checked; of the rest the report says why."""
        for row, image in zip(rows, checked, strict=True):
            if isinstance(image, ImageRefused):
                report.add_problem(Problem(row.number, row.key or "image", str(image), row.file))
                continue
            for remark in image.remarks if image else ():
                report.add_remark(remark, row.key or f"row {row.number:,}")
            content_hash = image.content_hash if image else row.content_hash
            incoming = Incoming(row, row.key or content_hash, content_hash, image)
            if row.label not in class_ids or row.said:
                unknown = next((name for name in classes_of(row) if name not in class_ids), None)
                if unknown is not None:
                    report.add_problem(
                        Problem(
                            row.number,
                            "label",
                            f"There is no class {unknown!r} in this project, so the row was left out. "
                            "Add the class, or import with classes: add.",
                            row.file,
                        )
                    )
                    continue
            if row.passed_over:
                report.add_problem(Problem(row.number, "label", row.passed_over, row.file, "label"))
            if row.label is not None or row.said:
                self._place_label(incoming, class_ids, report)
            yield incoming

    def _place_label(
        self,
        incoming: Incoming,
        class_ids: dict[str, int],
        report: ImportReport,
    ) -> None:
        """Whether the label, with what else was said, is taken, sealed or left out."""
        row = incoming.row
        class_id = None if row.label is None else class_ids[row.label]
        is_pool = split_of(self.options, row.split) == "pool"
        is_chosen = not self.options.sealed if self.chosen is None else row.number in self.chosen
        if (is_chosen or not is_pool) and row.is_exported:
            incoming.said = [(one, None if one.label is None else class_ids[one.label]) for one in row.said]
            if row.stood is not None and class_id is not None:
                incoming.stood = (row.stood, class_id)
        elif (is_chosen or not is_pool) and row.said:
            incoming.said = [(one, None if one.label is None else class_ids[one.label]) for one in row.said]
        elif is_chosen or not is_pool:
            incoming.class_id = class_id
        elif self.options.sealed:
            self._seal(incoming, class_ids, report)
        else:
            report.n_labels_left_out += 1

    def _seal(self, incoming: Incoming, class_ids: dict[str, int], report: ImportReport) -> None:
        """People's words are to be sealed; a machine's are left out."""
        row = incoming.row
        is_human = row.stood.is_human if row.stood is not None else self.options.labels_from != "machine"
        bare = [] if row.label is None else [Said(SaidKind.LABEL, row.label, is_human)]
        said = bare if row.is_exported or not row.said else row.said
        incoming.sealed = [
            (one, None if one.label is None else class_ids[one.label]) for one in said if one.is_human
        ]
        n_guesses = len(said) - len(incoming.sealed)
        if n_guesses:
            report.drop("labels", OF_MACHINE, n_guesses)


def split_of(options: ImportOptions, split: str) -> str:
    """Where a row of this split goes: as the file has it, or all rows into one."""
    return split if options.split == "auto" else options.split


def classes_of(row: Row) -> Iterable[str]:
    """The names of the classes that somebody speaks of."""
    if row.said:
        of_label = [row.label] if row.is_exported and row.label is not None else []
        return [*of_label, *(one.label for one in row.said if one.label is not None)]
    return () if row.label is None else (row.label,)
