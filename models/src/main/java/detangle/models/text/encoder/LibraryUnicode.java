package detangle.models.text.encoder;

import java.util.BitSet;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Kinds of characters as the library knows them. Its tables of categories are of Unicode 8, those of combining marks of
 * Unicode 9; the exceptions here are where the JDK's, which are newer, would answer otherwise.
 */
final class LibraryUnicode {
    private LibraryUnicode() {}

    /** Made when the first of them is asked for: most texts and tokenizers never do. */
    private static final class Exceptions {
        private static final BitSet NO_PUNCTUATION = ranges(
                "61D 9FD A76 C77 C84 1B4E-1B4F 1B7D-1B7F 2E43-2E4F 2E52-2E5D"
                        + " 10D6E 10EAD 10F55-10F59 10F86-10F89 113D4-113D5 113D7-113D8 1144B-1144F 1145A-1145B 1145D 11660-1166C"
                        + " 116B9 1183B 11944-11946 119E2 11A3F-11A46 11A9A-11A9C 11A9E-11AA2 11B00-11B09 11BE1 11C41-11C45"
                        + " 11C70-11C71 11EF7-11EF8 11F43-11F4F 11FFF 12FF1-12FF2 16D6D-16D6F 16E97-16E9A 16FE2 1E5FF 1E95E-1E95F");
        private static final BitSet NO_CONTROL = ranges("890-891 8E2 110CD 13430-1343F");
        private static final BitSet NO_ACCENT =
                ranges("7FD 897-89F 8CA-8E1 9FE AFA-AFF B55 C04 C3C D00 D3B-D3C D81 EBA ECE"
                        + " 180F 1885-1886 1ABF-1ACE 1DF6-1DFB A82C A8C5 A8FF A9BD 10D24-10D27 10D69-10D6D 10EAB-10EAC 10EFC-10EFF"
                        + " 10F46-10F50 10F82-10F85 11070 11073-11074 110C2 111C9 111CF 1123E 11241 1133B 113BB-113C0 113CE 113D0"
                        + " 113D2 113E1-113E2 11438-1143F 11442-11444 11446 1145E 1182F-11837 11839-1183A 1193B-1193C 1193E 11943"
                        + " 119D4-119D7 119DA-119DB 119E0 11A01-11A0A 11A33-11A38 11A3B-11A3E 11A47 11A51-11A56 11A59-11A5B"
                        + " 11A8A-11A96 11A98-11A99 11C30-11C36 11C38-11C3D 11C3F 11C92-11CA7 11CAA-11CB0 11CB2-11CB3 11CB5-11CB6"
                        + " 11D31-11D36 11D3A 11D3C-11D3D 11D3F-11D45 11D47 11D90-11D91 11D95 11D97 11EF3-11EF4 11F00-11F01"
                        + " 11F36-11F3A 11F40 11F42 11F5A 13440 13447-13455 1611E-16129 1612D-1612F 16F4F 16FE4 1CF00-1CF2D"
                        + " 1CF30-1CF46 1E000-1E006 1E008-1E018 1E01B-1E021 1E023-1E024 1E026-1E02A 1E08F 1E130-1E136 1E2AE"
                        + " 1E2EC-1E2EF 1E4EC-1E4EF 1E5EE-1E5EF 1E944-1E94A");
        private static final BitSet NO_MARK =
                ranges("7FD 897-89F 8CA-8D3 9FE AFA-AFF B55 C04 C3C CF3 D00 D3B-D3C D81 EBA"
                        + " ECE 1715 180F 1ABF-1ACE 1CF7 1DF6-1DFA A82C A8FF 10D24-10D27 10D69-10D6D 10EAB-10EAC 10EFC-10EFF"
                        + " 10F46-10F50 10F82-10F85 11070 11073-11074 110C2 11145-11146 111C9 111CE-111CF 11241 1133B 113B8-113C0"
                        + " 113C2 113C5 113C7-113CA 113CC-113D0 113D2 113E1-113E2 1145E 1182C-1183A 11930-11935 11937-11938"
                        + " 1193B-1193E 11940 11942-11943 119D1-119D7 119DA-119E0 119E4 11A01-11A0A 11A33-11A39 11A3B-11A3E 11A47"
                        + " 11A51-11A5B 11A8A-11A99 11D31-11D36 11D3A 11D3C-11D3D 11D3F-11D45 11D47 11D8A-11D8E 11D90-11D91"
                        + " 11D93-11D97 11EF3-11EF6 11F00-11F01 11F03 11F34-11F3A 11F3E-11F42 11F5A 13440 13447-13455 1611E-1612F"
                        + " 16F4F 16F7F-16F87 16FE4 16FF0-16FF1 1CF00-1CF2D 1CF30-1CF46 1E08F 1E130-1E136 1E2AE 1E2EC-1E2EF"
                        + " 1E4EC-1E4EF 1E5EE-1E5EF");
        private static final BitSet NOT_NORMALISED = ranges("32FF A7F2-A7F4 AB69 105C9 105E4 10781-10785 10787-107B0"
                + " 107B2-107BA 11383 11385 1138E 11391 113C5 113C7-113C8 11938 16121-16128 16D68-16D6A 1CCD6-1CCF9"
                + " 1E030-1E06D 1F16C 1FBF0-1FBF9 7FD 897-89F 8CA-8D3 9FE C3C D3B-D3C EBA 1715 1ABF-1ACE 1DF6-1DFA A82C"
                + " 10D24-10D27 10D69-10D6D 10EAB-10EAC 10EFD-10EFF 10F46-10F50 10F82-10F85 11070 1133B 113CE-113D0 1145E"
                + " 11839-1183A 1193D-1193E 11943 119E0 11A34 11A47 11A99 11D42 11D44-11D45 11D97 11F41-11F42 1612F"
                + " 16FF0-16FF1 1E08F 1E130-1E136 1E2AE 1E2EC-1E2EF 1E4EC-1E4EF 1E5EE-1E5EF");
        private static final BitSet ALSO_PUNCTUATION = ranges("166D 111C9");
        private static final BitSet ALSO_ACCENT = ranges("1734 1171E");
        private static final BitSet ALSO_MARK = ranges("1CF2-1CF3");

