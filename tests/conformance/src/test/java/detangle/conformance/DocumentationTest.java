package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.conformance.DetangleProcess.Result;
import detangle.models.deberta.Architecture;
import detangle.testing.models.TinyGliclass;
import detangle.testing.models.TinyGliner;
import detangle.testing.models.TinyGliner2;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The examples of the README and of the pages for tasks do what they say, and links lead somewhere. A comment
 * {@code example NAME} stands before a program of examples/, and a comment {@code model CLASS LABELS} before examples
 * that need a model that does not ship: those run on a small one.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launchers are shell scripts")
class DocumentationTest {
    private static final Path EXAMPLES = DetangleProcess.HOME.resolve("examples");
    private static final Path DOCS = DetangleProcess.HOME.resolve("docs");

    /** The pages whose examples run here. {@link ServerDocumentationTest} runs those of SERVER.md. */
    private static final List<String> PAGES = List.of(
            "docs/GUIDE.md",
            "docs/JAVA.md",
            "docs/MODELS.md",
            "docs/CLASSIFY.md",
            "docs/ZERO-SHOT.md",
            "docs/TAG.md",
            "docs/EXTRACT.md",
            "docs/REDACT.md",
            "docs/ANSWER.md",
            "docs/FILL-MASK.md",
            "docs/EMBED.md",
            "docs/RERANK.md",
            "docs/OTHER-TASKS.md",
            "docs/FILES.md",
            "docs/TRAIN.md",
            "docs/EXTENDING.md");

    /** The words with which commands begin that run here; a block in a language, such as text, does not run. */
    private static final List<String> COMMANDS = List.of("./detangle", "printf", "jshell");

    /** A link of Markdown to a file of this repository, or to a heading. */
    private static final Pattern LINK =
            Pattern.compile("\\[[^\\]\n]*\\]\\((?!https?:|mailto:)([^)#\\s]*)(?:#([^)\\s]*))?\\)");

    private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");

    /** A block of code, or the comment before one. */
    private static final Pattern PART = Pattern.compile("<!-- (.*?) -->\n|```(\\w*)\n(.*?)```\n", Pattern.DOTALL);

    @TempDir
    private static Path folder;

    /**
     * An example.
     *
     * @param source the program's text, where the document shows it
     * @param model what is said of a model that it needs
     * @param output what the document says that it prints
     */
    private record Example(String command, Optional<String> source, Optional<String> model, Optional<String> output) {}

    private static List<Example> examples(String document) throws IOException {
        List<Example> examples = new ArrayList<>();
        Optional<String> model = Optional.empty();
        Matcher part = PART.matcher(Files.readString(DetangleProcess.HOME.resolve(document)));
        while (part.find()) {
            String comment = Optional.ofNullable(part.group(1)).orElse("");
            String code = Optional.ofNullable(part.group(3)).orElse("");
            if (comment.startsWith("model ") || comment.startsWith("gliner") || comment.equals("gliclass")) {
                model = Optional.of(comment);
            } else if (comment.startsWith("example ")) {
                String command = "examples/run " + comment.substring("example ".length());
                examples.add(new Example(command, Optional.empty(), model, Optional.empty()));
            } else if ("".equals(part.group(2)) && COMMANDS.stream().anyMatch(code::startsWith)) {
                examples.add(new Example(code.strip(), Optional.empty(), model, Optional.empty()));
            } else if (!code.isEmpty() && !examples.isEmpty()) {
                // What stands right behind an example belongs to it.
                Example last = examples.getLast();
                if ("java".equals(part.group(2))
                        && last.source().isEmpty()
                        && last.output().isEmpty()) {
                    examples.set(
                            examples.size() - 1,
                            new Example(last.command(), Optional.of(code), Optional.empty(), Optional.empty()));
                } else if (part.group(2).isEmpty() && last.output().isEmpty()) {
                    examples.set(
                            examples.size() - 1,
                            new Example(last.command(), last.source(), Optional.empty(), Optional.of(code)));
                    model = Optional.empty();
                }
            }
        }
        return examples;
    }

    private static List<Example> ofPages() throws IOException {
        List<Example> all = new ArrayList<>();
        for (String page : PAGES) {
            all.addAll(examples(page));
        }
        return all;
    }

    private static List<Example> all() throws IOException {
        List<Example> all = new ArrayList<>(ofPages());
        // Here only the commands whose output is shown: others take minutes, and have tests of their own.
        for (String page : List.of("README.md", "CONTRIBUTING.md")) {
            examples(page).stream()
                    .filter(e -> e.output().isPresent())
                    .filter(e -> !e.command().startsWith("./detangle bench"))
                    .forEach(all::add);
        }
        return all;
    }

