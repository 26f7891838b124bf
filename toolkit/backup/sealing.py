"""Encrypting a stream of any length with AES-256-GCM, in blocks, so that memory stays small.

    header = "PUBSEAL1" + 8 bytes that name the key + 7 random bytes
    block  = up to 1 MiB encrypted with nonce = the random bytes + block number (4) + "is this the last" (1)

The header is authenticated with every block. A changed, swapped, missing or cut-off block fails to open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import os
import secrets
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.translation import gettext as _

from toolkit.backup.refusals import BackupRefused

MAGIC = b"PUBSEAL1"
BLOCK = 1024 * 1024
TAG = 16
HEADER = len(MAGIC) + 8 + 7


def key_of(path: Path, *, create: bool = False) -> bytes:
    """The 32 bytes in the key file. With `create`, a missing file is made, readable by its owner only."""
    if create and not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as handle:
            handle.write(base64.b64encode(secrets.token_bytes(32)) + b"\n")
    try:
        key = base64.b64decode(path.read_bytes(), validate=False)
    except FileNotFoundError as error:
        raise BackupRefused(
            _("This backup is encrypted and the key file %(path)s is missing.") % {"path": path}
        ) from error
    except (OSError, binascii.Error) as error:
        raise BackupRefused(_("The key file %(path)s can't be read.") % {"path": path}) from error
    if len(key) != 32:
        raise BackupRefused(_("The key file %(path)s can't be read.") % {"path": path})
    return key


def name_of(key: bytes) -> bytes:
    """Eight bytes that tell keys apart and say nothing about them."""
    return hashlib.sha256(b"publicity backup key:" + key).digest()[:8]


def is_sealed(start: bytes) -> bool:
    return start.startswith(MAGIC)


class SealingWriter(io.RawIOBase):
    """Encrypts what is written to it into `target`; `close()` writes the last block and leaves `target` open."""

    def __init__(self, target: BinaryIO, key: bytes) -> None:
        self._target, self._cipher = target, AESGCM(key)
        self._random = secrets.token_bytes(7)
        self._header = MAGIC + name_of(key) + self._random
        self._waiting = bytearray()
        self._number = 0
        target.write(self._header)

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self._waiting += memoryview(data).cast("B")  # type: ignore[arg-type]  # any buffer, as for every raw stream
        while len(self._waiting) > BLOCK:  # the last block is only known at the end
            self._put(bytes(self._waiting[:BLOCK]), last=False)
            del self._waiting[:BLOCK]
        return memoryview(data).nbytes  # type: ignore[arg-type]  # as above

    def _put(self, block: bytes, *, last: bool) -> None:
        nonce = self._random + self._number.to_bytes(4, "big") + bytes([last])
        self._target.write(self._cipher.encrypt(nonce, block, self._header))
        self._number += 1

    def close(self) -> None:
        if not self.closed:
            self._put(bytes(self._waiting), last=True)
            self._waiting.clear()
        super().close()


class SealedReader(io.RawIOBase):
    """Opens what SealingWriter wrote. Raises BackupRefused for another key or any change."""

    def __init__(self, source: BinaryIO, key: bytes) -> None:
        self._source, self._cipher = source, AESGCM(key)
        self._header = source.read(HEADER)
        if len(self._header) != HEADER or not is_sealed(self._header):
            raise BackupRefused(_("This file is no backup."))
        if self._header[len(MAGIC) : len(MAGIC) + 8] != name_of(key):
            raise BackupRefused(_("This backup was encrypted with another key."))
        self._next = source.read(BLOCK + TAG)
        self._open = b""
        self._number = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        if not self._open and self._next:
            self._open = self._take()
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]  # any buffer, as for every raw stream
        count = min(len(view), len(self._open))
        view[:count] = self._open[:count]
        self._open = self._open[count:]
        return count

    def _take(self) -> bytes:
        block, self._next = self._next, self._source.read(BLOCK + TAG)
        nonce = self._header[-7:] + self._number.to_bytes(4, "big") + bytes([not self._next])
        self._number += 1
        try:
            return self._cipher.decrypt(nonce, block, self._header)
        except InvalidTag as error:
            raise BackupRefused(_("This backup is damaged or was changed: it can't be opened.")) from error
