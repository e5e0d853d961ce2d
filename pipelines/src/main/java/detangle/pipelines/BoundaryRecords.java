package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.gliner2.BoundaryHead;
import detangle.models.gliner2.BoundaryPrograms;
import detangle.models.gliner2.StructurePrograms;
import detangle.pipelines.schema.Cardinality;
import detangle.pipelines.schema.FieldValue;
import detangle.pipelines.schema.Mention;
import detangle.pipelines.schema.RecordMode;
import detangle.pipelines.schema.Structure;
import detangle.pipelines.schema.StructureField;
import detangle.pipelines.schema.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Instances of structures (gliner2/models/boundary/records.py): instances are found first, then a value for each of
 * their fields among the candidates of the field's query. Their confidence is 1.
 */
record BoundaryRecords(BoundaryHead.Records head, HeadPrograms programs, BoundaryScores scores, BoundaryText text) {
    /**
     * Candidates of all fields, one field's behind the other's.
     *
     * @param first the first of each field, and the number of all
     * @param states of each
     */
    private record Candidates(List<BoundarySpan> spans, int[] first, float[][] states) {
        int count(int field) {
            return first[field + 1] - first[field];
        }

        BoundarySpan span(int field, int index) {
            return spans.get(first[field] + index);
        }
    }

    /**
     * An instance that is probable enough.
     *
     * @param span what it stands for; empty if it stands for no part of the text
     */
    private record Instance(float[] state, float probability, Optional<BoundarySpan> span) {}

    /** Returns instances with a value, the most probable first. */
    List<SequencedMap<String, FieldValue>> found(Structure structure, int firstQuery, float[][] queries) {
        Candidates candidates = candidates(structure, firstQuery);
        List<SequencedMap<String, FieldValue>> found = new ArrayList<>();
        if (candidates.spans().isEmpty()) {
            return found;
        }
        List<Instance> instances = instances(structure, firstQuery, candidates);
        if (instances.isEmpty()) {
            return found;
        }
        float[][] marks = Arrays.copyOfRange(
                queries, firstQuery, firstQuery + structure.fields().size());
        Values values = Values.of(programs, instances, marks, candidates.states(), head.temperature());
        Set<Object> known = new HashSet<>();
        Set<Long> used = new HashSet<>();
        boolean once = structure.mode().orElseThrow() != RecordMode.NATURAL;
        for (int i = 0; i < instances.size(); i++) {
            Deadline.check();
            List<List<BoundarySpan>> fields = new ArrayList<>();
            for (int field = 0; field < structure.fields().size(); field++) {
                boolean isAnchor = structure.isAnchor(structure.fields().get(field));
                fields.add(
                        isAnchor
                                ? instances.get(i).span().stream().toList()
                                : values(structure, field, values.logits(i, field, candidates), candidates, used));
            }
            if (!once || known.add(sorted(fields))) {
                SequencedMap<String, FieldValue> record = record(structure, fields);
                if (record.values().stream().anyMatch(value -> !value.isEmpty())) {
                    found.add(record);
                }
            }
        }
        return found;
    }

    private static Object sorted(List<List<BoundarySpan>> fields) {
        return fields.stream()
                .map(spans -> spans.stream()
                        .sorted(Comparator.comparingInt(BoundarySpan::start).thenComparingInt(BoundarySpan::end))
                        .toList())
                .toList();
    }

    private SequencedMap<String, FieldValue> record(Structure structure, List<List<BoundarySpan>> fields) {
        SequencedMap<String, FieldValue> record = new LinkedHashMap<>();
        for (int i = 0; i < fields.size(); i++) {
            List<Mention> mentions = fields.get(i).stream()
                    .flatMap(span -> text.mention(span, 1).stream())
                    .toList();
            record.put(structure.fields().get(i).name(), new FieldValue.Mentions(mentions));
        }
        return record;
    }

    private Candidates candidates(Structure structure, int firstQuery) {
        List<BoundarySpan> spans = new ArrayList<>();
        int[] first = new int[structure.fields().size() + 1];
        for (int field = 0; field + 1 < first.length; field++) {
            spans.addAll(scores.spans().get(firstQuery + field));
            first[field + 1] = spans.size();
        }
        if (spans.isEmpty()) {
            return new Candidates(spans, first, new float[0][]);
        }
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put(BoundaryPrograms.STATES, scores.marginals().states());
        BoundaryScores.ends(spans, inputs);
        return new Candidates(
                spans, first, rows(programs.run(StructurePrograms.CANDIDATE_STATES, inputs), StructurePrograms.ROWS));
    }

    private static float[][] rows(Map<String, Tensor> outputs, String output) {
        float[][] rows = States.rows(outputs.get(output));
        for (float[] row : rows) {
            Row.finite(row);
        }
        return rows;
    }

