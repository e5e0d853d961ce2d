package detangle.pipelines;

import java.util.List;
import java.util.Optional;

/**
 * A text, and the kinds of entities and relations to look for in it.
 *
 * @param labels kinds of entities, in words: {@code person}, {@code credit card number}
 * @param relations kinds of relations between entities: {@code works for}; not all models find any
 * @param spans the parts of the text that may be entities; parts that do not begin and end with words are ignored. If
 *     empty, any part may be an entity
 */
public record ExtractionRequest(
        String text,
        List<String> labels,
        List<String> relations,
        Optional<List<TextSpan>> spans,
        ExtractionOptions options) {
    public ExtractionRequest {
        labels = List.copyOf(labels);
        relations = List.copyOf(relations);
        spans = spans.map(List::copyOf);
    }

    /** Returns a request without relations in which any part of the text may be an entity. */
    public static ExtractionRequest of(String text, List<String> labels, ExtractionOptions options) {
        return new ExtractionRequest(text, labels, List.of(), Optional.empty(), options);
    }

    public ExtractionRequest withRelations(List<String> value) {
        return new ExtractionRequest(text, labels, value, spans, options);
    }

    public ExtractionRequest withSpans(List<TextSpan> value) {
        return new ExtractionRequest(text, labels, relations, Optional.of(value), options);
    }
}
