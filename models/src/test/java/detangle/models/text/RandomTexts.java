package detangle.models.text;

import java.util.List;
import java.util.SplittableRandom;

/** Texts that a tokenizer may stumble over: marks, joiners, jamo, controls, runs, look-alikes of special tokens. */
final class RandomTexts {
    private static final List<String> PIECES = List.of(
            "hello",
            "World",
            "hmmmmmmmm",
            "aaaaaaaaaaa",
            "the ",
            " is",
            "it's",
            "don't",
            "we'll",
            "I'VE",
            "1234",
            "3.14",
            "[MASK]",
            "[CLS]",
            "[SEP]",
            "[UNK]",
            "[PAD]",
            "[mask]",
            "[MASK",
            " [MASK] ",
            "<user>",
            "<s>",
            "▁",
            "▁▁",
            "Ġ",
            " ",
            "  ",
            "   ",
            "\t",
            "\n",
            "\r\n",
            "\r",
            "\u00a0",
            "\u3000",
            "\u200b",
            "\u200d",
            "\ufeff",
            "\u2028",
            "\u0000",
            "\u0001",
            "\u007f",
            "\u0085",
            "\u00ad",
            "é",
            "e\u0301",
            "ñ",
            "n\u0303",
            "ḍ̇",
            "q\u0307\u0323",
            "Å",
            "Å",
            "ﬁ",
            "ﬀ",
            "½",
            "①",
            "™",
            "…",
            "ﷺ",
            "ＡＢＣ",
            "ｶﾞ",
            "ガ",
            "が",
            "か\u3099",
            "한국어",
            "\u1112\u1161\u11ab",
            "각",
            "中文",
            "漢字かな",
            "你好，世界。",
            "العربية",
            "مَرْحَبًا",
            "שלום",
            "שָׁ",
            "हिन्दी",
            "क्ष",
            "ภาษา",
            "กำ",
            "Ελλάς",
            "ΣΊΣΥΦΟΣ",
            "İstanbul",
            "ıI",
            "ß",
            "ẞ",
            "ǅ",
            "😀",
            "👨‍👩‍👧",
            "👍🏽",
            "🇩🇪🇫🇷🇩",
            "❤️",
            "☺",
            "#️⃣",
            "\uD83C\uDFFB",
            "\u0345",
            "\uD93C\uDF7B\u0344\u1734",
            "\u0315\u0300\u05ae\u0062",
            "\u0600\u0031",
            "!",
            "?!",
            "...",
            "—",
            "“quoted”",
            "¿",
            "$5",
            "a_b",
            "x²",
            "@",
            "#tag",
            "http://a.b/c?d=e",
            "!",
            "\uFFFD",
            "𝒜",
            "𠀀",
            "丽",
            "\u1734",
            "\u0f73",
            "\u0344",
            "\ua8ff",
            "\u115f\u1160",
            "\uac01\u11a8",
            "\u11a8",
            "ŉ",
            "ǰ",
            "ΐ",
            "Ǆ",
            "ﬃ",
            "\u2126",
            "\u212a");

    private RandomTexts() {}

    static String next(SplittableRandom random) {
        StringBuilder text = new StringBuilder();
        int pieces = random.nextInt(1, 12);
        for (int i = 0; i < pieces; i++) {
            switch (random.nextInt(8)) {
                case 0 -> text.appendCodePoint(codePoint(random, Character.MAX_CODE_POINT + 1));
                case 1 -> text.appendCodePoint(codePoint(random, 0x10000));
                case 2 -> text.appendCodePoint(codePoint(random, 0x3000));
                case 3 -> text.appendCodePoint(random.nextInt(0x20, 0x7f));
                default -> text.append(PIECES.get(random.nextInt(PIECES.size())));
            }
            if (random.nextInt(3) == 0) {
                text.append(' ');
            }
        }
        return text.toString();
    }

    private static int codePoint(SplittableRandom random, int bound) {
        int codePoint = random.nextInt(bound);
        boolean half = codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
        return half ? 0xfffd : codePoint;
    }
}
