package detangle.models.text;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.LibUtils;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.util.Arrays;
import java.util.List;

/** HuggingFace's own library, which judges the encoder. It ends the process over some files: it is given good ones. */
final class NativeTokenizer implements AutoCloseable {
    static {
        System.setProperty("ai.djl.offline", "true");
        LibUtils.checkStatus();
    }

    private final long handle;

    NativeTokenizer(String json) {
        handle = TokenizersLibrary.LIB.createTokenizerFromString(json);
        TokenizersLibrary.LIB.disableTruncation(handle);
        TokenizersLibrary.LIB.disablePadding(handle);
    }

    Encoding encode(String text) {
        return read(TokenizersLibrary.LIB.encode(handle, text, true));
    }

    Encoding encode(String first, String second) {
        return read(TokenizersLibrary.LIB.encodeDual(handle, first, second, true));
    }

    String decode(int[] ids, boolean skipSpecialTokens) {
        return TokenizersLibrary.LIB.decode(
                handle, Arrays.stream(ids).asLongStream().toArray(), skipSpecialTokens);
    }

    private static Encoding read(long encoding) {
        try {
            CharSpan[] spans = TokenizersLibrary.LIB.getTokenCharSpans(encoding);
            int[] starts = new int[spans.length];
            int[] ends = new int[spans.length];
            for (int i = 0; i < spans.length; i++) {
                if (spans[i] != null) {
                    starts[i] = spans[i].getStart();
                    ends[i] = spans[i].getEnd();
                }
            }
            return new Encoding(
                    ints(TokenizersLibrary.LIB.getTokenIds(encoding)),
                    ints(TokenizersLibrary.LIB.getTypeIds(encoding)),
                    List.of(TokenizersLibrary.LIB.getTokens(encoding)),
                    ints(TokenizersLibrary.LIB.getSequenceIds(encoding)),
                    ints(TokenizersLibrary.LIB.getWordIds(encoding)),
                    starts,
                    ends);
        } finally {
            TokenizersLibrary.LIB.deleteEncoding(encoding);
        }
    }

    private static int[] ints(long[] values) {
        return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
    }

    @Override
    public void close() {
        TokenizersLibrary.LIB.deleteTokenizer(handle);
    }
}
