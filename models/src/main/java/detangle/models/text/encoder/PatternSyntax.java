package detangle.models.text.encoder;

import java.util.BitSet;

/**
 * Writes a regular expression of Oniguruma's so that the JDK understands it alike: characters, classes, alternatives,
 * groups without a capture's number, look-around, repetition, and ASCII without regard to case. What may mean something
 * else is refused by name.
 */
final class PatternSyntax {
    private static final int MAX_LENGTH = 1000;
    private static final int MAX_DEPTH = 10;

    /** Repetitions within repetitions may come to so many. */
    private static final long MAX_REPETITIONS = 1000;

    /**
     * An expression that matches the empty text and stands first in each look-behind. The JDK looks back by whole
     * pairs of surrogates only if the group itself has such a pair written in it; without one it would see half a
     * character.
     */
    private static final String ANY_PLANE = "(?=|\ud800\udc00)";

    private static final String BOUNDARY =
            "(?:(?<=@[w])(?![w])|(?<!@[w])(?=[w]))".replace("@", ANY_PLANE).replace("w", PatternNames.WORD);

    /** The pairs of letters that one character may stand for without regard to case, as in Oniguruma: U+00DF is ss. */
    private static final String LIGATURES = "ss st ff fi fl";

    private final String expression;
    private final StringBuilder written = new StringBuilder();
    private int at;

    /** Tells whether the case of letters does not count here. */
    private boolean anyCase;

    /** The letter that was written last, if it stands alone and its case does not count. */
    private int letter = -1;

    private PatternSyntax(String expression) {
        this.expression = expression;
    }

