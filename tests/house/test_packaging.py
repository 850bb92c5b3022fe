"""What is shipped beside the program says what the program says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import cli
from mailgate.settings import load

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
HEAD = '[desk]\nname = "Desk"\naddress = "support@desk.example"\n'


def test_dashboard_and_alerts_ask_for_figures_that_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An alert on a figure that was renamed never rings."""
    (tmp_path / "config.toml").write_text(f'{HEAD}[relay]\nurl = "maildir:sent"\n')
    assert cli.main(["--config", str(tmp_path / "config.toml"), "metrics"]) == 0
    shown = set(re.findall(r"^# TYPE (mailgate_[a-z_]+)", capsys.readouterr().out, re.MULTILINE))
    board = json.loads((PACKAGING / "prometheus" / "dashboard.json").read_text())
    asked = " ".join(target["expr"] for panel in board["panels"] for target in panel["targets"])
    alerts = (PACKAGING / "prometheus" / "alerts.yml").read_text()
    named = set(re.findall(r"mailgate_[a-z_]+", asked + alerts))
    assert len(named) >= 7 and named - shown == set()
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", (ROOT / "docs" / "guide" / "providers.md").read_text(), re.DOTALL))
def test_the_set_up_of_each_provider_is_a_sound_config(tmp_path: Path, block: str) -> None:
    """Whoever copies it would begin with a list of mistakes."""
    for name in re.findall(r'_file = "([^"]+)"', block):
        (tmp_path / name).write_text("hush\n")
        (tmp_path / name).chmod(0o600)
    path = tmp_path / "config.toml"
    path.write_text(HEAD + block)
    settings = load(path, {"MAILBOX_PASSWORD": "hush"})
    assert settings.imap[0].user.startswith("support") and settings.relay.kind == "smtp"


def test_manual_pages_hold_every_command_and_are_good_roff(tmp_path: Path) -> None:
    """`man mailgate-ticket` on a server without a browser."""
    subprocess.run([sys.executable, str(PACKAGING / "man_pages.py"), str(tmp_path)], check=True, capture_output=True, timeout=60)
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {"mailgate.1", *(f"mailgate-{noun.name}.1" for noun in cli.NOUNS)}
    page = (tmp_path / "mailgate-ticket.1").read_text()
    assert ".SH TICKET LIST" in page and "mailgate ticket list \\-\\-mine anna \\-\\-overdue" in page
    if shutil.which("groff"):
        pages = sorted(str(path) for path in tmp_path.iterdir())
        done = subprocess.run(["groff", "-man", "-Tutf8", "-ww", *pages], capture_output=True, text=True, check=True, timeout=60)
        assert done.stderr == ""


def test_the_container_takes_what_the_wheel_takes() -> None:
    """An image without a folder of the program starts and fails."""
    text = (PACKAGING / "Containerfile").read_text()
    taken = {word for line in re.findall(r"^COPY (?!--)(.+) \S+$", text, re.MULTILINE) for word in line.split()}
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(wheel["only-include"]) | set(wheel["force-include"]) <= taken
    assert all((ROOT / each).exists() for each in taken)
    assert "USER mailgate" in text


def test_units_of_both_kinds_protect_alike() -> None:
    """The unit for several desks would be the one that was forgotten."""
    one, many = ((PACKAGING / name).read_text() for name in ("mailgate.service", "mailgate@.service"))
    hard = re.compile(r"^((?:Protect|Private|Restrict|NoNew|Lock|System|Remove|Capability)\w+=.*)$", re.MULTILINE)
    assert set(hard.findall(one)) == set(hard.findall(many)) and len(hard.findall(one)) > 15
