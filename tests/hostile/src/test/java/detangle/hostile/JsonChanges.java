package detangle.hostile;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Changes of JSON after which it is mostly still JSON. They are made in the text, so that names may occur twice. */
final class JsonChanges {
    private static final JsonFactory JSON = new JsonFactory();

    private static final List<String> VALUES = List.of(
            "null",
            "true",
            "false",
            "-1",
            "0",
            "1",
            "-0.0",
            "0.5",
            "1e-320",
            "1e999",
            "1e2147483647",
            "NaN",
            "-Infinity",
            "255",
            "65536",
            "1048577",
            "2147483647",
            "2147483648",
            "4294967296",
            "9007199254740993",
            "9223372036854775807",
            "99999999999999999999",
            "[]",
            "{}",
            "[[]]",
            "[null]",
            "{\"\":{}}",
            "\"\"",
            "\" \"",
            "\"a\"",
            "\"1\"",
            "\"../../x\"",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "\"\\n\\u001b[31m\\u202e\\u2028\"");

    /**
     * A part of the text.
     *
     * @param from its first character
     * @param to behind its last one
     * @param name whether it is a name in an object, and not a value
     * @param begin where its member begins, which for a value in an object is its name
     */
    private record Part(int from, int to, boolean name, int begin) {}

    private JsonChanges() {}

    static byte[] changed(byte[] content, SplittableRandom random) {
        String text = new String(content, StandardCharsets.UTF_8);
        List<Part> parts = parts(text);
        return parts.isEmpty()
                ? Bytes.changed(content, random)
                : changed(text, parts, random).getBytes(StandardCharsets.UTF_8);
    }

    private static String changed(String text, List<Part> parts, SplittableRandom random) {
        Part part = parts.get(random.nextInt(parts.size()));
        String old = text.substring(part.from, part.to);
        if (part.name) {
            return replaced(text, part, newName(old, text, parts, random));
        }
        String member = text.substring(part.begin, part.to);
        return switch (random.nextInt(12)) {
            case 0, 1, 2 -> replaced(text, part, VALUES.get(random.nextInt(VALUES.size())));
            case 3, 4, 5 -> {
                Part other = parts.get(random.nextInt(parts.size()));
                yield replaced(text, part, text.substring(other.from, other.to));
            }
            case 6 -> dropped(text, part);
            case 7 -> text.substring(0, part.to) + "," + member + text.substring(part.to);
            case 8 -> {
                String copies = ("," + old).repeat(Math.max(1, random.nextInt(100_000) / (old.length() + 1)));
                yield replaced(text, part, part.begin == part.from ? old + copies : "[" + old + copies + "]");
            }
            case 9 -> {
                int depth = 1 << random.nextInt(16);
                yield random.nextBoolean()
                        ? replaced(text, part, "[".repeat(depth) + old + "]".repeat(depth))
                        : replaced(text, part, "{\"a\":".repeat(depth) + old + "}".repeat(depth));
            }
            case 10 -> replaced(text, part, longer(old, random));
            default -> replaced(text, part, Long.toString(Bytes.extreme(random)));
        };
    }

    private static String newName(String old, String text, List<Part> parts, SplittableRandom random) {
        List<Part> names = parts.stream().filter(Part::name).toList();
        return switch (random.nextInt(5)) {
            case 0 -> "\"" + "n".repeat(random.nextInt(1, 100_000)) + "\"";
            case 1 -> "\"\\u0000\\n\\u202e" + old.substring(1);
            case 2 -> "\"" + old.substring(1, old.length() - 1) + "x\"";
            default -> {
                Part other = names.get(random.nextInt(names.size()));
                yield text.substring(other.from, other.to);
            }
        };
    }

    /** A string or a number with many more characters; of anything else, a string of it. */
    private static String longer(String old, SplittableRandom random) {
        int times = 1 << random.nextInt(17);
        char first = old.charAt(0);
        if (first == '"') {
            String inside = old.substring(1, old.length() - 1);
            return '"'
                    + inside
                    + (inside.isEmpty() ? "x" : inside).repeat(Math.max(1, times / (inside.length() + 1)))
                    + '"';
        }
        return Character.isDigit(first) || first == '-' ? old + "0".repeat(times) : "\"" + "y".repeat(times) + "\"";
    }

    private static String replaced(String text, Part part, String by) {
        return text.substring(0, part.from) + by + text.substring(part.to);
    }

    /** Without a member and the comma behind it, or else before it. */
    private static String dropped(String text, Part part) {
        int end = part.to;
        while (end < text.length() && Character.isWhitespace(text.charAt(end))) {
            end++;
        }
        if (end < text.length() && text.charAt(end) == ',') {
            return text.substring(0, part.begin) + text.substring(end + 1);
        }
        int begin = part.begin;
        while (begin > 0 && Character.isWhitespace(text.charAt(begin - 1))) {
            begin--;
        }
        return text.substring(0, begin > 0 && text.charAt(begin - 1) == ',' ? begin - 1 : part.begin)
                + text.substring(part.to);
    }

    /** The names and values, as far as the text is JSON. */
    private static List<Part> parts(String text) {
        List<Part> parts = new ArrayList<>();
        Deque<int[]> open = new ArrayDeque<>();
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), text)) {
            int name = -1;
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                int from = (int) parser.currentTokenLocation().getCharOffset();
                if (token.isScalarValue() || token == JsonToken.PROPERTY_NAME) {
                    // Strings are read to their end only when they are asked for.
                    parser.getString();
                }
                int to = (int) parser.currentLocation().getCharOffset();
                if (token == JsonToken.PROPERTY_NAME) {
                    // The parser has gone on to the colon, or behind it.
                    parts.add(new Part(from, endOfString(text, from), true, from));
                    name = from;
                } else if (token.isStructStart()) {
                    open.push(new int[] {from, name < 0 ? from : name});
                    name = -1;
                } else {
                    int[] start = token.isStructEnd() ? open.pop() : new int[] {from, name < 0 ? from : name};
                    parts.add(new Part(start[0], to, false, start[1]));
                    name = -1;
                }
            }
        } catch (JacksonException e) {
            // What comes before the fault is enough.
        }
        return parts;
    }

    private static int endOfString(String text, int from) {
        int at = from + 1;
        while (text.charAt(at) != '"') {
            at += text.charAt(at) == '\\' ? 2 : 1;
        }
        return at + 1;
    }
}
