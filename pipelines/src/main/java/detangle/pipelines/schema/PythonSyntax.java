package detangle.pipelines.schema;

/**
 * Translates a regular expression of Python's re into one for the JDK with the same meaning. Classes of characters are
 * Python's: {@code \w} is letters, numbers and the underscore, without marks. Syntax without a counterpart in the JDK
 * is refused by name.
 */
final class PythonSyntax {
    private static final int MAX_LENGTH = 1000;

    private static final String WORD_IN_CLASS = "\\p{L}\\p{N}_";
    private static final String WORD = "[" + WORD_IN_CLASS + "]";
    private static final String SPACE_IN_CLASS = "\\p{IsWhite_Space}\\x1c-\\x1f";
    private static final String BOUNDARY = "(?:(?<=" + WORD + ")(?!" + WORD + ")|(?<!" + WORD + ")(?=" + WORD + "))";

    private static final int HEX_OF_LONG_ESCAPE = 8;

    private final String expression;
    private final StringBuilder written = new StringBuilder();
    private int at;

    private PythonSyntax(String expression) {
        this.expression = expression;
    }

    /**
     * Returns the expression for the JDK.
     *
     * @throws SchemaException if the expression is too long or has syntax that is not supported; it names that syntax
     */
    static String translate(String expression) {
        if (expression.length() > MAX_LENGTH) {
            throw new SchemaException(
                    "a validator is " + expression.length() + " characters long; at most " + MAX_LENGTH + " are taken");
        }
        PythonSyntax syntax = new PythonSyntax(expression);
        while (syntax.at < expression.length()) {
            syntax.next();
        }
        return syntax.written.toString();
    }

    private void next() {
        char c = expression.charAt(at);
        switch (c) {
            case '\\' -> escape(false);
            case '[' -> characterClass();
            case '(' -> group();
            case '{' -> braces();
            default -> {
                written.append(c);
                at++;
            }
        }
    }

    /** Writes a repetition, or else the brace as a character; {@code {,n}} begins with 0. */
    private void braces() {
        int end = expression.indexOf('}', at);
        String inside = end < 0 ? "" : expression.substring(at + 1, end);
        if (inside.matches("[0-9]{1,6}(,[0-9]{0,6})?")) {
            written.append(expression, at, end + 1);
            at = end + 1;
        } else if (inside.matches(",[0-9]{0,6}")) {
            written.append("{0").append(inside).append('}');
            at = end + 1;
        } else {
            written.append("\\{");
            at++;
        }
    }

    private void group() {
        if (expression.startsWith("(?P<", at)) {
            int end = nameEnd('>');
            // The JDK's names have no underscores.
            written.append("(?<")
                    .append(name(expression.substring(at + 4, end)))
                    .append('>');
            at = end + 1;
        } else if (expression.startsWith("(?P=", at)) {
            int end = nameEnd(')');
            written.append("\\k<")
                    .append(name(expression.substring(at + 4, end)))
                    .append('>');
            at = end + 1;
        } else if (expression.startsWith("(?#", at)) {
            int end = expression.indexOf(')', at);
            if (end < 0) {
                throw refused("(?# without an end");
            }
            at = end + 1;
        } else if (expression.startsWith("(?", at)) {
            flagsOrLookAround();
        } else {
            written.append('(');
            at++;
        }
    }

    private int nameEnd(char last) {
        int end = expression.indexOf(last, at);
        if (end < 0 || !expression.substring(at + 4, end).matches("[A-Za-z_][A-Za-z0-9_]*")) {
            throw refused(expression.substring(at, Math.min(expression.length(), at + 4)) + " without a name");
        }
        return end;
    }

    private static String name(String python) {
        return "n" + python.replace("Z", "ZZ").replace("_", "Zu");
    }

    private void flagsOrLookAround() {
        for (String kind : new String[] {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>"}) {
            if (expression.startsWith(kind, at)) {
                written.append(kind);
                at += kind.length();
                return;
            }
        }
        int end = at + 2;
        while (end < expression.length() && "imsu-".indexOf(expression.charAt(end)) >= 0) {
            end++;
        }
        if (end == expression.length() || end == at + 2 || ":)".indexOf(expression.charAt(end)) < 0) {
            throw refused(expression.substring(at, Math.min(expression.length(), end + 1)));
        }
        // Unicode is always on.
        String flags = expression.substring(at + 2, end).replace("u", "");
        if (flags.isEmpty() && expression.charAt(end) == ')') {
            at = end + 1;
            return;
        }
        written.append("(?").append(flags).append(expression.charAt(end));
        at = end + 1;
    }

    private void characterClass() {
        written.append('[');
        at++;
        if (expression.startsWith("^", at)) {
            written.append('^');
            at++;
        }
        int first = at;
        while (at < expression.length() && (expression.charAt(at) != ']' || at == first)) {
            char c = expression.charAt(at);
            if (c == '\\') {
                escape(true);
            } else {
                // In the JDK, these mean something in a class.
                written.append("[]&^~|".indexOf(c) >= 0 ? "\\" : "").append(c);
                at++;
            }
        }
        if (at == expression.length()) {
            throw refused("[ without an end");
        }
        written.append(']');
        at++;
    }

    private void escape(boolean inClass) {
        if (at + 1 == expression.length()) {
            throw refused("\\ at the end");
        }
        char c = expression.charAt(at + 1);
        at += 2;
        switch (c) {
            case 'w' -> written.append(inClass ? WORD_IN_CLASS : WORD);
            case 'W' -> written.append("[^").append(WORD_IN_CLASS).append(']');
            case 's' -> written.append(inClass ? SPACE_IN_CLASS : "[" + SPACE_IN_CLASS + "]");
            case 'S' -> written.append("[^").append(SPACE_IN_CLASS).append(']');
            case 'd' -> written.append("\\p{Nd}");
            case 'D' -> written.append("\\P{Nd}");
            case 'b' -> written.append(inClass ? "\\x08" : BOUNDARY);
            case 'B' ->
                written.append(outsideOfClass(c, inClass))
                        .append("(?!")
                        .append(BOUNDARY)
                        .append(')');
            case 'A' -> written.append(outsideOfClass(c, inClass)).append("\\A");
            case 'Z' -> written.append(outsideOfClass(c, inClass)).append("\\z");
            case 'n', 'r', 't', 'f', 'a', 'x', 'u' -> written.append('\\').append(c);
            case 'v' -> written.append("\\x0b");
            case 'U' -> longEscape();
            default -> {
                boolean backwards = !inClass && c >= '1' && c <= '9';
                if (!backwards && (Character.isLetterOrDigit(c) || c == '_')) {
                    throw refused("\\" + c);
                }
                written.append('\\').append(c);
            }
        }
    }

    private static String outsideOfClass(char c, boolean inClass) {
        if (inClass) {
            throw refused("\\" + c + " in a class");
        }
        return "";
    }

    private void longEscape() {
        int end = at + HEX_OF_LONG_ESCAPE;
        if (end > expression.length() || !expression.substring(at, end).matches("[0-9A-Fa-f]+")) {
            throw refused("\\U without eight digits");
        }
        written.append("\\x{").append(expression, at, end).append('}');
        at = end;
    }

    private static SchemaException refused(String syntax) {
        return new SchemaException("a validator has '" + syntax + "', which is not supported: write it otherwise");
    }
}
