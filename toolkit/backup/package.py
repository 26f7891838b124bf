"""The backup's format: a tar.gz (encrypted or not) of `about.json`, `tables/<name>.jsonl`, `media/<path>`, `sums.json`.

`about.json` comes first, so that a wrong file is known at once; `sums.json` comes last and has the SHA-256 of
everything before it. An unencrypted backup can be opened with tar on any machine.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.utils.translation import gettext as _

from toolkit.backup.refusals import BackupRefused
from toolkit.backup.sealing import SealedReader, SealingWriter, is_sealed

KIND = "publicity-backup-1"
ABOUT, SUMS = "about.json", "sums.json"
TABLES, MEDIA = "tables/", "media/"
PIECE = 1024 * 1024
SAFE_NAME = re.compile(r"(tables/[a-z0-9_]+\.jsonl|media/[^/\0]+(/[^/\0]+)*|about\.json|sums\.json)")


@dataclass
class Contents:
    """What a checked backup holds. `sums` is {member name: {"sha256", "size"}}."""

    about: dict[str, Any]
    sums: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def media(self) -> dict[str, dict[str, Any]]:
        """{path under the media folder: {"sha256", "size"}}"""
        return {name[len(MEDIA) :]: told for name, told in self.sums.items() if name.startswith(MEDIA)}

    @property
    def fingerprint(self) -> str:
        """One SHA-256 over rows and files: equal for two backups of the same hospital."""
        told = {name: entry["sha256"] for name, entry in self.sums.items() if name != ABOUT}
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


class PackageWriter:
    """Adds members one after the other; `finish()` writes the sums."""

    def __init__(self, target: BinaryIO, key: bytes | None) -> None:
        self._sealing = SealingWriter(target, key) if key else None
        self._packed = gzip.GzipFile(
            fileobj=cast("Any", self._sealing or target), mode="wb", compresslevel=6, mtime=0
        )
        self._tar = tarfile.open(fileobj=self._packed, mode="w|", format=tarfile.PAX_FORMAT, bufsize=PIECE)  # noqa: SIM115  closed in finish()
        self.contents = Contents(about={})

    def about(self, told: dict[str, Any]) -> None:
        self.contents.about = {"kind": KIND, **told}
        self._add_json(ABOUT, self.contents.about)

    def add(self, name: str, source: BinaryIO, size: int) -> None:
        """`size` bytes of `source` under that name. Raises OSError when there are fewer."""
        hashing = _Hashing(source)
        member = tarfile.TarInfo(name)
        member.size, member.mode = size, 0o640
        self._tar.addfile(member, cast("Any", hashing))
        self.contents.sums[name] = {"sha256": hashing.digest.hexdigest(), "size": size}

    def _add_json(self, name: str, content: Any) -> None:
        data = json.dumps(content, ensure_ascii=False, indent=1).encode()
        self.add(name, io.BytesIO(data), len(data))

    def finish(self) -> None:
        self._add_json(SUMS, dict(self.contents.sums))
        del self.contents.sums[SUMS]
        self.close()

    def close(self) -> None:
        """Also after a failure: the file is then worth nothing, but nothing of it stays open."""
        with ExitStack() as closing:  # each is closed even if the one before it fails
            if self._sealing:
                closing.callback(self._sealing.close)
            closing.callback(self._packed.close)
            closing.callback(self._tar.close)


class _Hashing:
    """Hashes what is read through it."""

    def __init__(self, source: Any) -> None:
        self._source, self.digest, self.size = source, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        data = bytes(self._source.read(size))
        self.digest.update(data)
        self.size += len(data)
        return data


@contextmanager
def members(path: Path, key: Callable[[], bytes]) -> Iterator[Iterator[tuple[str, BinaryIO]]]:
    """(name, content) of each member in order; `key` is asked only when the file is encrypted."""
    try:
        with path.open("rb") as raw:
            start = raw.read(8)
            raw.seek(0)
            plain = io.BufferedReader(SealedReader(raw, key()), PIECE) if is_sealed(start) else raw
            with gzip.GzipFile(fileobj=cast("Any", plain)) as packed:
                yield _each(cast("BinaryIO", packed))
    except (OSError, EOFError, tarfile.TarError, zlib.error) as error:
        raise BackupRefused(
            _("%(name)s can't be read as a backup; it is damaged or something else: %(error)s")
            % {"name": path.name, "error": error}
        ) from error


def _each(packed: BinaryIO) -> Iterator[tuple[str, BinaryIO]]:
    with tarfile.open(fileobj=packed, mode="r|") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isreg() else None
            if content is None or not SAFE_NAME.fullmatch(member.name) or ".." in member.name.split("/"):
                raise BackupRefused(_("This file is no backup."))
            yield member.name, cast("BinaryIO", content)
    while packed.read(PIECE):  # to the end, so that gzip and the encryption check their own sums
        pass


def check(path: Path, key: Callable[[], bytes]) -> Contents:
    """Read the whole file and compare every sum. Raises BackupRefused."""
    _check_beside(path)
    found: dict[str, dict[str, Any]] = {}
    about: dict[str, Any] = {}
    sums: dict[str, Any] | None = None
    with members(path, key) as each:
        for name, content in each:
            hashing = _Hashing(content)
            if name in {ABOUT, SUMS}:
                read = json.loads(hashing.read())
                about, sums = (read, sums) if name == ABOUT else (about, read)
                if about.get("kind") != KIND:
                    raise BackupRefused(_("This file is no backup."))
            while hashing.read(PIECE):
                pass
            found[name] = {"sha256": hashing.digest.hexdigest(), "size": hashing.size}
    found.pop(SUMS, None)
    if sums is None or sums != found:
        wrong = sorted(name for name in {*found, *(sums or {})} if found.get(name) != (sums or {}).get(name))
        raise BackupRefused(
            _("The backup is damaged: %(names)s differ from their checksums.")
            % {"names": ", ".join(wrong[:5]) or SUMS}
        )
    return Contents(about=about, sums=found)


def sum_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def write_sum(path: Path) -> str:
    """The file's SHA-256 beside it, as `sha256sum -c` wants it."""
    digest = _sha256(path)
    sum_file(path).write_text(f"{digest}  {path.name}\n")
    return digest


def _check_beside(path: Path) -> None:
    beside = sum_file(path)
    if beside.exists() and beside.read_text().split()[:1] != [_sha256(path)]:
        raise BackupRefused(
            _("The backup is damaged: %(names)s differ from their checksums.") % {"names": path.name}
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def private(path: Path) -> BinaryIO:
    """A new file that only its owner reads."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b")
