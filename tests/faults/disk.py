"""Builds the faulty disk (`disk.c`) and steers it: `Disk.environment` for a process, then `full`, `broken`, `slow`, `fail`, `power_off`."""

from __future__ import annotations

import mmap
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("disk.c")
_COUNTS = 16 * 8


@cache
def library() -> Path:
    """The compiled disk; `make servers` brings the compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    assert compiler, "no C compiler: run `make servers`"
    made = Path(tempfile.mkdtemp(prefix="mailgate-disk-")) / "disk.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", made, SOURCE, "-ldl", "-lpthread"], check=True, capture_output=True)
    return made


class Disk:
    """The disk under one folder."""

    def __init__(self, under: Path, steer: Path, *, remembers: bool = False) -> None:
        self.under, self.steer = under.resolve(), steer.resolve()
        self.steer.mkdir(parents=True, exist_ok=True)
        (self.steer / "counts").write_bytes(b"\0" * _COUNTS)
        with (self.steer / "counts").open("r+b") as file:
            self._counts = mmap.mmap(file.fileno(), _COUNTS)
        if remembers:
            self.is_durable()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to be on this disk."""
        return {"LD_PRELOAD": str(library()), "DISK_UNDER": str(self.under), "DISK_STEER": str(self.steer)}

    # --- faults -----------------------------------------------------------------------------------------------------------------

    def fail(self, *, write: int = 0, sync: int = 0) -> None:
        """Begin to count anew; the n-th write or sync from now fails, once."""
        struct.pack_into("4Q", self._counts, 0, 0, 0, write, sync)

    @property
    def counted(self) -> tuple[int, int]:
        """Writes and syncs since the last `fail`."""
        writes, syncs = struct.unpack_from("2Q", self._counts, 0)
        return int(writes), int(syncs)

    @contextmanager
    def fault(self, word: str) -> Iterator[None]:
        """`full`, `broken` or `slow` for the length of a block."""
        flag = self.steer / word
        flag.touch()
        try:
            yield
        finally:
            flag.unlink()

    # --- power losses -----------------------------------------------------------------------------------------------------------

    @property
    def _kept(self) -> Path:
        return self.steer / "kept"

    def is_durable(self) -> None:
        """Take what is there now as synced."""
        shutil.rmtree(self._kept, ignore_errors=True)
        self._kept.mkdir()
        names = []
        for path in self.under.iterdir():
            if path.is_file() and not path.is_symlink():
                names.append(f"{path.stat().st_ino} {path.name}\n")
                shutil.copyfile(path, self._kept / str(path.stat().st_ino))
        (self._kept / "NAMES").write_text("".join(names))

    def power_off(self) -> list[str]:
        """Leave of the folder what a power loss would: to be called when nobody writes any more. Gives the names that are gone."""
        durable = dict(reversed(line.split(" ", 1)) for line in (self._kept / "NAMES").read_text().splitlines())  # type: ignore[misc]
        contents = {name: (self._kept / ino).read_bytes() if (self._kept / ino).exists() else b"" for name, ino in durable.items()}
        gone = [path.name for path in self.under.iterdir() if path.is_file() and path.name not in durable]
        for name in gone:
            (self.under / name).unlink()
        for name, content in contents.items():
            if name.endswith("-shm"):
                (self.under / name).unlink(missing_ok=True)  # memory that processes share: never on a disk
            else:
                (self.under / name).write_bytes(content)
        self.is_durable()
        return gone
