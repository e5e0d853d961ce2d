package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The distribution, unpacked into a folder whose name has letters beyond ASCII, on a JDK and on a runtime image of JDK
 * modules, with and without an environment.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "unpacked with unzip, or Java's jar without the modes of files")
class DistributionTest {
    private static final Path ZIP = Path.of(System.getProperty("detangle.distribution"));
    private static final String JDK = System.getProperty("java.home");

    @TempDir
    private static Path folder;

    private static Result inTheFolder(String script) throws IOException {
        // What the launcher makes of itself would outlive the folder.
        return DetangleProcess.bash(
                folder, "export DETANGLE_CLASS_ARCHIVE=off\nhome=$PWD/'où 😀'\n" + script.replace("JDK", JDK));
    }

    @BeforeAll
    static void unpack() throws IOException {
        Result unpacked = inTheFolder("""
                'JDK/bin/jar' --extract --file 'ZIP' && mv detangle-* "$home" &&
                chmod +x "$home"/bin/detangle "$home"/bin/healthcheck "$home"/bin/make-*
                """.replace("ZIP", ZIP.toString()));
        assertEquals(0, unpacked.status(), unpacked.err());
    }

    private static void prints(String expected, String script) throws IOException {
        Result result = inTheFolder(script);
        assertEquals(0, result.status(), result.err());
        assertEquals(expected, result.out());
        assertEquals("", result.err());
    }

    @Test
    void readsTextAndNamesOfFilesWithoutAnEnvironment() throws IOException {
        // What it says of the text as it stands; without the letters beyond ASCII it is another label.
        prints("visa_or_mastercard (0.87)\nvisa_or_mastercard (0.87)\n", """
                export JAVA_HOME='JDK'
                mkdir 'modèles'
                cp -R "$home/models/pretrained/banking77-small" 'modèles/ß'
                printf 'text\n"Où est ma carte? 😀"\n' >'où.csv'
                env -i JAVA_HOME="$JAVA_HOME" DETANGLE_CLASS_ARCHIVE=off "$home/bin/detangle" classify 'Où est ma carte? 😀' --model 'modèles/ß'
                env -i JAVA_HOME="$JAVA_HOME" DETANGLE_CLASS_ARCHIVE=off "$home/bin/detangle" compile 'modèles/ß' --output 'modèles/é.dtl' 2>messages
                LC_ALL=POSIX "$home/bin/detangle" classify --file 'où.csv' --model 'modèles/é.dtl'
                """);
    }

    @Test
    void runsOnAnImageOfTheModulesThatItNeeds() throws IOException {
        Result linked = inTheFolder("env -i \"$home/bin/make-runtime\" 'JDK' && [ -x \"$home/runtime/bin/java\" ]");
        assertEquals(0, linked.status(), linked.err());
        prints(
                "visa_or_mastercard (0.87)\n",
                "env -i JAVA_HOME=/nowhere \"$home/bin/detangle\" classify 'Où est ma carte? 😀'");
        // The archive of classes that was made with it is used, and passed over where it is damaged.
        prints("card_arrival (0.93)\n1\ncard_arrival (0.93)\ncard_arrival (0.93)\n", """
                export JAVA_HOME=/nowhere DETANGLE_JAVA_OPTS=-Xlog:class+load:file=loaded
                "$home/bin/detangle" classify 'Where is my card?'
                grep -c 'detangle.cli.Main source: shared objects file' loaded
                dd if=/dev/urandom of="$home/classes.jsa" bs=100000 seek=90 count=2 conv=notrunc 2>log
                "$home/bin/detangle" classify 'Where is my card?'
                head -c 1000000 "$home/classes.jsa" >cut && mv cut "$home/classes.jsa"
                "$home/bin/detangle" classify 'Where is my card?'
                """);
        // What reads Parquet and what serves HTTP take other modules of the JDK.
        Result parquet = inTheFolder("\"$home/bin/detangle\" classify --column question --file "
                + DetangleProcess.HOME.resolve("cli/src/test/resources/parquet/questions-zstd.parquet"));
        assertEquals(0, parquet.status(), parquet.err());
        Result served = inTheFolder("""
                "$home/bin/detangle" serve --port 0 >log 2>&1 &
                server=$!
                for i in $(seq 120); do sleep 0.5; grep -q serving log && break; done
                kill $server
                cat log
                """);
        assertTrue(served.out().contains("serving at http://127.0.0.1:"), served.out());
    }

    /**
     * As in a container: no folder to write to, every option a variable, and nothing to ask whether it is well but
     * bash.
     */
    @Test
    void servesByVariablesAlone() throws IOException {
        Result served = inTheFolder("""
                env -i JAVA_HOME='JDK' HOME=/proc/none TMPDIR=/proc/none DETANGLE_PORT=0 DETANGLE_THREADS=1 \\
                    DETANGLE_MODEL="$home/models/pretrained/banking77-small" "$home/bin/detangle" serve >started 2>&1 &
                server=$!
                for i in $(seq 240); do sleep 0.25; grep -q serving started && break; done
                cat started
                export DETANGLE_PORT=$(sed -n 's/.*serving at http:[^:]*:\\([0-9]*\\).*/\\1/p' started)
                "$home/bin/healthcheck" && echo healthy
                kill $server; wait $server 2>/dev/null
                "$home/bin/healthcheck" 2>/dev/null || echo ended
                """);
        assertTrue(served.out().contains("computing with 1 thread ("), served.out() + served.err());
        assertTrue(served.out().endsWith("healthy\nended\n"), served.out() + served.err());
    }
}
