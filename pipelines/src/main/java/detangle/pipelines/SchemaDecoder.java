package detangle.pipelines;

import detangle.pipelines.SchemaPrompt.Group;
import detangle.pipelines.SchemaWords.Word;
import detangle.pipelines.schema.AttributeGroup;
import detangle.pipelines.schema.Entities;
import detangle.pipelines.schema.EntityKind;
import detangle.pipelines.schema.EntityMention;
import detangle.pipelines.schema.FieldValue;
import detangle.pipelines.schema.Instances;
import detangle.pipelines.schema.Mention;
import detangle.pipelines.schema.RelationKind;
import detangle.pipelines.schema.RelationMention;
import detangle.pipelines.schema.ScoredLabel;
import detangle.pipelines.schema.Structure;
import detangle.pipelines.schema.StructureField;
import detangle.pipelines.schema.Validator;
import detangle.pipelines.schema.ValueType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.Set;

/**
 * Makes answers from the scores of spans, as GLiNER2's span architecture does (gliner2/inference/runtime.py). Offsets
 * are those in the text that the model reads.
 *
 * @param piece the text or window
 * @param prefix words before it: choices of fields
 * @param grid scores of spans of the prefix and the text
 * @param threshold the least probability for parts without a threshold of their own
 */
record SchemaDecoder(SchemaPiece piece, List<String> prefix, SpanGrid grid, double threshold) {
    /**
     * A group whose spans have been scored.
     *
     * @param row of the first field of the first instance
     * @param instances how many there are
     */
    record Scored(Group group, int row, int instances) {
        int row(int instance, int field) {
            return row + instance * group.fields().size() + field;
        }
    }

    /** A span, and what it is in the text. */
    private record Candidate(int start, int length, Mention mention) {}

    /** Returns the entities, which are those of the first instance alone. */
    SequencedMap<String, List<EntityMention>> entities(Scored scored, Entities asked) {
        SequencedMap<String, List<EntityMention>> byKind = new LinkedHashMap<>();
        for (int i = 0; i < asked.kinds().size(); i++) {
            EntityKind kind = asked.kinds().get(i);
            List<Candidate> candidates = candidates(scored.row(0, i), kind.threshold());
            List<EntityMention> found = new ArrayList<>();
            for (Candidate candidate :
                    surviving(candidates, kind.type(), !asked.attributes().isEmpty())) {
                SequencedMap<String, List<ScoredLabel>> attributes = new LinkedHashMap<>();
                for (AttributeGroup group : asked.attributes()) {
                    if (group.appliesTo(kind.name())) {
                        attributes.put(group.name(), attribute(scored, group, candidate));
                    }
                }
                found.add(new EntityMention(candidate.mention(), attributes));
            }
            byKind.put(kind.name(), found);
        }
        return byKind;
    }

    /** Chooses among candidates. With attributes, the original keeps the order in which it visits spans. */
    private static List<Candidate> surviving(List<Candidate> candidates, ValueType type, boolean inOrder) {
        List<Candidate> kept = apart(candidates);
        if (type == ValueType.ONE && kept.size() > 1) {
            kept = kept.subList(0, 1);
        }
        return inOrder ? candidates.stream().filter(kept::contains).toList() : kept;
    }

    private List<ScoredLabel> attribute(Scored scored, AttributeGroup group, Candidate candidate) {
        double[] logits = new double[group.labels().size()];
        for (int i = 0; i < logits.length; i++) {
            int field =
                    scored.group().fields().indexOf(group.prompt(group.labels().get(i)));
            logits[i] = grid.logit(scored.row(0, field), candidate.start(), candidate.length());
        }
        return labels(group.labels(), logits, group.multiLabel(), group.threshold());
    }

    /** Returns those of several that reach a threshold, or the best of all. */
    private static List<ScoredLabel> labels(List<String> names, double[] logits, boolean several, double minScore) {
        double[] probabilities = Scores.of(logits, several ? FunctionToApply.SIGMOID : FunctionToApply.SOFTMAX);
        List<ScoredLabel> labels = new ArrayList<>();
        for (int i = 0; i < probabilities.length; i++) {
            if (several && (float) probabilities[i] >= minScore) {
                labels.add(new ScoredLabel(names.get(i), probabilities[i]));
            }
        }
        return several ? labels : List.of(SchemaClasses.best(names, probabilities));
    }

    /**
     * Returns the relations. As in the original, head and tail of an instance are the first spans that reach the
     * threshold, not the best ones.
     */
    List<RelationMention> relations(Scored scored, RelationKind relation) {
        List<RelationMention> all = new ArrayList<>();
        for (int instance = 0; instance < scored.instances(); instance++) {
            List<Candidate> heads = candidates(scored.row(instance, 0), relation.threshold());
            List<Candidate> tails = candidates(scored.row(instance, 1), relation.threshold());
            if (!heads.isEmpty() && !tails.isEmpty()) {
                all.add(new RelationMention(
                        heads.getFirst().mention(), tails.getFirst().mention()));
            }
        }
        return all;
    }

