package detangle.models.text;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * A tokenizer of the native HuggingFace library. DJL's own class over the same natives is passed by on purpose: it
 * reports its use over the network, and applies a tokenizer_config.json a second time.
 */
final class HuggingFaceTokenizer implements Tokenizer {
    private static final Cleaner CLEANER = Cleaner.create();
    private static final char REPLACEMENT = '\uFFFD';

    private final TokenizersLibrary library;
    private final long handle;
    private final Path origin;
    private final int vocabSize;
    private final int padTokenId;
    private final OptionalInt maskTokenId;
    private final OptionalInt modelMaxLength;

    private HuggingFaceTokenizer(
            TokenizersLibrary library,
            long handle,
            Path origin,
            int vocabSize,
            int padTokenId,
            OptionalInt maskTokenId,
            OptionalInt modelMaxLength) {
        this.library = library;
        this.handle = handle;
        this.origin = origin;
        this.vocabSize = vocabSize;
        this.padTokenId = padTokenId;
        this.maskTokenId = maskTokenId;
        this.modelMaxLength = modelMaxLength;
    }

    /** The tokenizer that the text of a tokenizer.json describes; {@code origin} is for messages. */
    static HuggingFaceTokenizer create(
            Path origin,
            String json,
            int vocabSize,
            int padTokenId,
            OptionalInt maskTokenId,
            OptionalInt modelMaxLength) {
        TokenizersLibrary library = NativeLibrary.load();
        long handle;
        try {
            handle = library.createTokenizerFromString(json);
        } catch (RuntimeException e) {
            throw new TokenizerException(origin, "not a tokenizer that can be used: " + e.getMessage(), e);
        }
        library.disableTruncation(handle);
        library.disablePadding(handle);
        HuggingFaceTokenizer tokenizer =
                new HuggingFaceTokenizer(library, handle, origin, vocabSize, padTokenId, maskTokenId, modelMaxLength);
        // Freed when unreachable and not by a close(): a native use after a free would take the JVM down.
        CLEANER.register(tokenizer, () -> library.deleteTokenizer(handle));
        return tokenizer;
    }

    @Override
    public Encoding encode(String text) {
        try {
            return read(library.encode(handle, wellFormed(text), true));
        } catch (RuntimeException e) {
            throw new TokenizerException(origin, "cannot encode a text: " + e.getMessage(), e);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    @Override
    public Encoding encode(String first, String second) {
        try {
            return read(library.encodeDual(handle, wellFormed(first), wellFormed(second), true));
        } catch (RuntimeException e) {
            throw new TokenizerException(origin, "cannot encode a pair of texts: " + e.getMessage(), e);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    @Override
    public int padTokenId() {
        return padTokenId;
    }

    @Override
    public OptionalInt maskTokenId() {
        return maskTokenId;
    }

    @Override
    public String decode(int[] ids, boolean skipSpecialTokens) {
        try {
            return library.decode(handle, Arrays.stream(ids).asLongStream().toArray(), skipSpecialTokens);
        } catch (RuntimeException e) {
            throw new TokenizerException(origin, "cannot decode ids: " + e.getMessage(), e);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    @Override
    public int vocabSize() {
        return vocabSize;
    }

    @Override
    public OptionalInt modelMaxLength() {
        return modelMaxLength;
    }

    private Encoding read(long encoding) {
        try {
            // Counted by the library in code points already.
            CharSpan[] spans = library.getTokenCharSpans(encoding);
            int[] starts = new int[spans.length];
            int[] ends = new int[spans.length];
            for (int i = 0; i < spans.length; i++) {
                if (spans[i] != null) {
                    starts[i] = spans[i].getStart();
                    ends[i] = spans[i].getEnd();
                }
            }
            return new Encoding(
                    ints(library.getTokenIds(encoding)),
                    ints(library.getTypeIds(encoding)),
                    Arrays.stream(library.getTokens(encoding))
                            .map(HuggingFaceTokenizer::spelling)
                            .toList(),
                    ints(library.getSequenceIds(encoding)),
                    starts,
                    ends);
        } finally {
            library.deleteEncoding(encoding);
        }
    }

    /** A mask that takes the spaces before it is spelled with them by the library. */
    private static String spelling(String token) {
        return token.endsWith(SpecialTokens.MASK) ? SpecialTokens.MASK : token;
    }

    private static int[] ints(long[] values) {
        return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
    }

    /** Half a surrogate pair cannot be passed on as UTF-8: one would garble every such pair of the text. */
    static String wellFormed(String text) {
        StringBuilder repaired = new StringBuilder(0);
        int copied = 0;
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            int codePoint = text.codePointAt(i);
            if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
                repaired.append(text, copied, i).append(REPLACEMENT);
                copied = i + 1;
            }
        }
        return copied == 0 ? text : repaired.append(text, copied, text.length()).toString();
    }
}
