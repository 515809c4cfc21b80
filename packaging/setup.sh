#!/usr/bin/env bash
# Makes a fresh machine ready: Python, uv, the locked libraries, what Qt needs from the system.
# Needs git and make only. Programs named as arguments are installed too. Where it may not install a system package, it says which and how. Quick when nothing changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly uv_wanted='uv>=0.8,<1'
readonly stamp=.venv/.counterfoil-setup
readonly tools=build/tools
readonly log=build/set-up.log
export UV_PYTHON_DOWNLOADS=never
export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-180}"

say() { printf 'set-up: %s\n' "$*" >&2; }
fail() { printf '\nset-up stopped: %s\n' "$*" >&2; exit 3; }

# What the set-up depends on; the place too, because the environment keeps absolute paths.
fingerprint() { { pwd; cat uv.lock pyproject.toml packaging/setup.sh packaging/check_qt.py; } | digest | cut -d' ' -f1; }
digest() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }

is_current() {
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(fingerprint)" ] && .venv/bin/python -c '' 2>/dev/null
}

# Runs a command as root: directly, or through sudo where that needs no password.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi
}
may_install() {
    command -v apt-get >/dev/null && { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }
}

lists_are_fresh=false
install_packages() {
    say "installing $* …"
    local attempt
    for attempt in 1 2; do
        if ! $lists_are_fresh; then
            as_root apt-get update -qq </dev/null >>"$log" 2>&1 || { sleep 3; continue; }
            lists_are_fresh=true
        fi
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >>"$log" 2>&1 &&
            return 0
        lists_are_fresh=false
        sleep 3
    done
    say "apt-get failed; the end of $log:"
    tail -n 5 "$log" >&2
    return 1
}

is_right_python() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in python3.11 python3.12 python3.13 python3 /usr/bin/python3; do
        if command -v "$candidate" >/dev/null && is_right_python "$candidate"; then command -v "$candidate"; return 0; fi
    done
    return 1
}

is_right_uv() {
    local version
    version=$("$1" --version 2>/dev/null | awk '{print $2}') || return 1
    [ -n "$version" ] && [ "$(printf '0.8.0\n%s\n' "$version" | sort -V | head -n 1)" = 0.8.0 ]
}

find_uv() {
    local candidate
    for candidate in uv "$tools/bin/uv" "$HOME/.local/bin/uv"; do
        if command -v "$candidate" >/dev/null && is_right_uv "$candidate"; then printf '%s\n' "$candidate"; return 0; fi
    done
    return 1
}

# uv in an environment of its own; Debian's Python can make one only with python3-venv, so that is installed or gone without.
make_uv() {
    local python=$1
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        may_install && install_packages python3-venv || true
    fi
    rm -rf "$tools"
    if "$python" -m venv "$tools" >>"$log" 2>&1 && "$tools/bin/python" -m pip install --quiet "$uv_wanted" >&2; then
        return 0
    fi
    rm -rf "$tools"
    "$python" -m pip install --quiet --user "$uv_wanted" >>"$log" 2>&1 ||
        "$python" -m pip install --quiet --user --break-system-packages "$uv_wanted" >>"$log" 2>&1
}

# Compiled once here: where Python may not write bytecode (PYTHONDONTWRITEBYTECODE), each start would compile them anew.
sync_libraries() {
    local uv=$1 python=$2
    "$uv" sync --frozen --compile-bytecode --quiet --python "$python" && return 0
    say 'once more …'
    "$uv" sync --frozen --compile-bytecode --python "$python"
}

# What Qt lacks, as names of Debian packages; with "--needed" only what drawing off-screen needs.
missing_for_qt() { .venv/bin/python packaging/check_qt.py "$@"; }

prepare_qt() {
    local missing
    missing=$(missing_for_qt)
    if [ -n "$missing" ] && may_install; then
        # shellcheck disable=SC2086  # one word per package
        install_packages $missing || say 'some system packages could not be installed'
        missing=$(missing_for_qt)
    fi
    [ -z "$missing" ] && return 0
    local command="sudo apt-get update && sudo apt-get install -y --no-install-recommends $(echo $missing)"
    if [ -n "$(missing_for_qt --needed)" ]; then
        fail "Qt lacks system libraries: $(echo $missing).
Install them and run this again:
    $command"
    fi
    say "windows need more system libraries (off-screen works without): $(echo $missing)"
    say "to get them: $command"
}

main() {
    is_current && return 0
    mkdir -p build
    : >"$log"
    if command -v flock >/dev/null; then
        exec 9>build/.set-up-lock
        flock 9
        is_current && return 0
    fi
    local python uv
    python=$(find_python) || { may_install && install_packages python3 python3-venv && python=$(find_python); } ||
        fail 'Python 3.11, 3.12 or 3.13 is needed. On Debian 12: sudo apt-get install python3 python3-venv'
    uv=$(find_uv) || { say 'installing uv …'; make_uv "$python" && uv=$(find_uv); } ||
        fail 'uv could not be installed. On Debian 12: sudo apt-get install python3-venv, then run this again.'
    say "libraries with $("$uv" --version) and $("$python" --version) …"
    sync_libraries "$uv" "$python" || fail 'the libraries could not be fetched. Check the network and run this again.'
    prepare_qt
    .venv/bin/python packaging/check_qt.py --draw >&2 || fail 'Qt is there and cannot draw; see the message above.'
    fingerprint >"$stamp"
    say 'ready'
}

# Programs that only one command needs, by the name of their Debian package; without them that command measures less.
want_programs() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null && continue
        { may_install && install_packages "$program"; } || say "$program is missing; what needs it is left out"
    done
}

main
want_programs "$@"
