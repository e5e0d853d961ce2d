package detangle.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.ir.DType;
import detangle.ir.text.Printer;
import detangle.testing.Example;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Programs before and after a pass: the examples of {@code tests/programs/passes}. */
class PassExamplesTest {
    private static final String STAYS = "stays";

    private static final List<Example> EXAMPLES = Example.in(Example.folder("passes"));

    @TestFactory
    Stream<DynamicTest> passesMakeWhatTheExamplesSay() {
        return EXAMPLES.stream()
                .map(example ->
                        DynamicTest.dynamicTest(example.name(), () -> example.concludes(whatBecomesOf(example))));
    }

    private static List<String> names(Example example) {
        String names = example.setting("passes")
                .orElseThrow(() -> new AssertionError(example.name() + " names no passes: // passes ..."));
        return Arrays.asList(names.split(" *, *"));
    }

    private static List<String> whatBecomesOf(Example example) {
        List<Pass> passes = names(example).stream().map(Passes::named).toList();
        String before = Printer.print(example.program());
        String after = Printer.print(Compiler.run(example.program(), passes, (pass, program) -> {}));
        List<String> lines = new ArrayList<>(List.of(after.equals(before) ? STAYS : "becomes"));
        if (!after.equals(before)) {
            lines.addAll(after.lines().toList());
        }
        return lines;
    }

    /** By itself, so that nothing else explains the change. */
    @Test
    void everyPassHasAnExampleOfWhatItChanges() {
        Set<String> without = new TreeSet<>();
        for (Pass pass : Passes.withNarrowWeights(Passes.packedOptimisations(), DType.BF16)) {
            without.add(pass.name());
        }
        without.remove("dead-constants"); // It changes the data beside the text.
        for (Example example : EXAMPLES) {
            if (names(example).size() == 1 && !whatBecomesOf(example).contains(STAYS)) {
                without.remove(names(example).getFirst());
            }
        }
        assertEquals(Set.of(), without, "passes without an example in tests/programs/passes");
    }
}
