package detangle.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.text.Printer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What the interpreter makes of each operation, with numbers: the examples of {@code tests/programs/operations}. */
class OperationExamplesTest {
    private static final List<Example> EXAMPLES = Example.in(Example.folder("operations"));

    @TestFactory
    Stream<DynamicTest> theInterpreterGivesTheNumbers() {
        return EXAMPLES.stream()
                .map(example -> DynamicTest.dynamicTest(example.name(), () -> example.concludes(results(example))));
    }

    private static List<String> results(Example example) {
        Interpreter.Results results =
                new Interpreter(Precision.F32).run(example.program(), example.inputs(), example.parameters());
        List<String> lines = new ArrayList<>();
        results.outputs().forEach((name, value) -> lines.add("gives " + name + " = " + TensorText.print(value)));
        results.updates().forEach((name, value) -> lines.add("updates " + name + " = " + TensorText.print(value)));
        return lines;
    }

    /** An example is called after its operation, and after a dash what it shows of it. */
    @Test
    void everyOperationHasAnExample() {
        Set<String> without = new TreeSet<>(Printer.mnemonics());
        for (Example example : EXAMPLES) {
            String name = example.name().substring(example.name().indexOf('/') + 1);
            String operation = name.contains("-") ? name.substring(0, name.indexOf('-')) : name;
            assertTrue(mnemonics(example.program()).contains(operation), name + " has no " + operation);
            without.remove(operation);
        }
        assertEquals(Set.of(), without, "operations without an example in tests/programs/operations");
    }

    private static List<String> mnemonics(Program program) {
        List<String> words = new ArrayList<>();
        for (Node node : program.nodes()) {
            words.add(node.op().mnemonic());
        }
        return words;
    }
}
