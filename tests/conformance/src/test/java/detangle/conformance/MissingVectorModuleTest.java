package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A program of one's own that forgets --add-modules jdk.incubator.vector is told so, whatever logging it has, and SLF4J
 * has no provider.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the programs are run by a shell script")
class MissingVectorModuleTest {
    private static final String TOLD = "start java with --add-modules jdk.incubator.vector";

    @TempDir
    private Path folder;

    private Result classifyTwice(String before) throws IOException {
        return DetangleProcess.bash(folder, """
                mkdir lib && cp 'LIB'/*.jar lib && rm lib/slf4j-jdk14-*.jar
                cat >Twice.java <<'END'
                import detangle.pipelines.TextClassifier;
                import java.nio.file.Path;

                class Twice {
                    public static void main(String[] args) {
                        for (int i = 0; i < 2; i++) {
                            try (TextClassifier classifier = TextClassifier.load(Path.of(args[0]))) {
                                System.out.println(classifier.classify("Where is my card?").getFirst().label());
                            }
                        }
                    }
                }
                END
                BEFORE
                'JDK/bin/javac' -cp 'lib/*' -d classes *.java &&
                'JDK/bin/java' -cp 'classes:lib/*' --enable-native-access=ALL-UNNAMED Twice HOME/models/pretrained/banking77-small
                """.replace("BEFORE", before)
                .replace("LIB", System.getProperty("detangle.lib"))
                .replace("JDK", System.getProperty("java.home"))
                .replace("HOME", DetangleProcess.HOME.toString()));
    }

    private static long told(String stream) {
        return stream.lines().filter(line -> line.contains(TOLD)).count();
    }

    @Test
    void standardErrorSaysSoOnce() throws IOException {
        Result result = classifyTwice("");

        assertEquals(0, result.status(), result.err());
        assertEquals("card_arrival\n".repeat(2), result.out());
        assertEquals(1, told(result.err()), result.err());
    }

    /** The program's own logger writes to standard output, and standard error has the line all the same. */
    @Test
    void aLoggerOfTheProgramsOwnSaysSoToo() throws IOException {
        Result result = classifyTwice("""
                cat >Finder.java <<'END'
                public class Finder extends System.LoggerFinder {
                    @Override
                    public System.Logger getLogger(String name, Module module) {
                        return new System.Logger() {
                            public String getName() { return name; }
                            public boolean isLoggable(Level level) { return true; }
                            public void log(Level level, java.util.ResourceBundle bundle, String message, Throwable thrown) {}
                            public void log(Level level, java.util.ResourceBundle bundle, String message, Object... values) {
                                System.out.println(level + " " + name + " " + message);
                            }
                        };
                    }
                }
                END
                mkdir -p classes/META-INF/services && echo Finder >classes/META-INF/services/java.lang.System\\$LoggerFinder
                """);

        assertEquals(0, result.status(), result.err());
        assertEquals(1, told(result.out()), result.out());
        assertTrue(result.out().contains("WARNING detangle backend vector is not used"), result.out());
        assertEquals(1, told(result.err()), result.err());
    }
}
