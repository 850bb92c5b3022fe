#!/usr/bin/env bash
# Makes .venv from uv.lock, bringing uv along where the machine has none. `setup.sh` is for running, `setup.sh dev` for testing, `setup.sh fuzz` for
# testing with atheris, where there is a wheel of it.
# Safe to call again and from two shells at once; does nothing when pyproject.toml and uv.lock are the ones it was made from.
set -euo pipefail
cd "$(dirname "$0")/.."
unset PYTHONDONTWRITEBYTECODE VIRTUAL_ENV PYTHONHOME PYTHONPATH
export UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 UV_LINK_MODE="${UV_LINK_MODE:-copy}"
# Where the system has certificates, they count: a company's proxy may sign with one of its own.
[ ! -s /etc/ssl/certs/ca-certificates.crt ] || export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}"

kind=${1:-run}
oldest_uv=0.8.0

say() { printf 'setup: %s\n' "$*" >&2; }

apt_install() {
    local root=()
    [ "$(id -u)" = 0 ] || root=(sudo)
    local apt=("${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600)
    "${apt[@]}" install --no-install-recommends "$@" >&2 || { "${apt[@]}" update >&2 && "${apt[@]}" install --no-install-recommends "$@" >&2; }
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# The distribution's own comes first: it gets the distribution's security updates, and any account may run it, which one below somebody's home isn't for.
find_python() {
    local name
    for name in "${MAILGATE_PYTHON:-/usr/bin/python3}" python3 python3.13 python3.12 python3.11 python3.14; do
        if command -v "$name" >/dev/null && new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    return 1
}

uv_works() {
    local version
    version=$("$1" --version 2>/dev/null) || return 1
    version=${version#uv }
    [ "$(printf '%s\n%s\n' "$oldest_uv" "${version%% *}" | sort -V | head -n 1)" = "$oldest_uv" ]
}

find_uv() {
    if uv_works uv; then
        command -v uv
        return
    fi
    if ! uv_works .tools/bin/uv; then
        say "no uv of at least $oldest_uv here; fetching one into .tools"
        local any=$python
        for any in "$python" python3 ''; do
            "${any:-false}" -c 'import ensurepip, venv' 2>/dev/null && break
        done
        if [ -z "$any" ]; then
            apt_install "$(basename "$(readlink -f "$python")")-venv" || apt_install python3-venv
            any=$python
        fi
        "$any" -m venv --clear .tools/venv >&2
        .tools/venv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=$oldest_uv" >&2
        mkdir -p .tools/bin
        ln -sfn ../venv/bin/uv .tools/bin/uv
    fi
    printf '%s\n' "$PWD/.tools/bin/uv"
}

mkdir -p .tools
exec 9>.tools/setup.lock
flock 9

# The folder's own path belongs to the key: a virtual environment doesn't survive being moved.
key="$(cat pyproject.toml uv.lock | cksum) $PWD ${MAILGATE_PYTHON:-}"
stamp=.venv/.made-for-$kind
if [ -x .venv/bin/mailgate ] && .venv/bin/python -c '' 2>/dev/null; then
    enough=$stamp
    [ "$kind" != run ] || enough="$stamp .venv/.made-for-dev"
    for made in $enough; do
        if [ "$(cat "$made" 2>/dev/null)" = "$key" ]; then exit 0; fi
    done
fi

if ! python=$(find_python); then
    command -v apt-get >/dev/null || { say "Python 3.11 or newer is needed and none was found"; exit 1; }
    apt_install python3 python3-venv
    python=$(find_python) || { say "Python 3.11 or newer is needed; this system's own is older"; exit 1; }
fi
uv=$(find_uv)

case $kind in
    run) "$uv" sync --python "$python" --quiet --frozen --all-extras --no-dev --inexact ;;
    dev) "$uv" sync --python "$python" --quiet --frozen --all-extras ;;
    fuzz) "$uv" sync --python "$python" --quiet --frozen --all-extras --group fuzz ;;
    *) say "usage: setup.sh [run|dev|fuzz]"; exit 2 ;;
esac
printf '%s\n' "$key" >"$stamp"
