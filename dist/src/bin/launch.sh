# Sourced by the launchers, in bash: runs Detangle on $JAVA_HOME with the jars of $lib; $home is the folder that holds its models, $launcher the
# script that was started, and $archives, if it is set, the folder for archives of classes. DETANGLE_JAVA_OPTS adds options for the JVM.
. "${BASH_SOURCE[0]%/*}/class-archive.sh"

# What is measured once for this machine is kept here: a folder of this user's own, as a shared one breaks for the second.
cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
if [ -z "$cache" ] || ! { [ -d "$cache/detangle" ] || mkdir -p "$cache/detangle" 2>/dev/null; } || [ ! -w "$cache/detangle" ]; then
    cache=${TMPDIR:-/tmp}/detangle-$(id -u)
    # Where nothing can be written to, each process measures again.
    mkdir -p -m 700 "$cache/detangle" 2>/dev/null || true
    if [ -e "$cache" ] && [ ! -O "$cache" ]; then
        echo "detangle: $cache belongs to another user: set XDG_CACHE_HOME to a folder that you can write to" >&2
        exit 1
    fi
fi

# A forward pass leaves little behind but its outputs, so a small nursery does. A server also reads what clients send, for weeks, and is to give
# memory back that it does not need any more; but JDK 25 before 25.0.3 can corrupt memory under G1 (SPARK-55852).
collector="-XX:+UseParallelGC -XX:MaxNewSize=128m"
if [ "${1:-}" = serve ] && ! grep -Eqs '^JAVA_VERSION="25(\.0(\.[0-2](\.[0-9]+)*)?)?"' "$JAVA_HOME/release"; then
    collector="-XX:+UseG1GC -XX:G1PeriodicGCInterval=10000 -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=30"
fi
# Sets model to the model that is named by --model, or to nothing: find_model COMMAND [ARGUMENT ...].
find_model() {
    local argument previous=
    model=
    for argument in "$@"; do
        [ "$previous" != --model ] || model=$argument
        case $argument in --model=*) model=${argument#--model=} ;; esac
        previous=$argument
    done
}

# Tells whether $model has more than a gigabyte. A name on the hub tells it by a word.
is_large() {
    if [ -n "$model" ] && [ -e "$model" ]; then
        [ -n "$(find -L "$model" -maxdepth 1 -type f -size +1048576k 2>/dev/null)" ]
    else
        case $model in *large*) ;; *) return 1 ;; esac
    fi
}

# Tells whether a command has one answer to give, to a few short texts on the command line: gives_one_answer COMMAND [ARGUMENT ...]. From
# some 300 tokens on, and with large models from a long sentence on, loops that C2 compiles make up for the time that C2 takes.
gives_one_answer() {
    local argument length=0 model
    case ${1:-} in
        classify | token-classification | question-answering | fill-mask | multiple-choice | replaced-token-detection | feature-extraction) ;;
        *) return 1 ;;
    esac
    for argument in "$@"; do
        case $argument in --file | --file=* | --backend | --backend=* | --precision | --precision=*) return 1 ;; esac
        length=$((length + ${#argument}))
    done
    find_model "$@"
    [ "$length" -le 60 ] || { [ "$length" -le 500 ] && ! is_large; }
}

# A command that has one answer to give runs without C2: it has ended before what C2 compiles pays, and shares its processors with the
# compiler. It computes by loops over floats then, as it would until vectors are compiled. Of other commands C2 compiles what has run four
# times as often as by default; kernels are warmed up as soon as before.
case ${1:-} in
    serve | train) start= ;;
    *)
        start="-XX:Tier4InvocationThreshold=20000 -XX:Tier4MinInvocationThreshold=2400 -XX:Tier4CompileThreshold=60000"
        start="$start -XX:Tier4BackEdgeThreshold=160000"
        if gives_one_answer "$@"; then
            # Whoever chooses compilers has done so.
            case ${DETANGLE_JAVA_OPTS:-} in
                *Tier* | *-Xint* | *-Xcomp* | *Compil*) ;;
                *) start="-XX:TieredStopAtLevel=1 -Ddetangle.once=true" ;;
            esac
        fi
        ;;
