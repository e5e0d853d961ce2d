# Sourced by launch.sh, in bash: the archive of the classes that an answer needs, with which a command starts sooner (CDS, class data sharing).
#
# It is kept in the folder $archives and made by the launcher itself: where there is none for these jars and this JDK, the launcher is run once
# more when the command that was asked for has ended, with the name of the archive in DETANGLE_MAKE_CLASSES. DETANGLE_CLASS_ARCHIVE=off
# switches both off. An archive that bin/make-archive has put beside bin goes first.

# Prints the checksum of a file.
checksum_of() {
    cksum <"$1" 2>/dev/null
}

# Whether a file is a whole archive: damage in the middle of one would crash the JVM, which passes over other faults without a word.
is_whole_archive() {
    local sum
    [ -f "$1" ] && IFS= read -r sum 2>/dev/null <"$1.cksum" && [ "$sum" = "$(checksum_of "$1")" ]
}

# Sets class_archive to the file of the archive for $lib and $JAVA_HOME in the folder $archives. The release file tells one JDK from the next in
# the same place.
name_class_archive() {
    local release= sum
    IFS= read -r -d '' release 2>/dev/null <"$JAVA_HOME/release" || true
    sum=$(printf '%s\n' "$lib" "$JAVA_HOME" "$release" | cksum) || return 1
    class_archive=$archives/classes-${sum// /-}.jsa
}

# Whether the archive is as new as the jars: one that was made of others is of no use.
is_newer_than_jars() {
    local jar
    [ ! "$lib" -nt "$1" ] || return 1
    for jar in "$lib"/*.jar; do
        [ ! "$jar" -nt "$1" ] || return 1
    done
}

# Sets class_options to the JVM's options with which a command, whose name is the argument, reads the archive, or missing_archive to the file
# that is to be made.
find_class_archive() {
    class_options=()
    missing_archive=
    if is_whole_archive "$home/classes.jsa"; then
        class_options=("-XX:SharedArchiveFile=$home/classes.jsa")
        return
    fi
    # An archive holds code, so nobody else may be able to write it.
    [ "${DETANGLE_CLASS_ARCHIVE:-}" != off ] && [ -O "$archives" ] || return 0
    # Whoever names an archive, or wants none, has done so.
    case ${DETANGLE_JAVA_OPTS:-} in *SharedArchiveFile* | *ArchiveClassesAtExit* | *-Xshare* | *AOT*) return 0 ;; esac
    name_class_archive || return 0
    if [ -O "$class_archive" ] && is_whole_archive "$class_archive" && is_newer_than_jars "$class_archive"; then
        class_options=("-XX:SharedArchiveFile=$class_archive")
        return
    fi
    case $1 in
        # What ends without an answer, or lasts.
        '' | -* | help | completion | devices | serve | train | experiment | bench) ;;
        *) missing_archive=$class_archive ;;
    esac
}

# Creates the file that keeps others from making the same archive, which success removes: who fails is not followed for an hour.
claim_class_archive() {
    if [ -n "$(find "$1" -mmin +60 2>/dev/null)" ]; then
        rm -f "$1"
    fi
    (set -C && : >"$1") 2>/dev/null
}

# Waits for the end of its input, which is that of the command, and has the archive made, as the least of what the machine does. Nothing that
# fails here is told, as answers need no archive.
make_missing_archive() {
    local nothing
    exec >/dev/null 2>&1
    read -r nothing || true
    claim_class_archive "$missing_archive.claim" || return 0
    # Options of one command may write files, say.
    unset DETANGLE_JAVA_OPTS
    DETANGLE_MAKE_CLASSES=$missing_archive exec nice -n 19 "$launcher" classify "Where is my card?" </dev/null
}

# Runs the JVM with the arguments, and has it write the archive $DETANGLE_MAKE_CLASSES, which appears whole or not at all. A few are kept: those
# of other versions and JDKs.
make_class_archive() {
    local archive=$DETANGLE_MAKE_CLASSES old
    part=$archive.$$ # Not local, as the trap runs behind the function.
    trap '' INT HUP # The command before this is over, and its terminal somebody else's.
    trap 'rm -f "$part" "$part.cksum"' EXIT
    "$JAVA_HOME/bin/java" "-XX:ArchiveClassesAtExit=$part" "$@" >/dev/null 2>&1 && [ -f "$part" ] || return 1
    checksum_of "$part" >"$part.cksum" || return 1
    # In between the old checksum holds for no file.
    rm -f "$archive.cksum"
    mv -f "$part" "$archive" && mv -f "$part.cksum" "$archive.cksum" || return 1
    rm -f "$archive.claim"
    ls -t "${archive%/*}"/classes-*.jsa 2>/dev/null | tail -n +5 | while IFS= read -r old; do rm -f "$old" "$old.cksum"; done
}
