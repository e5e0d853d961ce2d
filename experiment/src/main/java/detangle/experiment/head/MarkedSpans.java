package detangle.experiment.head;

import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.models.deberta.EncoderOutput;
import detangle.models.deberta.InputNames;
import detangle.train.data.Target;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/**
 * Spans of tokens that are marked in the sequences of a batch, such as entities: the inputs {@code span_starts}, the
 * first token of each, and {@code span_ends}, the token after the last of each, {@code i64[B,E]}. Both are 0 where a
 * sequence has fewer spans than another one.
 *
 * @param present {@code i1[B,E]}, true where there is a span
 * @param members {@code i1[B,E,S]}, true at the tokens of each span
 */
public record MarkedSpans(Node present, Node members) {
    private static final String STARTS = "span_starts";
    private static final String ENDS = "span_ends";
    private static final Dim ONE = Dim.of(1);

    /**
     * A span of tokens.
     *
     * @param start the first token
     * @param end the token after the last
     */
    public record Span(int start, int end) {}

    /**
     * Makes the inputs of an example.
     *
     * @param labels a class for each span, or one for all of them; below 0 if it is not known
     */
    public static Target.Inputs target(List<Span> spans, int... labels) {
        SequencedMap<String, Tensor> inputs = new LinkedHashMap<>();
        inputs.put(STARTS, numbers(spans, Span::start));
        inputs.put(ENDS, numbers(spans, Span::end));
        inputs.put(
                InputNames.LABELS,
                Tensor.of(Arrays.stream(labels).asLongStream().toArray(), labels.length));
        return new Target.Inputs(inputs);
    }

    private static Tensor numbers(List<Span> spans, ToLongFunction<Span> part) {
        return Tensor.of(spans.stream().mapToLong(part).toArray(), spans.size());
    }

    /** Returns the spans of an example. */
    public static List<Span> of(Target.Inputs inputs) {
        long[] starts = inputs.tensors().get(STARTS).toLongs();
        long[] ends = inputs.tensors().get(ENDS).toLongs();
        return IntStream.range(0, starts.length)
                .mapToObj(i -> new Span((int) starts[i], (int) ends[i]))
                .toList();
    }

    /** Returns the classes of an example; below 0 where one is not known. */
    public static int[] labels(Target.Inputs inputs) {
        return Arrays.stream(inputs.tensors().get(InputNames.LABELS).toLongs())
                .mapToInt(Math::toIntExact)
                .toArray();
    }

    /**
     * Adds the inputs to a program.
     *
     * @param count the number of spans of a sequence, E
     */
    static MarkedSpans of(EncoderOutput encoder, Dim count) {
        Builder b = encoder.builder();
        Dim batch = encoder.batch();
        TensorType type = TensorType.of(DType.I64, batch, count);
        Node starts = b.input(STARTS, type);
        Node ends = b.input(ENDS, type);
        Node positions = b.iota(TensorType.of(DType.I64, ONE, ONE, encoder.length()), 2);
        Node begun = b.compare(Comparison.GE, positions, b.reshape(starts, batch, count, ONE));
        Node open = b.compare(Comparison.LT, positions, b.reshape(ends, batch, count, ONE));
        return new MarkedSpans(b.compare(Comparison.LT, starts, ends), b.and(begun, open));
    }
}
