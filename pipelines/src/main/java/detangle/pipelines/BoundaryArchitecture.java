package detangle.pipelines;

import detangle.models.gliner2.BoundaryHead;
import detangle.models.gliner2.BoundaryPrograms;
import detangle.models.gliner2.OverlapPolicy;
import detangle.pipelines.BoundaryOverlaps.Scored;
import detangle.pipelines.SchemaPrompt.Group;
import detangle.pipelines.schema.ClassificationTask;
import detangle.pipelines.schema.Entities;
import detangle.pipelines.schema.EntityMention;
import detangle.pipelines.schema.FieldValue;
import detangle.pipelines.schema.Instances;
import detangle.pipelines.schema.Mention;
import detangle.pipelines.schema.RelationKind;
import detangle.pipelines.schema.RelationMention;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaException;
import detangle.pipelines.schema.SchemaOptions;
import detangle.pipelines.schema.ScoredLabel;
import detangle.pipelines.schema.Structure;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/**
 * The boundary architecture: spans are proposed by scores of their ends, and scored again
 * (gliner2/models/boundary/engine.py).
 */
record BoundaryArchitecture(BoundaryHead head, HeadPrograms programs) implements SchemaArchitecture {
    @Override
    public void check(Schema schema, SchemaOptions options) {
        for (Structure structure : schema.structures()) {
            if (head.records().isEmpty()) {
                throw new SchemaException("the model finds no structures, as enable_records of its config.json says:"
                        + " leave out '" + structure.name() + "'");
            }
            if (structure.mode().isEmpty()) {
                throw new SchemaException("the structure '" + structure.name()
                        + "' has no mode, which a model of the boundary architecture needs: natural, latent or"
                        + " anchorless");
            }
        }
        if (head.relations().isEmpty() && !schema.relations().isEmpty()) {
            throw new SchemaException("the model finds no relations, as enable_relations of its config.json says:"
                    + " leave out '" + schema.relations().getFirst().name() + "'");
        }
        schema.entities().map(Entities::attributes).filter(a -> !a.isEmpty()).ifPresent(attributes -> {
            throw new SchemaException(
                    "the attribute group '" + attributes.getFirst().name()
                            + "' is asked for, and models of the boundary architecture give entities no attributes:"
                            + " leave it out");
        });
    }

    /**
     * A group of queries.
     *
     * @param first the number of the first
     */
    private record Queries(Group group, int first) {}

    @Override
    public SchemaAnswer answer(
            SchemaInput input, SchemaPrompt prompt, float[][] tokens, float[][] words, SchemaOptions options) {
        SequencedMap<String, Instances> structures = new LinkedHashMap<>();
        SequencedMap<String, List<EntityMention>> entities = new LinkedHashMap<>();
        SequencedMap<String, List<RelationMention>> relations = new LinkedHashMap<>();
        SequencedMap<String, List<ScoredLabel>> classifications = new LinkedHashMap<>();
        List<float[]> states = new ArrayList<>();
        List<Queries> asked = new ArrayList<>();
        for (Group group : prompt.groups()) {
            float[][] marks = States.picked(tokens, group.marks());
            if (group.part() instanceof ClassificationTask task) {
                double temperature = head.decoding().classificationTemperature();
                classifications.put(task.task(), SchemaClasses.of(task, programs, marks, temperature));
            } else {
                asked.add(new Queries(group, states.size()));
                Collections.addAll(states, marks);
            }
        }
        if (!asked.isEmpty()) {
            float[][] queries = states.toArray(float[][]::new);
            BoundaryText text = new BoundaryText(input.piece(), prompt.choices().size());
            BoundaryScores scores = BoundaryScores.of(head, programs, words, queries);
            for (Queries part : asked) {
                switch (part.group().part()) {
                    case Entities e -> entities.putAll(entities(e, part.first(), scores, text, options));
                    case Structure s -> {
                        List<SequencedMap<String, FieldValue>> found = new BoundaryRecords(
                                        head.records().orElseThrow(), programs, scores, text)
                                .found(s, part.first(), queries);
                        if (!found.isEmpty()) {
                            structures.put(s.name(), new Instances(true, found));
                        }
                    }
                    case RelationKind r -> relations.put(r.name(), List.of());
                    case ClassificationTask c -> throw new IllegalStateException("a classification has no queries");
                }
            }
            List<BoundaryRelations.Asked> kinds = new ArrayList<>();
            for (Queries part : asked) {
                if (part.group().part() instanceof RelationKind kind) {
                    kinds.add(new BoundaryRelations.Asked(kind, part.first(), part.first() + 1));
                }
            }
            if (!kinds.isEmpty()) {
                relations.putAll(new BoundaryRelations(head.relations().orElseThrow(), programs, scores, text)
                        .found(kinds, words, queries, options.threshold()));
            }
        }
        return new SchemaAnswer(structures, entities, true, relations, classifications);
    }

    /** Returns the entities. As in the original, thresholds of kinds have no effect. */
    private SequencedMap<String, List<EntityMention>> entities(
            Entities asked, int first, BoundaryScores scores, BoundaryText text, SchemaOptions options) {
        OverlapPolicy policy = options.overlaps().orElse(head.decoding().overlaps());
        SequencedMap<String, List<EntityMention>> byKind = new LinkedHashMap<>();
        for (int i = 0; i < asked.kinds().size(); i++) {
            List<EntityMention> found = new ArrayList<>();
            if (!abstains(scores, first + i)) {
                List<Scored> kept = kept(scores, first + i, (float) options.threshold());
                for (Scored scored : BoundaryOverlaps.resolved(kept, policy)) {
                    Optional<Mention> mention = text.mention(scored.span(), scored.probability());
                    mention.ifPresent(m -> found.add(new EntityMention(m, new LinkedHashMap<>())));
                }
            }
            byKind.put(asked.kinds().get(i).name(), found);
        }
        return byKind;
    }

    private boolean abstains(BoundaryScores scores, int query) {
        return head.decoding().abstention().isPresent()
                && Scores.probability(scores.marginals().rows(BoundaryPrograms.NULL_LOGITS)[query][0])
                        > head.decoding().abstention().getAsDouble();
    }

    /**
     * Returns the candidates that reach the threshold, and as many of the best ones as the model expects, if it tells.
     */
    private List<Scored> kept(BoundaryScores scores, int query, float threshold) {
        float[] probabilities = scores.probabilities(query, head.decoding().pairTemperature());
        boolean[] isKept = new boolean[probabilities.length];
        if (head.decoding().adaptive()) {
            float logarithm = scores.marginals().rows(BoundaryPrograms.COUNTS)[query][0];
            IntStream.range(0, isKept.length)
                    .boxed()
                    .sorted(Comparator.comparingDouble((Integer i) -> -probabilities[i]))
                    .limit((long) Math.rint(Math.min((float) Math.exp(logarithm), isKept.length)))
                    .forEach(i -> isKept[i] = true);
        }
        List<Scored> kept = new ArrayList<>();
        for (int i = 0; i < isKept.length; i++) {
            if (isKept[i] || probabilities[i] >= threshold) {
                kept.add(new Scored(scores.spans().get(query).get(i), probabilities[i]));
            }
        }
        return kept;
    }
}
