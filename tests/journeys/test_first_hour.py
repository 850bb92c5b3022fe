"""What README has a newcomer type, typed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable

import pytest

from tests.journeys.desk import MAILGATE, ROOT, Desk, environment

pytestmark = pytest.mark.journey


@pytest.mark.timeout(240)
def test_the_first_ticket_of_readme(open_desk: Callable[..., Desk]) -> None:
    """The first five minutes would end in an error message."""
    if shutil.which("swaks") is None:
        pytest.fail("swaks isn't installed: run `make test`, or packaging/test-servers.sh")
    desk = open_desk()
    example = (ROOT / "config.toml").read_text()
    desk.write_config(example.replace("127.0.0.1:2525", f"127.0.0.1:{desk.smtp_port}"))
    desk.start()
    section = (ROOT / "README.md").read_text().split("## The first ticket in five minutes", 1)[1]
    block = re.search(r"In another:\n\n```sh\n(.*?)```", section, re.DOTALL)
    assert block is not None
    lines = [line for line in block.group(1).splitlines() if not line.startswith(("#", "neomutt"))]
    script = "\n".join(lines).replace("127.0.0.1:2525", f"127.0.0.1:{desk.smtp_port}").replace(".venv/bin/mailgate", MAILGATE)
    first, rest = script.split("\n\n", 1)
    variables = environment() | {"MAILGATE_CONFIG": str(desk.config), "PERL5LIB": os.environ.get("PERL5LIB", "")}

    def typed(text: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", text],
            cwd=desk.folder,
            env=variables,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "250 2.0.0" in typed(first)
    desk.settled(1)
    out = typed(rest)
    assert "Printer on floor 2 is out" in out
    ticket = desk.cli("ticket", "show", "T1")
    assert (ticket["assignee"], ticket["priority"]) == ("anna", "high")
    assert {row["template"] for row in desk.cli("outbox", "list")} & {"message", "taken"}, "the answer waits to be sent"
