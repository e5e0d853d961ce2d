package detangle.models.content;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds out what stands in a file's place: a clone without Git LFS leaves pointers, and a download with a wrong
 * address or without a login leaves a web page or an error. All readers of models ask here first, so that such a file
 * is called what it is.
 */
public final class Substitute {
    /** The number of a file's first bytes that are enough to know. */
    public static final int HEAD_BYTES = 1024;

    /** The first lines of pointers, also under the name that Git LFS had in its first year. */
    private static final List<String> POINTERS =
            List.of("version https://git-lfs.github.com/spec/", "version https://hawser.github.com/spec/");

    private static final List<String> PAGES = List.of("<!doctype html", "<html", "<head", "<body");
    private static final List<String> MARKUP = List.of("<?xml", "<error", "<!doctype");
    private static final Pattern ERROR =
            Pattern.compile("^\\{\\s*\"(?:error|message|detail)\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final String REMEDY = "download the file itself";
    private static final int QUOTED_CHARACTERS = 60;

    private Substitute() {}

    /**
     * Returns what a file is, if it is not what its name says, in words that follow the name and a colon.
     *
     * @param head the file's first {@link #HEAD_BYTES} bytes, or all if there are fewer
     * @param binary whether the file cannot be text if it is what its name says
     */
    public static Optional<String> of(byte[] head, boolean binary) {
        if (head.length == 0) {
            return Optional.of("it is empty, as a download that was cut off leaves it: " + REMEDY);
        }
        String text = start(head);
        String lower = text.toLowerCase(Locale.ROOT);
        if (POINTERS.stream().anyMatch(lower::startsWith)) {
            return Optional.of(
                    "it is a pointer of Git LFS and not the file itself: run `git lfs pull` in its folder, or "
                            + REMEDY);
        }
        if (PAGES.stream().anyMatch(lower::startsWith)) {
            return Optional.of("it is a web page (HTML) and not the file itself: " + REMEDY
                    + ", whose address on a hub has /resolve/ and not /blob/");
        }
        if (MARKUP.stream().anyMatch(lower::startsWith)) {
            return Optional.of(
                    "it is an XML document, such as a store answers with an error, and not the file itself: " + REMEDY);
        }
        Matcher error = ERROR.matcher(text);
        if (error.find()) {
            return Optional.of("it is an error that a server has answered ('" + quoted(error.group(1))
                    + "') and not the file itself: " + REMEDY);
        }
        if (binary && isText(head)) {
            return Optional.of("it is text that begins '" + quoted(text) + "' and not the file itself: " + REMEDY);
        }
        return Optional.empty();
    }

    /** Returns the first characters, without a byte order mark and white space before them. */
    private static String start(byte[] head) {
        byte[] some = head.length > HEAD_BYTES ? Arrays.copyOf(head, HEAD_BYTES) : head;
        return new String(some, StandardCharsets.UTF_8).replaceFirst("^[\\uFEFF\\s]+", "");
    }

    /** The length of a header and the first instructions of a pickle have bytes that no text has. */
    private static boolean isText(byte[] head) {
        int length = Math.min(head.length, HEAD_BYTES);
        for (int i = 0; i < length; i++) {
            int b = head[i] & 0xff;
            if (b < ' ' && b != '\t' && b != '\n' && b != '\r' && b != '\f') {
                return false;
            }
        }
        // The last character may be cut off.
        int broken = new String(head, 0, length, StandardCharsets.UTF_8).indexOf('\uFFFD');
        return broken < 0 || head.length > HEAD_BYTES && broken >= length - Character.BYTES * 2;
    }

    private static String quoted(String text) {
        String line = text.lines().findFirst().orElse("");
        return line.length() > QUOTED_CHARACTERS ? line.substring(0, QUOTED_CHARACTERS) + "..." : line;
    }
}