esac
archives=${archives:-$cache/detangle}
class_options=()
missing_archive=
tornado=
if [ -z "${DETANGLE_MAKE_CLASSES:-}" ]; then
    # The options of TornadoVM turn the sharing of class data off, so there is no archive with it, and it has no part in making one.
    if ! { [ -n "$(compgen -G "$lib/detangle-backend-tornado-*.jar")" ] && tornado=$(find_tornadovm); }; then
        find_class_archive "${1:-}"
    fi
fi
set -- -m detangle.cli/detangle.cli.Main "$@"
modules=$lib
if [ -n "$tornado" ]; then
    tornado_version=$(tornadovm_version "$tornado")
    if fits_tornadovm "$tornado_version"; then
        arguments=$cache/detangle/tornadovm-arguments
        tornadovm_arguments "$tornado" >"$arguments.$$"
        mv -f "$arguments.$$" "$arguments"
        modules=$lib:$tornado/share/java/tornado
        set -- "@$arguments" --enable-native-access=detangle.backend.tornado "$@"
        case $start in *once*) start= ;; esac # TornadoVM's own compiler is Java.
    else
        set -- "-Ddetangle.tornado.unfit=${tornado_version:-of an unknown version}" "$@" # For devices, which refuses it.
    fi
fi
# Large pages spare the matrix kernels address translation; the JVM complains where the kernel offers none.
IFS= read -r pages 2>/dev/null </sys/kernel/mm/transparent_hugepage/enabled || pages=
case $pages in *'[always]'* | *'[madvise]'*) set -- -XX:+UseTransparentHugePages "$@" ;; esac
# DETANGLE_JAVA_OPTS, the collector and the start are unquoted, as they hold several options. The JVM's own messages go to stderr: stdout is for
# results.
set -- \
    -Xlog:disable -Xlog:all=warning:stderr '-Xlog:cds*=off:stderr' '-Xlog:aot*=off:stderr' \
    -XX:MaxRAMPercentage=70 $collector $start \
    --module-path "$modules" \
    --add-modules jdk.incubator.vector \
    --enable-native-access=detangle.backend.vector,dev.hardwood.core,snappy.java,com.github.luben.zstd_jni \
    "-Ddetangle.home=$home" \
    "-Ddetangle.cache=$cache/detangle" \
    ${class_options[@]+"${class_options[@]}"} \
    ${DETANGLE_JAVA_OPTS:-} \
    "$@"
if [ -n "${DETANGLE_MAKE_CLASSES:-}" ]; then
    make_class_archive "$@"
    exit
fi

# The JVM announces the incubating Vector API on each start, as its first line, and no option silences that.
without_incubator_notice() {
    trap '' INT
    if IFS= read -r line || [ -n "$line" ]; then
        case $line in
            "WARNING: Using incubator modules: jdk.incubator.vector") ;;
            *) printf '%s\n' "$line" ;;
        esac
        cat
    fi
}
if [ -t 2 ]; then
    columns=$(stty size <&2 2>/dev/null | cut -d ' ' -f 2)
    [ "${columns:-0}" -gt 0 ] 2>/dev/null || columns=80
    set -- -Ddetangle.terminal=true "-Ddetangle.columns=$columns" "$@"
fi
# A bar between results has to come by the same way as they do, as standard error comes by a pipe; and control characters in texts of
# strangers must not steer a terminal.
[ ! -t 1 ] || set -- -Ddetangle.terminal.output=true "$@"
# The JVM holds the other end open for as long as it runs.
[ -z "$missing_archive" ] || exec 7> >(make_missing_archive)
exec "$JAVA_HOME/bin/java" "$@" 2> >(without_incubator_notice >&2)
