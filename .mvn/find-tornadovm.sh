# Sourced by ./build and ./detangle. Defines find_tornadovm, which prints the home of a TornadoVM SDK or fails, and
# tornadovm_arguments, which prints the JVM options that it needs, for a file of arguments.

find_tornadovm() {
    for candidate in \
        "${TORNADOVM_HOME:-}" \
        "${SDKMAN_CANDIDATES_DIR:-${HOME:-}/.sdkman/candidates}/tornadovm/current"; do
        if [ -n "$candidate" ] && [ -f "$candidate/tornado-argfile.template" ]; then
            echo "$candidate"
            return 0
        fi
    done
    return 1
}

# The SDK's own options, with its home in the place of the variable, as java expands none; the module path is the caller's,
# whose second option would replace the first. A kernel that does not compile is an error, not plain Java; numbers keep
# NaN and infinities, which masks are made of; deep models are long graphs.
tornadovm_arguments() {
    sed -e "s|\${TORNADOVM_HOME}|$1|g" -e '/^--module-path/d' -e '/^-XX:+UseParallelGC/d' "$1/tornado-argfile.template"
    echo "-Dtornado.recover.bailout=False"
    echo "\"-Dtornado.opencl.compiler.flags=-cl-mad-enable -w\""
    echo "-Dtornado.tvm.maxbytecodesize=65536"
}
