"""What children compute of imports, and how their failures read. Loads no array library."""

from __future__ import annotations

from labeling.formats.options import ImportOptions
from labeling.jobs.supervision import Job
from labeling.jobs.work import work_fail
from labeling.models import Check, Import


def import_fail(work: Import, message: str, code: str) -> None:
    """The import has failed; what its batches wrote stays, and the message says so. Raises WorkLost."""
    n_rows = Import.objects.values_list("cursor", flat=True).get(pk=work.pk).get("n_rows", 0)
    if n_rows and not ImportOptions(**work.options).dry_run:
        message += f" The {n_rows:,} rows before are in; importing the file again adds only what is missing."
    work_fail(work, message, code=code)


IMPORT = Job(Import, "import_execute", fail=import_fail)


CHECK = Job(Check, "check_execute")
