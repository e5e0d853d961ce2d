package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Which options the launcher gives the JVM: here a script that prints them. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
class LauncherOptionsTest {
    private static final String WITHOUT_C2 = "-XX:TieredStopAtLevel=1";
    private static final String LATE_C2 = "-XX:Tier4InvocationThreshold=20000";

    /** Options of the JVM in a launcher, up to their values that are names of files. */
    private static final Pattern OPTION = Pattern.compile("-(?:Xlog|XX)[:*+\\-A-Za-z0-9=]+|--[a-z][a-z-]+");

    @TempDir
    private static Path folder;

    private static Installation installation;

    @BeforeAll
    static void layOut() throws IOException {
        installation = Installation.in(folder);
        Result result = installation.bash("""
                mkdir -p jdk/bin
                echo '#!/bin/sh' >jdk/bin/java
                echo 'for option; do echo "$option"; done' >>jdk/bin/java
                cp jdk/bin/java jdk/bin/javac
                chmod +x jdk/bin/*
                echo 'JAVA_VERSION="25.0.3"' >jdk/release
                """);
        assertEquals(0, result.status(), result.err());
    }

    private static String options(String environment, String command) throws IOException {
        Result result = installation.bash("export TORNADOVM_HOME= SDKMAN_CANDIDATES_DIR=$PWD JAVA_HOME=$PWD/jdk "
                + environment + "\nhome/bin/detangle " + command);
        assertEquals(0, result.status(), result.err());
        return result.out();
    }

    @Test
    void oneAnswerNeedsNoC2() throws IOException {
        for (String command : List.of(
                "classify 'Where is my card?'",
                "fill-mask --model m 'a [MASK]'",
                "classify --model microsoft/deberta-base-mnli text",
                "question-answering --question q text")) {
            String options = options("", command);
            assertTrue(options.contains(WITHOUT_C2 + "\n"), options);
            assertTrue(!options.contains("Tier4"), options);
        }
    }

    @Test
    void manyAnswersNeedIt() throws IOException {
        for (String command : List.of(
                "classify --file texts.txt",
                "classify --file=-",
                "classify " + "word ".repeat(300),
                "classify --backend opencl:0 text",
                "zero-shot-classification --labels a,b text",
                "run --model m",
                "bench")) {
            String options = options("", command);
            assertTrue(!options.contains(WITHOUT_C2) && options.contains(LATE_C2), command + ": " + options);
        }
        String server = options("", "serve --model m");
        assertTrue(!server.contains(WITHOUT_C2) && !server.contains(LATE_C2), server);
        String chosen = options("DETANGLE_JAVA_OPTS=-XX:TieredStopAtLevel=3", "classify text");
        assertTrue(!chosen.contains(WITHOUT_C2) && chosen.contains("-XX:TieredStopAtLevel=3"), chosen);
    }

    /** A long sentence is so much work for a large model that what C2 compiles pays at once. */
    @Test
    void longSentencesOfLargeModelsNeedIt() throws IOException {
        String files =
                "\nmkdir -p small large && : >small/model.safetensors && truncate -s 1200M large/model.safetensors\n";
        String sentence = "'" + "word ".repeat(20) + "' ";
        assertTrue(options(files, "classify --model small " + sentence).contains(WITHOUT_C2));
        assertTrue(options(files, "classify --model large text").contains(WITHOUT_C2));
        for (String model : List.of(
                "--model large",
                "--model=large",
                "--model large/model.safetensors",
                "--model microsoft/deberta-v2-xlarge")) {
            String options = options(files, "classify " + sentence + model);
            assertTrue(!options.contains(WITHOUT_C2) && options.contains(LATE_C2), model + ": " + options);
        }
    }

    /** What the launcher does about an archive of classes for a command, by the functions that it calls. */
    private static String archive(String environment, String command) throws IOException {
        Result result = installation.bash("export " + environment + """
                 XYZ=
                set -eu
                mkdir -p archives
                home=$PWD/home lib=$PWD/home/lib archives=${ARCHIVES:-$PWD/archives}
                . home/bin/class-archive.sh
                find_class_archive 'COMMAND'
                echo "${class_options[*]-}${missing_archive##*/}" | sed 's/[0-9][0-9]*-[0-9]*/KEY/'
                """.replace("COMMAND", command));
        assertEquals(0, result.status(), result.err());
        assertEquals("", result.err());
        return result.out().strip();
    }

    /** The archive of classes is made after what gives an answer, unless the caller has archives of its own. */
    @Test
    void whatAnswersHasAnArchiveMade() throws IOException {
        assertEquals("classes-KEY.jsa", archive("A=", "classify"));
        assertEquals("classes-KEY.jsa", archive("A=", "zero-shot-classification"));
        for (String command : List.of("", "--version", "help", "serve", "train")) {
            assertEquals("", archive("A=", command), command);
        }
        for (String environment : List.of(
                "DETANGLE_CLASS_ARCHIVE=off",
                "DETANGLE_JAVA_OPTS=-XX:SharedArchiveFile=a",
                "DETANGLE_JAVA_OPTS=-XX:ArchiveClassesAtExit=a",
                "DETANGLE_JAVA_OPTS=-Xshare:off",
                "DETANGLE_JAVA_OPTS=-XX:AOTCache=a",
                "ARCHIVES=/proc/none")) {
            assertEquals("", archive(environment, "classify"), environment);
        }
    }

    /** One process makes an archive at a time, and what has failed is tried again an hour later. */
    @Test
    void oneProcessClaimsAnArchive() throws IOException {
        Result result = installation.bash("""
                . home/bin/class-archive.sh
                claim() { claim_class_archive "$1" && echo claimed || echo taken; }
                claim a.claim
                claim a.claim
                touch -d '50 minutes ago' a.claim
                claim a.claim
                touch -d '70 minutes ago' a.claim
                claim a.claim
                claim /proc/none/a.claim
                """);
        assertEquals("claimed\ntaken\ntaken\nclaimed\ntaken\n", result.out(), result.err());
        assertEquals("", result.err());
    }

    /** Options of commands, which the shell's launcher looks for. */
    private static final Set<String> OF_COMMANDS = Set.of("--file", "--backend", "--model", "--precision");

    private static TreeSet<String> optionsIn(String file) throws IOException {
        String text =
                Files.readString(DetangleProcess.HOME.resolve("dist/src/bin").resolve(file));
        return OPTION.matcher(text)
                .results()
                .map(MatchResult::group)
                .filter(o -> !OF_COMMANDS.contains(o))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /**
     * The launcher of Windows cannot be run here. It has the other one's options, but for what it says that it lacks.
     */
    @Test
    void windowsHasTheSameOptions() throws IOException {
        TreeSet<String> shell = optionsIn("launch.sh");
        shell.remove(WITHOUT_C2);
        shell.remove("-XX:+UseTransparentHugePages"); // Of Linux alone.
        shell.add("-XX:SharedArchiveFile="); // In class-archive.sh.
        shell.add("-XX:+VerifySharedSpaces"); // In the place of cksum.
        assertEquals(shell, optionsIn("detangle.bat"));
    }
}
