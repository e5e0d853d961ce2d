package detangle.pipelines.redaction;

import detangle.pipelines.Entity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * A part of a text that entities cover together.
 *
 * @param entity the entity that decides its kind: the longest one, or the one with the greatest score if several are
 *     equally long
 */
record CoveredPart(Entity entity, int start, int end) {
    private static final Comparator<Entity> TELLING = Comparator.<Entity>comparingInt(e -> e.end() - e.start())
            .thenComparingDouble(Entity::score)
            .thenComparing(Comparator.comparingInt(Entity::start).reversed())
            .thenComparing(Entity::entity, Comparator.reverseOrder());

    /**
     * Returns the parts that entities cover, in the order of the text; no two of them overlap.
     *
     * @throws IndexOutOfBoundsException if an entity is not a part of the text
     */
    static List<CoveredPart> of(String text, List<Entity> entities) {
        List<CoveredPart> sorted = entities.stream()
                .filter(entity -> entity.start() < entity.end())
                .map(entity -> widened(text, entity))
                .sorted(Comparator.comparingInt(CoveredPart::start))
                .toList();
        List<CoveredPart> parts = new ArrayList<>();
        for (CoveredPart part : sorted) {
            if (!parts.isEmpty() && part.start < parts.getLast().end) {
                parts.set(parts.size() - 1, parts.getLast().with(part));
            } else {
                parts.add(part);
            }
        }
        return parts;
    }

    private CoveredPart with(CoveredPart later) {
        boolean tells = TELLING.compare(later.entity, entity) > 0;
        return new CoveredPart(tells ? later.entity : entity, start, Math.max(end, later.end));
    }

    /** Returns an entity that is widened to whole code points at its ends and to the combining marks behind them. */
    private static CoveredPart widened(String text, Entity entity) {
        int start = entity.start();
        int end = entity.end();
        while (start > 0 && !isBoundary(text, start)) {
            start--;
        }
        while (end < text.length() && !isBoundary(text, end)) {
            end++;
        }
        return new CoveredPart(entity, start, end);
    }

    /** Returns whether a text may be divided before a character. */
    private static boolean isBoundary(String text, int index) {
        if (Character.isLowSurrogate(text.charAt(index)) && Character.isHighSurrogate(text.charAt(index - 1))) {
            return false;
        }
        return switch (Character.getType(text.codePointAt(index))) {
            case Character.NON_SPACING_MARK, Character.COMBINING_SPACING_MARK, Character.ENCLOSING_MARK -> false;
            default -> true;
        };
    }
}
