# Sourced by ./detangle and examples/run, in bash, behind find-jdk25.sh and build-lock.sh. Defines find_built_jars, which sets lib to a folder with
# the jars of the sources as they are now, and builds them where that has not been done.
#
# Maven writes into cli/target/lib, and empties it first. What runs has a copy, cli/target/runs/N/lib, so that a build takes no jar from a
# running JVM, which opens most of them late. The file current names the newest N; it and the copies appear by rename.

find_built_jars() {
    maven_lib=$home/cli/target/lib
    maven_done=$home/cli/target/lib.complete
    runs=$home/cli/target/runs
    if current_run; then
        return 0
    elif is_fresh "$maven_done" && [ ! -w "$home/cli/target" ]; then
        # Built by somebody else, into a folder that this user only reads.
        lib=$maven_lib
        return 0
    elif copy_of_maven_lib; then
        return 0
    fi
    take_build_lock
    # Whoever held the lock may have built it.
    if ! current_run && ! copy_of_maven_lib; then
        build_jars
        copy_of_maven_lib || {
            echo "detangle: the build has ended well, but $maven_lib is not complete" >&2
            exit 1
        }
    fi
    release_build_lock
}

# Sets lib to the newest copy if no source is newer, and Maven has built nothing since.
current_run() {
    [ -f "$runs/current" ] || return 1
    local run
    run=$runs/$(cat "$runs/current")
    lib=$run/lib
    [ ! "$maven_done" -nt "$run/stamp" ] && is_fresh "$run/stamp"
}

# Whether a file is there and no source is newer.
is_fresh() {
    [ -f "$1" ] && [ -z "$(find "$home" \( -name target -o -name '.git' -o -name pretrained -o -name test \) -prune -o \
        \( -path '*/src/main/*' -o -name pom.xml \) -newer "$1" -print)" ]
}

# Copies what Maven has built, if that is complete and of these sources, and sets lib to the copy. One process does so at a time, and the
# others take its copy: each new copy has another one removed, which somebody may be about to run from.
copy_of_maven_lib() {
    is_fresh "$maven_done" || return 1
    mkdir -p "$runs"
    (
        take_copy_lock
        current_run || make_copy
    ) && current_run
}

# Holds the lock until the subshell has ended.
take_copy_lock() {
    if command -v flock >/dev/null 2>&1; then
        exec 9>>"$runs/lock"
        flock 9
    else
        lock_by_link "$runs/lock.owner" quietly
        trap 'rm -f "$runs/lock.owner"' EXIT
    fi
}

make_copy() {
    local name new
    name=$(date +%s).$$
    new=$runs/part.$$
    rm -rf "$new"
    mkdir "$new"
    # The stamp comes first: where Maven has begun anew meanwhile, it is another one at the end.
    cp -p "$maven_done" "$new/stamp"
    if ! cp -Rp "$maven_lib" "$new/lib" 2>/dev/null || [ ! -f "$maven_done" ] || [ "$maven_done" -nt "$new/stamp" ]; then
        rm -rf "$new"
        return 1
    fi
    mv "$new" "$runs/$name"
    echo "$name" >"$runs/current.$$"
    local before
    before=$(cat "$runs/current" 2>/dev/null || true)
    mv -f "$runs/current.$$" "$runs/current"
    remove_old_runs "$name" "$before"
}

# Removes the copies that no process runs from. The one before the newest stays in any case: somebody may be about to start from it.
remove_old_runs() {
    local processes run
    processes=$(ps -A -ww -o args= 2>/dev/null) || return 0
    for run in "$runs"/*/; do
        run=${run%/}
        case ${run##*/} in
            "$1" | "$2" | part.*) ;;
            *) case $processes in *"$run/lib"*) ;; *) rm -rf "$run" ;; esac ;;
        esac
    done
}

build_jars() {
    if [ -f "$runs/current" ]; then
        echo "detangle: building, as a source has changed" >&2
    else
        echo "detangle: building, as it is the first use; this takes a minute or so" >&2
    fi
    mkdir -p "$home/cli/target"
    local log=$home/cli/target/launcher-build.log started=$home/cli/target/launcher-build.started profile=
    # What was built for GPUs stays so.
    if ls "$maven_lib"/detangle-backend-tornado-*.jar >/dev/null 2>&1; then
        profile=-Ptornado
    fi
    # Tests are not compiled, and Maven compiles only modules that have changed and those that depend on them. A JVM that lives for seconds is
    # faster without its optimising compiler.
    touch "$started"
    if ! MAVEN_OPTS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC ${MAVEN_OPTS:-}" \
        "$home/build" -q -Dmaven.test.skip $profile -pl cli -am package >"$log" 2>&1; then
        grep -E '^\[ERROR\]' "$log" | head -n 20 >&2 || tail -n 20 "$log" >&2
        echo "detangle: the build failed, all of it is in $log; what was built before is as it was" >&2
        exit 1
    fi
    # A source that was changed meanwhile may have come too late.
    touch -r "$started" "$maven_done"
}
