package detangle.compiler;

import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.compiler.pass.NarrowWeights;
import detangle.compiler.pass.PackedMask;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.KernelOp;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.ir.rewrite.Rewriter;
import detangle.testing.Closeness;
import detangle.testing.RandomPrograms;
import detangle.testing.RandomPrograms.Sample;
import detangle.testing.RandomRun;
import detangle.testing.RandomUpdates;
import detangle.testing.Rounding;
import detangle.testing.TokenPrograms;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Every pass keeps the value of a program, and two change it as they say: one rounds weights, one leaves out padding.
 */
class PassValueTest {
    private static final int PROGRAMS = 1000;
    private static final int TOKEN_PROGRAMS = 200;
    private static final double NMSE = 1e-24;

    /**
     * Where rounding is all that is left of a difference, a pass may leave another rest. How much shows in single
     * precision, which has 29 bits less; squared, and with room for sums in another order.
     */
    private static final double ROUNDING = 1000 * 0x1p-58;

    private static final Interpreter INTERPRETER = new Interpreter(Precision.F64);

    private static double tolerance(Sample sample) {
        return Math.max(NMSE, ROUNDING * Rounding.of(sample));
    }

    /** A fusion that never fires would keep every value. */
    @Test
    void everyKernelOccurs() {
        Map<Class<?>, Integer> counts = new HashMap<>();
        for (long seed = 0; seed < PROGRAMS; seed++) {
            count(RandomPrograms.sample(seed), counts);
        }
        for (long seed = 0; seed < TOKEN_PROGRAMS; seed++) {
            count(TokenPrograms.sample(seed), counts);
        }
        for (Class<?> kernel : KernelOp.class.getPermittedSubclasses()) {
            assertTrue(counts.getOrDefault(kernel, 0) >= 20, kernel.getSimpleName() + " occurs too rarely: " + counts);
        }
    }

    private static void count(Sample sample, Map<Class<?>, Integer> counts) {
        optimised(sample.program(), Passes.packedOptimisations())
                .nodes()
                .forEach(node -> counts.merge(node.op().getClass(), 1, Integer::sum));
    }

    private static Program optimised(Program program, List<Pass> passes) {
        return Compiler.run(program, passes, (pass, p) -> {});
    }

    @Test
    void everyPassKeepsTheValue() {
        RandomRun.run("passes", false, 2000, (seed, sample) -> keepTheValue(sample));
    }

    @Test
    void everyPassKeepsUpdates() {
        RandomRun.run("passes over updates", RandomUpdates::sample, 300, (seed, sample) -> keepTheValue(sample));
    }

    /** Programs of padded batches, which pack-tokens packs. One that never packs would keep every value. */
    @Test
    void everyPassKeepsTheValueOfTokens() {
        List<Program> packed = new ArrayList<>();
        RandomRun.run("passes over tokens", TokenPrograms::sample, TOKEN_PROGRAMS, (seed, sample) -> {
            Program program = keepTheValue(sample);
            if (PackedInputs.of(program).isPresent()) {
                packed.add(program);
            }
        });
        List<PackedInputs> inputs =
                packed.stream().map(p -> PackedInputs.of(p).orElseThrow()).toList();
        long first = inputs.stream().filter(PackedInputs::readsFirstTokens).count();
        long lookUp = inputs.stream().filter(PackedInputs::looksUp).count();
        long losses = packed.stream()
                .filter(p -> p.outputs().stream().anyMatch(o -> o.name().equals("loss")))
                .count();
        int few = TOKEN_PROGRAMS / 10;
        assertTrue(
                first >= few && lookUp >= few && losses >= few,
                packed.size() + " were packed, " + first + " of them read first tokens, " + lookUp + " look up and "
                        + losses + " have a loss");
    }

