package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The bounds in the table of docs/NUMERICS.md are the constants with which the tests compare: the last two cells of a
 * row are the numbers, and the module, class and constant that declares them. With {@code -Ddetangle.bless=true} the
 * test writes the numbers into the page.
 */
class TolerancesTest {
    private static final Path PAGE = DetangleProcess.HOME.resolve("docs/NUMERICS.md");
    private static final int ROWS = 30;

    private static final Pattern ROW =
            Pattern.compile("(?m)^(\\|.*\\|) ([0-9.e, -]+) \\| `([a-z/]+)` `(\\w+)\\.(\\w+)` \\|$");

    /** A number of Java that is not the end of a name, such as that of F16. */
    private static final Pattern NUMBER = Pattern.compile("(?<![\\w.])\\d+(?:\\.\\d+)?(?:e-?\\d+)?");

    @Test
    void thePageHasTheBoundsOfTheTests() throws IOException {
        String page = Files.readString(PAGE);
        List<MatchResult> rows = ROW.matcher(page).results().toList();
        assertTrue(rows.size() >= ROWS, "only " + rows.size() + " rows are read: has the form of the table changed?");
        if (Boolean.getBoolean("detangle.bless")) {
            page = ROW.matcher(page)
                    .replaceAll(row -> Matcher.quoteReplacement(row.group(1) + " " + declared(row) + " | `"
                            + row.group(3) + "` `" + row.group(4) + "." + row.group(5) + "` |"));
            Files.writeString(PAGE, page);
        }
        for (MatchResult row : ROW.matcher(page).results().toList()) {
            assertEquals(declared(row), row.group(2), row.group());
        }
    }

    /** Returns the numbers of the declaration that a row names. */
    private static String declared(MatchResult row) {
        Path source = source(row.group(3), row.group(4));
        try {
            Matcher declaration = Pattern.compile("\\b" + row.group(5) + "(?: =|\\()([^;]*?)(?:;|\\)[,;]\\n)")
                    .matcher(Files.readString(source));
            assertTrue(declaration.find(), source + " declares no " + row.group(5));
            return NUMBER.matcher(declaration.group(1))
                    .results()
                    .map(MatchResult::group)
                    .collect(Collectors.joining(", "));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static Path source(String module, String className) {
        try (Stream<Path> files =
                Files.walk(DetangleProcess.HOME.resolve(module).resolve("src"))) {
            List<Path> found = files.filter(f -> f.getFileName().toString().equals(className + ".java"))
                    .toList();
            assertEquals(1, found.size(), module + " has one " + className + ": " + found);
            return found.getFirst();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
