package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.gliner2.Gliner2Programs;
import detangle.models.gliner2.SpanHead;
import detangle.models.gliner2.SpanPrograms;
import detangle.pipelines.SchemaDecoder.Scored;
import detangle.pipelines.SchemaPrompt.Group;
import detangle.pipelines.schema.ClassificationTask;
import detangle.pipelines.schema.Entities;
import detangle.pipelines.schema.EntityMention;
import detangle.pipelines.schema.Instances;
import detangle.pipelines.schema.RelationKind;
import detangle.pipelines.schema.RelationMention;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaException;
import detangle.pipelines.schema.SchemaOptions;
import detangle.pipelines.schema.ScoredLabel;
import detangle.pipelines.schema.Structure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * The span architecture: every span is scored against vectors of as many instances as the model expects
 * (gliner2/models/span).
 */
record SpanArchitecture(SpanHead head, HeadPrograms programs) implements SchemaArchitecture {
    @Override
    public void check(Schema schema, SchemaOptions options) {
        for (Structure structure : schema.structures()) {
            if (structure.mode().isPresent()) {
                throw new SchemaException("the structure '" + structure.name() + "' has the mode "
                        + structure.mode().get().text()
                        + ", which models of the boundary architecture alone take: leave it out");
            }
        }
        if (options.overlaps().isPresent()) {
            throw new SchemaException(
                    "models of the boundary architecture alone take a policy for overlaps: leave it out");
        }
    }

    @Override
    public SchemaAnswer answer(
            SchemaInput input, SchemaPrompt prompt, float[][] tokens, float[][] words, SchemaOptions options) {
        SequencedMap<String, Instances> structures = new LinkedHashMap<>();
        SequencedMap<String, List<EntityMention>> entities = new LinkedHashMap<>();
        SequencedMap<String, List<RelationMention>> relations = new LinkedHashMap<>();
        SequencedMap<String, List<ScoredLabel>> classifications = new LinkedHashMap<>();
        SpanGrid grid = new SpanGrid(words.length, head.maxWidth());
        SchemaDecoder decoder = new SchemaDecoder(input.piece(), prompt.choices(), grid, options.threshold());
        for (Scored scored : scored(prompt, tokens, words, grid)) {
            boolean any = scored.instances() > 0;
            switch (scored.group().part()) {
                case Structure s ->
                    structures.put(s.name(), any ? decoder.structures(scored, s) : new Instances(false, List.of()));
                case Entities e -> entities.putAll(any ? decoder.entities(scored, e) : new LinkedHashMap<>());
                case RelationKind r -> relations.put(r.name(), any ? decoder.relations(scored, r) : List.of());
                case ClassificationTask c ->
                    classifications.put(
                            c.task(),
                            SchemaClasses.of(
                                    c,
                                    programs,
                                    States.picked(tokens, scored.group().marks()),
                                    1));
            }
        }
        return new SchemaAnswer(structures, entities, false, relations, classifications);
    }

    /**
     * Returns all groups; of those of spans, the instances that the model expects, whose spans the grid then scores.
     */
    private List<Scored> scored(SchemaPrompt prompt, float[][] tokens, float[][] words, SpanGrid grid) {
        int[] counts = counts(prompt.groups(), tokens);
        List<Scored> all = new ArrayList<>();
        List<float[]> vectors = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            Group group = prompt.groups().get(i);
            all.add(new Scored(group, vectors.size(), counts[i]));
            if (counts[i] > 0) {
                vectors.addAll(instances(States.picked(tokens, group.marks()), counts[i]));
            }
        }
        if (!vectors.isEmpty()) {
            programs.requireFew((long) vectors.size() * grid.spans(), vectors.size());
            Tensor scores = programs.run(
                    SpanPrograms.SPANS,
                    Map.of(
                            SpanPrograms.WORDS, States.tensor(words),
                            SpanPrograms.STARTS, Tensor.of(grid.starts(), grid.spans()),
                            SpanPrograms.ENDS, Tensor.of(grid.ends(), grid.spans()),
                            SpanPrograms.VECTORS, States.tensor(vectors.toArray(float[][]::new))),
                    SpanPrograms.SCORES);
            grid.set(Row.finite(scores.toFloats()), vectors.size());
        }
        return all;
    }

    /** Returns how many instances of each group there are; none of a classification. */
    private int[] counts(List<Group> groups, float[][] tokens) {
        int[] marks = groups.stream().mapToInt(Group::mark).toArray();
        float[][] logits = States.rows(programs.run(
                SpanPrograms.COUNTS_OF_GROUPS,
                Map.of(Gliner2Programs.MARKS, States.tensor(States.picked(tokens, marks))),
                Gliner2Programs.LOGITS));
        int[] counts = new int[marks.length];
        for (int i = 0; i < counts.length; i++) {
            if (!(groups.get(i).part() instanceof ClassificationTask)) {
                counts[i] = States.greatest(logits[i]);
            }
        }
        return counts;
    }

    /** Returns vectors of the fields of each instance: a GRU goes over instances from the fields' states. */
    private List<float[]> instances(float[][] fields, int count) {
        Tensor state = States.tensor(fields);
        List<float[]> states = new ArrayList<>();
        List<float[]> repeated = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            state = programs.run(
                    SpanPrograms.STEP,
                    Map.of(SpanPrograms.STATES, state, SpanPrograms.POSITION, Tensor.of(new long[] {i}, 1)),
                    SpanPrograms.NEXT);
            states.addAll(List.of(States.rows(state)));
            repeated.addAll(List.of(fields));
        }
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put(SpanPrograms.STATES, States.tensor(states.toArray(float[][]::new), count));
        if (head.counting().readsFields()) {
            inputs.put(SpanPrograms.FIELDS, States.tensor(repeated.toArray(float[][]::new), count));
        }
        return List.of(States.rows(programs.run(SpanPrograms.INSTANCES, inputs, SpanPrograms.VECTORS)));
    }
}
