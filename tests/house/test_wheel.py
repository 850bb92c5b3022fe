"""The wheel holds the whole desk and nothing else, and works where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("cli", "mailgate", "rules", "store", "templates")


def _run(*command: str | Path, cwd: Path, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE"}}
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env={**clean, **environment}, timeout=100)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def _uv() -> str:
    here = ROOT / ".tools" / "bin" / "uv"
    found = shutil.which("uv") or (str(here) if here.exists() else None)
    assert found, "uv isn't installed: run `make test`, or packaging/setup.sh dev"
    return found


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the files as they are now."""
    folder = tmp_path_factory.mktemp("wheel")
    _run(_uv(), "build", "--quiet", "--wheel", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_code_and_data_of_the_five_names(wheel: Path) -> None:
    """An installed desk would have no texts to send, no steps to upgrade by, or would bring tests along."""
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {*OURS[1:], "cli.py"}
    held = {path for room in OURS[1:] for path in _tracked(room)} | {"cli.py"}
    assert sorted(held - set(names)) == []
    assert "mailgate/example.toml" in names
    assert [name for name in names if name.startswith("store/migrations/versions/0001")]
    assert "store/migrations/script.py.mako" in names
    assert [name for name in names if name.endswith("LICENSE")]
    assert not [name for name in names if "__pycache__" in name or name.startswith("tests")]


def _tracked(room: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z", room], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if name and (ROOT / name).exists()]


def test_the_installed_desk_is_ours_and_answers(wheel: Path, tmp_path: Path) -> None:
    """Five top-level names are easily shadowed by somebody else's `rules` or `store`; the command must come from this wheel."""
    venv = tmp_path / "venv"
    _run(_uv(), "venv", "--quiet", "--python", sys.executable, venv, cwd=tmp_path)
    _run(_uv(), "pip", "install", "--quiet", "--no-deps", "--offline", "--python", venv / "bin" / "python", wheel, cwd=tmp_path)
    site = next(path for path in venv.glob("lib/python*/site-packages"))
    # What we depend on comes from the environment that runs this test, behind what is installed; a .pth of ours there must not count.
    borrowed = tmp_path / "borrowed"
    borrowed.mkdir()
    for path in Path(sys.prefix).glob("lib/python*/site-packages/*"):
        if path.suffix != ".pth" and not path.name.startswith(("_editable_impl_mailgate", "mailgate-")):
            (borrowed / path.name).symlink_to(path)
    (site / "borrowed.pth").write_text(f"{borrowed}\n")

    program = f"import importlib; print(*(importlib.import_module(name).__file__ for name in {OURS}), sep='\\n')"
    files = _run(venv / "bin" / "python", "-c", program, cwd=tmp_path).splitlines()
    assert len(files) == len(OURS)
    assert [name for name in files if not name.startswith(f"{site}{os.sep}")] == []

    upgrade = "import sys; from store import engine, migrate; d = engine.open(sys.argv[1]); migrate.take_steps(d, migrate.HEAD); print(migrate.status(d).shape)"
    assert _run(venv / "bin" / "python", "-c", upgrade, f"sqlite:///{tmp_path}/desk.db", cwd=tmp_path) == "current\n"

    shown = _run(venv / "bin" / "mailgate", "--help", cwd=tmp_path)
    for command in ("serve", "tick", "mail", "ticket", "doctor"):
        assert command in shown
