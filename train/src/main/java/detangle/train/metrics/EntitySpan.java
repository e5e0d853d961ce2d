package detangle.train.metrics;

import java.util.ArrayList;
import java.util.List;

/**
 * An entity of a sentence, read from tags as seqeval does by default. It reads any scheme (IOB1, IOB2, IOE, IOBES), and
 * it accepts tags that do not fit together: {@code I-PER} without a beginning begins an entity.
 *
 * @param type the text behind the dash of its tags; {@code _} if there is none
 * @param first the number of its first word
 * @param last the number of its last word
 */
public record EntitySpan(String type, int first, int last) {
    private static final char OUTSIDE = 'O';

    /** Returns the entities of a sentence, in order. */
    public static List<EntitySpan> of(List<String> tags) {
        List<EntitySpan> spans = new ArrayList<>();
        Tag before = Tag.END;
        int first = 0;
        for (int i = 0; i <= tags.size(); i++) {
            Tag tag = i < tags.size() ? Tag.of(tags.get(i)) : Tag.END;
            if (before.endsBefore(tag)) {
                spans.add(new EntitySpan(before.type, first, i - 1));
            }
            if (tag.beginsAfter(before)) {
                first = i;
            }
            before = tag;
        }
        return spans;
    }

    private record Tag(char kind, String type) {
        static final Tag END = new Tag(OUTSIDE, "_");

        static Tag of(String tag) {
            if (tag.isEmpty()) {
                return END;
            }
            String rest = tag.substring(1);
            String type = rest.substring(rest.indexOf('-') + 1);
            return new Tag(tag.charAt(0), type.isEmpty() ? "_" : type);
        }

        private boolean inside() {
            return kind != OUTSIDE && kind != '.';
        }

        boolean endsBefore(Tag next) {
            return switch (kind) {
                case 'E', 'S' -> true;
                case 'B', 'I' ->
                    next.kind == 'B' || next.kind == 'S' || next.kind == OUTSIDE || !type.equals(next.type);
                default -> inside() && !type.equals(next.type);
            };
        }

        boolean beginsAfter(Tag before) {
            return switch (kind) {
                case 'B', 'S' -> true;
                case 'E', 'I' ->
                    before.kind == 'E' || before.kind == 'S' || before.kind == OUTSIDE || !type.equals(before.type);
                default -> inside() && !type.equals(before.type);
            };
        }
    }
}
