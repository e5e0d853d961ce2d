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
# whose second option would replace the first. What kernels need of TornadoVM's settings, the backend sets itself. Drivers
# load native libraries, which Java warns of unless it is allowed, and the SDK with CUDA does not ask for it.
tornadovm_arguments() {
    sed -n 's/^--add-modules //p' "$1/tornado-argfile.template" | tr ',' '\n' |
        sed -n 's/^tornado\.drivers\./--enable-native-access=&/p'
    sed -e "s|\${TORNADOVM_HOME}|$1|g" -e '/^--module-path/d' -e '/^-XX:+UseParallelGC/d' "$1/tornado-argfile.template"
}
