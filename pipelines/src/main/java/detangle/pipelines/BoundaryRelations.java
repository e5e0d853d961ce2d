package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.gliner2.BoundaryHead;
import detangle.models.gliner2.BoundaryPrograms;
import detangle.models.gliner2.StructurePrograms;
import detangle.pipelines.schema.Mention;
import detangle.pipelines.schema.RelationKind;
import detangle.pipelines.schema.RelationMention;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/** Relations between candidates of the queries for heads and tails (gliner2/models/boundary/relations.py). */
record BoundaryRelations(BoundaryHead.Relations head, HeadPrograms programs, BoundaryScores scores, BoundaryText text) {
    /**
     * A kind of relations.
     *
     * @param heads the query for heads
     * @param tails the query for tails
     */
    record Asked(RelationKind kind, int heads, int tails) {}

    /** A span and its probability. */
    private record Argument(BoundarySpan span, float probability) {}

    /**
     * Two spans that may be related.
     *
     * @param relation the number of the kind
     * @param probability the product of both
     */
    private record Pair(int relation, BoundarySpan head, BoundarySpan tail, float probability) {}

    /** Returns all pairs that reach the threshold of their kind, or that of the call. */
    SequencedMap<String, List<RelationMention>> found(
            List<Asked> kinds, float[][] words, float[][] queries, double threshold) {
        SequencedMap<String, List<RelationMention>> found = new LinkedHashMap<>();
        List<Pair> pairs = new ArrayList<>();
        for (int i = 0; i < kinds.size(); i++) {
            found.put(kinds.get(i).kind().name(), new ArrayList<>());
            pairs.addAll(pairs(kinds.get(i), i));
        }
        if (pairs.isEmpty()) {
            return found;
        }
        float[] logits = logits(pairs, kinds, words, queries);
        for (int i = 0; i < logits.length; i++) {
            Pair pair = pairs.get(i);
            RelationKind kind = kinds.get(pair.relation()).kind();
            float probability = Scores.probability(logits[i] / (float) head.temperature());
            if (probability < kind.threshold().orElse(threshold)) {
                continue;
            }
            Optional<Mention> first = text.mention(pair.head(), probability);
            Optional<Mention> second = text.mention(pair.tail(), probability);
            if (first.isPresent() && second.isPresent()) {
                found.get(kind.name()).add(new RelationMention(first.get(), second.get()));
            }
        }
        return found;
    }

    /** Returns the most probable pairs of different spans. */
    private List<Pair> pairs(Asked asked, int relation) {
        List<Pair> pairs = new ArrayList<>();
        List<Argument> tails = arguments(asked.tails(), head.tails());
        for (Argument first : arguments(asked.heads(), head.heads())) {
            for (Argument second : tails) {
                if (!first.span().equals(second.span())) {
                    pairs.add(new Pair(
                            relation, first.span(), second.span(), first.probability() * second.probability()));
                }
            }
        }
        return pairs.stream()
                .sorted(Comparator.comparingDouble((Pair p) -> -p.probability()))
                .limit(head.pairs())
                .toList();
    }

    /** Returns the most probable candidates of a query; of equally probable ones those that stand first. */
    private List<Argument> arguments(int query, int maxArguments) {
        float[] probabilities = scores.probabilities(query, 1);
        List<BoundarySpan> spans = scores.spans().get(query);
        return IntStream.range(0, probabilities.length)
                .mapToObj(i -> new Argument(spans.get(i), probabilities[i]))
                .filter(a -> a.probability() >= (float) head.argumentThreshold())
                .sorted(Comparator.comparingDouble((Argument a) -> -a.probability())
                        .thenComparingInt(a -> a.span().start())
                        .thenComparingInt(a -> a.span().end()))
                .limit(maxArguments)
                .toList();
    }

    private float[] logits(List<Pair> pairs, List<Asked> kinds, float[][] words, float[][] queries) {
        int count = pairs.size();
        long[][] ends = new long[StructurePrograms.ENDS.size()][count];
        long[] relations = new long[count];
        float[] orders = new float[2 * count];
        for (int i = 0; i < count; i++) {
            Pair pair = pairs.get(i);
            ends[0][i] = pair.head().start();
            ends[1][i] = pair.head().end() - 1;
            ends[2][i] = pair.tail().start();
            ends[3][i] = pair.tail().end() - 1;
            relations[i] = pair.relation();
            int distance = pair.tail().start() - pair.head().start();
            orders[2 * i] = Integer.signum(distance);
            orders[2 * i + 1] = Math.abs(distance) / (float) words.length;
        }
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put(BoundaryPrograms.WORDS, States.tensor(words));
        for (int i = 0; i < ends.length; i++) {
            inputs.put(StructurePrograms.ENDS.get(i), Tensor.of(ends[i], count));
        }
        inputs.put(
                StructurePrograms.RELATION_VECTORS,
                States.tensor(kinds.stream()
                        .map(kind -> vector(queries[kind.heads()], queries[kind.tails()]))
                        .toArray(float[][]::new)));
        inputs.put(StructurePrograms.RELATION_INDICES, Tensor.of(relations, count));
        inputs.put(StructurePrograms.ORDERS, Tensor.of(orders, count, 2));
        if (head.content()) {
            BoundaryContent content = BoundaryContent.of(words, false);
            inputs.put(
                    StructurePrograms.HEAD_CONTENT,
                    States.tensor(
                            pairs.stream().map(p -> content.mean(p.head())).toArray(float[][]::new)));
            inputs.put(
                    StructurePrograms.TAIL_CONTENT,
                    States.tensor(
                            pairs.stream().map(p -> content.mean(p.tail())).toArray(float[][]::new)));
        }
        Tensor logits = programs.run(StructurePrograms.RELATIONS, inputs, StructurePrograms.LOGITS);
        return Row.finite(logits.toFloats());
    }

    /** Returns the vector of the states of both marks: one behind the other, or their mean. */
    private float[] vector(float[] first, float[] second) {
        int width = first.length;
        float[] vector = new float[head.directional() ? 2 * width : width];
        for (int i = 0; i < width; i++) {
            if (head.directional()) {
                vector[i] = first[i];
                vector[width + i] = second[i];
            } else {
                vector[i] = (first[i] + second[i]) / 2;
            }
        }
        return vector;
    }
}