    /** Returns the instances, the most probable first. */
    private List<Instance> instances(Structure structure, int firstQuery, Candidates candidates) {
        return switch (structure.mode().orElseThrow()) {
            case NATURAL -> {
                int anchor = IntStream.range(0, structure.fields().size())
                        .filter(i -> structure.isAnchor(structure.fields().get(i)))
                        .findFirst()
                        .orElseThrow();
                int from = candidates.first()[anchor];
                yield instances(
                        Arrays.copyOfRange(candidates.states(), from, candidates.first()[anchor + 1]),
                        scores.logits().get(firstQuery + anchor),
                        Optional.of(candidates.spans().subList(from, candidates.first()[anchor + 1])));
            }
            case LATENT -> {
                Map<String, Tensor> inputs = Map.of(StructurePrograms.ROWS, States.tensor(candidates.states()));
                float[][] logits = rows(programs.run(StructurePrograms.SEEDS, inputs), StructurePrograms.LOGITS);
                yield instances(candidates.states(), column(logits), Optional.of(candidates.spans()));
            }
            case ANCHORLESS -> {
                Map<String, Tensor> inputs = Map.of(StructurePrograms.CANDIDATES, States.tensor(candidates.states()));
                Map<String, Tensor> outputs = programs.run(StructurePrograms.INSTANCES, inputs);
                yield instances(
                        rows(outputs, StructurePrograms.ROWS),
                        column(rows(outputs, StructurePrograms.LOGITS)),
                        Optional.empty());
            }
        };
    }

    private static float[] column(float[][] rows) {
        float[] column = new float[rows.length];
        for (int i = 0; i < column.length; i++) {
            column[i] = rows[i][0];
        }
        return column;
    }

    private List<Instance> instances(float[][] states, float[] logits, Optional<List<BoundarySpan>> spans) {
        return IntStream.range(0, states.length)
                .mapToObj(i -> new Instance(
                        states[i],
                        Scores.probability(logits[i] / (float) head.temperature()),
                        spans.map(all -> all.get(i))))
                .filter(instance -> instance.probability() >= head.instanceThreshold())
                .sorted(Comparator.comparingDouble((Instance instance) -> -instance.probability()))
                .toList();
    }

    /**
     * Returns values of one field of an instance.
     *
     * @param logits that it has none, then of each candidate
     * @param used candidates that other instances have, of fields that share none
     */
    private List<BoundarySpan> values(
            Structure structure, int field, double[] logits, Candidates candidates, Set<Long> used) {
        StructureField asked = structure.fields().get(field);
        Cardinality cardinality = structure.cardinality(asked);
        return cardinality.type() == ValueType.ONE
                ? one(asked, cardinality, field, logits, candidates, used)
                : several(asked, field, logits, candidates, used);
    }

    /** Returns the most probable candidate that is free, if it is more probable than none. */
    private List<BoundarySpan> one(
            StructureField asked,
            Cardinality cardinality,
            int field,
            double[] logits,
            Candidates candidates,
            Set<Long> used) {
        double[] probabilities = Scores.softmax(logits);
        int best = IntStream.range(0, logits.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -probabilities[i]))
                .filter(i -> i == 0 || !asked.exclusive() || !used.contains(key(field, i - 1)))
                .findFirst()
                .orElse(0);
        boolean isLeftOut = (float) probabilities[best] < head.fieldThreshold() && cardinality.allowsNone();
        if (best == 0 || isLeftOut) {
            return List.of();
        }
        used.add(key(field, best - 1));
        return List.of(candidates.span(field, best - 1));
    }

    /** Returns all candidates that are free and probable enough, in the order in which they were proposed. */
    private List<BoundarySpan> several(
            StructureField asked, int field, double[] logits, Candidates candidates, Set<Long> used) {
        List<BoundarySpan> spans = new ArrayList<>();
        for (int i = 0; i < candidates.count(field); i++) {
            boolean isFree = !asked.exclusive() || !used.contains(key(field, i));
            if (isFree && Scores.probability(logits[i + 1]) >= head.fieldThreshold()) {
                spans.add(candidates.span(field, i));
                used.add(key(field, i));
            }
        }
        return spans;
    }

    private static long key(int field, int candidate) {
        return (long) field << Integer.SIZE | candidate;
    }

    /** Vectors whose products tell how well candidates are values of fields of instances. */
    private record Values(
            float[][] instances,
            float[][] fields,
            float[][] candidates,
            float[][] instanceNulls,
            float[][] fieldNulls,
            double temperature) {
        static Values of(
                HeadPrograms programs,
                List<Instance> instances,
                float[][] marks,
                float[][] candidates,
                double temperature) {
            float[][] states = instances.stream().map(Instance::state).toArray(float[][]::new);
            Map<String, Tensor> outputs = programs.run(
                    StructurePrograms.FIELDS,
                    Map.of(
                            StructurePrograms.ROWS, States.tensor(states),
                            StructurePrograms.MARKS, States.tensor(marks),
                            StructurePrograms.CANDIDATES, States.tensor(candidates)));
            return new Values(
                    rows(outputs, StructurePrograms.INSTANCE_VECTORS),
                    rows(outputs, StructurePrograms.FIELD_VECTORS),
                    rows(outputs, StructurePrograms.CANDIDATE_VECTORS),
                    rows(outputs, StructurePrograms.INSTANCE_NULLS),
                    rows(outputs, StructurePrograms.FIELD_NULLS),
                    temperature);
        }

        /**
         * Returns the logit that a field of an instance has no value, and then that of each of the field's candidates.
         */
        double[] logits(int instance, int field, Candidates of) {
            double[] logits = new double[1 + of.count(field)];
            logits[0] = (instanceNulls[instance][0] + fieldNulls[field][0]) / temperature;
            for (int i = 1; i < logits.length; i++) {
                float[] candidate = candidates[of.first()[field] + i - 1];
                double product = 0;
                for (int j = 0; j < candidate.length; j++) {
                    product += (instances[instance][j] + fields[field][j]) * candidate[j];
                }
                logits[i] = product / temperature;
            }
            return logits;
        }
    }
}
