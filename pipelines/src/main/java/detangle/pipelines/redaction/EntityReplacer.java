package detangle.pipelines.redaction;

import detangle.pipelines.Entity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Replaces entities in texts, one text after the other. It replaces all that any entity covers: entities that overlap
 * become one part. A part does not end between the two units of a code point. It also does not end before a combining
 * mark, because the mark would stay and reveal something about the replaced letter. Only one thread may use a replacer.
 */
public final class EntityReplacer {
    private final RedactionPolicy policy;
    private final Map<String, Map<String, Integer>> numbers = new HashMap<>();

    public EntityReplacer(RedactionPolicy policy) {
        this.policy = policy;
    }

    /**
     * Replaces entities in a text.
     *
     * @param found parts of the text, in any order
     * @throws IndexOutOfBoundsException if an entity is not a part of the text
     */
    public Redaction replace(String text, List<Entity> found) {
        if (policy.counters() == CounterScope.TEXT) {
            numbers.clear();
        }
        List<Entity> replaced = found.stream()
                .filter(entity -> !(policy.operator(entity.entity()) instanceof RedactionOperator.Keep))
                .toList();
        StringBuilder redacted = new StringBuilder();
        List<ReplacedPart> parts = new ArrayList<>();
        int end = 0;
        for (CoveredPart part : CoveredPart.of(text, replaced)) {
            redacted.append(text, end, part.start());
            String label = part.entity().entity();
            String replacement = replacement(label, text.substring(part.start(), part.end()));
            parts.add(new ReplacedPart(
                    label, part.entity().score(), part.start(), part.end(), replacement, redacted.length()));
            redacted.append(replacement);
            end = part.end();
        }
        return new Redaction(redacted.append(text, end, text.length()).toString(), parts);
    }

    private String replacement(String label, String part) {
        String kind = kind(label);
        return switch (policy.operator(label)) {
            case RedactionOperator.Replace(String newValue) -> newValue.replace(RedactionOperator.LABEL, kind);
            case RedactionOperator.Number() -> "[" + kind + "_" + number(kind, part) + "]";
            case RedactionOperator.Hash(HashKey key, int digits) -> "[" + kind + "_" + key.hash(part, digits) + "]";
            case RedactionOperator.Mask(String character) -> character.repeat(part.codePointCount(0, part.length()));
            case RedactionOperator.Remove() -> "";
            case RedactionOperator.Keep() -> part;
        };
    }

    /**
     * Returns the number of a part. It counts by the kind's name and not by the label, so that two parts do not get the
     * same number if two labels have the same name.
     */
    private int number(String kind, String part) {
        Map<String, Integer> ofKind = numbers.computeIfAbsent(kind, name -> new HashMap<>());
        return ofKind.computeIfAbsent(part, text -> ofKind.size() + 1);
    }

    /**
     * Returns a label as the name of a kind: {@code CREDIT_CARD_NUMBER}; {@code ENTITY} if it has neither letters nor
     * digits.
     */
    public static String kind(String label) {
        String name = label.toUpperCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{M}\\p{N}]+", "_")
                .replaceAll("^_+|_+$", "");
        return name.isEmpty() ? "ENTITY" : name;
    }
}
