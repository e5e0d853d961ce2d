package detangle.pipelines;

import java.util.List;
import java.util.Optional;

/**
 * A text and what is looked for in it.
 *
 * @param labels kinds of entities, in words: {@code person}, {@code credit card number}
 * @param spans the parts of the text that may be entities; parts that do not begin and end with words are passed over. Empty if any part
 *     may be one
 */
public record ExtractionRequest(
        String text, List<String> labels, Optional<List<TextSpan>> spans, ExtractionOptions options) {
    public ExtractionRequest {
        labels = List.copyOf(labels);
        spans = spans.map(List::copyOf);
    }

    /** A text any part of which may be an entity. */
    public static ExtractionRequest of(String text, List<String> labels, ExtractionOptions options) {
        return new ExtractionRequest(text, labels, Optional.empty(), options);
    }

    public ExtractionRequest withSpans(List<TextSpan> value) {
        return new ExtractionRequest(text, labels, Optional.of(value), options);
    }
}
