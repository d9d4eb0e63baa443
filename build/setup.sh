#!/usr/bin/env bash
# All the set-up that Sealdesk needs, and nothing twice.
#
#   build/setup.sh run    system packages, .venv, locked run-time dependencies (make demo, make bench)
#   build/setup.sh gui    the same, and the operator's window, cameras, scanners and local matching (make gui)
#   build/setup.sh dev    the same, and the tools of development (make test, make lint)
#
# What is missing on the system is installed with apt where that is allowed (root, or sudo without a password). Otherwise the exact
# command is printed: without a Python of 3.11 or newer the set-up stops there; everything else is a part that Sealdesk does without,
# and says so: TPM keys, suggestions in other scripts, scanners, USB, the window.
set -euo pipefail
cd "$(dirname "$0")/.."
level=${1:-run}
case $level in run|gui|dev) ;; *) echo "usage: build/setup.sh run|gui|dev" >&2; exit 2 ;; esac

say() { printf 'set-up: %s\n' "$*" >&2; }

# --- may we install? ---------------------------------------------------------------------------------------------------------
apt_prefix() {
  command -v apt-get >/dev/null || return 1
  if [ "$(id -u)" = 0 ]; then echo ""; return 0; fi
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then echo "sudo"; return 0; fi
  return 1
}

