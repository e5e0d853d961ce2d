package detangle.bench;

import detangle.backend.ComputePrecision;
import detangle.backend.Peaks;
import detangle.bench.worker.Subject;
import detangle.bench.worker.SubjectProvider;
import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.InputNames;
import detangle.models.text.PaddedBatch;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.runtime.DetangleVersion;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Models in Detangle itself; the options are {@code BACKEND HEAD [WEIGHT_TYPE] [precision=NAME] [once] [on-device]}. A
 * masked LM predicts one token
 * of each sequence, its last.
 */
public final class DetangleSubjectProvider implements SubjectProvider {
    /** Makes the provider for {@link java.util.ServiceLoader}. */
    public DetangleSubjectProvider() {}

    static final String NAME = "detangle";

    /** The last option of a process that is asked once. */
    static final String ONCE = "once";

    /** The last option of a process whose runs leave their outputs on the device. */
    static final String ON_DEVICE = "on-device";

    /** What the precision is told by; fp32 without it. */
    static final String PRECISION = "precision=";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Subject load(Path model, int threads, List<String> inputs, String options) {
        SessionOptions session = sessionOptions(options);
        boolean onDevice = List.of(options.split(" ")).contains(ON_DEVICE);
        return subject(model, Session.load(model, session), session.head().orElseThrow(), Set.copyOf(inputs), onDevice);
    }

    private static SessionOptions sessionOptions(String options) {
        List<String> words = new ArrayList<>(List.of(options.split(" ")));
        boolean isAskedOnce = words.remove(ONCE);
        words.remove(ON_DEVICE);
        ComputePrecision precision = words.stream()
                .filter(word -> word.startsWith(PRECISION))
                .map(word -> ComputePrecision.named(word.substring(PRECISION.length()))
                        .orElseThrow())
                .findFirst()
                .orElse(ComputePrecision.FP32);
        words.removeIf(word -> word.startsWith(PRECISION));
        SessionOptions session = SessionOptions.DEFAULT
                .withBackend(words.get(0))
                .withHead(Architecture.named(words.get(1)).orElseThrow())
                .withPrecision(precision)
                .withHiddenStates(false)
                .withMaskedRows(true)
                // What is left over takes no time.
                .withIgnoreUnused(true)
                .withWarmUp(!isAskedOnce);
        return words.size() > 2
                ? session.withWeightType(DType.valueOf(words.get(2).toUpperCase(Locale.ROOT)))
                : session;
    }

    private static Subject subject(
            Path model, Session session, Architecture head, Set<String> names, boolean onDevice) {
        return new Subject() {
            @Override
            public String version() {
                return "Detangle " + DetangleVersion.number() + ", "
                        + session.device().description();
            }

            @Override
            public Set<String> inputs() {
                return names;
            }

            @Override
            public Forward prepare(Map<String, Tensor> inputs) {
                Map<String, Tensor> all = withMaskedRows(inputs);
                return onDevice ? () -> session.runOnDevice(all) : () -> session.run(all);
            }

            private Map<String, Tensor> withMaskedRows(Map<String, Tensor> inputs) {
                Map<String, Tensor> all = new HashMap<>(inputs);
                if (head.predictsMasks()) {
                    all.put(InputNames.MASKED_ROWS, lastTokens(inputs.get(InputNames.MASK)));
                }
                return all;
            }

            @Override
            public Difference difference(Map<String, Tensor> inputs, String options) {
                Map<String, Tensor> all = withMaskedRows(inputs);
                try (Session other = Session.load(model, sessionOptions(options))) {
                    return difference(other.run(all), session.run(all));
                }
            }

            private static Difference difference(Map<String, Tensor> expected, Map<String, Tensor> actual) {
                double differences = 0;
                double squares = 0;
                double largest = 0;
                for (Map.Entry<String, Tensor> output : expected.entrySet()) {
                    for (long i = 0; i < output.getValue().elements(); i++) {
                        double e = output.getValue().getDouble(i);
                        double d = actual.get(output.getKey()).getDouble(i) - e;
                        differences += d * d;
                        largest = Math.max(largest, Math.abs(d));
                        squares += e * e;
                    }
                }
                return new Difference(differences / squares, largest);
            }

            /** Returns the number b*S+s of the last token of each sequence. */
            private static Tensor lastTokens(Tensor mask) {
                long length = mask.dim(1);
                long[] rows = new long[Math.toIntExact(mask.dim(0))];
                for (long row = 0; row < mask.elements(); row++) {
                    if (mask.getLong(row) != 0) {
                        rows[(int) (row / length)] = row;
                    }
                }
                return Tensor.of(rows, rows.length);
            }

            @Override
            public Forward prepare(String text) {
                Tokenizer tokenizer = Tokenizers.load(model);
                return () -> prepare(inputs(tokenizer, text)).run();
            }

            private Map<String, Tensor> inputs(Tokenizer tokenizer, String text) {
                PaddedBatch batch = PaddedBatch.of(
                        List.of(tokenizer.encode(text)), tokenizer.padTokenId(), PaddedBatch.Side.RIGHT, 1);
                Map<String, Tensor> inputs = new HashMap<>(Map.of(
                        InputNames.IDS, batch.inputIds(),
                        InputNames.MASK, batch.attentionMask(),
                        InputNames.TOKEN_TYPES, batch.tokenTypeIds()));
                inputs.keySet().retainAll(inputs());
                return inputs;
            }

            @Override
            public double[] peaks() {
                Peaks peaks = session.device().measurePeaks().orElse(new Peaks(Double.NaN, Double.NaN));
                return new double[] {peaks.flops(), peaks.bandwidth()};
            }
        };
    }
}
