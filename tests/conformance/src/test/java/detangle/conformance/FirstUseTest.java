package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher in a fresh copy of the sources, whose path has letters beyond ASCII: it builds once however many use it
 * first, and takes no jar from who runs. Two first uses build the copy before the tests, without a locale. Classes are
 * copied too, as compiling all of them takes most of a build and is what the build around these tests has done.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
class FirstUseTest {
    private static final String VERSION = "cli/src/main/java/detangle/cli/Version.java";

    @TempDir
    private static Path folder;

    private static Result firstUses;

    /** Runs a script in the copy, without a locale. */
    private static Result inTheCopy(String script) throws IOException {
        return DetangleProcess.bash(folder, """
                unset LC_ALL LC_CTYPE LANG LANGUAGE
                # Who makes an archive of classes keeps a copy of the jars for a while.
                export JAVA_HOME='JDK' DETANGLE_CLASS_ARCHIVE=off
                # Where classes come from another folder, the compiler's plugin would compile them again.
                export MAVEN_ARGS=-Dmaven.compiler.useIncrementalCompilation=false
                mkdir -p 'copié 😀'
                cd 'copié 😀'
                """.replace("JDK", System.getProperty("java.home")) + script);
    }

    @BeforeAll
    static void useItTwiceAtOnce() throws IOException {
        firstUses = inTheCopy("""
                (cd 'HOME' && tar --exclude=.git --exclude='target/[!c]*' -cf - .) | tar -xf -
                ./detangle classify 'Où est ma carte? 😀' >first.out 2>first.err &
                ./detangle classify 'Où est ma carte? 😀' >second.out 2>second.err || exit 1
                wait $! || exit 1
                cat first.out second.out
                cat first.err second.err >&2
                """.replace("HOME", DetangleProcess.HOME.toString()));
    }

    @Test
    void twoFirstUsesAtOnceBuildOnce() throws IOException {
        String expected =
                DetangleProcess.script("classify", "Où est ma carte? 😀").out();

        assertEquals(0, firstUses.status(), firstUses.err());
        assertEquals(expected.repeat(2), firstUses.out());
        assertEquals(
                2,
                firstUses
                        .err()
                        .lines()
                        .filter(line -> line.startsWith("detangle: building, as it is the first use")
                                || line.startsWith("detangle: another process is building"))
                        .distinct()
                        .count(),
                firstUses.err());
        assertEquals(2, firstUses.err().lines().count(), firstUses.err());
    }

    @Test
    void builtAnewWhatRunsKeepsItsJars() throws IOException {
        Result result = inTheCopy("""
                run=$PWD/cli/target/runs/$(cat cli/target/runs/current)
                mkfifo texts
                ./detangle classify --file - <texts >answer &
                exec 7>texts
                for i in $(seq 300); do ps -A -ww -o args= | grep -qF "module-path $run/lib" && break; sleep 0.1; done
                touch VERSION
                ./detangle --version >/dev/null
                # As if Maven had built it again by another way.
                touch cli/target/lib.complete
                ./detangle --version >/dev/null
                echo copies while it runs: $(ls -d cli/target/runs/*/ | wc -l)
                echo 'Where is my card?' >&7
                exec 7>&-
                wait $! || exit 1
                cut -d ' ' -f 1 answer
                touch cli/target/lib.complete
                ./detangle --version >/dev/null
                echo copies behind it: $(ls -d cli/target/runs/*/ | wc -l)
                """.replace("VERSION", VERSION));

        assertEquals(0, result.status(), result.err());
        assertEquals(
                "copies while it runs: 3\ncard_arrival\ncopies behind it: 2\n",
                result.out().replaceAll(" +", " "));
        assertEquals("detangle: building, as a source has changed\n", result.err());
    }

    /**
     * Each new copy has an older one removed; here three processes begin while there is none, and copying takes long.
     */
    @Test
    void whoStartsAtOnceKeepsItsJars() throws IOException {
        Result result = inTheCopy("""
                rm -r cli/target/runs
                touch cli/target/lib.complete
                cat >start.sh <<'END'
                    home=$PWD
                    . .mvn/build-lock.sh
                    . .mvn/built-jars.sh
                    cp() { command cp "$@" && sleep 0.3; }
                    find_built_jars
                    sleep 1
                    ls "$lib" | grep -c detangle-cli
                END
                bash start.sh & bash start.sh & bash start.sh & wait
                """);

        assertEquals("1\n1\n1\n", result.out(), result.err());
    }

    @Test
    void aFailedBuildLeavesTheOldOneAsItWas() throws IOException {
        Result result = inTheCopy("""
                cp -p VERSION good
                echo 'class {' >>VERSION
                ./detangle --version && exit 1
                cp -p good VERSION
                ./detangle --version
                """.replace("VERSION", VERSION));

        assertEquals(0, result.status(), result.err());
        assertTrue(result.out().startsWith("detangle 0."), result.out());
        assertTrue(result.err().contains("Version.java"), result.err());
        assertTrue(result.err().endsWith("; what was built before is as it was\n"), result.err());
    }

    /** As on macOS. A process that was killed has left the lock of the first case. */
    @Test
    void theLockHoldsWhereThereIsNoFlock() throws IOException {
        Result result = DetangleProcess.bash(folder, """
                home=$PWD/locked
                mkdir -p "$home/target"
                echo 0 >count
                command() { [ "$2" != flock ] && builtin command "$@"; }
                sleep 0 &
                wait $!
                ln -s "process-$!" "$home/target/build.lock.owner"
                count() {
                    . 'HOME/.mvn/build-lock.sh'
                    take_build_lock
                    before=$(cat count)
                    sleep 0.2
                    echo $((before + 1)) >count
                    release_build_lock
                }
                export -f count command
                export home
                for i in 1 2 3 4; do bash -c count & done
                wait
                cat count
                ls "$home/target"
                """.replace("HOME", DetangleProcess.HOME.toString()));

        assertEquals(0, result.status(), result.err());
        assertEquals("4\n", result.out());
        assertTrue(result.err().contains("another process is building"), result.err());
    }
}
