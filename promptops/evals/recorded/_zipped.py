"""inspect's `.eval` logs: a zip file with a header and a file a sample, in Zstandard since 2026."""

from __future__ import annotations

import io
import json
import sys
import zipfile
import zlib
from importlib import import_module
from typing import Any, cast

from promptops.distribution import install
from promptops.errors import ConfigError, InputError

MOST_BYTES = 1 << 30  # unpacked
ZSTANDARD = 93
_HEADERS = ("header.json", "_journal/start.json")  # the second where the run was cut off
_HINT = "`inspect log convert --to json` makes JSON of inspect's `.eval` logs"


def unzipped(data: bytes, path: str) -> dict[str, Any]:
    """The log as `.json` logs hold it; InputError for a zip file that is none, or too large, and
    ConfigError where the library that unpacks it is missing."""
    try:
        with _opened(data) as archive:
            names = {info.filename: info for info in archive.infolist()}
            if sum(info.file_size for info in names.values()) > MOST_BYTES:
                raise InputError("it unpacks to more than 1 GiB", "split it", path=path)
            header = next((name for name in _HEADERS if name in names), None)
            if header is None:
                raise InputError("this zip file is no log of inspect", _HINT, path=path)
            samples = sorted(name for name in names if name.startswith("samples/"))
            found = [json.loads(archive.read(names[name])) for name in samples]
            return {**json.loads(archive.read(names[header])), "samples": found}
    except (ValueError, RecursionError, TypeError):
        raise InputError("a zip file whose parts are no JSON", _HINT, path=path) from None
    except _damages() as error:
        raise InputError(f"a damaged zip file: {error}", _HINT, path=path) from None


def _damages() -> tuple[type[Exception], ...]:
    """What unpacking raises; of Zstandard's where its library is loaded."""
    found = [zipfile.BadZipFile, EOFError, OSError, RuntimeError, NotImplementedError, zlib.error]
    module = sys.modules.get("compression.zstd") or sys.modules.get("backports.zstd")
    return (*found, *([module.ZstdError] if module else []))


def _opened(data: bytes) -> zipfile.ZipFile:
    plain = zipfile.ZipFile(io.BytesIO(data))
    packed = any(info.compress_type == ZSTANDARD for info in plain.infolist())
    if not packed or sys.version_info >= (3, 14):
        return plain
    try:
        able: Any = import_module("backports.zstd.zipfile")
    except ImportError:
        hint = f"`{install('eval')}`, or {_HINT}"
        raise ConfigError("this log is packed with Zstandard", hint) from None
    return cast(zipfile.ZipFile, able.ZipFile(io.BytesIO(data)))
