"""One folder for each kind of mistake: config.toml, and in `expect` every line that the operator reads, in order.

`modes` names files to be made beside the config, or the config itself, with their access bits. Write `expect` anew after a change of
wording with `python -m tests.bad_configs.test_bad_configs`, and read the difference.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from mailgate import settings

HERE = Path(__file__).parent
FOLDERS = sorted(each for each in HERE.iterdir() if (each / "config.toml").exists())


def mistakes(folder: Path, work: Path) -> str:
    """What `config check` prints for a folder, its own path left out."""
    config = work / "config.toml"
    shutil.copyfile(folder / "config.toml", config)
    config.chmod(0o600)
    modes = folder / "modes"
    for line in modes.read_text().splitlines() if modes.exists() else ():
        mode, name = line.split()
        (work / name).touch()
        (work / name).chmod(int(mode, 8))
    try:
        settings.load(config, {})
    except settings.BadConfig as bad:
        return str(bad).replace(str(work), "HERE") + "\n"
    return "no mistake\n"


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_mistake_is_listed_with_its_place_and_the_nearest_word(folder, tmp_path):
    """An operator who mistypes a word would otherwise search it alone, or worse, run without noticing."""
    assert mistakes(folder, tmp_path) == (folder / "expect").read_text()


def test_all_kinds_are_there():
    """A folder without its `expect` would test nothing."""
    assert len(FOLDERS) >= 60
    assert all((folder / "expect").read_text().startswith("config.toml") for folder in FOLDERS)


def test_twelve_mistakes_come_at_once_and_in_order():
    """Mending one mistake a start would take an evening."""
    lines = (HERE / next(f.name for f in FOLDERS if f.name.endswith("twelve-at-once")) / "expect").read_text().splitlines()
    numbers = [int(line.split(":")[1]) for line in lines]
    assert len(lines) >= 12
    assert numbers == sorted(numbers)


if __name__ == "__main__":
    for each in FOLDERS:
        with tempfile.TemporaryDirectory() as scratch:
            (each / "expect").write_text(mistakes(each, Path(scratch)))
        sys.stdout.write(f"--- {each.name}\n{(each / 'expect').read_text()}")