        private static final Pattern WORD = Pattern.compile("\\w", Pattern.UNICODE_CHARACTER_CLASS);

        private static BitSet ranges(String ranges) {
            BitSet set = new BitSet();
            for (String range : ranges.split(" ")) {
                int dash = range.indexOf('-');
                int first = HexFormat.fromHexDigits(dash < 0 ? range : range.substring(0, dash));
                int last = dash < 0 ? first : HexFormat.fromHexDigits(range.substring(dash + 1));
                set.set(first, last + 1);
            }
            return set;
        }
    }

    /**
     * Returns whether a code point is punctuation: all of ASCII that is neither a letter, a digit nor a space, and what
     * Unicode calls punctuation.
     */
    static boolean isPunctuation(int c) {
        if (c < 0x80) {
            return c >= 33 && c <= 47 || c >= 58 && c <= 64 || c >= 91 && c <= 96 || c >= 123 && c <= 126;
        }
        boolean punctuation = switch (Character.getType(c)) {
            case Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION -> true;
            default -> false;
        };
        return punctuation ? !Exceptions.NO_PUNCTUATION.get(c) : Exceptions.ALSO_PUNCTUATION.get(c);
    }

    /** Returns what BERT's cleaning removes: controls that are not white space, formats, private use. */
    static boolean isControl(int c) {
        return c != '\t'
                && c != '\n'
                && c != '\r'
                && switch (Character.getType(c)) {
                    case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE -> !Exceptions.NO_CONTROL.get(c);
                    default -> false;
                };
    }

    /** Returns what BERT's accent stripping removes: marks that take no place. */
    static boolean isAccent(int c) {
        return Character.getType(c) == Character.NON_SPACING_MARK
                ? !Exceptions.NO_ACCENT.get(c)
                : Exceptions.ALSO_ACCENT.get(c);
    }

    /** Returns whether a code point is a mark of any kind. */
    static boolean isMark(int c) {
        return isJavaMark(c) ? !Exceptions.NO_MARK.get(c) : Exceptions.ALSO_MARK.get(c);
    }

    private static boolean isJavaMark(int c) {
        return switch (Character.getType(c)) {
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK -> true;
            default -> false;
        };
    }

    /**
     * Returns whether Unicode's normal forms leave a character as it is, as it is younger than the library's tables.
     */
    static boolean isNotNormalised(int c) {
        return Exceptions.NOT_NORMALISED.get(c);
    }

    /** Unicode's White_Space. */
    static boolean isWhiteSpace(int c) {
        if (c < 0x85) {
            return c == ' ' || c >= '\t' && c <= '\r';
        }
        return c == 0x85
                || c == 0xa0
                || c >= 0x1680
                        && (c == 0x1680
                                || c >= 0x2000 && c <= 0x200a
                                || c == 0x2028
                                || c == 0x2029
                                || c == 0x202f
                                || c == 0x205f
                                || c == 0x3000);
    }

    static boolean isNumeric(int c) {
        return switch (Character.getType(c)) {
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> true;
            default -> false;
        };
    }

    /** Returns what {@code \w} matches: letters, marks, digits, connectors, joiners. */
    static boolean isWord(int c) {
        if (c < 0x80) {
            return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_';
        }
        return Character.isLetter(c)
                || Exceptions.WORD.matcher(Character.toString(c)).matches();
    }

    /** Returns whether a code point is a Chinese character to BERT: one of the blocks of CJK ideographs. */
    static boolean isChinese(int c) {
        return c >= 0x4e00 && c <= 0x9fff
                || c >= 0x3400 && c <= 0x4dbf
                || c >= 0x20000 && c <= 0x2a6df
                || c >= 0x2a700 && c <= 0x2b73f
                || c >= 0x2b740 && c <= 0x2b81f
                || c >= 0x2b920 && c <= 0x2ceaf
                || c >= 0xf900 && c <= 0xfaff
                || c >= 0x2f800 && c <= 0x2fa1f;
    }
}
