package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.backend.vector.kernel.WorkerPool;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What holds for every model, on random ones: padding, the order of a batch, what else is in it, packing and the number
 * of threads change no bit, and the vector backend agrees with the interpreter in double precision. {@code
 * -Ddetangle.properties.models=500} says how many models, {@code -Ddetangle.properties.seed=7} which is the first.
 */
class ModelPropertiesTest {
    private static final int MODELS = Integer.getInteger("detangle.properties.models", 3);
    private static final long FIRST = Long.getLong("detangle.properties.seed", 1);
    private static final int MAX_SEQUENCES = 5;
    private static final int MAX_PADDING = 9;

    /** Of rounding alone, for numbers of about 1. */
    private static final double TOLERANCE = 2e-4;

    @TempDir
    private Path folder;

    private final Map<Property, Tally> tallies = new EnumMap<>(Property.class);

    /** What holds for a model. */
    private enum Property {
        PADDING("more padding gives"),
        ORDER("another order of the batch gives"),
        ALONE("each sequence alone gives"),
        PACKING("without packing there are"),
        THREADS("another number of threads gives"),
        INTERPRETER("the interpreter gives");

        private final String text;

        Property(String text) {
            this.text = text;
        }

        /** Returns whether all bits must be the same: everything else than the interpreter sums in one order. */
        private boolean isExact() {
            return this != INTERPRETER;
        }
    }

    /** How often a property was looked at. */
    private static final class Tally {
        private int sequences;
        private int equal;
        private double largest;

        private void add(double difference, boolean equalBits) {
            sequences++;
            equal += equalBits ? 1 : 0;
            largest = Math.max(largest, difference);
        }
    }

    /** Heads whose logits have one number for each token. */
    private static final Set<Architecture> OF_TOKENS =
            EnumSet.of(Architecture.QUESTION_ANSWERING, Architecture.REPLACED_TOKEN_DETECTION);

    /** The outputs of a batch, of which row {@code i} is the sequence {@code i}. */
    private record Outputs(RandomDeberta model, List<long[]> sequences, Map<String, Tensor> values) {
        /** Returns the numbers of one sequence, without what stands at padding. */
        private double[] of(int row, String name) {
            Tensor value = values.get(name);
            long rows = value.dim(0);
            assertEquals(sequences.size(), rows, name);
            int size = Math.toIntExact(value.elements() / rows);
            boolean ofTokens = value.rank() > 2 || OF_TOKENS.contains(model.head());
            int kept = ofTokens ? size / Math.toIntExact(value.dim(1)) * sequences.get(row).length : size;
            double[] numbers = new double[kept];
            for (int i = 0; i < kept; i++) {
                numbers[i] = value.getDouble((long) row * size + i);
            }
            return numbers;
        }
    }

    @Test
    void neitherPaddingNorOrderNorBatchNorThreadsChangeABit() throws IOException {
        for (Property property : Property.values()) {
            tallies.put(property, new Tally());
        }
        int all = WorkerPool.SHARED.threads();
        for (long seed = FIRST; seed < FIRST + MODELS; seed++) {
            try {
                check(seed);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(
                        "model " + seed + " (alone: -Ddetangle.properties.seed=" + seed
                                + " -Ddetangle.properties.models=1): " + e.getMessage(),
                        e);
            } finally {
                WorkerPool.SHARED.limit(all);
            }
        }
        System.out.println(MODELS + " random models from seed " + FIRST + ":");
        tallies.forEach((property, tally) -> System.out.printf(
                Locale.ROOT,
                "  %s the same numbers for %d sequences, the same bits for %d, and at most a difference of %.1e%n",
                property.text,
                tally.sequences,
                tally.equal,
                tally.largest));
    }

    private void check(long seed) throws IOException {
        RandomDeberta model = RandomDeberta.write(seed, folder.resolve(Long.toString(seed)));
        Random random = new Random(-seed);
        List<long[]> sequences = model.sequences(random, 1 + random.nextInt(MAX_SEQUENCES));
        SessionOptions options = SessionOptions.DEFAULT
                .withHead(model.head())
                .withBackend("vector")
                .withWarmUp(false);
        try (Session packed = Session.load(model.folder(), options);
                Session padded = Session.load(model.folder(), options.withPacking(false))) {
            Outputs expected = run(packed, model, sequences, 0);
            List<Integer> order = new ArrayList<>();
            for (int i = 0; i < sequences.size(); i++) {
                order.add(i);
                Outputs alone = run(packed, model, List.of(sequences.get(i)), 0);
                same(Property.ALONE, expected, i, alone, 0);
            }
            int padding = 1 + random.nextInt(MAX_PADDING);
            Collections.shuffle(order, random);
            List<long[]> shuffled = order.stream().map(sequences::get).toList();
            for (Session session : List.of(packed, padded)) {
                Outputs before = run(session, model, sequences, 0);
                Outputs more = run(session, model, sequences, padding);
                Outputs other = run(session, model, shuffled, 0);
                Outputs again = onOtherThreads(session, model, sequences, random);
                for (int i = 0; i < sequences.size(); i++) {
                    same(Property.PACKING, expected, i, before, i);
                    same(Property.PADDING, before, i, more, i);
                    same(Property.ORDER, before, order.get(i), other, i);
                    same(Property.THREADS, before, i, again, i);
                }
            }
            Program program = DebertaModel.build(
                    model.config(),
                    model.head(),
                    ModelOptions.DEFAULT.with(model.head().convention()));
            Outputs exact = new Outputs(
                    model, sequences, Exact.run(program, model.config(), model.folder(), model.inputs(sequences, 0)));
            for (int i = 0; i < sequences.size(); i++) {
                same(Property.INTERPRETER, exact, i, expected, i);
            }
        }
        remove(model.folder());
    }

    private static Outputs run(Session session, RandomDeberta model, List<long[]> sequences, int padding) {
        return new Outputs(model, sequences, session.run(model.inputs(sequences, padding)));
    }

    private static Outputs onOtherThreads(Session session, RandomDeberta model, List<long[]> sequences, Random random) {
        int all = WorkerPool.SHARED.threads();
        WorkerPool.SHARED.limit(1 + random.nextInt(all));
        try {
            return run(session, model, sequences, 0);
        } finally {
            WorkerPool.SHARED.limit(all);
        }
    }

    private void same(Property property, Outputs expected, int row, Outputs found, int foundRow) {
        double largest = 0;
        boolean equal = true;
        for (String name : expected.values().keySet()) {
            double[] wanted = expected.of(row, name);
            double[] numbers = found.of(foundRow, name);
            assertEquals(wanted.length, numbers.length, property + " " + name);
            for (int i = 0; i < wanted.length; i++) {
                double difference = Math.abs(wanted[i] - numbers[i]) / Math.max(1, Math.abs(wanted[i]));
                assertTrue(
                        difference <= (property.isExact() ? 0 : TOLERANCE),
                        property + ": " + name + " of sequence " + row + " differs by " + difference + " at " + i);
                largest = Math.max(largest, difference);
                equal &= difference == 0;
            }
        }
        tallies.get(property).add(largest, equal);
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
