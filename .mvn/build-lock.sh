# Sourced by ./build and ./detangle, in bash. Defines take_build_lock, as two builds of one tree spoil each other: it returns once nobody else
# builds there. The lock is held until release_build_lock, or until this process and what it has started have ended.
# DETANGLE_BUILDING names the tree whose lock an ancestor holds: what the tests of a build start does not wait for that build.

take_build_lock() {
    [ "${DETANGLE_BUILDING:-}" != "$home" ] || return 0
    mkdir -p "$home/target"
    build_lock=$home/target/build.lock
    if command -v flock >/dev/null 2>&1; then
        exec 8>>"$build_lock"
        if ! flock -n 8; then
            say_that_another_builds
            flock 8
        fi
    else
        lock_by_link "$build_lock.owner"
        trap release_build_lock EXIT
    fi
    export DETANGLE_BUILDING=$home
}

release_build_lock() {
    [ -n "${build_lock:-}" ] || return 0
    exec 8>&-
    rm -f "$build_lock.owner"
    unset DETANGLE_BUILDING build_lock
}

say_that_another_builds() {
    echo "${0##*/}: another process is building $home; waiting for it" >&2
}

# Where flock is missing, as on macOS: a link to the number of the process that holds the lock, which appears in one step. With a second
# argument nothing is said of waiting.
lock_by_link() {
    local owner told=${2:-}
    until ln -s "process-$$" "$1" 2>/dev/null; do
        owner=$(readlink "$1" || true)
        if [ -n "$owner" ] && ! runs "${owner#process-}"; then
            # A killed process has left it. One of those who wait clears it away, after another look.
            if mkdir "$1.clearing" 2>/dev/null; then
                [ "$(readlink "$1")" != "$owner" ] || rm -f "$1"
                rmdir "$1.clearing"
            fi
        elif [ -z "$told" ]; then
            say_that_another_builds
            told=yes
        fi
        sleep 0.2
    done
}

# Processes of other users cannot be signalled, but ps shows them.
runs() {
    kill -0 "$1" 2>/dev/null || ps -p "$1" >/dev/null 2>&1
}
