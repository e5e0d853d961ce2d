package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher makes an archive of classes beside the first answers, without a word, and later commands read it. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
class ClassArchiveTest {
    /** Prints the answer, and how many of the main class are read from an archive. */
    private static final String ANSWER = """
            answer() {
                DETANGLE_JAVA_OPTS=-Xlog:class+load:file=loaded home/bin/detangle classify 'Where is my card?'
                grep -c 'detangle.cli.Main source: shared objects file' loaded
            }
            """;

    /** Waits until an archive is there and its claim is not. */
    private static final String MADE = """
            made() {
                for i in $(seq 1200); do
                    ls "$1"/classes-*.jsa >/dev/null 2>&1 && ! ls "$1"/*.claim >/dev/null 2>&1 && break
                    sleep 0.1
                done
            }
            """;

    @TempDir
    private static Path folder;

    private static Installation installation;
    private static Result firstAnswers;

    @BeforeAll
    static void answerTwiceAtOnce() throws IOException {
        installation = Installation.in(folder);
        firstAnswers = installation.bash(ANSWER + MADE + """
                home/bin/detangle --version >/dev/null
                ls cache/detangle
                home/bin/detangle classify 'Where is my card?' >other &
                answer
                wait $! && cat other
                made cache/detangle
                ls cache/detangle | sed 's/-.*[0-9]\\./-KEY./' | grep -v tile-shapes
                """);
    }

    private static void prints(String expected, String lines) throws IOException {
        Result result = installation.bash(ANSWER + MADE + lines + "\ntrue\n");
        assertEquals(expected, result.out(), result.err());
        assertEquals("", result.err());
        assertEquals(0, result.status());
    }

    @Test
    void firstAnswersMakeOneArchive() {
        assertEquals(
                "card_arrival (0.93)\n0\ncard_arrival (0.93)\nclasses-KEY.jsa\nclasses-KEY.jsa.cksum\n",
                firstAnswers.out());
        assertEquals("", firstAnswers.err());
        assertEquals(0, firstAnswers.status());
    }

    @Test
    void laterAnswersReadIt() throws IOException {
        prints("card_arrival (0.93)\n1\n", "answer");
    }

    /** Damage would crash the JVM. */
    @Test
    void aDamagedArchiveIsMadeAnew() throws IOException {
        prints("card_arrival (0.93)\n0\ncard_arrival (0.93)\n1\n", """
                cp -R cache copy && export XDG_CACHE_HOME=$PWD/copy
                archive=$(echo copy/detangle/classes-*.jsa)
                dd if=/dev/urandom of="$archive" bs=100000 seek=90 count=2 conv=notrunc 2>/dev/null
                cp "$archive" damaged
                answer
                for i in $(seq 1200); do cmp -s damaged "$archive" || break; sleep 0.1; done
                made copy/detangle
                answer
                """);
    }

    @Test
    void anArchiveIsOlderThanJarsThatReplaceOthers() throws IOException {
        prints("newer\nolder\nolder\n", """
                . home/bin/class-archive.sh
                lib=jars
                compare() { is_newer_than_jars archive && echo newer || echo older; }
                mkdir jars && touch -d '1 hour ago' jars/a.jar jars archive.old && touch archive
                compare
                touch -d '1 minute' jars/a.jar
                compare
                touch -d '1 hour ago' jars/a.jar && touch -d '1 minute' jars
                compare
                """);
    }

    @Test
    void whereNothingCanBeWrittenThereIsNone() throws IOException {
        prints("card_arrival (0.93)\n0\n", "export XDG_CACHE_HOME=/proc/none TMPDIR=/proc/none; answer");
    }

    /** A limit on the size of files fails as a full disk does. */
    @Test
    void aDiskThatFillsUpLeavesNothing() throws IOException {
        prints("card_arrival (0.93)\n0\ncard_arrival (0.93)\n0\n", """
                export XDG_CACHE_HOME=$PWD/small
                ulimit -f 2000
                answer
                for i in $(seq 50); do ls small/detangle/*.claim >/dev/null 2>&1 && break; sleep 0.1; done
                sleep 1
                while ps -A -ww -o args= | grep -q '[A]rchiveClassesAtExit=.*/small/'; do sleep 0.1; done
                home/bin/detangle classify 'Where is my card?'
                ls small/detangle | grep -vc 'claim\\|tile-shapes'
                """);
    }

    @Test
    void itIsSwitchedOff() throws IOException {
        prints("card_arrival (0.93)\n0\n0\n", """
                export DETANGLE_CLASS_ARCHIVE=off XDG_CACHE_HOME=$PWD/off
                answer
                ls off/detangle | grep -c classes
                """);
    }
}
