package detangle.backend.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.ComputePrecision;
import detangle.backend.Device;
import detangle.backend.Executable;
import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.ir.AttentionDropout;
import detangle.ir.DType;
import detangle.ir.KernelOp.AttentionGradient;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The gradients of attention, and attention with dropout, against the interpreter: with every combination of terms,
 * padded and packed, products by kernels and by the library.
 */
class EmulatedGradientsTest {
    private static final double NMSE = 1e-11;

    /**
     * How much larger than the error of the interpreter in single precision an error may be. The gradient of a table is a
     * sum of terms that are much larger where many distances look up one row of it.
     */
    private static final double ROUNDING = 100;

    /** Lengths of sequences, so that tiles are full, broken and empty. */
    private static final int[][] BATCHES = {{5, 5}, {1, 1, 1, 1}, {0, 36, 3}, {0}};

    private static final AttentionDropout DROPOUT = new AttentionDropout(0.3, 0x1_8000_0005L);

    @Test
    void packedSequencesAgreeWithTheInterpreter() {
        for (int i = 0; i < BATCHES.length; i++) {
            for (int terms = 0; terms < 4; terms++) {
                AttentionCase one = new AttentionCase(8 * i + terms);
                boolean firstTokens = (i + terms) % 3 == 0;
                boolean drops = (i + terms) % 2 == 0;
                Program forward = one.with(drops ? DROPOUT : AttentionDropout.NONE)
                        .packed(BATCHES[i], (terms & 1) > 0, (terms & 2) > 0, firstTokens, s -> s);
                check(one, forward, terms);
            }
        }
    }

    @Test
    void paddedSequencesAgreeWithTheInterpreter() {
        for (int mask = 0; mask < 16; mask += 3) {
            AttentionCase one = new AttentionCase(mask);
            int batch = 1 + one.random().nextInt(2);
            int keys = 1 + one.random().nextInt(36);
            int queries = one.random().nextBoolean() ? keys : 1 + one.random().nextInt(20);
            int terms = (mask + mask / 4) % 4;
            boolean drops = one.random().nextBoolean();
            Program forward = one.with(drops ? DROPOUT : AttentionDropout.NONE)
                    .padded(batch, queries, keys, (terms & 1) > 0, (terms & 2) > 0, mask);
            check(one, forward, terms);
        }
    }

    /** The library does not read segments that the device computes, so kernels multiply. */
    @Test
    void segmentsThatTheDeviceComputes() {
        AttentionCase one = new AttentionCase(3);
        Program forward = one.with(DROPOUT)
                .packed(
                        new int[] {3, 4},
                        true,
                        true,
                        false,
                        s -> one.builder().max(one.builder().constant(DType.I32, 0), s));
        check(one, forward, 3);
    }

    /** The gradients keep scores in memory, and have no kernel whose local memory a head must fit. */
    @Test
    void headsOfManyElements() {
        AttentionCase one = new AttentionCase(5).ofWidth(144);
        Program forward = one.packed(new int[] {3, 35}, true, true, false, s -> s);
        emulated(one, one.gradients(forward, EnumSet.allOf(AttentionGradient.class)));
    }

    /** A group adds up 1024 rows of a table at the same time, and then the others. */
    @Test
    void tablesOfManyRows() {
        AttentionCase one = new AttentionCase(6).ofWidth(8).ofTableRows(2100);
        Program forward = one.packed(new int[] {70, 9}, true, true, false, s -> s);
        emulated(one, one.gradients(forward, EnumSet.allOf(AttentionGradient.class)));
    }

    @Test
    void eachGradientAlone() {
        for (AttentionGradient gradient : AttentionGradient.values()) {
            AttentionCase one = new AttentionCase(gradient.ordinal());
            Program forward = one.packed(new int[] {9, 4}, true, true, false, s -> s);
            emulated(one, one.gradients(forward, Set.of(gradient)));
        }
    }

    @Test
    void devicesAgreeWithTheInterpreter() {
        for (Device device : Devices.each()) {
            AttentionCase one = new AttentionCase(11);
            Program forward = one.with(DROPOUT).packed(new int[] {9, 40}, true, true, false, s -> s);
            Program gradients = one.gradients(forward, EnumSet.allOf(AttentionGradient.class));
            agrees(one, forward, device);
            agrees(one, gradients, device);
        }
    }

    private static void check(AttentionCase one, Program forward, int terms) {
        emulated(one, forward);
        Set<AttentionGradient> wanted = EnumSet.allOf(AttentionGradient.class);
        if ((terms & 1) == 0) {
            wanted.remove(AttentionGradient.DPK);
        }
        if ((terms & 2) == 0) {
            wanted.remove(AttentionGradient.DPQ);
        }
        emulated(one, one.gradients(forward, wanted));
    }

    private static void emulated(AttentionCase one, Program program) {
        for (Optional<ComputePrecision> library :
                List.of(Optional.<ComputePrecision>empty(), Optional.of(ComputePrecision.FP32))) {
            Map<String, Tensor> forward = agrees(one, program, new EmulatedDevice(library, false));
            Map<String, Tensor> backward = agrees(one, program, new EmulatedDevice(library, true));
            forward.forEach((name, value) -> assertEquals(
                    -1,
                    value.data().mismatch(backward.get(name).data()),
                    name + " depends on the order in which threads run"));
        }
    }

    private static Map<String, Tensor> agrees(AttentionCase one, Program program, Device device) {
        Map<String, Tensor> inputs = new HashMap<>(one.values());
        inputs.keySet().retainAll(program.inputs().stream().map(Node::name).toList());
        Map<String, Tensor> exact = new Interpreter(Precision.F64).run(program, inputs);
        program.outputs().forEach(o -> assertTrue(device.runs(o.node()), o.name()));
        try (Executable executable = device.load(Compiler.compile(program, Passes.optimisations()))) {
            Map<String, Tensor> actual = executable.run(inputs);
            assertEquals(exact.keySet(), actual.keySet());
            Map<String, Tensor> rounded = new Interpreter(Precision.F32).run(program, inputs);
            double all = exact.values().stream()
                    .mapToDouble(value -> squares(value.toDoubles()))
                    .sum();
            exact.forEach((name, value) -> {
                double[] wanted = value.toDoubles();
                double error = squares(differences(wanted, actual.get(name)));
                double least = squares(differences(wanted, rounded.get(name)));
                double bound = Math.max(NMSE * squares(wanted), Math.min(NMSE * all, ROUNDING * least));
                assertTrue(
                        error <= bound,
                        () -> device.name() + ", " + program + ": " + name + " is off by " + error + ", and by " + least
                                + " in the interpreter; " + bound + " is allowed");
            });
            return actual;
        }
    }

    private static double[] differences(double[] wanted, Tensor found) {
        double[] values = found.toDoubles();
        assertEquals(wanted.length, values.length);
        Arrays.setAll(values, i -> values[i] - wanted[i]);
        return values;
    }

    private static double squares(double[] values) {
        return Arrays.stream(values).map(x -> x * x).sum();
    }
}
