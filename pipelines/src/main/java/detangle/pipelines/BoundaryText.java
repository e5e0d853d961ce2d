package detangle.pipelines;

import detangle.pipelines.SchemaWords.Word;
import detangle.pipelines.schema.Mention;
import java.util.List;
import java.util.Optional;

/**
 * Reads spans as parts of a text.
 *
 * @param prefix how many words of choices stand before it
 */
record BoundaryText(SchemaPiece piece, int prefix) {
    /** Returns a span as a part of the text; empty if it begins among the choices. */
    Optional<Mention> mention(BoundarySpan span, double confidence) {
        if (span.start() < prefix) {
            return Optional.empty();
        }
        List<Word> words = piece.words();
        int start = words.get(span.start() - prefix).start();
        int end = words.get(span.end() - 1 - prefix).end();
        return Optional.of(new Mention(piece.read().substring(start, end), confidence, start, end));
    }
}
