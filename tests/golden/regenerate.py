"""Writes the golden vectors anew, or checks that they are what the code makes.

    python -m tests.golden.regenerate            writes
    python -m tests.golden.regenerate --check    says what differs, exit code 1 if anything does

A change in them changes what servers receive: look at every line of the difference before it is committed.
"""

from __future__ import annotations

import shutil
import sys

from tests.golden.cases import VECTORS, all_cases, layers, open_case


def differences() -> list[str]:
    """Names of the files that differ, are missing, or are left over."""
    made = _all_layers()
    found = {str(path.relative_to(VECTORS)): path.read_bytes() for path in VECTORS.rglob("*") if path.is_file()}
    return sorted(name for name in made.keys() | found.keys() if made.get(name) != found.get(name))


def _all_layers() -> dict[str, bytes]:
    return {
        f"{name}/{file}": content
        for name, case in all_cases().items()
        for file, content in layers(open_case(name, case)).items()
    }


def _write() -> None:
    shutil.rmtree(VECTORS, ignore_errors=True)
    for name, content in _all_layers().items():
        path = VECTORS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def main() -> int:
    """Writes or checks."""
    if sys.argv[1:] == ["--check"]:
        found = differences()
        print("\n".join(found) or "all golden vectors are as committed")
        return 1 if found else 0
    _write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
