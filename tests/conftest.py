"""Fixtures for all tests come from the modules named here, each beside the server it starts."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.servers.databases", "tests.servers.postgres"]

# A busy machine makes any single example slow; how long things take is measured in bench/, never in tests.
settings.register_profile("mailgate", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("mailgate")
