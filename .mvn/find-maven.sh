# Sourced by ./build and .ci/publish. Defines find_maven, which prints the command that runs Maven.

# The wrapper downloads Maven once; where that is impossible, a Maven on the PATH does as well.
find_maven() {
    if command -v mvn >/dev/null 2>&1 && ! "$home/mvnw" --version >/dev/null 2>&1; then
        echo "${0##*/}: the Maven wrapper could not fetch its Maven; using $(command -v mvn)" >&2
        command -v mvn
    else
        echo "$home/mvnw"
    fi
}