    @TestFactory
    Stream<DynamicTest> doesWhatItSays() throws IOException {
        List<Example> all = all();
        Map<Example, Future<Result>> results = start(all);
        return all.stream()
                .map(example -> DynamicTest.dynamicTest(
                        example.command().lines().findFirst().orElseThrow(), () -> {
                            assertTrue(
                                    example.output().isPresent()
                                            || example.model().isPresent(),
                                    "neither its output nor a model for it is told");
                            if (example.source().isPresent()) {
                                String name = example.command().substring("examples/run ".length());
                                assertEquals(
                                        Files.readString(EXAMPLES.resolve(name + ".java")),
                                        example.source().get());
                            }
                            Result result = results.get(example).get();
                            assertEquals(0, result.status(), result.err());
                            assertFalse(result.out().isBlank(), "nothing is printed");
                            if (example.output().isPresent()) {
                                // Lines of CSV end as RFC 4180 says.
                                assertEquals(
                                        example.output().get(), result.out().replace("\r\n", "\n"));
                            }
                        }));
    }

    /** Runs all examples, two at a time, as most of them are busy starting a JVM. */
    private static Map<Example, Future<Result>> start(List<Example> all) throws IOException {
        // Two launchers at once would build at once, if a source were newer than the jars.
        assertEquals(0, DetangleProcess.script("--version").status());
        Map<Example, Future<Result>> results = new HashMap<>();
        try (ExecutorService two = Executors.newFixedThreadPool(2)) {
            for (Example example : all) {
                String command = command(example);
                results.put(example, two.submit(() -> DetangleProcess.shell(command)));
            }
        }
        return results;
    }

    @Test
    void everyProgramIsOnAPage() throws IOException {
        Set<String> shown = ofPages().stream()
                .map(Example::command)
                .filter(c -> c.startsWith("examples/run "))
                .map(c -> c.substring("examples/run ".length()) + ".java")
                .collect(Collectors.toCollection(TreeSet::new));
        try (Stream<Path> files = Files.list(EXAMPLES)) {
            assertEquals(
                    files.map(f -> f.getFileName().toString())
                            .filter(n -> n.endsWith(".java"))
                            .collect(Collectors.toCollection(TreeSet::new)),
                    shown);
        }
    }

    @Test
    void everyPageIsInTheGuide() throws IOException {
        String guide = Files.readString(DOCS.resolve("GUIDE.md"))
                + Files.readString(DetangleProcess.HOME.resolve("README.md"));
        try (Stream<Path> files = Files.list(DOCS)) {
            files.map(f -> f.getFileName().toString())
                    .filter(n -> n.endsWith(".md"))
                    .forEach(n -> assertTrue(guide.contains(n + ")") || guide.contains(n + "#"), n + " is not linked"));
        }
    }

    @TestFactory
    Stream<DynamicTest> everyLinkLeadsSomewhere() throws IOException {
        return pages().stream()
                .map(page -> DynamicTest.dynamicTest(page.getFileName().toString(), () -> {
                    Matcher link = LINK.matcher(withoutCode(Files.readString(page)));
                    while (link.find()) {
                        Path file = link.group(1).isEmpty() ? page : page.resolveSibling(link.group(1));
                        assertTrue(Files.exists(file), link.group());
                        if (link.group(2) != null) {
                            assertTrue(headings(file).contains(link.group(2)), link.group());
                        }
                    }
                }));
    }

    private static String withoutCode(String markdown) {
        return markdown.replaceAll("(?s)```.*?```", "").replaceAll("`[^`\n]*`", "");
    }

    /** Returns the names under which links reach the headings of a page, as GitHub makes them. */
    private static Set<String> headings(Path page) throws IOException {
        return HEADING.matcher(withoutCode(Files.readString(page)))
                .results()
                .map(h -> h.group(1)
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^\\p{L}\\p{N}_ -]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
    }

