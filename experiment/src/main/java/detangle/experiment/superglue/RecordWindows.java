package detangle.experiment.superglue;

import detangle.experiment.data.MarkedText;
import detangle.experiment.data.SegmentFeatures;
import detangle.experiment.head.MarkedSpans;
import detangle.experiment.head.MarkedSpans.Span;
import detangle.experiment.superglue.RecordFile.Passage;
import detangle.experiment.superglue.RecordFile.Question;
import detangle.train.data.DataException;
import detangle.train.data.Example;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The questions of ReCoRD as windows over their passages, with the entities that a window has as a whole. The first
 * segment is a part of the passage, and the second one the question, with {@code [MASK]} in the place of the entity.
 * Windows are as long as examples; the original's are 512 tokens long, and are cut at random where examples are
 * shorter.
 */
record RecordWindows(List<Asked> questions, List<Window> windows) {
    /** The number of tokens that two windows share; two thirds of a window at most. */
    private static final int OVERLAP_TOKENS = 256;

    /** A question to a passage. */
    record Asked(Passage passage, Question question) {}

    /**
     * A window.
     *
     * @param question the number of its question
     * @param offset the first token of the passage that it has
     * @param entities the numbers of its entities
     */
    record Window(int question, int offset, int[] entities, Example example) {}

    static RecordWindows of(List<Passage> passages, SegmentFeatures features) {
        RecordWindows made = new RecordWindows(new ArrayList<>(), new ArrayList<>());
        for (Passage passage : passages) {
            MarkedText text = MarkedText.of(features.tokenizer(), passage.text());
            List<Span> spans = passage.entities().stream()
                    .map(entity -> text.span(entity.start(), entity.end()))
                    .toList();
            for (Question question : passage.questions()) {
                made.questions.add(new Asked(passage, question));
                made.add(text, spans, question, features);
            }
        }
        return made;
    }

    private void add(MarkedText text, List<Span> spans, Question question, SegmentFeatures features) {
        int[] query = query(question, features);
        int room = features.maxLength() - 3 - query.length;
        if (text.length() <= room) {
            windows.add(window(text, spans, question, query, 0, text.length(), features));
            return;
        }
        if (room < 2) {
            throw new DataException("the query " + question.id() + " has " + query.length
                    + " tokens and leaves no room for its passage: raise --max_seq_length");
        }
        int overlap = Math.min(OVERLAP_TOKENS, 2 * room / 3);
        for (int from = 0; from < text.length(); from += room - overlap) {
            int to = Math.min(text.length(), from + room);
            windows.add(window(text, spans, question, query, from, to, features));
        }
    }

    private static int[] query(Question question, SegmentFeatures features) {
        int mask = features.tokenizer()
                .maskTokenId()
                .orElseThrow(
                        () -> new DataException("the tokenizer has no [MASK], which stands for what is asked for"));
        return IntStream.of(0, 1, 2)
                .flatMap(part -> switch (part) {
                    case 0 -> IntStream.of(features.tokens(question.before()));
                    case 1 -> IntStream.of(mask);
                    default -> IntStream.of(features.tokens(question.after()));
                })
                .toArray();
    }

    private Window window(
            MarkedText text,
            List<Span> spans,
            Question question,
            int[] query,
            int from,
            int to,
            SegmentFeatures features) {
        int[] inside = IntStream.range(0, spans.size())
                .filter(i -> spans.get(i).start() >= from && spans.get(i).end() <= to)
                .toArray();
        // [CLS] stands in front of the passage.
        List<Span> moved = IntStream.of(inside)
                .mapToObj(spans::get)
                .map(span -> new Span(span.start() - from + 1, span.end() - from + 1))
                .toList();
        int[] right = IntStream.of(inside).map(i -> question.right()[i]).toArray();
        int[] part = Arrays.copyOfRange(text.ids(), from, to);
        Example example = Example.of(features.joined(List.of(part, query), 0), MarkedSpans.target(moved, right));
        return new Window(questions.size() - 1, from, inside, example);
    }

    /** Returns the examples, one for each window. */
    List<Example> examples() {
        return windows.stream().map(Window::example).toList();
    }
}