apt_update_done=
apt_install() { # packages...; 0 if they are installed afterwards
  local prefix
  if ! prefix=$(apt_prefix) || [ -n "${SEALDESK_NO_APT:-}" ]; then return 1; fi
  say "installing: $*"
  if [ -z "$apt_update_done" ]; then
    $prefix env DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null || true
    apt_update_done=1
  fi
  $prefix env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# --- Python ------------------------------------------------------------------------------------------------------------------
usable_python() { # one that is new enough and can make environments
  local candidate
  for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
    if [ -z "$candidate" ] || ! command -v "$candidate" >/dev/null; then continue; fi
    if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return 0
    fi
  done
  return 1
}

python_packages() { # which packages bring one: the system's own if it is new enough, else 3.11 beside it (Ubuntu 22.04)
  if command -v python3 >/dev/null && ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "python3.11 python3.11-venv python3.11-dev"
  else
    echo "python3 python3-venv python3-dev"
  fi
}

if ! python=$(usable_python); then
  # shellcheck disable=SC2046  # the list is meant to be split
  if ! apt_install $(python_packages) || ! python=$(usable_python); then
    say "Python 3.11 or newer with venv is missing. Install it and run make again:"
    say "    sudo apt-get install $(python_packages)"
    exit 1
  fi
fi

# --- the parts that a TPM needs ------------------------------------------------------------------------------------------------
has_library() { # a shared library by file name, asked of the linker's cache; ldconfig lives in sbin
  PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -q "$1"
}

has_python_header() {
  "$python" -c 'import sysconfig, pathlib, sys; sys.exit(not pathlib.Path(sysconfig.get_path("include"), "Python.h").exists())'
}

missing_tpm_parts() {
  command -v gcc >/dev/null || echo gcc libc6-dev
  command -v pkg-config >/dev/null && pkg-config --exists tss2-esys tss2-fapi 2>/dev/null || echo pkg-config libtss2-dev
  has_python_header || echo "$(basename "$(readlink -f "$python")")-dev"
  has_library libtss2-tcti-swtpm.so || echo libtss2-tcti-swtpm0
  command -v swtpm >/dev/null || echo swtpm
  has_library libtpms.so.0 || echo libtpms0
}

missing_icu_parts() { # suggestions in other scripts
  command -v g++ >/dev/null || echo g++
  command -v pkg-config >/dev/null && pkg-config --exists icu-i18n 2>/dev/null || echo pkg-config libicu-dev
  has_python_header || echo "$(basename "$(readlink -f "$python")")-dev"
}

missing_scan_parts() { # document scanners
  command -v gcc >/dev/null || echo gcc libc6-dev
  [ -e /usr/include/sane/sane.h ] || echo libsane-dev
  has_library libsane.so.1 || echo libsane1
  has_python_header || echo "$(basename "$(readlink -f "$python")")-dev"
}

missing_window_parts() { # the window, cameras, USB
  has_library libEGL.so.1 || echo libegl1
  has_library libGL.so.1 || echo libgl1
  has_library libxkbcommon.so.0 || echo libxkbcommon0
  has_library libdbus-1.so.3 || echo libdbus-1-3
  has_library libfontconfig.so.1 || echo libfontconfig1
  has_library libpulse.so.0 || echo libpulse0
  has_library libpulse-mainloop-glib.so.0 || echo libpulse-mainloop-glib0
  has_library libusb-1.0.so.0 || echo libusb-1.0-0
}

want() { # what to do without, the command that lists missing packages
  local missing
  missing=$("$2" | sort -u | tr '\n' ' ')
  if [ -z "${missing// /}" ]; then return; fi
  # shellcheck disable=SC2086  # the list is meant to be split
  if ! apt_install $missing; then
    say "parts are missing; going on without $1. To add them, run:"
    say "    sudo apt-get install $missing"
  fi
}

want "TPM keys: machine keys will be software keys" missing_tpm_parts
want "names suggested in other scripts" missing_icu_parts
if [ "$level" != run ]; then
  want "document scanners" missing_scan_parts
  want "the window, cameras and USB hints" missing_window_parts
fi

# --- the environment -----------------------------------------------------------------------------------------------------------
stamp() { # what the environment was made from: a change of any of it makes it again
  {
    "$python" --version
    echo "$PWD"
    cat pyproject.toml build/setup.sh build/locks/base.lock build/locks/tpm.lock build/locks/icu.lock
    [ "$1" = run ] || cat build/locks/gui.lock build/locks/scan.lock
    [ "$1" != dev ] || cat build/locks/dev.lock
  } | sha256sum | cut -d' ' -f1
}

stamp_file() { echo ".venv/sealdesk-$1.stamp"; }

if [ -f "$(stamp_file "$level")" ] && [ "$(cat "$(stamp_file "$level")")" = "$(stamp "$level")" ]; then
  exit 0
fi

if [ ! -x .venv/bin/python ] || [ "$(.venv/bin/python --version 2>/dev/null)" != "$("$python" --version)" ]; then
  say "making .venv with $("$python" --version)"
  rm -rf .venv
  "$python" -m venv .venv
fi

pip() { .venv/bin/python -m pip --disable-pip-version-check --quiet --no-input "$@"; }

install_built() { # extra, what to do without, packages that it is built with: published as source only
  if ! pip install --require-hashes -r "build/locks/$1.lock" 2>".venv/$1-install.log"; then
    say "the part '$1' could not be built (details: .venv/$1-install.log); going on without $2."
    say "    it needs: sudo apt-get install $3"
  fi
}

say "installing the locked dependencies ($level)"
case $level in
  run) pip install --require-hashes -r build/locks/base.lock ;;
  gui) pip install --require-hashes -r build/locks/gui.lock ;;
  dev) pip install --require-hashes -r build/locks/dev.lock -r build/locks/gui.lock ;;
esac
install_built tpm "TPM keys: machine keys will be software keys" "gcc pkg-config libtss2-dev"
install_built icu "names suggested in other scripts" "g++ pkg-config libicu-dev"
[ "$level" = run ] || install_built scan "document scanners" "gcc libsane-dev"
pip install --no-deps --editable .
case $level in
  run) stamp run >"$(stamp_file run)" ;;
  gui) for made in run gui; do stamp $made >"$(stamp_file $made)"; done ;;
  dev) for made in run gui dev; do stamp $made >"$(stamp_file $made)"; done ;;
esac
say "done"
