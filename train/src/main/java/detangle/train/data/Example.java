package detangle.train.data;

import detangle.ir.Tensor;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.Checksum;

/**
 * A piece of data that a model learns from as a whole.
 *
 * @param texts one text, or the choices of multiple choice
 * @param target the answer that the model should give
 */
public record Example(List<TokenIds> texts, Target target) {
    public Example {
        texts = List.copyOf(texts);
    }

    /** Makes an example of one text. */
    public static Example of(TokenIds text, Target target) {
        return new Example(List.of(text), target);
    }

    /** Returns the number of tokens of its longest text. */
    public int length() {
        return texts.stream().mapToInt(TokenIds::length).max().orElse(0);
    }

    /** Adds the texts and the target to a checksum. */
    void addTo(Checksum checksum) {
        add(checksum, IntStream.of(texts.size()));
        for (TokenIds text : texts) {
            add(checksum, IntStream.of(text.pairStart(), text.length()));
            add(checksum, IntStream.of(text.ids()));
        }
        add(
                checksum,
                switch (target) {
                    case Target.Unknown unknown -> IntStream.empty();
                    case Target.OneClass(int index) -> IntStream.of(index);
                    case Target.Numbers(float[] values) ->
                        IntStream.range(0, values.length).map(i -> Float.floatToIntBits(values[i]));
                    case Target.TokenClasses(int[] indices) -> IntStream.of(indices);
                    case Target.Span(int start, int end) -> IntStream.of(start, end);
                    case Target.Inputs(var tensors) -> tensors.values().stream().flatMapToInt(Example::numbers);
                });
    }

    private static IntStream numbers(Tensor tensor) {
        IntStream shape = Arrays.stream(tensor.shape()).mapToInt(Math::toIntExact);
        IntStream values = Arrays.stream(tensor.toDoubles()).mapToInt(value -> Float.floatToIntBits((float) value));
        return IntStream.concat(shape, values);
    }

    private static void add(Checksum checksum, IntStream numbers) {
        numbers.forEach(number -> checksum.update(
                ByteBuffer.allocate(Integer.BYTES).putInt(number).flip()));
    }
}
