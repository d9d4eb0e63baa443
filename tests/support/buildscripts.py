"""Loads the scripts in build/, which is no package, for tests of what they generate."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

_DIRECTORY = Path(__file__).parents[2] / "build"


@cache
def load_script(name: str) -> Any:
    """The module in ``build/<name>.py``."""
    spec = importlib.util.spec_from_file_location(f"sealdesk_build_{name}", _DIRECTORY / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
