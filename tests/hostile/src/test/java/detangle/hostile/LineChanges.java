package detangle.hostile;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;

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

    private LineChanges() {}

    static byte[] changed(byte[] content, SplittableRandom random) {
        List<String> lines =
                new ArrayList<>(Arrays.asList(new String(content, StandardCharsets.UTF_8).split("(?<=\n)", -1)));
        int at = random.nextInt(lines.size());
        int other = random.nextInt(lines.size());
        String line = lines.get(at);
        switch (random.nextInt(10)) {
            case 0 -> lines.remove(at);
            case 1 -> lines.add(at, lines.get(other));
            case 2 -> Collections.swap(lines, at, other);
            case 3 -> lines.addAll(at, Collections.nCopies(random.nextInt(2, 5000), line));
            case 4 -> lines.set(at, line.stripTrailing());
            case 5 -> lines.set(at, line.stripTrailing().repeat(random.nextInt(2, 2000)) + "\n");
            case 6 -> lines.set(at, line.replaceFirst("\n$", random.nextBoolean() ? "\r\n" : "\r"));
            case 7 -> lines.set(at, strange(random) + "\n");
            default -> {
                int in = random.nextInt(line.length() + 1);
                lines.set(at, line.substring(0, in) + strange(random) + line.substring(in));
            }
        }
        return String.join("", lines).getBytes(StandardCharsets.UTF_8);
    }

    private static String strange(SplittableRandom random) {
        return STRANGE.get(random.nextInt(STRANGE.size()));
    }
}
