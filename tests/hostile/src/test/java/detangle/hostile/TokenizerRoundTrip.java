package detangle.hostile;

import detangle.models.text.Tokenizer;
import detangle.models.text.TokenizerKind;
import detangle.models.text.Tokenizers;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/** What the readers of tokenizers do with a folder: load, encode and decode. */
final class TokenizerRoundTrip {
    private static final List<String> TEXTS = List.of(
            "",
            " ",
            "Where is my card? It's lost, [MASK] [SEP] <user>!",
            "x".repeat(40),
            "a".repeat(3000),
            "ab ".repeat(3000),
            "e\u0301\u0316".repeat(500),
            "\uD83D\uDE00\uFDFA\u3000中文 ｶﾞ \u1112\u1161\u11ab \u0f73\u0344 ß İ",
            "\uD83D half");

    private TokenizerRoundTrip() {}

    static void of(Path folder) {
        of(folder, TokenizerKind.HUGGINGFACE);
    }

    static void of(Path folder, TokenizerKind kind) {
        Tokenizer tokenizer = Tokenizers.load(folder, kind);
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < TEXTS.size(); i++) {
            int[] ids = tokenizer.encode(TEXTS.get(i)).ids();
            tokenizer.encode(randomText(random), "x");
            tokenizer.decode(ids, i % 2 == 0);
        }
    }

    private static String randomText(SplittableRandom random) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 30; i++) {
            int bound = 1 << random.nextInt(7, 21);
            int c = random.nextInt(bound);
            text.appendCodePoint(c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? ' ' : c);
        }
        return text.toString();
    }
}
