"""The table that `make bench` prints: ours, the limit to stay under, the best found elsewhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measured figure. `limit` and `rival` are in the same unit; None where there is none."""

    what: str
    n_items: int
    ours: float
    unit: str
    limit: float | None = None
    is_floor: bool = False  # the limit is a least, not a most
    rival: str = ""  # the best measured elsewhere, with its name

    @property
    def verdict(self) -> str:
        if self.limit is None:
            return ""
        if self.ours == 0 and not self.is_floor:
            return "reached"
        ratio = self.ours / self.limit if self.is_floor else self.limit / self.ours
        return f"{'reached' if ratio >= 1 else 'MISSED'} ({ratio:.2g}x)"


def as_markdown(rows: list[Row]) -> str:
    lines = [
        "| what | items | ours | limit | | best elsewhere |",
        "|---|---:|---:|---:|---|---|",
    ]
    for row in rows:
        sign = "at least " if row.is_floor else "under "
        limit = "" if row.limit is None else f"{sign}{row.limit:g} {row.unit}"
        lines.append(
            f"| {row.what} | {row.n_items:,} | {row.ours:.3g} {row.unit} | {limit} | {row.verdict} | {row.rival} |"
        )
    return "\n".join(lines)
