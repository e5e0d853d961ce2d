package detangle.models.text;

import detangle.ir.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Encodings as the inputs of a model, the shorter ones padded: {@code i64[B,S]} each.
 *
 * @param inputIds with the padding token where there is none of the text
 * @param attentionMask 1 at tokens
 * @param tokenTypeIds 0 at padding
 */
public record PaddedBatch(Tensor inputIds, Tensor attentionMask, Tensor tokenTypeIds) {
    /** The side that padding goes to. */
    public enum Side {
        LEFT,
        RIGHT
    }

    /**
     * @param padTokenId {@link Tokenizer#padTokenId()}
     * @param multiple the length is rounded up to a multiple of this
     */
    public static PaddedBatch of(List<Encoding> encodings, int padTokenId, Side side, int multiple) {
        int longest = encodings.stream().mapToInt(Encoding::length).max().orElse(0);
        int length = (longest + multiple - 1) / multiple * multiple;
        long[] ids = new long[Math.multiplyExact(encodings.size(), length)];
        long[] mask = new long[ids.length];
        long[] types = new long[ids.length];
        Arrays.fill(ids, padTokenId);
        for (int row = 0; row < encodings.size(); row++) {
            Encoding encoding = encodings.get(row);
            int first = row * length + (side == Side.LEFT ? length - encoding.length() : 0);
            for (int i = 0; i < encoding.length(); i++) {
                ids[first + i] = encoding.ids()[i];
                mask[first + i] = 1;
                types[first + i] = encoding.typeIds()[i];
            }
        }
        long[] shape = {encodings.size(), length};
        return new PaddedBatch(Tensor.of(ids, shape), Tensor.of(mask, shape), Tensor.of(types, shape));
    }
}
