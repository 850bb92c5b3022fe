"""Beginning with a desk, and looking after it: init, config, db, doctor, texts, demo."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from store.lock import hold_daemon_lock
from tests.cli.conftest import Desk


def test_init_writes_a_config_that_is_ready(tmp_path) -> None:
    """The first command decides whether there is a second."""
    desk = Desk(tmp_path)
    result = desk.run(
        "--json",
        "init",
        str(tmp_path),
        "--address",
        "help@firm.example",
        "--name",
        'The "firm"',
        "--relay",
        "smtp://127.0.0.1:2626",
        "--lmtp",
        "unix:var/l.sock",
    )
    assert result.code == 0, result.err
    assert stat.S_IMODE(desk.config.stat().st_mode) == 0o600
    shown = desk.ok("config", "show")
    assert (shown["desk"]["address"], shown["desk"]["name"]) == ("help@firm.example", 'The "firm"')
    assert shown["desk"]["admin"] == ["admin@firm.example"]
    assert shown["relay"]["url"] == "smtp://127.0.0.1:2626"
    assert shown["lmtp"]["listen"] == "unix:var/l.sock"
    assert desk.config.read_text().count("#") > 50
    assert desk.run("init", str(tmp_path)).code == 1
    assert desk.run("ticket", "list").code == 0


def test_init_leaves_nothing_behind_when_the_answers_are_wrong(tmp_path) -> None:
    """A broken file would stand in the way of the next try."""
    result = Desk(tmp_path).run("init", str(tmp_path / "new"), "--address", "nonsense")
    assert result.code == 2
    assert not (tmp_path / "new").exists()


def test_wrong_flags_of_init_are_told_as_flags_and_all_at_once(tmp_path) -> None:
    """A line of a file that was never written would lead nowhere."""
    result = Desk(tmp_path).run("init", str(tmp_path), "--address", "nonsense", "--timezone", "Europe/Helsinky", "--imap", "imaps://mx:993")
    assert result.code == 2
    assert result.err.splitlines() == [
        "init: --address: 'nonsense' is no mail address; write it as support@desk.example",
        "init: --imap: 'imaps://mx' is more than the name of a server; write the name alone (did you mean mx?)",
        "init: --imap: needs --imap-password-file FILE beside it",
        "init: --timezone: 'Europe/Helsinky' is no time zone; write it as Europe/Helsinki (did you mean Europe/Helsinki?)",
    ]
    result = Desk(tmp_path).run("init", str(tmp_path), "--imap-user", "desk")
    assert (result.code, "--imap HOST is missing" in result.err) == (2, True)


def test_init_without_flags_gives_the_example(tmp_path) -> None:
    """A script with no terminal must not hang on a question."""
    desk = Desk(tmp_path)
    assert desk.run("init", str(tmp_path)).code == 0
    assert desk.ok("config", "check")["ok"]


def test_a_port_that_is_taken_is_named_with_the_mend(desk: Desk) -> None:
    """ "OSError 98" tells nobody which door, or what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        desk.config.write_text(f'[desk]\naddress = "support@desk.example"\n[smtp]\nlisten = "{place}"\n')
        done = subprocess.run(_mailgate(desk, "serve"), capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith(f"mailgate: {place}: another program listens there already"), done.stderr


def test_a_second_daemon_is_told_of_the_first(desk: Desk) -> None:
    """Two postmen would each carry the same mail."""
    desk.config.write_text('[desk]\naddress = "support@desk.example"\n[smtp]\nlisten = "127.0.0.1:0"\n')
    url = f"sqlite:///{desk.config.parent}/var/desk.db"
    with hold_daemon_lock(url, 4711):
        done = subprocess.run(_mailgate(desk, "serve"), capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (
        1,
        "mailgate: a daemon with process id 4711 serves this database already; stop that one first; every other command works beside it\n",
    )


def _mailgate(desk: Desk, *words: str) -> list[str]:
    return [str(Path(sys.executable).with_name("mailgate")), "--config", str(desk.config), *words]


def test_config_check_lists_every_mistake_with_its_place(desk: Desk) -> None:
    """One mistake a run makes ten runs."""
    desk.config.write_text('[desk]\naddress = "nonsense"\ntimezon = "UTC"\n[smtp]\nlisten = "x"\n')
    result = desk.run("--json", "config", "check")
    assert result.code == 2
    assert result.json["ok"] is False
    assert {mistake["line"] for mistake in result.json["mistakes"]} >= {2, 3, 5}
    assert "config.toml:3" in result.err
    assert "timezone" in result.err


def test_config_check_warns_of_groups_that_are_not_there(desk: Desk) -> None:
    """Tickets would go to a group of nobody."""
    desk.ok("group", "remove", "hw")
    checked = desk.ok("config", "check")
    assert [w["what"] for w in checked["warnings"]] == ["there is no group 'hw' yet: mailgate group add hw"]


def test_a_task_in_a_rule_may_be_an_agents(desk: Desk) -> None:
    """`task @ben …` is for ben; a warning that there is no group of that name sends the admin looking for nothing."""
    rule = '[[rule]]\nname = "t"\nwhen = {subject = "x"}\nthen = ["task @ben look by:3d", "task @nobodys look"]\n'
    desk.config.write_text(f'{desk.config.read_text()}\n{rule}[notify]\nreceived = ["@ben"]\n')
    assert [w["what"] for w in desk.ok("config", "check")["warnings"]] == [
        "there is no group or agent 'nobodys' yet: mailgate group add nobodys",
        "there is no group 'ben' yet: mailgate group add ben",
    ]
    found = {each["check"] for each in desk.run("--json", "doctor").json if each["level"] == "warning"}
    assert {"group nobodys", "group ben"} <= found


def test_config_check_makes_no_database(desk: Desk, tmp_path) -> None:
    """A check in a build must leave no files."""
    new = Desk(tmp_path / "new")
    new.folder.mkdir()
    new.config.write_text(desk.config.read_text())
    assert new.ok("config", "check")["ok"]
    assert [path.name for path in new.folder.iterdir()] == ["config.toml"]


def test_config_show_hides_secrets(desk: Desk) -> None:
    """Output of commands ends up in tickets of others."""
    desk.config.write_text(desk.config.read_text() + '\n[relay]\nurl = "smtps://smtp.firm.example"\nuser = "u"\npassword = "hunter2"\n')
    desk.config.chmod(0o600)
    shown = desk.run("config", "show")
    assert shown.code == 0, shown.err
    assert "hunter2" not in shown.out
    assert "***" in shown.out


def test_a_backup_is_a_database_again_and_overwrites_nothing(desk: Desk, tmp_path) -> None:
    """The copy is only as good as what can be opened from it."""
    desk.opened()
    copy = tmp_path / "copy" / "desk.db"
    assert desk.ok("db", "backup", str(copy))["bytes"] == copy.stat().st_size
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert desk.run("db", "backup", str(copy)).code == 1
    other = tmp_path / "other.toml"
    other.write_text(desk.config.read_text() + f'\n[store]\nurl = "sqlite:///{copy}"\n')
    assert [t["ref"] for t in desk.ok("--config", str(other), "ticket", "list")] == ["T1"]


def test_db_check_sees_what_must_not_be(desk: Desk) -> None:
    """A check that is always green is none."""
    from sqlalchemy import text

    from mailgate import settings
    from mailgate.config import glance
    from mailgate.desk import opened
    from store import engine

    desk.ok("mail", "in", str(desk.mail()))
    assert desk.ok("db", "check")["ok"]
    with opened.store(glance.of(settings.load(desk.config, {}))) as store, engine.transaction(store) as tx:
        tx.execute(text("UPDATE raw SET data = x'00'"))
        tx.execute(text("UPDATE ticket SET priority = 'high'"))
        tx.execute(text("UPDATE outbox SET state = 'lost' WHERE id = 1"))
    result = desk.run("--json", "db", "check")
    assert result.code == 1
    assert {flaw["check"] for flaw in result.json["flaws"]} == {"mail", "history", "outbox"}


def test_db_status_and_upgrade_say_where_it_stands(desk: Desk) -> None:
    """Before an upgrade one wants to know what it will do."""
    status = desk.ok("db", "status")
    assert (status["shape"], status["current"]) == ("current", status["head"])
    assert desk.ok("db", "upgrade") == {"before": status["head"], "after": status["head"]}


def test_a_database_of_another_version_is_refused_with_the_mend(desk: Desk) -> None:
    """Working on a shape that isn't ours destroys it."""
    from sqlalchemy import text

    from mailgate import settings
    from mailgate.config import glance
    from mailgate.desk import opened
    from store import engine

    with opened.store(glance.of(settings.load(desk.config, {}))) as store, engine.transaction(store) as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    result = desk.run("ticket", "list")
    assert result.code == 1
    assert "newer Mailgate" in result.err
    assert desk.run("doctor", "--offline").code == 2


def test_a_healthy_desk_is_well(desk: Desk) -> None:
    """A doctor who always worries is not listened to."""
    result = desk.run("--json", "doctor", "--offline")
    assert result.code == 0, result.out
    assert {finding["level"] for finding in result.json} == {"ok"}
    assert set(result.json[0]) >= {"check", "level", "what", "mend"}


def test_the_doctor_warns_and_says_the_mend(desk: Desk) -> None:
    """A warning without a mend is a riddle."""
    desk.ok("group", "remove", "hw")
    desk.ok("mail", "in", str(desk.mail(X_Spam_Flag="YES")))
    desk.ok("agent", "add", "carl", "--address", "carl@desk.example")
    result = desk.run("--json", "doctor", "--offline")
    assert result.code == 1
    warnings = [finding for finding in result.json if finding["level"] == "warning"]
    assert all(finding["mend"] for finding in warnings)
    assert {finding["check"] for finding in warnings} == {"group hw", "held", "desk's domain"}
    assert "W-TICKET-TRICK" in {finding["code"] for finding in warnings}
    assert desk.run("doctor", "--offline", "--strict").code == 2


def test_the_doctor_knows_libraries_with_holes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old library lies in an environment for years, and its hole is in every scanner."""
    from mailgate.desk import checks_here

    old = {"aiosmtpd": "1.4.4", "jinja2": "3.1.5", "dkimpy": "1.1.7.post1", "aiosmtplib": "5.1.2", "mail-parser": "4.7"}
    assert not any(f["check"] in old for f in desk.run("--json", "doctor", "--offline").json)
    monkeypatch.setattr(checks_here, "version", old.__getitem__)
    result = desk.run("--json", "doctor", "--offline")
    found = {f["check"]: f for f in result.json if f["check"] in old}
    assert result.code == 1 and set(found) == set(old)
    assert all(f["level"] == "warning" and f["what"].startswith(old[name]) and "pip install" in f["mend"] for name, f in found.items())
    assert desk.run("doctor", "--offline", "--strict").code == 2


def test_the_doctor_looks_at_each_disk_that_is_written_to(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database may lie on a full disk of its own while the config's has room."""
    from mailgate.desk import checks_here

    config = desk.folder / "config.toml"
    config.write_text(f'{config.read_text()}\n[store]\nurl = "sqlite:///{desk.folder}/small/desk.db"\n')
    (desk.folder / "small").mkdir()
    desk.ok("agent", "list")
    monkeypatch.setattr(checks_here, "_device", lambda folder: 2 if folder.name == "small" else 1)
    room = shutil.disk_usage(desk.folder)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: room._replace(free=9_000_000 if folder.name == "small" else 10**12))
    disks = [(f["level"], f["what"]) for f in desk.run("--json", "doctor", "--offline").json if f["check"] == "disk"]
    assert [level for level, _ in disks] == ["ok", "broken"] and disks[1][1].endswith("/small")


def test_the_doctor_sees_what_is_broken(desk: Desk) -> None:
    """Each of these stops mail, and none says so by itself."""
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as gone:
        port = taken.getsockname()[1]
        dead = gone.getsockname()[1]
        gone.close()
        text = desk.config.read_text().replace("127.0.0.1:0", f"127.0.0.1:{port}")
        desk.config.write_text(text + f'\n[relay]\nurl = "smtp://127.0.0.1:{dead}"\n')
        (desk.folder / "var/secret").chmod(0o644) if (desk.folder / "var/secret").exists() else None
        import threading

        def hello() -> None:
            client, _ = taken.accept()
            client.sendall(b"220 somebody.else ESMTP\r\n")
            client.close()

        answering = threading.Thread(target=hello)
        answering.start()
        result = desk.run("--json", "doctor", "--now", "2026-01-02T00:00Z")
        answering.join()
    assert result.code == 2
    broken = {finding["check"] for finding in result.json if finding["level"] == "broken"}
    assert f"smtp 127.0.0.1:{port}" in broken
    assert f"relay 127.0.0.1:{dead}" in broken


def test_a_clock_that_runs_behind_is_broken(desk: Desk) -> None:
    """Every due time and token counts on it."""
    desk.opened("--now", "2026-11-30T09:00Z")
    result = desk.run("--json", "doctor", "--offline", "--now", "2026-11-29T09:00Z")
    assert result.code == 2
    assert [finding["check"] for finding in result.json if finding["level"] == "broken"] == ["clock"]


def test_a_config_with_mistakes_is_broken_and_all_are_listed(desk: Desk) -> None:
    """The doctor must speak even where nothing else can be loaded."""
    desk.config.write_text('[desk]\naddress = "nonsense"\ntimezon = "UTC"\n')
    result = desk.run("--json", "doctor")
    assert result.code == 2
    assert len(result.json) >= 2


def test_texts_are_listed_previewed_and_checked(desk: Desk, tmp_path) -> None:
    """A site that writes its own texts wants to see them before customers do."""
    rows = desk.ok("text", "list")
    assert {"name", "languages"} <= set(rows[0])
    assert "received" in {row["name"] for row in rows}
    seen = desk.ok("text", "preview", "received", "--language", "de", "--html", str(tmp_path / "x.html"))
    assert seen["language"] == "de"
    assert seen["subject"] and seen["text"]
    assert (tmp_path / "x.html").read_text().strip().startswith("<")
    assert desk.run("text", "preview", "recieved").code == 3
    assert desk.run("text", "preview", "received", "--language", "xx").code == 3
    assert all(row["ok"] and row["weak"] == [] for row in desk.ok("text", "check"))


def test_a_text_of_the_sites_own_that_is_weak_is_named(desk: Desk, tmp_path) -> None:
    """It renders, so nobody would see before the customer does that its button is gone and its subject cut off."""
    (tmp_path / "texts" / "en").mkdir(parents=True)
    own = "{% extends layout %}{% block subject %}" + "Long " * 20 + "{% endblock %}{% block body %}{{ title('Closed') }}{% endblock %}"
    (tmp_path / "texts" / "en" / "closed.j2").write_text(own)
    desk.config.write_text(desk.config.read_text().replace('name = "Help"', 'name = "Help"\ntexts = "texts"'))
    weak = next(row["weak"] for row in desk.ok("text", "check") if (row["name"], row["language"]) == ("closed", "en"))
    assert any("characters" in each for each in weak) and any("reopen is not shown" in each for each in weak)


def test_rules_are_listed_in_order_and_linted(desk: Desk) -> None:
    """A rule that can never match is a promise that nobody keeps."""
    rules = '\n[[rule]]\nname = "all"\nthen = ["prio high"]\nstop = true\n[[rule]]\nname = "never"\nwhen = {subject = "x"}\nthen = ["prio low"]\n'
    desk.config.write_text(desk.config.read_text() + rules)
    listed = desk.ok("rules", "list")
    assert [rule["name"] for rule in listed] == ["all", "never"]
    assert listed[1]["when"][0]["word"] == "subject"
    result = desk.run("--json", "rules", "lint")
    assert result.code == 1
    assert result.json[0]["rule"] == "never"


def test_metrics_are_prometheus_text(desk: Desk) -> None:
    """What monitoring can't read it doesn't watch."""
    from prometheus_client.parser import text_string_to_metric_families

    desk.opened()
    families = {family.name: family for family in text_string_to_metric_families(desk.run("metrics").out)}
    assert {sample.labels["status"]: sample.value for sample in families["mailgate_tickets"].samples}["read"] == 1
    assert families["mailgate_agents"].samples[0].value == 2


@pytest.mark.timeout(110)
def test_the_tour_goes_the_whole_way_and_cleans_up(desk: Desk, tmp_path) -> None:
    """What a newcomer sees first must work on his machine."""
    result = desk.process("demo", "--json", TMPDIR=str(tmp_path))
    assert result.code == 0, result.err
    steps = result.json["steps"]
    assert len(steps) >= 6
    answer = next(step["text"] for step in steps if "What Maria gets" in step["title"])
    assert "It prints again." in answer
    assert "#close" not in answer
    assert "anna@staff.example" not in answer
    assert list(tmp_path.glob("mailgate-demo-*")) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_tour_that_is_cut_short_leaves_nothing_running(tmp_path, number: signal.Signals) -> None:
    """Who closes the terminal in the middle would have a desk in the background for ever."""
    command = [sys.executable, "-c", "from cli import run; run()", "demo"]
    tour = subprocess.Popen(command, cwd=tmp_path, env={**os.environ, "TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, text=True)
    with tour:
        assert tour.stdout is not None
        next(line for line in tour.stdout if "A customer writes" in line)  # each step is seen as it happens
        tour.send_signal(number)
        tour.stdout.read()
        assert tour.wait(30) == 128 + number
    assert list(tmp_path.glob("mailgate-demo-*")) == []


def test_commands_to_copy_are_called_as_this_one_was(tmp_path) -> None:
    """From a checkout the shell knows no mailgate, and from elsewhere it finds no config."""
    called = str(Path(sys.executable).with_name("mailgate"))
    for path, name in (("/usr/bin:/bin", called), (str(Path(called).parent), "mailgate")):
        place = tmp_path / f"the desk {len(name)}"
        made = subprocess.run([called, "init", str(place), "--address", "help@desk.example"], env={"PATH": path}, capture_output=True, text=True, check=True)  # fmt: skip
        assert f"  {name} --config '{place}/config.toml' serve" in made.stdout
