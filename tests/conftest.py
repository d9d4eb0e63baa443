"""Settings of the whole suite."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# Fixtures that hold keys are shared between examples on purpose: they are read only.
settings.register_profile("ci", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], print_blob=True)
settings.register_profile("dev", parent=settings.get_profile("ci"), max_examples=50)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(scope="session", autouse=True)
def no_traces_in_the_users_folders() -> Iterator[None]:
    """Caches and state of whatever the tests start go to a folder of this run, not to the user's."""
    with tempfile.TemporaryDirectory(prefix="sealdesk-tests-") as folder:
        patch = pytest.MonkeyPatch()
        for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
            patch.setenv(name, folder)
        yield
        patch.undo()
