package detangle.hostile;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Changes that keep the structure of a file and give it other values: numbers near the ones that are there, switches
 * turned, lines in another order, elements of tensors. Readers often believe what is changed so, and what follows from
 * it is tried: checks of one file against another, programs of other sizes, arithmetic.
 */
final class GentleChanges {
    private static final Pattern NUMBER = Pattern.compile("-?\\b[0-9]+(\\.[0-9]+)?\\b");
    private static final Pattern SWITCH = Pattern.compile("\\b(true|false)\\b");
    private static final Pattern TEXT = Pattern.compile("\"[^\"\\\\]*\"");

    /** What a pattern finds in a file, at most. */
    private static final int MAX_PLACES = 10_000;

    private static final float[] ELEMENTS = {0, -0.0f, 1, -1, 0.5f, 1e-30f, 1e10f, -3e38f, Float.MIN_VALUE};

    private GentleChanges() {}

    /** The content with a few values of another size; the old content where no value is found. */
    static byte[] changed(byte[] content, SplittableRandom random) {
        return switch (FileKind.of(content)) {
            case JSON -> text(content, random);
            case LINES -> random.nextInt(3) == 0 ? reordered(content, random) : text(content, random);
            case HEADED -> headed(content, random);
            case ZIP -> ZipChanges.changed(content, random);
            case GZIP -> GzipChanges.changed(content, random);
            case PROTO -> ProtoChanges.changed(content, random);
            case BYTES -> elements(content, 0, random);
        };
    }

    /** Changes a number, a switch or a text, in a place that is drawn. */
    private static byte[] text(byte[] content, SplittableRandom random) {
        String text = new String(content, StandardCharsets.UTF_8);
        return switch (random.nextInt(8)) {
            case 0 -> replaced(text, SWITCH, random, (old, all) -> old.equals("true") ? "false" : "true");
            case 1 -> replaced(text, TEXT, random, (old, all) -> all.get(random.nextInt(all.size())));
            case 2 -> replaced(text, NUMBER, random, (old, all) -> all.get(random.nextInt(all.size())));
            default -> replaced(text, NUMBER, random, (old, all) -> near(old, random));
        };
    }

    @FunctionalInterface
    private interface Replacement {
        /** What stands in the place of one of the texts that were found. */
        String of(String old, List<String> all);
    }

    private static byte[] replaced(String text, Pattern pattern, SplittableRandom random, Replacement replacement) {
        List<MatchResult> places =
                pattern.matcher(text).results().limit(MAX_PLACES).toList();
        if (places.isEmpty()) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        MatchResult place = places.get(random.nextInt(places.size()));
        String by = replacement.of(
                place.group(), places.stream().map(MatchResult::group).toList());
        return (text.substring(0, place.start()) + by + text.substring(place.end())).getBytes(StandardCharsets.UTF_8);
    }

    private static String near(String number, SplittableRandom random) {
        if (number.contains(".") || number.length() > 9) {
            return number + random.nextInt(10);
        }
        long old = Long.parseLong(number);
        return Long.toString(
                switch (random.nextInt(5)) {
                    case 0 -> old + 1;
                    case 1 -> old - 1;
                    case 2 -> old * 2;
                    case 3 -> old / 2;
                    default -> random.nextLong(-2, 40);
                });
    }

    /** Two lines in each other's place. */
    private static byte[] reordered(byte[] content, SplittableRandom random) {
        List<String> lines =
                new ArrayList<>(Arrays.asList(new String(content, StandardCharsets.UTF_8).split("(?<=\n)", -1)));
        Collections.swap(lines, random.nextInt(lines.size()), random.nextInt(lines.size()));
        return String.join("", lines).getBytes(StandardCharsets.UTF_8);
    }

    /** Elements of a tensor, or a value of the header, whose length stays right. */
    private static byte[] headed(byte[] content, SplittableRandom random) {
        int end = 8 + HeaderChanges.headerLength(content);
        if (end < content.length && random.nextInt(3) > 0) {
            return elements(content, end, random);
        }
        return HeaderChanges.withHeader(content, text(Arrays.copyOfRange(content, 8, end), random));
    }

    /** Up to four numbers of four bytes behind a place. */
    private static byte[] elements(byte[] content, int from, SplittableRandom random) {
        byte[] changed = content.clone();
        ByteBuffer numbers = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
        int count = (content.length - from) / Float.BYTES;
        for (int i = random.nextInt(4); i >= 0 && count > 0; i--) {
            numbers.putFloat(from + Float.BYTES * random.nextInt(count), ELEMENTS[random.nextInt(ELEMENTS.length)]);
        }
        return changed;
    }
}
