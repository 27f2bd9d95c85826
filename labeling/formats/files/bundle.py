"""Where the bytes come from: one file, a folder, or a zip archive, seen as named files. Pure.

Archives come from strangers. Their directory is checked before anything is unpacked, nothing is
ever written to disk under a name from an archive, and bytes are counted as they come out, because
the sizes that an archive states may be lies.
"""

from __future__ import annotations

import gzip
import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, Protocol

from labeling.errors import InvalidInput, TooLarge
from labeling.formats.rows import LeftOut
from labeling.formats.text.encodings import sniff_names, storable

MAX_ENTRIES = 300_000  # each takes half a kilobyte of memory while the archive is open
MAX_DIRECTORY_BYTES = 48 * 2**20
MAX_DEPTH = 20  # folders within folders
MAX_TOTAL_BYTES = 200 * 2**30  # unpacked
MAX_RATIO = 250  # unpacked to packed: text reaches 20, deflate's own limit is 1,032
RATIO_FREE_BYTES = 16 * 2**20  # below this a high ratio harms nobody: blank images, short logs
ZIP_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
UTF8_NAMES = 0x800  # of an entry's flags
GZIP_MAGIC = b"\x1f\x8b"
END_OF_DIRECTORY, END_OF_DIRECTORY_64 = b"PK\x05\x06", b"PK\x06\x06"
MAX_END_BYTES = 22 + 2**16 + 20 + 56  # the end of the directory with its comment and its large twin
STRANGE = "A link that leads out of the folder or to a folder, or no plain file. Copy what is meant into the folder."
SYSTEM_NAMES = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


class Bundle(Protocol):
    """Named files."""

    names: list[str]  # sorted, with "/" between folders
    left_out: list[LeftOut]  # files that are in it and not among its names

    def open(self, name: str) -> BinaryIO:
        """The bytes of one file; not necessarily seekable. Raises InvalidInput."""
        ...

    def size(self, name: str) -> int:
        """Bytes of one file, as stated; for progress only."""
        ...


class FileBundle:
    """One file, opened anew for each reading."""

    def __init__(self, name: str, opener: Callable[[], BinaryIO], n_bytes: int) -> None:
        self.names = [PurePosixPath(name.replace("\\", "/")).name]
        self.left_out: list[LeftOut] = []
        self.opener = opener
        self.n_bytes = n_bytes

    def open(self, name: str) -> BinaryIO:
        if name not in self.names:
            raise no_such_file(name)
        return self.opener()

    def size(self, name: str) -> int:
        return self.n_bytes


class FolderBundle:
    """A folder on this machine, without hidden files. Links in it are followed as far as they stay in it."""

    def __init__(self, root: Path, names: Iterable[str] | None = None) -> None:
        """`names` are the files to import, all of them unless told; others can still be opened by name."""
        self.root = root
        found = list(self._walk() if names is None else names)
        shown = [name for name in found if not is_system(name)]
        strange = [name for name in shown if not self._is_ours(root / name)]
        self.names = sorted({*shown} - {*strange})
        self.left_out = system_files([name for name in found if is_system(name)])
        if strange:
            self.left_out.append(LeftOut(named(strange), len(strange), STRANGE))

    def _is_ours(self, path: Path) -> bool:
        """A plain file, in the folder itself also where a link leads to it."""
        if not path.is_symlink() and not path.parent.is_symlink():
            return path.is_file()
        return path.is_file() and path.resolve().is_relative_to(self.root.resolve())

    def _walk(self) -> Iterable[str]:
        for folder, subfolders, files in os.walk(self.root):
            subfolders[:] = [name for name in subfolders if not name.startswith(".")]
            place = Path(folder).relative_to(self.root).as_posix()
            links = [name for name in subfolders if (Path(folder) / name).is_symlink()]
            for name in (
                *files,
                *links,
            ):  # a link to a folder is not gone into: it may lead anywhere, or in a circle
                yield name if place == "." else f"{place}/{name}"

    def open(self, name: str) -> BinaryIO:
        parts = PurePosixPath(name).parts
        path = self.root / name
        if ".." in parts or PurePosixPath(name).is_absolute() or not self._is_ours(path):
            raise no_such_file(name)
        return path.open("rb")

    def size(self, name: str) -> int:
        return (self.root / name).stat().st_size


