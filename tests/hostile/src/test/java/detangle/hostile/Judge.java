package detangle.hostile;

import detangle.ir.OneLine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Says what is wrong with what became of a folder. */
final class Judge {
    /**
     * Controls, what breaks lines, what is not seen or turns the direction of text, and halves of characters; but not
     * the joiners.
     */
    private static final Pattern UNCLEAN = Pattern.compile("[\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Cf}&&[^\\u200c\\u200d]]");

    private Judge() {}

    /** What is wrong with an answer, in any order; nothing if all is well. */
    static List<String> faults(Hostile hostile, Path folder, Answer answer) throws IOException {
        List<String> faults = new ArrayList<>();
        switch (answer.outcome()) {
            case READ -> {
                if (!hostile.expected().isEmpty()) {
                    faults.add("was read, and not refused with '" + hostile.expected() + "'");
                }
            }
            case REFUSED -> refusal(hostile, folder, answer, faults);
            case FAILED ->
                faults.add("failed with " + answer.type() + ": " + Escapes.escaped(answer.message()) + " at "
                        + Escapes.escaped(answer.place()));
        }
        if (answer.printed().lines().anyMatch(line -> !isClean(line))) {
            faults.add("printed what is not clean: " + Escapes.escaped(answer.printed()));
        }
        return faults;
    }

    /** Has a folder read in this process, and throws an error that says what is wrong with what became of it. */
    static void check(Reader reader, Path folder) throws IOException {
        Hostile any = new Hostile(reader.name(), files -> {}, "");
        List<String> faults = faults(any, folder, HostileWorker.answer(reader, folder));
        if (!faults.isEmpty()) {
            throw new AssertionError(reader.name() + " " + String.join("; ", faults));
        }
    }

    private static void refusal(Hostile hostile, Path folder, Answer answer, List<String> faults) throws IOException {
        String message = answer.message();
        String shown = Escapes.escaped(message.substring(0, Math.min(message.length(), OneLine.MAX_LENGTH)));
        if (!isClean(message) || message.isBlank()) {
            faults.add("was refused by a message that is not one clean line: " + shown);
        }
        if (message.length() > OneLine.MAX_LENGTH) {
            faults.add("was refused by a message of " + message.length() + " characters: " + shown);
        }
        if (!namesAFile(folder, message)) {
            faults.add("was refused by a message that names no file: " + shown);
        }
        if (!message.contains(hostile.expected())) {
            faults.add("was refused, but not with '" + hostile.expected() + "': " + shown);
        }
    }

    /** Whether a text is one line without characters that a terminal would follow or hide. */
    private static boolean isClean(String text) {
        return !UNCLEAN.matcher(text).find();
    }

    /** Whether a message has the name of a folder or of what is in it. */
    private static boolean namesAFile(Path folder, String message) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.anyMatch(file -> message.contains(file.getFileName().toString()));
        }
    }
}
