"""Roundup's mail gateway for `handling.py`: runs with the Python of Roundup's own environment and imports nothing of ours.

    python roundup_side.py HOME MAILS [--acknowledge] [--tell]

Makes a tracker from the classic template on SQLite in HOME, opens it once and feeds `MailGW.main`, which is what the pipe `roundup-mailgw`
calls for the mail on its standard input, without the start of a process that the pipe pays for each mail. What it sends goes into a
file. For every line `BEGIN END` on the standard input it takes those mails and says what they cost.
"""

import contextlib
import io
import json
import marshal
import sys
import time
from pathlib import Path

AGENT_ON_NOSY = """
def tell_agent(db, cl, nodeid, newvalues):
    newvalues["nosy"] = [*(newvalues.get("nosy") or []), db.user.lookup("anna")]


def init(db):
    db.issue.audit("create", tell_agent, priority=200)
"""
"""A detector as sites write them: the one agent hears of every issue and of every message in it."""


def make_tracker(home: Path, *, acknowledge: bool, tell: bool) -> None:
    """A tracker as `roundup-admin install` makes it; strangers may write, as on a help desk."""
    from roundup.admin import AdminTool
    from roundup.configuration import CoreConfig

    with contextlib.redirect_stdout(io.StringIO()):
        tool = AdminTool()
        sys.argv = ["roundup-admin", "-i", str(home), "install", "classic", "sqlite"]
        tool.main()
        config = CoreConfig(str(home))
        config["ADMIN_EMAIL"] = "admin@desk.example"
        config["MAIL_DOMAIN"] = "desk.example"
        config["MAIL_HOST"] = "localhost"
        config["MAIL_DEBUG"] = str(home / "sent")
        config["TRACKER_WEB"] = "http://desk.example/"
        config["TRACKER_EMAIL"] = "support"
        config["RDBMS_BACKEND"] = "sqlite"
        if acknowledge:
            config["NOSY_MESSAGES_TO_AUTHOR"] = "new"
        if tell:
            (home / "detectors" / "agentonnosy.py").write_text(AGENT_ON_NOSY)
        config.save()
        with (home / "schema.py").open("a") as schema:
            schema.write("\ndb.security.addPermissionToRole('Anonymous', 'Email Access')\n")
        sys.argv = ["roundup-admin", "-i", str(home), "initialise", "secret"]
        AdminTool().main()


def register(tracker, senders) -> None:
    """Everybody has written before: making an account hashes a password with 250,000 rounds, which is no part of the steady state."""
    from roundup.password import Password

    db = tracker.open("admin")
    for sender in senders:
        name, _, domain = sender.partition("@")
        db.user.create(username=f"{name}.{domain}", address=sender, password=Password("x", scheme="plaintext"), roles="User")
    db.user.create(username="anna", address="anna@staff.example", password=Password("x", scheme="plaintext"), roles="User")
    db.commit()
    db.close()


def main() -> None:
    home, mails = map(Path, sys.argv[1:3])
    make_tracker(home, acknowledge="--acknowledge" in sys.argv, tell="--tell" in sys.argv)
    import roundup.instance
    from roundup.mailgw import MailGW
    from roundup.scripts.roundup_mailgw import parse_arguments

    tracker = roundup.instance.open(str(home))
    _, arguments = parse_arguments([str(home)])
    gateway = MailGW(tracker, arguments)
    raws = marshal.loads(mails.read_bytes())
    register(tracker, sorted({sender for sender, _ in raws}))
    print("ready", flush=True)
    for line in sys.stdin:
        begin, end = map(int, line.split())
        cpu = time.process_time()
        for _, raw in raws[begin:end]:
            gateway.main(io.BytesIO(raw))
        cpu = time.process_time() - cpu
        db = tracker.open("admin")
        told = {"cpu": cpu, "messages": db.msg.count(), "tickets": db.issue.count()}
        db.close()
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
