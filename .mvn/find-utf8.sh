# Sourced by ./build and the launchers, in bash. Defines use_utf8, which chooses a locale whose encoding is UTF-8 where the user's is not, or
# fails. The JVM decodes its command line and the names of files by the locale and has no option for that, so that cron, systemd and slim
# containers, which set no locale, would turn every letter beyond ASCII into a question mark.

# Bash counts characters by the locale: the euro sign is one in UTF-8 alone.
locale_is_utf8() {
    local euro=$'\xe2\x82\xac'
    [ ${#euro} -eq 1 ]
}

use_utf8() {
    locale_is_utf8 && return 0
    # Messages, dates and numbers stay as they are: LC_CTYPE decides alone, unless LC_ALL overrules it.
    local variable=LC_CTYPE name
    [ -z "${LC_ALL:-}" ] || variable=LC_ALL
    for name in C.UTF-8 C.utf8 en_US.UTF-8 $(locale -a 2>/dev/null | grep -i 'utf-\{0,1\}8$' | head -n 1); do
        # Bash complains of a locale that is not installed.
        { export "$variable=$name"; } 2>/dev/null
        locale_is_utf8 && return 0
    done
    { export "$variable=C"; } 2>/dev/null
    return 1
}

# Fails with a message where the JVM could not read the path of the jars.
use_utf8_for() {
    use_utf8 || case $1 in
        *[$'\x80'-$'\xff']*)
            echo "detangle: the JVM cannot read the path $1, as no locale with UTF-8 is installed here: move Detangle, or install C.UTF-8" >&2
            return 1
            ;;
    esac
}
