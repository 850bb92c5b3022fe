"""Fixtures for all tests come from the modules named here, each beside the server it starts."""

pytest_plugins = ["tests.servers.databases", "tests.servers.postgres"]