    /** Returns instances that have a value. */
    Instances structures(Scored scored, Structure structure) {
        List<SequencedMap<String, FieldValue>> all = new ArrayList<>();
        for (int instance = 0; instance < scored.instances(); instance++) {
            SequencedMap<String, FieldValue> values = new LinkedHashMap<>();
            for (int i = 0; i < structure.fields().size(); i++) {
                StructureField field = structure.fields().get(i);
                int row = scored.row(instance, i);
                values.put(field.name(), field.choices().isEmpty() ? mentions(row, field) : choices(row, field));
            }
            if (values.values().stream().anyMatch(value -> !value.isEmpty())) {
                all.add(values);
            }
        }
        return new Instances(true, all);
    }

    /**
     * Returns whether a value passes all validators of a field. It checks the deadline, because a validator may take
     * milliseconds for each of thousands of values.
     */
    private static boolean passes(StructureField field, String value) {
        for (Validator validator : field.validators()) {
            Deadline.check();
            if (!validator.passes(value)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Returns the value of a field. One value is the first span that reaches the threshold, as in the original;
     * several have no characters in common.
     */
    private FieldValue mentions(int row, StructureField field) {
        List<Candidate> passing = candidates(row, field.threshold()).stream()
                .filter(c -> passes(field, c.mention().text()))
                .toList();
        List<Candidate> kept = switch (field.type()) {
            case ONE -> passing.subList(0, Math.min(1, passing.size()));
            case LIST -> apart(passing);
        };
        return new FieldValue.Mentions(kept.stream().map(Candidate::mention).toList());
    }

    /**
     * Returns the chosen values of a field. The probability of a choice is that of the first word before the text that
     * spells it, whichever field that word belongs to.
     */
    private FieldValue choices(int row, StructureField field) {
        float minScore = (float) field.threshold().orElse(threshold);
        List<ScoredLabel> reaching = new ArrayList<>();
        for (String choice : new LinkedHashSet<>(field.choices())) {
            int word = indexOf(choice);
            float probability = grid.probability(row, word, 0);
            if (probability >= minScore) {
                reaching.add(new ScoredLabel(choice, probability));
            }
        }
        return new FieldValue.Choices(
                switch (field.type()) {
                    case LIST -> reaching;
                    // If several are equal, the first one wins.
                    case ONE ->
                        reaching.stream().reduce((a, b) -> b.confidence() > a.confidence() ? b : a).stream()
                                .toList();
                });
    }

    private int indexOf(String choice) {
        String lower = choice.toLowerCase(Locale.ROOT);
        int index = 0;
        while (!prefix.get(index).toLowerCase(Locale.ROOT).equals(lower)) {
            index++;
        }
        return index;
    }

    /** Returns spans of the text that reach a threshold, in the order of their first words and lengths. */
    private List<Candidate> candidates(int row, OptionalDouble own) {
        Deadline.check();
        float minScore = (float) own.orElse(threshold);
        List<Candidate> found = new ArrayList<>();
        List<Word> words = piece.words();
        for (int start = 0; start < words.size(); start++) {
            int first = prefix.size() + start;
            for (int length = 0; length < grid.lengths(first); length++) {
                float probability = grid.probability(row, first, length);
                if (probability >= minScore) {
                    int from = words.get(start).start();
                    int to = words.get(start + length).end();
                    String text = piece.read().substring(from, to);
                    found.add(new Candidate(first, length, new Mention(text, probability, from, to)));
                }
            }
        }
        return found;
    }

    /** Returns the candidates by probability, without those that have characters in common with a more probable one. */
    private static List<Candidate> apart(List<Candidate> candidates) {
        Set<Integer> taken = new HashSet<>();
        List<Candidate> kept = new ArrayList<>();
        candidates.stream()
                .sorted(Comparator.comparingDouble((Candidate c) -> -c.mention().confidence())
                        .thenComparingInt(c -> c.mention().start())
                        .thenComparingInt(c -> c.mention().end()))
                .filter(c -> isFree(c, taken))
                .forEach(kept::add);
        return kept;
    }

    /**
     * Returns whether a candidate has no word in common with others. Words do not overlap, so spans with a common
     * character have a common word.
     */
    private static boolean isFree(Candidate candidate, Set<Integer> taken) {
        int last = candidate.start() + candidate.length();
        for (int word = candidate.start(); word <= last; word++) {
            if (taken.contains(word)) {
                return false;
            }
        }
        for (int word = candidate.start(); word <= last; word++) {
            taken.add(word);
        }
        return true;
    }
}
