package detangle.ir.text;

import detangle.ir.Location;
import detangle.ir.text.Lexer.Kind;
import detangle.ir.text.Lexer.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Reads expected tokens; a {@link ParseException} says what was expected and what stands there. */
final class TokenReader {
    private final Lexer lexer;

    TokenReader(Lexer lexer) {
        this.lexer = lexer;
    }

    Location location() {
        return lexer.peek().location();
    }

    ParseException error(String message) {
        return new ParseException(location(), message);
    }

    private String take(Kind kind, String expected) {
        Token token = lexer.peek();
        if (token.kind() != kind) {
            throw error("expected " + expected + ", found '" + token.text() + "'");
        }
        return lexer.take().text();
    }

    /** Returns the name of {@code %name}. */
    String value() {
        return take(Kind.VALUE, "a value such as %x").substring(1);
    }

    boolean isValue() {
        return lexer.peek().kind() == Kind.VALUE;
    }

    String word() {
        return take(Kind.WORD, "a word");
    }

    boolean isWord(String word) {
        Token token = lexer.peek();
        if (token.kind() == Kind.END) {
            throw error("expected a statement or " + word + ", found the end of the text");
        }
        return token.kind() == Kind.WORD && token.text().equals(word);
    }

    boolean acceptWord(String word) {
        boolean there = isWord(word);
        if (there) {
            lexer.take();
        }
        return there;
    }

    void expectWord(String word) {
        if (!acceptWord(word)) {
            throw error("expected '" + word + "', found '" + lexer.peek().text() + "'");
        }
    }

    boolean is(String punctuation) {
        Token token = lexer.peek();
        return token.kind() == Kind.PUNCTUATION && token.text().equals(punctuation);
    }

    boolean accept(String punctuation) {
        boolean there = is(punctuation);
        if (there) {
            lexer.take();
        }
        return there;
    }

    void expect(String punctuation) {
        if (!accept(punctuation)) {
            throw error("expected '" + punctuation + "', found '" + lexer.peek().text() + "'");
        }
    }

    void expectEnd() {
        if (lexer.peek().kind() != Kind.END) {
            throw error("expected the end of the text, found '" + lexer.peek().text() + "'");
        }
    }

    /** Returns a quoted text. */
    String string() {
        Location location = location();
        String quoted = take(Kind.STRING, "a quoted name");
        StringBuilder text = new StringBuilder();
        for (int i = 1; i < quoted.length() - 1; i++) {
            char c = quoted.charAt(i);
            if (c == '\\') {
                c = switch (quoted.charAt(++i)) {
                    case 'n' -> '\n';
                    case '"' -> '"';
                    case '\\' -> '\\';
                    default ->
                        throw new ParseException(
                                location,
                                "'\\" + quoted.charAt(i) + "' in a string means nothing: write \\\\, \\\" or \\n");
                };
            }
            text.append(c);
        }
        return text.toString();
    }

    /** Returns whether a number is next: it begins with a digit or a minus. */
    boolean isNumber() {
        return lexer.peek().kind() == Kind.NUMBER || is("-");
    }

    WrittenNumber number() {
        Location location = location();
        String text = accept("-") ? "-" + lexer.take().text() : lexer.take().text();
        double value =
                Numbers.parse(text).orElseThrow(() -> new ParseException(location, "'" + text + "' is not a number"));
        return new WrittenNumber(value, text, location);
    }

    /** Items between brackets, separated by commas; there may be none, and no more than {@code maxItems}. */
    <T> List<T> list(String open, String close, int maxItems, Supplier<T> item) {
        List<T> items = new ArrayList<>();
        expect(open);
        if (!accept(close)) {
            do {
                if (items.size() == maxItems) {
                    throw error("there are more than " + maxItems + " items between " + open + " and " + close);
                }
                items.add(item.get());
            } while (accept(","));
            expect(close);
        }
        return items;
    }

    /** Returns the text up to the next comma or closing bracket outside of brackets, without spaces. */
    String rawValue() {
        StringBuilder text = new StringBuilder();
        int depth = 0;
        while (depth > 0 || !(is(",") || is("}") || is("]") || is(")"))) {
            Token token = lexer.take();
            if (token.kind() == Kind.END) {
                throw new ParseException(token.location(), "expected a value, found the end of the text");
            }
            depth += token.text().equals("[") ? 1 : token.text().equals("]") ? -1 : 0;
            text.append(token.text());
        }
        if (text.isEmpty()) {
            throw error("expected a value, found '" + lexer.peek().text() + "'");
        }
        return text.toString();
    }
}
