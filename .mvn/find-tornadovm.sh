# Sourced by ./build and ./detangle. Defines find_tornadovm, which prints the home of a TornadoVM SDK or fails;
# tornadovm_version, which prints the SDK's version; fits_tornadovm, which tells whether a version can run the kernels; and
# tornadovm_arguments, which prints the JVM options that the SDK needs, for a file of arguments.

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

# An SDK of an unknown version prints nothing.
tornadovm_version() {
    sed -n 's/^version=//p' "$1/etc/tornado.release" 2>/dev/null || true
}

# The line for JDK 25 alone, from 5.2 on; TornadoVersion in backends/tornado says the same. The lines for JDK 22 and later (6 to 8) read
# kernels in another way.
fits_tornadovm() {
    case $1 in 5.[2-9].*-jdk25* | 5.[1-9][0-9].*-jdk25*) return 0 ;; *) return 1 ;; esac
}

# The SDK's own options, with its home in the place of the variable, as java expands none; the module path is the caller's,
# whose second option would replace the first. What kernels need of TornadoVM's settings, the backend sets itself. Drivers
# load native libraries, which Java warns of unless it is allowed, and the SDK with CUDA does not ask for it.
tornadovm_arguments() {
    sed -n 's/^--add-modules //p' "$1/tornado-argfile.template" | tr ',' '\n' |
        sed -n 's/^tornado\.drivers\./--enable-native-access=&/p'
    sed -e "s|\${TORNADOVM_HOME}|$1|g" -e '/^--module-path/d' -e '/^-XX:+UseParallelGC/d' "$1/tornado-argfile.template"
}
