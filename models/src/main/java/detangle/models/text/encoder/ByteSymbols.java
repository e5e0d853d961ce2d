package detangle.models.text.encoder;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The characters that GPT-2 writes bytes as, so that every text is spelled in 256 printable ones. */
public final class ByteSymbols {
    private static final int[] SYMBOLS = symbols();
    private static final int[] BYTES = bytes();

    /** The symbol of a space. */
    static final int SPACE = SYMBOLS[' '];

    private ByteSymbols() {}

    private static int[] symbols() {
        int[] symbols = new int[256];
        int others = 0;
        for (int b = 0; b < 256; b++) {
            boolean printable = b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae;
            symbols[b] = printable ? b : 256 + others++;
        }
        return symbols;
    }

    private static int[] bytes() {
        int[] bytes = new int[Arrays.stream(SYMBOLS).max().orElseThrow() + 1];
        Arrays.fill(bytes, -1);
        for (int b = 0; b < 256; b++) {
            bytes[SYMBOLS[b]] = b;
        }
        return bytes;
    }

    /** Returns the symbols in the order of GPT-2's ids: bytes that print as themselves first. */
    public static List<String> inOrder() {
        List<String> printable = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (int b = 0; b < 256; b++) {
            (SYMBOLS[b] < 256 ? printable : others).add(Character.toString(SYMBOLS[b]));
        }
        printable.addAll(others);
        return printable;
    }

    /** Returns a text with a symbol for each byte of its UTF-8. */
    static AlignedText spell(AlignedText text) {
        AlignedText.Builder builder = text.builder();
        for (int i = 0; i < text.length(); i++) {
            int codePoint = text.at(i);
            if (codePoint < 0x80) {
                builder.addAs(SYMBOLS[codePoint], i);
                continue;
            }
            for (byte b : Character.toString(codePoint).getBytes(StandardCharsets.UTF_8)) {
                builder.addAs(SYMBOLS[b & 0xff], i);
            }
        }
        return builder.build();
    }

    /** Returns the byte that a symbol stands for, or -1. */
    static int byteOf(int symbol) {
        return symbol < BYTES.length ? BYTES[symbol] : -1;
    }
}
