package detangle.testing;

import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.Verifier;
import detangle.ir.text.Parser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A program in text form with what is expected of it, in one file of {@code tests/programs}. Everything but the program
 * stands in comments, so that the file is a program that {@code ./detangle opt} takes.
 *
 * <pre>
 * // A row of the table for each id.
 * // input table = [[1, 2], [3, 4], [5, 6]]
 * // input ids = [2, 0]
 * func @gather(%table: f32[3,2], %ids: i64[2]) -> (y: f32[2,2]) {
 *   %y = gather %table, %ids : f32[2,2]
 *   return y = %y
 * }
 * // gives y = [[5, 6], [1, 2]]
 * </pre>
 *
 * <p>Comments before the program say what it shows and what it is given. Comments after it are the expected part, which
 * a test computes. A run with {@code -Ddetangle.bless=true} writes what it computed instead of comparing.
 */
public final class Example {
    private static final boolean BLESS = Boolean.getBoolean("detangle.bless");

    private static final String COMMENT = "// ";

    private final Path file;

    /** All lines up to the brace that ends the program. */
    private final List<String> given;

    /** The lines after it, without the marks of comments. */
    private final List<String> expected;

    private final Program program;

    private Example(Path file, List<String> lines) {
        int end = lines.lastIndexOf("}") + 1;
        this.file = file;
        this.given = lines.subList(0, end);
        this.expected = lines.subList(end, lines.size()).stream()
                .map(line -> line.startsWith(COMMENT) ? line.substring(COMMENT.length()) : line)
                .toList();
        this.program = Parser.parse(name(), String.join("\n", lines));
        Verifier.check(program);
    }

    /** Returns the folder of that name in {@code tests/programs}. */
    public static Path folder(String name) {
        return Path.of(System.getProperty("detangle.home"), "tests", "programs", name);
    }

    /** Returns all examples in a folder and the folders in it, by name. */
    public static List<Example> in(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            List<Example> examples = new ArrayList<>();
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".dtir")).sorted().toList()) {
                examples.add(new Example(file, Files.readAllLines(file)));
            }
            return examples;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the folder that the file lies in, and the file without its ending, such as {@code operations/gather}. */
    public String name() {
        String path = file.getParent().getFileName() + "/" + file.getFileName();
        return path.substring(0, path.length() - ".dtir".length());
    }

    public Program program() {
        return program;
    }

    /** Returns what follows the word on a line of its own before the program, as in {@code // passes fuse-linear}. */
    public Optional<String> setting(String word) {
        return given.stream()
                .filter(line -> line.startsWith(COMMENT + word + " "))
                .map(line -> line.substring((COMMENT + word + " ").length()))
                .findFirst();
    }

    /** Returns the values of all inputs, each from a line such as {@code // input x = [1, 2]}. */
    public Map<String, Tensor> inputs() {
        Map<String, Tensor> inputs = new HashMap<>();
        for (Node node : program.inputs()) {
            String name = ((TensorOp.Input) node.op()).name();
            inputs.put(name, value("input", name, node));
        }
        return inputs;
    }

    /** Returns the values of all parameters, each from a line such as {@code // param w = [1, 2]}. */
    public Map<String, Tensor> parameters() {
        Map<String, Tensor> parameters = new HashMap<>();
        for (Node node : program.nodes()) {
            if (node.op() instanceof TensorOp.Param(String name, var type)) {
                parameters.put(name, value("param", name, node));
            }
        }
        return parameters;
    }

    private Tensor value(String word, String name, Node node) {
        String line = word + " " + name + " =";
        String value = setting(line)
                .orElseThrow(() -> new AssertionError(file + ": there is no line " + COMMENT + line + " ..."));
        return TensorText.parse(node.type().dtype(), value);
    }

    /**
     * Compares what was computed with the expected part of the file, or writes it there.
     *
     * @param lines without the marks of comments
     */
    public void concludes(List<String> lines) {
        concludes(lines, BLESS);
    }

    /** @param bless whether to write what was computed instead of comparing */
    void concludes(List<String> lines, boolean bless) {
        if (lines.equals(expected)) {
            return;
        }
        if (!bless) {
            throw new AssertionError(file + " expects\n" + String.join("\n", expected) + "\nand there is\n"
                    + String.join("\n", lines)
                    + "\nIf that is right, run the test with -Ddetangle.bless=true, which writes it into the file.");
        }
        List<String> all = new ArrayList<>(given);
        lines.forEach(line -> all.add(COMMENT + line));
        try {
            Files.write(file, all);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
