package detangle.models.text.encoder;

/**
 * Checks that a regular expression is made of what Oniguruma and the JDK understand alike: characters, classes,
 * alternatives, groups without a capture's number, look-around, and repetition.
 */
final class PatternSyntax {
    private static final int MAX_LENGTH = 1000;
    private static final int MAX_DEPTH = 10;

    /** Repetitions within repetitions may come to so many. */
    private static final long MAX_REPETITIONS = 1000;

    private final String expression;
    private int at;

    private PatternSyntax(String expression) {
        this.expression = expression;
    }

    /** An {@link IllegalArgumentException} that says what is wrong with the expression. */
    static void check(String expression) {
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
            throw syntax.refused(")");
        }
    }

    /** Up to a closing parenthesis or the end; returns how often the most repeated part of it is repeated. */
    private long alternatives(int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("its groups nest more than " + MAX_DEPTH + " deep");
        }
        long most = 1;
        while (at < expression.length() && expression.charAt(at) != ')') {
            if (expression.charAt(at) == '|') {
                at++;
                continue;
            }
            most = Math.max(most, repeated(atom(depth)));
        }
        return most;
    }

    private long atom(int depth) {
        char c = expression.charAt(at++);
        switch (c) {
            case '(' -> {
                group();
                long inside = alternatives(depth + 1);
                if (at == expression.length()) {
                    throw new IllegalArgumentException("a group of it does not end");
                }
                at++;
                return inside;
            }
            case '[' -> characterClass();
            case '\\' -> escape(false);
            case '*', '+', '?', '{', '}' -> {
                at--;
                throw refused(String.valueOf(c));
            }
            default -> {}
        }
        return 1;
    }

    private void group() {
        if (!expression.startsWith("?", at)) {
            return;
        }
        for (String kind : new String[] {"?:", "?=", "?!", "?<=", "?<!", "?>"}) {
            if (expression.startsWith(kind, at)) {
                at += kind.length();
                return;
            }
        }
        throw refused("(" + expression.substring(at, Math.min(expression.length(), at + 3)));
    }

    /** What repeats the atom before it, if anything does: {@code * + ?}, or a number of times, as few as can be or not. */
    private long repeated(long inside) {
        if (at == expression.length()) {
            return inside;
        }
        long most = inside;
        char c = expression.charAt(at);
        if (c == '{') {
            most = inside * count();
            if (most > MAX_REPETITIONS) {
                throw new IllegalArgumentException("it repeats something more than " + MAX_REPETITIONS + " times");
            }
            if (expression.startsWith("+", at)) {
                throw refused("}+");
            }
        } else if (c == '*' || c == '+' || c == '?') {
            at++;
            if (expression.startsWith("+", at)) {
                at++;
                return most;
            }
        } else {
            return inside;
        }
        if (expression.startsWith("?", at)) {
            at++;
        }
        return most;
    }

    /** {@code {n}}, {@code {n,}} or {@code {n,m}}: the greater number. */
    private long count() {
        int end = expression.indexOf('}', at);
        String numbers = end < 0 ? "" : expression.substring(at + 1, end);
        if (!numbers.matches("[0-9]{1,6}(,[0-9]{0,6})?")) {
            throw refused("{");
        }
        at = end + 1;
        long most = 1;
        for (String number : numbers.split(",")) {
            most = Math.max(most, Long.parseLong(number));
        }
        return most;
    }

    private void characterClass() {
        if (expression.startsWith("^", at)) {
            at++;
        }
        int first = at;
        while (at < expression.length() && (expression.charAt(at) != ']' || at == first)) {
            char c = expression.charAt(at);
            boolean last = at + 1 < expression.length() && expression.charAt(at + 1) == ']';
            if (c == '[' || c == ']' || c == '&' && expression.startsWith("&&", at) || c == '-' && at > first && last) {
                throw refused(String.valueOf(c) + " in a class");
            }
            at++;
            if (c == '\\') {
                escape(true);
            }
        }
        if (at == expression.length()) {
            throw new IllegalArgumentException("a class of it does not end");
        }
        at++;
    }

    private void escape(boolean inClass) {
        if (at == expression.length()) {
            throw refused("\\");
        }
        char c = expression.charAt(at++);
        if (c == 'p' || c == 'P') {
            int end = expression.indexOf('}', at);
            String name = end < 0 ? "" : expression.substring(at, end + 1);
            if (!name.matches("\\{(L[ultmo]?|M[nce]?|N[dlo]?|P[cdseifo]?|S[mcko]?|Z[slp]?|C[cfo]?)\\}")) {
                at -= 2;
                throw refused(expression.substring(at, Math.min(expression.length(), at + 12)));
            }
            at = end + 1;
            return;
        }
        boolean known =
                "sSwWdDnrtf".indexOf(c) >= 0 || !inClass && c == 'b' || c < 0x80 && !Character.isLetterOrDigit(c);
        if (!known) {
            throw refused("\\" + c);
        }
    }

    private IllegalArgumentException refused(String syntax) {
        return new IllegalArgumentException("it has '" + syntax + "', which is not supported");
    }
}