    /** Returns what the passes make of the program. */
    private static Program keepTheValue(Sample sample) {
        Map<String, Tensor> expected = sample.interpreted(Precision.F64);
        double tolerance = tolerance(sample);
        Program program = sample.program();
        List<Pass> passes = new ArrayList<>(Passes.packedOptimisations());
        passes.add(Passes.named("join-regions"));
        for (Pass pass : passes) {
            Program next = optimised(program, List.of(pass));
            if (next != program) {
                Optional<PackedInputs> packed = PackedInputs.of(next);
                double error = packed.isEmpty()
                        ? Closeness.nmse(
                                expected,
                                new Sample(next, sample.inputs(), sample.parameters()).interpreted(Precision.F64))
                        : Closeness.nmse(
                                zeroAtPadding(expected, sample),
                                INTERPRETER.run(next, withPackedInputs(packed.get(), sample.inputs())));
                assertTrue(error <= tolerance, pass.name() + " changed the value by " + error);
            }
            program = next;
        }
        return program;
    }

    private static Map<String, Tensor> withPackedInputs(PackedInputs packed, Map<String, Tensor> inputs) {
        Map<String, Tensor> all = new HashMap<>(inputs);
        all.putAll(PackedMask.inputs(packed, inputs.get(TokenPrograms.MASK)));
        return all;
    }

    /** What a packed program is to give: the same at tokens, and zeros at padding. */
    private static Map<String, Tensor> zeroAtPadding(Map<String, Tensor> expected, Sample sample) {
        Tensor mask = sample.inputs().get(TokenPrograms.MASK);
        Map<String, Tensor> result = new HashMap<>(expected);
        for (Program.Output output : sample.program().outputs()) {
            TensorType type = output.node().type();
            boolean hasRows = type.rank() >= 2
                    && type.dim(0).equals(Dim.symbol("B"))
                    && type.dim(1).equals(Dim.symbol("S"));
            if (hasRows) {
                Tensor value = expected.get(output.name());
                double[] elements = value.toDoubles();
                long width = Math.max(1, elements.length / Math.max(1, mask.elements()));
                for (int i = 0; i < elements.length; i++) {
                    elements[i] = mask.getLong(i / width) == 0 ? 0 : elements[i];
                }
                result.put(output.name(), Tensor.of(elements, value.shape()));
            }
        }
        return result;
    }

    /**
     * The value is that of the program whose weights are rounded beforehand, in single precision as doubles are never
     * rounded.
     */
    @Test
    void narrowWeightsAreRoundedWeights() {
        Interpreter interpreter = new Interpreter(Precision.F32);
        int[] narrowed = new int[1];
        RandomRun.run("narrow weights", TokenPrograms::sample, 100, (seed, sample) -> {
            Program program = optimised(sample.program(), Passes.optimisations());
            for (DType dtype : List.of(DType.F16, DType.BF16)) {
                Program narrow = optimised(program, List.of(new NarrowWeights(dtype)));
                if (narrow != program) {
                    narrowed[0]++;
                    Map<String, Tensor> expected = interpreter.run(withRoundedWeights(program, dtype), sample.inputs());
                    double error = Closeness.nmse(expected, interpreter.run(narrow, sample.inputs()));
                    assertTrue(error == 0, dtype.text() + " changed the value by " + error);
                }
            }
        });
        assertTrue(narrowed[0] >= 20, "only " + narrowed[0] + " programs had weights to round");
    }

    /** The program with other constants, which hold rounded numbers in f32, for the weights of linear layers. */
    private static Program withRoundedWeights(Program program, DType dtype) {
        Map<String, Tensor> constants = new HashMap<>(program.constants());
        Program rounded = Rewriter.rewrite(program, List.of((node, uses) -> {
            boolean stored = node.op() instanceof KernelOp.Linear
                    && node.input(1).op() instanceof TensorOp.Constant(Literal.Named(String name), TensorType type)
                    && type.dtype() == DType.F32
                    && program.constants().containsKey(name);
            if (!stored) {
                return Optional.empty();
            }
            TensorOp.Constant weight = (TensorOp.Constant) node.input(1).op();
            String name = ((Literal.Named) weight.value()).name();
            Tensor exact = program.constants().get(name);
            Tensor narrow = Tensor.ofDoubles(dtype, exact.toDoubles(), exact.shape());
            constants.put("rounded." + name, Tensor.ofDoubles(DType.F32, narrow.toDoubles(), exact.shape()));
            List<Node> operands = new ArrayList<>(node.inputs());
            operands.set(1, new Builder().constant(new Literal.Named("rounded." + name), weight.type()));
            return Optional.of(new Builder().op(node.op(), operands));
        }));
        return rounded.withConstants(constants);
    }
}
