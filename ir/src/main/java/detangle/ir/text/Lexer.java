package detangle.ir.text;

import detangle.ir.Location;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Splits text into tokens, one ahead. Comments run from {@code //} to the end of the line. */
final class Lexer {
    enum Kind {
        /** {@code %name}. */
        VALUE,
        WORD,
        NUMBER,
        STRING,
        PUNCTUATION,
        END
    }

    record Token(Kind kind, String text, Location location) {}

    // Strings and space are scanned by hand: a repeated group would recurse once for each character of hostile text.
    private static final Pattern TOKEN = Pattern.compile("%[A-Za-z0-9_.]++"
            + "|[A-Za-z_][A-Za-z0-9_.]*+"
            + "|[0-9]++(?:\\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
            + "|->|[-+*(){}\\[\\]<>,:=@]");

    private final String file;
    private final String text;
    private final Matcher token;
    private int position;
    private int line = 1;
    private int lineStart;
    private Token next;

    Lexer(String file, String text) {
        this.file = file;
        this.text = text;
        this.token = TOKEN.matcher(text);
        advance();
    }

    /** Returns the token ahead. */
    Token peek() {
        return next;
    }

    Token take() {
        Token token = next;
        advance();
        return token;
    }

    private void advance() {
        skipSpace();
        Location here = new Location(file, line, position - lineStart + 1);
        if (position == text.length()) {
            next = new Token(Kind.END, "end of text", here);
            return;
        }
        if (text.charAt(position) == '"') {
            int end = endOfString(here);
            next = new Token(Kind.STRING, text.substring(position, end), here);
            moveTo(end);
            return;
        }
        if (!token.region(position, text.length()).lookingAt()) {
            throw new ParseException(here, "unexpected character '" + text.charAt(position) + "'");
        }
        next = new Token(kind(text.charAt(position)), token.group(), here);
        moveTo(token.end());
    }

    /** Returns the kind of a token, which its first character tells. */
    private static Kind kind(char first) {
        if (first == '%') {
            return Kind.VALUE;
        }
        if (first >= '0' && first <= '9') {
            return Kind.NUMBER;
        }
        boolean isLetter = first == '_' || first >= 'a' && first <= 'z' || first >= 'A' && first <= 'Z';
        return isLetter ? Kind.WORD : Kind.PUNCTUATION;
    }

    private void skipSpace() {
        while (position < text.length()) {
            if (text.startsWith("//", position)) {
                int end = text.indexOf('\n', position);
                moveTo(end < 0 ? text.length() : end);
            } else if (Character.isWhitespace(text.charAt(position))) {
                moveTo(position + 1);
            } else {
                return;
            }
        }
    }

    /** Returns the place behind the closing quote of the string that begins here. */
    private int endOfString(Location here) {
        for (int i = position + 1; i < text.length() && text.charAt(i) != '\n'; i++) {
            if (text.charAt(i) == '\\') {
                i++;
            } else if (text.charAt(i) == '"') {
                return i + 1;
            }
        }
        throw new ParseException(here, "the string does not end on its line");
    }

    private void moveTo(int end) {
        for (; position < end; position++) {
            if (text.charAt(position) == '\n') {
                line++;
                lineStart = position + 1;
            }
        }
    }
}