    /**
     * Returns the expression for the JDK.
     *
     * @throws IllegalArgumentException if the expression is wrong or has syntax that is not supported; it says why
     */
    static String translate(String expression) {
        if (expression.isEmpty()) {
            throw new IllegalArgumentException("it is empty");
        }
        if (expression.length() > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    "it is " + expression.length() + " characters long; at most " + MAX_LENGTH + " are taken");
        }
        PatternSyntax syntax = new PatternSyntax(expression);
        syntax.alternatives(0);
        if (syntax.at < expression.length()) {
            throw refused(")");
        }
        return syntax.written.toString();
    }

    /** Up to a closing parenthesis or the end; returns how often the most repeated part of it is repeated. */
    private long alternatives(int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("its groups nest more than " + MAX_DEPTH + " deep");
        }
        long repetitions = 1;
        while (at < expression.length() && expression.charAt(at) != ')') {
            if (expression.charAt(at) == '|') {
                at++;
                written.append('|');
                letter = -1;
                continue;
            }
            repetitions = Math.max(repetitions, repeated(atom(depth)));
        }
        return repetitions;
    }

    private long atom(int depth) {
        char c = expression.charAt(at++);
        int before = letter;
        letter = -1;
        switch (c) {
            case '(' -> {
                boolean outside = anyCase;
                group();
                long inside = alternatives(depth + 1);
                if (at == expression.length()) {
                    throw new IllegalArgumentException("a group of it does not end");
                }
                at++;
                written.append(')');
                anyCase = outside;
                letter = -1;
                return inside;
            }
            case '[' -> characterClass();
            case '\\' -> escape();
            case '*', '+', '?', '{', '}' -> throw refused(String.valueOf(c));
            default -> literal(c, before);
        }
        return 1;
    }

    private void literal(char c, int before) {
        if (!anyCase) {
            written.append(c);
            return;
        }
        if (c >= 0x80) {
            throw refused(expression.substring(at - 1, expression.offsetByCodePoints(at - 1, 1)), "in (?i:)");
        }
        if (!Character.isLetter(c)) {
            written.append(c);
            return;
        }
        letter = Character.toLowerCase(c);
        if (before >= 0 && LIGATURES.contains("" + (char) before + (char) letter)) {
            throw refused(expression.substring(at - 2, at), "in (?i:)");
        }
        BitSet one = new BitSet();
        one.set(c);
        written.append('[').append(inAnyCase(one)).append(']');
    }

    private void group() {
        if (!expression.startsWith("?", at)) {
            if (anyCase) {
                throw refused("(", "in (?i:)");
            }
            written.append('(');
            return;
        }
        for (String kind : new String[] {"?:", "?=", "?!", "?<=", "?<!", "?>", "?i:"}) {
            if (expression.startsWith(kind, at) && !anyCase) {
                at += kind.length();
                anyCase = kind.equals("?i:");
                written.append('(').append(anyCase ? "?:" : kind).append(kind.startsWith("?<") ? ANY_PLANE : "");
                return;
            }
        }
        int end = at + 1;
        while (end < expression.length() && Character.isLetter(expression.charAt(end))) {
            end++;
        }
        throw refused(
                "(" + expression.substring(at, Math.min(expression.length(), end + 1)), anyCase ? "in (?i:)" : "");
    }

    /**
     * Returns what repeats the atom before it, if anything does: {@code * + ?}, or a number of times, as few as can be
     * or not.
     */
    private long repeated(long inside) {
        if (at == expression.length()) {
            return inside;
        }
        int from = at;
        long repetitions = inside;
        boolean possessive = false;
        char c = expression.charAt(at);
        if (c == '{') {
            repetitions = inside * count();
            if (repetitions > MAX_REPETITIONS) {
                throw new IllegalArgumentException("it repeats something more than " + MAX_REPETITIONS + " times");
            }
            // Behind {n}, Oniguruma reads a question mark as "or not at all", and a plus as another repetition.
            boolean exactly = expression.substring(from, at).indexOf(',') < 0;
            if (expression.startsWith("+", at) || exactly && expression.startsWith("?", at)) {
                throw refused(expression.substring(from, at + 1));
            }
        } else if (c == '*' || c == '+' || c == '?') {
            at++;
            possessive = expression.startsWith("+", at);
            at += possessive ? 1 : 0;
        } else {
            return inside;
        }
        if (!possessive && expression.startsWith("?", at)) {
            at++;
        }
        letter = -1;
        written.append(expression, from, at);
        return repetitions;
    }

    /** {@code {n}}, {@code {n,}} or {@code {n,m}}: the greater number. */
    private long count() {
        int end = expression.indexOf('}', at);
        String numbers = end < 0 ? "" : expression.substring(at + 1, end);
        if (!numbers.matches("[0-9]{1,6}(,[0-9]{0,6})?")) {
            throw refused("{");
        }
        at = end + 1;
        long repetitions = 1;
        for (String number : numbers.split(",")) {
            repetitions = Math.max(repetitions, Long.parseLong(number));
        }
        return repetitions;
    }

    private void characterClass() {
        written.append('[');
        if (expression.startsWith("^", at)) {
            at++;
            written.append('^');
        }
        int first = at;
        int members = written.length();
        boolean set = false;
        while (at < expression.length() && (expression.charAt(at) != ']' || at == first)) {
            char c = expression.charAt(at);
            if (expression.startsWith("[:", at)) {
                posix();
                set = true;
                continue;
            }
            if (c == '[' || c == ']' || c == '&' && expression.startsWith("&&", at)) {
                throw refused(c == '&' ? "&&" : String.valueOf(c), "in a class");
            }
            at++;
            if (c == '\\') {
                set = escapeInClass();
            } else {
                // A hyphen that stands for itself: first, last, or behind a kind of characters.
                boolean itself = c == '-' && (at - 1 == first || set || expression.startsWith("]", at));
                written.append(itself ? "\\-" : String.valueOf(c));
                set = false;
            }
        }
        if (at == expression.length()) {
            throw new IllegalArgumentException("a class of it does not end");
        }
        at++;
        if (anyCase) {
            String inAnyCase = inAnyCase(ascii(written.substring(members)));
            written.setLength(members);
            written.append(inAnyCase);
        }
        written.append(']');
    }

    /** Returns the members of a class of ASCII characters and ranges of them. */
    private static BitSet ascii(String members) {
        BitSet all = new BitSet();
        for (int i = 0; i < members.length(); i++) {
            int c = members.charAt(i);
            if (c == '\\' && i + 1 < members.length()) {
                c = members.charAt(++i);
                if (Character.isLetterOrDigit(c)) {
                    throw refused("\\" + (char) c, "in (?i:)");
                }
            }
            int last = c;
            if (i + 2 < members.length() && members.charAt(i + 1) == '-') {
                last = members.charAt(i + 2);
                i += 2;
            }
            if (c >= 0x80 || last >= 0x80 || last < c || last == '\\') {
                throw refused("[" + members + "]", "in (?i:)");
            }
            all.set(c, last + 1);
        }
        return all;
    }

    /**
     * Characters and those that differ in case alone; two of these are not ASCII, the long s and the sign of kelvin.
     */
    private static String inAnyCase(BitSet characters) {
        BitSet all = (BitSet) characters.clone();
        characters.stream().filter(Character::isLetter).forEach(c -> {
            all.set(Character.toLowerCase(c));
            all.set(Character.toUpperCase(c));
        });
        StringBuilder members = new StringBuilder();
        all.stream().forEach(c -> members.append(String.format("\\x%02x", c)));
        return members.append(all.get('s') ? "\u017f" : "")
                .append(all.get('k') ? "\u212a" : "")
                .toString();
    }

    /** {@code [:name:]} or {@code [:^name:]}. */
    private void posix() {
        int end = expression.indexOf(":]", at + 2);
        String name = end < 0 ? "" : expression.substring(at + 2, end);
        boolean not = name.startsWith("^");
        String members = PatternNames.posix(not ? name.substring(1) : name)
                .filter(_ -> !anyCase)
                .orElseThrow(() -> refused(end < 0 ? "[" : "[:" + name + ":]", "in a class"));
        written.append(not ? "[^" + members + "]" : members);
        at = end + 2;
    }

    private void escape() {
        char c = escaped();
        switch (c) {
            case 'p', 'P' -> written.append('[').append(property(c == 'P')).append(']');
            case 'w' -> written.append('[').append(PatternNames.WORD).append(']');
            case 'W' -> written.append("[^").append(PatternNames.WORD).append(']');
            case 'b' -> written.append(BOUNDARY);
            case 'B' -> written.append("(?!").append(BOUNDARY).append(')');
            default -> written.append('\\').append(plain(c));
        }
        if ((c == 'b' || c == 'B') && at < expression.length() && "*+?{".indexOf(expression.charAt(at)) >= 0) {
            throw refused("\\" + c + expression.charAt(at));
        }
    }

    /** Returns whether it stands for a kind of characters. */
    private boolean escapeInClass() {
        char c = escaped();
        switch (c) {
            case 'p', 'P' -> written.append(property(c == 'P'));
            case 'w' -> written.append(PatternNames.WORD_IN_CLASS);
            case 'W' -> written.append("[^").append(PatternNames.WORD_IN_CLASS).append(']');
            default -> written.append('\\').append(plain(c));
        }
        return "pPwWsSdD".indexOf(c) >= 0;
    }

    private char escaped() {
        if (at == expression.length()) {
            throw refused("\\");
        }
        char c = expression.charAt(at++);
        if (anyCase && "wWpPbB".indexOf(c) >= 0) {
            throw refused("\\" + c, "in (?i:)");
        }
        return c;
    }

    private static char plain(char c) {
        if ("sSdDnrtf".indexOf(c) < 0 && (c >= 0x80 || Character.isLetterOrDigit(c))) {
            throw refused("\\" + c);
        }
        return c;
    }

    /** Returns the members of {@code {Name}} or {@code {^Name}}, or all others. */
    private String property(boolean others) {
        int end = expression.indexOf('}', at);
        if (!expression.startsWith("{", at) || end < 0) {
            throw refused("\\p");
        }
        String name = expression.substring(at + 1, end);
        boolean not = name.startsWith("^");
        String members = PatternNames.property(not ? name.substring(1) : name)
                .orElseThrow(() -> refused("\\p{" + shown(name) + "}"));
        at = end + 1;
        return not == others ? members : "[^" + members + "]";
    }

    private static String shown(String name) {
        return name.length() <= 30 ? name : name.substring(0, 30) + "…";
    }

    private static IllegalArgumentException refused(String syntax) {
        return refused(syntax, "");
    }

    private static IllegalArgumentException refused(String syntax, String where) {
        return new IllegalArgumentException(
                "it has '" + syntax + "'" + (where.isEmpty() ? "" : " " + where) + ", which is not supported");
    }
}
