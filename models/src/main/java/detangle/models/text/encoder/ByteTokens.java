package detangle.models.text.encoder;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The tokens that stand for a byte of UTF-8 each, such as {@code <0x0A>}, with which the unknown is spelled. */
public final class ByteTokens {
    private static final int[] NONE = {};

    private final int[] ids;

    private ByteTokens(int[] ids) {
        this.ids = ids;
    }

    /** Returns those of a vocabulary, or none if it is not to spell in bytes. */
    public static ByteTokens of(Vocabulary vocabulary, boolean enabled) {
        int[] ids = new int[256];
        Arrays.setAll(
                ids,
                b -> enabled ? vocabulary.find(String.format("<0x%02X>", b)).orElse(Vocabulary.NONE) : Vocabulary.NONE);
        return new ByteTokens(ids);
    }

    /** Returns the tokens that spell a text; none if one of its bytes has no token. */
    int[] spell(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int[] spelled = new int[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            spelled[i] = ids[bytes[i] & 0xff];
            if (spelled[i] == Vocabulary.NONE) {
                return NONE;
            }
        }
        return spelled;
    }
}
