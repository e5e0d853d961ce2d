# Sourced by ./build, behind find-tornadovm.sh. Defines choose_tornadovm.

# Prints the version of TornadoVM to compile with where the backend for GPUs is built (-Ptornado) and -Dtornado.version does not name one:
# choose_tornadovm HOME [ARGUMENT ...]. It is the SDK's if the local repository has it, the one of pom.xml, or the newest for JDK 25 there;
# where there is none, it prints nothing, and Maven fetches the one of pom.xml. One line on standard error tells of the choice.
choose_tornadovm() {
    local home=$1 default repository sdk version versions=()
    shift
    case " $* " in *" -Dtornado.version="*) return 0 ;; esac
    case " $* " in *" -Ptornado"* | *" -P tornado"*) ;; *) return 0 ;; esac
    repository=$HOME/.m2/repository/io/github/beehive-lab/tornado-runtime
    default=$(sed -n 's|.*<tornado.version>\(.*\)</tornado.version>.*|\1|p' "$home/pom.xml")
    if sdk=$(find_tornadovm); then
        versions+=("$(tornadovm_version "$sdk")")
    fi
    versions+=("$default")
    if [ -d "$repository" ]; then
        # sort -V, which some systems lack, matters only between several versions.
        while IFS= read -r version; do
            versions+=("$version")
        done < <(cd "$repository" && { ls -d -- *-jdk25* 2>/dev/null | sort -rV 2>/dev/null || ls -d -- *-jdk25* 2>/dev/null; })
    fi
    for version in "${versions[@]}"; do
        if fits_tornadovm "$version" && [ -f "$repository/$version/tornado-runtime-$version.jar" ]; then
            echo "build: TornadoVM $version of the local repository is compiled against" >&2
            echo "$version"
            return 0
        fi
    done
    echo "build: the local repository has no TornadoVM for JDK 25, so Maven fetches version $default" >&2
}