    /**
     * Each program on a page is an example that {@link #doesWhatItSays} runs, or the script of {@link
     * #theScriptForJbangRuns}, or it is a part of a file that tests compile and run: lines that follow each other there.
     */
    @TestFactory
    Stream<DynamicTest> programsArePartsOfWhatTestsRun() throws IOException {
        Pattern program =
                Pattern.compile("(?:<!-- ([^\n]*?) -->\n)?```(?:java|properties)\n(.*?)```\n", Pattern.DOTALL);
        List<DynamicTest> tests = new ArrayList<>();
        for (Path page : pages()) {
            Matcher part = program.matcher(Files.readString(page));
            while (part.find()) {
                String comment = Optional.ofNullable(part.group(1)).orElse("");
                String code = part.group(2);
                if (comment.startsWith("example ") || comment.equals("jbang")) {
                    continue;
                }
                tests.add(DynamicTest.dynamicTest(
                        page.getFileName() + ": " + code.lines().findFirst().orElseThrow(), () -> {
                            assertTrue(
                                    comment.startsWith("part of "), "no comment says what runs the program: " + code);
                            Path file = DetangleProcess.HOME.resolve(comment.substring("part of ".length()));
                            assertTrue(
                                    withoutIndentation(Files.readString(file)).contains(withoutIndentation(code)),
                                    code);
                        }));
            }
        }
        return tests.stream();
    }

    /** The script is one for Java as well, whose first lines are comments. */
    @Test
    void theScriptForJbangRuns() throws IOException {
        Matcher script = Pattern.compile("<!-- jbang -->\n```java\n(.*?)```\n", Pattern.DOTALL)
                .matcher(Files.readString(DOCS.resolve("JAVA.md")));
        assertTrue(script.find());
        Path file = Files.writeString(folder.resolve("Intents.java"), script.group(1));
        Result result = DetangleProcess.shell(
                System.getProperty("java.home") + "/bin/java --add-modules jdk.incubator.vector -cp 'cli/target/lib/*' "
                        + file + " 'Where is my card?'");
        assertEquals("card_arrival\n", result.out(), result.err());
    }

    /**
     * Maven takes what it has stored of a repository called {@code local} for what is installed on the machine, and asks
     * no other repository for it.
     */
    @Test
    void noRepositoryIsCalledLocal() throws IOException {
        for (Path page : pages()) {
            assertFalse(Files.readString(page).contains("Repository=local::"), page.toString());
        }
    }

    private static List<Path> pages() throws IOException {
        List<Path> pages = new ArrayList<>();
        for (Path folder : List.of(DetangleProcess.HOME, DOCS)) {
            try (Stream<Path> files = Files.list(folder)) {
                files.filter(f -> f.toString().endsWith(".md")).sorted().forEach(pages::add);
            }
        }
        return pages;
    }

    private static String withoutIndentation(String code) {
        return code.lines().map(String::strip).filter(line -> !line.isEmpty()).collect(Collectors.joining("\n"));
    }

    /** The project that CI builds outside the tree has the flags for tests as JAVA.md shows them. */
    @Test
    void theFlagsForMavenAreThoseOfTheConsumer() throws IOException {
        String flags = "<argLine>--add-modules jdk.incubator.vector</argLine>";

        assertTrue(Files.readString(DOCS.resolve("JAVA.md")).contains(flags));
        assertTrue(Files.readString(DetangleProcess.HOME.resolve("tests/consumer/pom.xml"))
                .contains(flags));
    }

    private static String command(Example example) throws IOException {
        if (example.model().isEmpty()) {
            // The JShell of the JDK that runs the tests, which need not be in the PATH.
            return example.command().startsWith("jshell")
                    ? System.getProperty("java.home") + "/bin/" + example.command()
                    : example.command();
        }
        Path model = model(
                example.model().get(), folder.resolve(example.model().get().replace(' ', '-')));
        return example.command().startsWith("examples/")
                ? example.command() + " " + model
                : example.command().replaceFirst("--model \\S+", "--model " + model);
    }

    /** Writes a small model, unless it is there, of what a comment says of one. */
    static Path model(String comment, Path model) throws IOException {
        if (Files.exists(model)) {
            return model;
        }
        if (comment.equals("gliner")) {
            return TinyGliner.write(model);
        }
        if (comment.equals("gliner2")) {
            return TinyGliner2.write(model);
        }
        if (comment.equals("gliner with relations")) {
            return TinyGliner.writeWithRelations(model);
        }
        if (comment.equals("gliclass")) {
            return TinyGliclass.write(model);
        }
        List<String> words = Arrays.asList(comment.split(" "));
        List<String> labels = words.subList(2, words.size());
        return words.get(1).equals("ReplacedTokenDetection")
                ? TinyModel.write(model, "ForMaskedLM", labels, Optional.of(Architecture.REPLACED_TOKEN_DETECTION))
                : TinyModel.write(model, "For" + words.get(1), labels);
    }
}
