"""Drafts the next migration from the difference between the last step and the tables: `new_migration.py "add due dates"`.

Read and mend what it writes, then set `HEAD` in store/head.py to the new number. `new_migration.py --again` throws the last
step away and drafts it anew: for a step that nobody has released yet.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import new_tables
from alembic import command
from alembic.script import Script, ScriptDirectory

from store import engine, migrate, migrations

RUFF = Path(sys.executable).with_name("ruff")


def again() -> str:
    """Remove the last step; gives its title."""
    last = max(Path(migrations.__file__).parent.glob("versions/[0-9]*.py"))
    last.unlink()
    return last.stem.partition("_")[2].replace("_", " ")


def main(title: str) -> None:
    """Write the draft into the versions folder and print its path."""
    with tempfile.TemporaryDirectory() as folder:
        desk = engine.open(f"sqlite:///{folder}/old.db")
        with desk.engine.connect() as connection:
            config = migrate.alembic_config(connection)
            last = ScriptDirectory.from_config(config).get_current_head()
        if last:
            migrate.take_steps(desk, last)
        number = f"{int(last or 0) + 1:04d}"
        with desk.engine.connect() as connection:
            config = migrate.alembic_config(connection)
            config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
            script = command.revision(config, title, autogenerate=True, rev_id=number)
        desk.close()
        if not isinstance(script, Script):
            sys.exit("nothing was drafted")
        path = Path(script.path)
        lines = [line for line in path.read_text().splitlines() if not line.startswith("    # ### ")]
        path.write_text("\n".join(lines) + "\n")
        subprocess.run([RUFF, "check", "--quiet", "--fix", path], check=False)
        subprocess.run([RUFF, "format", "--quiet", path], check=True)
        print(path.relative_to(Path.cwd()))


if __name__ == "__main__":
    words = " ".join(sys.argv[1:]) or sys.exit(__doc__)
    main(again() if words == "--again" else words)
    new_tables.main()
