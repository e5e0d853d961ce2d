# Sourced by build.

# Sets one_test_arguments to what Maven is given to run one test class: one_test HOME NAME[#METHOD] [OPTION ...].
one_test() {
    if [ $# -lt 2 ]; then
        echo "build: name the test, as in ./build one ParserTest or ./build one 'ParserTest#method'" >&2
        exit 2
    fi
    local class=${2%%#*} files module profile=()
    files=$(cd "$1" && find . -path ./target -prune -o -path "*/src/test/java/*/$class.java" -print | sort)
    if [ -z "$files" ]; then
        echo "build: there is no test $class" >&2
        exit 2
    fi
    if [ "$(wc -l <<<"$files")" -gt 1 ]; then
        echo "build: several modules have a test $class: $(tr '\n' ' ' <<<"$files")" >&2
        exit 2
    fi
    module=${files#./}
    module=${module%%/src/test/*}
    case $module in
        backends/tornado*) profile=(-Ptornado) ;;
        plugs/* | examples/*) profile=(-Pplugs) ;;
        spark) profile=(-Pspark) ;;
    esac
    # Goals up to verify, as tests of the last modules read the jars of others.
    one_test_arguments=(${profile[@]+"${profile[@]}"} verify -pl "$module" -am "-Dtest=$2"
        -Dsurefire.failIfNoSpecifiedTests=false "${@:3}")
}
