package detangle.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.BinaryFunction;
import detangle.ir.Comparison;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.ReduceFunction;
import detangle.ir.TensorOp;
import detangle.ir.UnaryFunction;
import detangle.ir.text.Printer;
import detangle.testing.RandomPrograms.Sample;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The generator itself: what it covers, that it repeats itself, and that what it shrinks still shows the fault. */
class RandomProgramsTest {
    private static final int PROGRAMS = 1000;

    @Test
    void everyOperationOccurs() {
        Map<Class<?>, Integer> counts = new HashMap<>();
        for (long seed = 0; seed < PROGRAMS; seed++) {
            RandomPrograms.sample(seed)
                    .program()
                    .nodes()
                    .forEach(node -> counts.merge(node.op().getClass(), 1, Integer::sum));
        }
        for (Class<?> op : TensorOp.class.getPermittedSubclasses()) {
            // Parameters are bound before a program runs; transfers come with placement, whose test places at random.
            assertTrue(
                    op == TensorOp.Param.class || op == TensorOp.Transfer.class || counts.getOrDefault(op, 0) >= 5,
                    op.getSimpleName() + " occurs too rarely: " + counts);
        }
    }

    @Test
    void everyFunctionOccurs() {
        Map<String, Integer> counts = new HashMap<>();
        for (long seed = 0; seed < PROGRAMS; seed++) {
            RandomPrograms.sample(seed)
                    .program()
                    .nodes()
                    .forEach(node -> counts.merge(node.op().mnemonic(), 1, Integer::sum));
        }
        Stream.of(
                        Arrays.stream(UnaryFunction.values()).map(UnaryFunction::text),
                        Arrays.stream(BinaryFunction.values()).map(BinaryFunction::text),
                        Arrays.stream(Comparison.values()).map(Comparison::text),
                        Arrays.stream(ReduceFunction.values()).map(f -> "reduce_" + f.text()))
                .flatMap(words -> words)
                .forEach(word -> assertTrue(counts.getOrDefault(word, 0) >= 5, word + " occurs too rarely: " + counts));
    }

    @Test
    void oneSeedIsOneProgram() {
        Sample once = RandomPrograms.sample(42);
        Sample again = RandomPrograms.sample(42);
        assertEquals(Printer.print(once.program()), Printer.print(again.program()));
        assertEquals(0, Closeness.nmse(once.inputs(), again.inputs()));
    }

    /** A check that dislikes logarithms is told of a program with little else. */
    @Test
    void aFailureIsShrunk() {
        AssertionError error = assertThrows(
                AssertionError.class,
                () -> RandomRun.run("logarithms", false, PROGRAMS, (seed, sample) -> {
                    if (hasLogarithm(sample.program())) {
                        throw new IllegalStateException("there is one");
                    }
                }));
        List<String> statements = error.getMessage()
                .lines()
                .filter(line -> line.startsWith("  %"))
                .toList();
        assertTrue(error.getMessage().contains("= log %"), error.getMessage());
        assertTrue(statements.size() <= 2, error.getMessage());
    }

    private static boolean hasLogarithm(Program program) {
        return program.nodes().stream().map(Node::op).anyMatch(new TensorOp.Unary(UnaryFunction.LOG)::equals);
    }
}