class ZipBundle:
    """A zip archive. Raises InvalidInput or TooLarge, before anything is unpacked, for one that is unsafe."""

    def __init__(self, stream: BinaryIO) -> None:
        _check_directory(stream)
        try:
            self.archive = zipfile.ZipFile(stream)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
            raise InvalidInput(f"The zip archive cannot be read: {error}.", code="bad_archive") from None
        self.entries: dict[str, zipfile.ZipInfo] = {}
        system: list[str] = []
        doubled: list[str] = []
        n_bytes = 0
        infos = self.archive.infolist()
        encoding = _names_in(infos)
        for entry in infos:
            name = _check_entry(entry, encoding)
            n_bytes += entry.file_size
            if name.endswith("/"):
                continue
            if is_system(name):
                system.append(name)
                continue
            if name in self.entries:
                doubled.append(name)
            self.entries[name] = entry
        if n_bytes > MAX_TOTAL_BYTES:
            raise TooLarge(f"The archive unpacks to {n_bytes:,} bytes; {MAX_TOTAL_BYTES:,} are allowed.")
        self.names = sorted(self.entries)
        self.left_out = system_files(system)
        if doubled:
            why = "The archive holds another file of the same name further on; the last one was read."
            self.left_out.append(LeftOut(named(doubled), len(doubled), why))
        guessed = [name for name, entry in self.entries.items() if _is_unsaid(entry)]
        self.notes: list[str] = []
        if guessed and encoding not in ("utf-8", "cp437"):
            self.notes.append(
                f"The archive does not say in which encoding its names are. They were read as {encoding}: "
                f"{storable(guessed[0][:100])!r}."
            )

    def open(self, name: str) -> BinaryIO:
        entry = self.entries.get(name)
        if entry is None:
            raise no_such_file(name)
        try:
            packed = self.archive.open(entry)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise InvalidInput(
                f"{name} in the archive cannot be read: {error}.", code="bad_archive"
            ) from None
        return io.BufferedReader(CountedStream(packed, name, max_bytes=most_unpacked(entry.compress_size)))

    def size(self, name: str) -> int:
        return self.entries[name].file_size


class CountedStream(io.RawIOBase):
    """Bytes as they are unpacked; TooLarge once there are more than an honest archive would hold."""

    def __init__(
        self,
        packed: IO[bytes] | gzip.GzipFile,
        name: str,
        *,
        max_bytes: int,
        beneath: IO[bytes] | None = None,
    ) -> None:
        """`beneath` is closed too, since a GzipFile leaves open what it reads from."""
        self.packed = packed
        self.beneath = beneath
        self.name = name
        self.max_bytes = max_bytes
        self.n_bytes = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.n_bytes

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            content = self.packed.read(len(buffer))
        except (zipfile.BadZipFile, EOFError, zlib.error, OSError) as error:
            raise InvalidInput(f"{self.name} is broken or cut off: {error}.", code="bad_archive") from None
        self.n_bytes += len(content)
        if self.n_bytes > self.max_bytes:
            raise TooLarge(
                f"{self.name} unpacks to more than {MAX_RATIO} times its packed size, as zip bombs do. "
                "Unpack it yourself and upload what is in it.",
                code="archive_bomb",
            )
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self.packed.close()
        if self.beneath is not None:
            self.beneath.close()
        super().close()


def most_unpacked(packed_bytes: int) -> int:
    """How many bytes an honest file of this packed size may unpack to."""
    return max(RATIO_FREE_BYTES, packed_bytes * MAX_RATIO)


def open_unpacked(bundle: Bundle, name: str) -> tuple[BinaryIO, BinaryIO]:
    """(unpacked bytes, the stream beneath whose position tells the progress). gz is seen by its content."""
    beneath = bundle.open(name)
    buffered = beneath if isinstance(beneath, io.BufferedReader) else io.BufferedReader(_Raw(beneath))
    if buffered.peek(2)[:2] != GZIP_MAGIC:
        return buffered, buffered
    unpacked = CountedStream(
        gzip.GzipFile(fileobj=buffered), name, max_bytes=most_unpacked(bundle.size(name)), beneath=buffered
    )
    return io.BufferedReader(unpacked, 2**18), buffered


