package detangle.train.metrics;

import java.util.ArrayList;
import java.util.List;

/**
 * An entity that tags of a sentence spell, as seqeval reads them by default: whatever the scheme (IOB1, IOB2, IOE, IOBES), and where tags
 * do not fit together, the most that they may mean: {@code I-PER} without a beginning begins an entity.
 *
 * @param type what stands behind the dash of its tags; {@code _} where there is none
 * @param first its first word
 * @param last its last word
 */
public record EntitySpan(String type, int first, int last) {
    private static final char OUTSIDE = 'O';

    /** The entities of a sentence, in order. */
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
