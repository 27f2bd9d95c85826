"""A storage that can be told to refuse, as one that is away does."""

from __future__ import annotations

from typing import Any

from django.core.files.storage import FileSystemStorage


class Refusal(Exception):
    """What a client of a storage raises is its own, and no OSError."""


class FailingStorage(FileSystemStorage):
    refuses = False

    def delete(self, name: str) -> None:
        if FailingStorage.refuses:
            raise Refusal("The storage is away.")
        super().delete(name)

    def listdir(self, path: str) -> Any:
        if FailingStorage.refuses:
            raise Refusal("The storage is away.")
        return super().listdir(path)