class _Raw(io.RawIOBase):
    """A storage's file object as a raw stream, so that it can be buffered and peeked into."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream = stream
        self.n_bytes = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.n_bytes

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        content = self.stream.read(len(buffer))
        buffer[: len(content)] = content
        self.n_bytes += len(content)
        return len(content)

    def close(self) -> None:
        self.stream.close()
        super().close()


def strip_gz(name: str) -> str:
    return name[:-3] if name.lower().endswith(".gz") else name


def _check_directory(stream: BinaryIO) -> None:
    """Raise TooLarge for a list of contents that is longer than is ever held in memory, before it is read."""
    n_bytes = stream.seek(0, io.SEEK_END)
    stream.seek(max(0, n_bytes - MAX_END_BYTES))
    tail = stream.read()
    stream.seek(0)
    end = tail.rfind(END_OF_DIRECTORY)
    if end < 0 or len(tail) < end + 22:
        return  # zipfile says what is wrong
    n_entries, n_directory = struct.unpack("<HI", tail[end + 10 : end + 16])
    end64 = tail.rfind(END_OF_DIRECTORY_64, 0, end)
    if 0 <= end64 <= len(tail) - 56:
        n_entries, n_directory = struct.unpack("<QQ", tail[end64 + 32 : end64 + 48])
    if n_entries > MAX_ENTRIES or n_directory > MAX_DIRECTORY_BYTES:
        raise TooLarge(
            f"The archive holds {n_entries:,} files; {MAX_ENTRIES:,} are allowed. Make several archives of it, or "
            "import the unpacked folder with `assay import`.",
            code="too_many_entries",
        )


def _is_unsaid(entry: zipfile.ZipInfo) -> bool:
    """Whether the name has letters beyond ASCII, and the archive does not say that they are UTF-8."""
    return not entry.flag_bits & UTF8_NAMES and not entry.filename.isascii()


def _names_in(entries: Sequence[zipfile.ZipInfo]) -> str:
    """The encoding of the names that are not said to be UTF-8: programs of Windows write the page of its console."""
    names = [entry.filename.encode("cp437", "replace") for entry in entries if _is_unsaid(entry)]
    return sniff_names(names) if names else "cp437"


def _name_of(entry: zipfile.ZipInfo, encoding: str) -> str:
    if encoding == "cp437" or not _is_unsaid(entry):
        return entry.filename
    try:
        return entry.filename.encode("cp437").decode(encoding)
    except UnicodeError:
        return entry.filename


def _check_entry(entry: zipfile.ZipInfo, encoding: str) -> str:
    """The entry's name with "/" between folders, and at the end of one. Raises InvalidInput, TooLarge."""
    name = _name_of(entry, encoding).replace("\\", "/")  # as programs of Windows write it, against the rules
    if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
        raise _unsafe(f"The archive holds {name[:100]!r}, a path that leads out of it.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise _unsafe(
            f"The archive holds the symbolic link {name[:100]!r}; only files and folders are allowed."
        )
    if entry.flag_bits & 0x1:
        raise InvalidInput(
            f"{name[:100]!r} in the archive is encrypted. Make the archive anew without a password.",
            code="unsafe_archive",
        )
    if name.count("/") >= MAX_DEPTH:
        raise _unsafe(f"{name[:100]!r} lies {name.count('/') + 1} folders deep; {MAX_DEPTH} are allowed.")
    if entry.file_size > most_unpacked(entry.compress_size):
        raise TooLarge(
            f"{name[:100]!r} in the archive says that it unpacks to {entry.file_size:,} bytes, over {MAX_RATIO} times "
            "its packed size, as zip bombs do. Unpack it yourself and upload what is in it.",
            code="archive_bomb",
        )
    if "//" in name or "./" in name:
        return str(PurePosixPath(name)) + ("/" if name.endswith("/") else "")
    return name


def _unsafe(message: str) -> InvalidInput:
    return InvalidInput(f"{message} Nothing was unpacked. Make the archive anew.", code="unsafe_archive")


def no_such_file(name: str) -> InvalidInput:
    return InvalidInput(f"There is no file {name[:200]!r} beside this one.", code="no_such_file")


def is_system(path: str) -> bool:
    """Whether the system of a machine keeps this file for itself: hidden ones, .DS_Store, Thumbs.db, __MACOSX."""
    if path.startswith(".") or "/." in path:
        return True
    return not SYSTEM_NAMES.isdisjoint(path.lower().split("/"))


def system_files(names: Sequence[str]) -> list[LeftOut]:
    """These files of a system, as what was left out; nothing for none."""
    return (
        [LeftOut(named(names), len(names), "Files that an operating system keeps for itself.")]
        if names
        else []
    )


def named(names: Sequence[str]) -> str:
    """Files in words: the first by its name."""
    return names[0][:200] if len(names) == 1 else f"{names[0][:200]} and {len(names) - 1:,} more"
