"""A config in a folder of its own, written in a line."""

from __future__ import annotations

from mailgate import settings

DESK = '[desk]\naddress = "support@desk.example"\n'


def load(folder, text="", env=None, **more):
    """Settings of the smallest desk with some more TOML behind it."""
    path = folder / "config.toml"
    path.write_text(DESK + text, encoding="utf-8")
    path.chmod(0o600)
    return settings.load(path, env or {}, **more)


def secret(folder, name, text="correct horse\n", mode=0o600):
    path = folder / name
    path.write_text(text)
    path.chmod(mode)
    return path
