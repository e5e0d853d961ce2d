package detangle.hostile;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Changes of text that consists of lines. */
final class LineChanges {
    private static final List<String> STRANGE = List.of(
            "",
            " ",
            "\t",
            "\r",
            "\u0000",
            "\ufeff",
            "\u001b[31mred\u0007",
            "\u202egnirts\u2066",
            "\u2028\u2029\u0085",
            "\"",
            "\"\"\"",
            ",",
            ",,,,",
            "{",
            "[]",
            "null",
            "NaN",
            "-1",
            "99999999999999999999",
            "1e999",
            "\uD83D\uDE00",
            "../../../../etc/passwd",
            "%s%n%d",
            "=cmd|'/c x'!A1",
            "a b c d e f",
            "#version: 0.2");

    private static final Pattern NUMBER = Pattern.compile("-?[0-9][0-9.]*");
    private static final Pattern WORD = Pattern.compile("[\\p{L}_%@][\\p{L}\\p{Nd}_.]*");
    private static final Pattern MARK = Pattern.compile("[^\\p{L}\\p{Nd}\\s]");

    private LineChanges() {}

    static byte[] changed(byte[] content, SplittableRandom random) {
        List<String> lines =
                new ArrayList<>(Arrays.asList(new String(content, StandardCharsets.UTF_8).split("(?<=\n)", -1)));
        int at = random.nextInt(lines.size());
        int other = random.nextInt(lines.size());
        String line = lines.get(at);
        switch (random.nextInt(14)) {
            case 0 -> lines.remove(at);
            case 1 -> lines.add(at, lines.get(other));
            case 2 -> Collections.swap(lines, at, other);
            case 3 -> lines.addAll(at, Collections.nCopies(times(line, 5000, random), line));
            case 4 -> lines.set(at, line.stripTrailing());
            case 5 -> lines.set(at, line.stripTrailing().repeat(times(line, 2000, random)) + "\n");
            case 6 -> lines.set(at, line.replaceFirst("\n$", random.nextBoolean() ? "\r\n" : "\r"));
            case 7 -> lines.set(at, strange(random) + "\n");
            case 8, 9 -> lines.set(at, partReplaced(line, NUMBER, Long.toString(Bytes.extreme(random)), random));
            case 10 -> lines.set(at, partReplaced(line, WORD, part(lines.get(other), WORD, random), random));
            case 11 -> {
                String mark = part(line, MARK, random);
                lines.set(at, partReplaced(line, MARK, mark.repeat(1 << random.nextInt(1, 17)), random));
            }
            default -> {
                int in = random.nextInt(line.length() + 1);
                lines.set(at, line.substring(0, in) + strange(random) + line.substring(in));
            }
        }
        return String.join("", lines).getBytes(StandardCharsets.UTF_8);
    }

    /** How often a line is repeated: it does not become longer than some megabytes. */
    private static int times(String line, int most, SplittableRandom random) {
        return Math.min(random.nextInt(2, most), 1 + (1 << 22) / (line.length() + 1));
    }

    /** One of the parts of a line that are of a kind; nothing if there is none. */
    private static String part(String line, Pattern kind, SplittableRandom random) {
        List<String> parts =
                kind.matcher(line).results().map(MatchResult::group).toList();
        return parts.isEmpty() ? "" : parts.get(random.nextInt(parts.size()));
    }

    private static String partReplaced(String line, Pattern kind, String by, SplittableRandom random) {
        List<MatchResult> parts = kind.matcher(line).results().toList();
        if (parts.isEmpty()) {
            return line;
        }
        MatchResult part = parts.get(random.nextInt(parts.size()));
        return line.substring(0, part.start()) + by + line.substring(part.end());
    }

    private static String strange(SplittableRandom random) {
        return STRANGE.get(random.nextInt(STRANGE.size()));
    }
}
