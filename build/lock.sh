#!/usr/bin/env bash
# Makes the locks again from pyproject.toml: one resolution for everything, then cut into what each level of set-up installs.
# Needs uv (pip install uv). Run by hand when a dependency is added or to be updated; the result is committed.
set -euo pipefail
cd "$(dirname "$0")/.."
compile() { uv pip compile --quiet --universal --generate-hashes --no-header --python-version 3.11 "$@"; }
all=$(mktemp)
trap 'rm -f "$all"' EXIT
compile --extra dev --extra tpm --extra icu --extra sdk --extra scan --extra gui pyproject.toml -o "$all"
compile --constraint "$all" pyproject.toml -o build/locks/base.lock
compile --constraint "$all" --extra dev pyproject.toml -o build/locks/dev.lock
compile --constraint "$all" --extra gui --extra sdk pyproject.toml -o build/locks/gui.lock
for extra in tpm icu scan; do # published as source: each is built on its own, and set-up goes on without it
  sed -n "s/^$extra = \[\(.*\)\]/\1/p" pyproject.toml | tr -d '"' | compile --constraint "$all" - -o "build/locks/$extra.lock"
done
# Where a constraint came from is of no use to a reader, and would name a temporary file.
sed -i '/^ *# .*-c \//d' build/locks/*.lock
