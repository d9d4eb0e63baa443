"""Settings of the whole suite."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Fixtures that hold keys are shared between examples on purpose: they are read only.
settings.register_profile("ci", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], print_blob=True)
settings.register_profile("dev", parent=settings.get_profile("ci"), max_examples=50)
settings.load_profile("ci" if os.environ.get("CI") else "dev")
