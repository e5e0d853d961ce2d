# Sourced by the launchers, in bash. Opens those of the three standard streams that whoever started the launcher has closed. Otherwise the JVM
# would get their numbers for files of its own, and to read or close standard input then ended it with a segmentation fault. Input is opened for
# writing alone and output for reading alone, so that their use fails as that of a closed stream does.
[ -e /dev/fd/0 ] || exec 0>/dev/null
[ -e /dev/fd/1 ] || exec 1</dev/null
# Nobody hears of what is said there.
[ -e /dev/fd/2 ] || exec 2>/dev/null
