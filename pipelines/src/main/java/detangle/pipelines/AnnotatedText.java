package detangle.pipelines;

import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * A text with its entities marked: {@code [Ada Lovelace](person) lives in [London](city).}
 *
 * <p>An entity inside another one is marked inside it: {@code [University of [London](city)](school)}. If two entities
 * cover the same part, the first of the list is outside. If two entities overlap and neither contains the other, the
 * one that ends later is marked in two parts, one inside the other entity and one behind it.
 *
 * <p>A backslash stands before each {@code [}, {@code ]} and backslash of the text, and before each {@code (}, {@code
 * )} and backslash of a label. A program can therefore read the text and its entities back.
 */
public final class AnnotatedText {
    private static final Comparator<Span> ORDER = Comparator.comparingInt(Span::start)
            .thenComparing(Comparator.comparingInt(Span::end).reversed())
            .thenComparingInt(Span::number);

    /** An entity, or the rest of one. */
    private record Span(int start, int end, int number, String label) {}

    private final String text;
    private final StringBuilder marked = new StringBuilder();
    private final PriorityQueue<Span> waiting = new PriorityQueue<>(ORDER);

    private AnnotatedText(String text) {
        this.text = text;
    }

    /**
     * Marks entities, which may be in any order. An entity without a character is left out.
     *
     * @throws IndexOutOfBoundsException if an entity is not a part of the text
     */
    public static String of(String text, List<Entity> entities) {
        AnnotatedText all = new AnnotatedText(text);
        for (int i = 0; i < entities.size(); i++) {
            Entity entity = entities.get(i);
            if (entity.start() < entity.end()) {
                all.waiting.add(new Span(entity.start(), entity.end(), i, entity.entity()));
            }
        }
        all.write(0, text.length());
        if (!all.waiting.isEmpty()) {
            throw new IndexOutOfBoundsException("an entity ends behind the text");
        }
        return all.marked.toString();
    }

    /** Writes a part of the text, with all entities that begin in it. */
    private void write(int begin, int end) {
        int place = begin;
        while (!waiting.isEmpty() && waiting.peek().start() < end) {
            Span span = waiting.remove();
            escape(text, place, span.start(), "[]");
            if (span.end() > end) {
                waiting.add(new Span(end, span.end(), span.number(), span.label()));
            }
            place = Math.min(span.end(), end);
            marked.append('[');
            write(span.start(), place);
            marked.append("](");
            escape(span.label(), 0, span.label().length(), "()");
            marked.append(')');
        }
        escape(text, place, end, "[]");
    }

    private void escape(String of, int begin, int end, String special) {
        for (char c : of.substring(begin, end).toCharArray()) {
            if (c == '\\' || special.indexOf(c) >= 0) {
                marked.append('\\');
            }
            marked.append(c);
        }
    }
}
