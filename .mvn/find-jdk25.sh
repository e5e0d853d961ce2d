# Sourced by ./build and ./detangle. Defines find_jdk25, which prints the home of a JDK 25, or says what to install and
# fails.

jdk_version() {
    # The release file is faster than starting a JVM, and every JDK has one.
    [ -x "$1/bin/javac" ] && [ -f "$1/release" ] &&
        sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release"
}

find_jdk25() {
    for candidate in \
        "${JAVA_HOME:-}" \
        /usr/lib/jvm/*25* \
        "${HOME:-}"/.sdkman/candidates/java/25* \
        "${HOME:-}"/.jdks/*25* \
        /Library/Java/JavaVirtualMachines/*25*/Contents/Home \
        /opt/homebrew/opt/openjdk@25/libexec/openjdk.jdk/Contents/Home \
        /usr/local/opt/openjdk@25/libexec/openjdk.jdk/Contents/Home \
        "/c/Program Files/Eclipse Adoptium"/jdk-25* \
        "/c/Program Files/Java"/jdk-25*; do
        if [ "$(jdk_version "$candidate")" = 25 ]; then
            echo "$candidate"
            return 0
        fi
    done
    if java=$(command -v java 2>/dev/null); then
        real=$(readlink -f "$java" 2>/dev/null || echo "$java")
        candidate=$(dirname -- "$(dirname -- "$real")")
        if [ "$(jdk_version "$candidate")" = 25 ]; then
            echo "$candidate"
            return 0
        fi
    fi
    echo "Detangle needs JDK 25 and found none: install Temurin 25 (https://adoptium.net), or set JAVA_HOME to a JDK 25" >&2
    return 1
}
