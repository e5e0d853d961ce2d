package detangle.pipelines;

import detangle.pipelines.SchemaWords.Word;
import detangle.pipelines.schema.SchemaOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A text, or a window of it, as the model reads it: with a full stop at its end, if it does not end as a sentence does.
 *
 * @param text its number
 * @param offset where the window begins in the text
 * @param read what is read
 * @param words of what is read, as far as they are read
 * @param isWindow whether what is found is merged with what is found in other windows
 */
record SchemaPiece(int text, int offset, String read, List<Word> words, boolean isWindow) {
    /** Returns the pieces of a text: one, or its windows (gliner2/inference/chunking.py). */
    static List<SchemaPiece> of(int number, String text, SchemaOptions options) {
        Optional<SchemaOptions.Windows> windows = options.windows();
        if (windows.isEmpty()) {
            return List.of(of(number, 0, text, options.maxWords(), false));
        }
        List<Word> words = SchemaWords.of(text);
        int size = windows.get().words();
        if (windows.get().longerOnly() && words.size() <= size) {
            return List.of(of(number, 0, text, options.maxWords(), false));
        }
        OptionalInt most = OptionalInt.of(size);
        if (words.isEmpty()) {
            return List.of(of(number, 0, text, most, true));
        }
        List<SchemaPiece> pieces = new ArrayList<>();
        int last = 0;
        for (int first = 0; last < words.size(); first += size - windows.get().overlap()) {
            last = Math.min(first + size, words.size());
            int start = words.get(first).start();
            pieces.add(
                    of(number, start, text.substring(start, words.get(last - 1).end()), most, true));
        }
        return pieces;
    }

    private static SchemaPiece of(int number, int offset, String text, OptionalInt most, boolean isWindow) {
        boolean ended = text.endsWith(".") || text.endsWith("!") || text.endsWith("?");
        String read = ended ? text : text + ".";
        List<Word> words = SchemaWords.of(read);
        List<Word> kept = words.subList(0, Math.min(words.size(), most.orElse(words.size())));
        return new SchemaPiece(number, offset, read, kept, isWindow);
    }
}
