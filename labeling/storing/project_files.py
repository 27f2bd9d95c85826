"""Where in the storage the files of a project lie that belong to it alone, so that deleting it finds them all.

Not here: images, which projects share (labeling/storing/blobs.py), and uploads, which belong to who sent them.
"""

from __future__ import annotations


def exports_folder(project_id: int) -> str:
    return f"exports/{project_id}"


def artifacts_folder(project_id: int) -> str:
    """Of its model versions, with whatever lies beside each."""
    return f"artifacts/project-{project_id}"


FOLDERS = (exports_folder, artifacts_folder)
