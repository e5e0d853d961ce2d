package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.gliner2.BoundaryHead;
import detangle.models.gliner2.BoundaryPrograms;
import detangle.models.gliner2.SharedPoolProgram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The candidates of each query and their logits.
 *
 * @param marginals of the text
 * @param spans by query, in the order in which they are proposed
 * @param logits by query, in the same order
 */
record BoundaryScores(BoundaryMarginals marginals, List<List<BoundarySpan>> spans, List<float[]> logits) {
    private static final int LENGTH_FEATURES = 3;
    private static final float[] NO_GATE = {};

    static BoundaryScores of(BoundaryHead head, HeadPrograms programs, float[][] words, float[][] queries) {
        Tensor asked = States.tensor(queries);
        BoundaryMarginals marginals = BoundaryMarginals.of(head, programs, States.tensor(words), asked);
        return switch (head.candidates()) {
            case PER_QUERY -> ofEach(head, programs, marginals, asked);
            case SHARED -> shared(head, programs, marginals, asked);
        };
    }

    /** Returns probabilities of a query's candidates, in single precision. */
    float[] probabilities(int query, double temperature) {
        float[] all = logits.get(query).clone();
        for (int i = 0; i < all.length; i++) {
            all[i] = Scores.probability(all[i] / (float) temperature);
        }
        return all;
    }

    private static BoundaryScores ofEach(
            BoundaryHead head, HeadPrograms programs, BoundaryMarginals marginals, Tensor queries) {
        float[][] gates = marginals.rows(BoundaryPrograms.GATES);
        BoundaryProposer proposer = new BoundaryProposer(marginals);
        List<List<BoundarySpan>> spans = new ArrayList<>();
        List<BoundarySpan> all = new ArrayList<>();
        for (int query = 0; query < gates.length; query++) {
            spans.add(proposer.ofQuery(query, gates[query], head.proposals()));
            all.addAll(spans.getLast());
        }
        programs.requireFew((long) all.size() * head.pairWidth(), gates.length);
        long[] owners = new long[all.size()];
        float[] known = new float[all.size()];
        float[] intervals = new float[all.size()];
        int next = 0;
        for (int query = 0; query < gates.length; query++) {
            Interval interval = Interval.of(head, marginals, query);
            for (BoundarySpan span : spans.get(query)) {
                owners[next] = query;
                known[next] = marginals.firsts()[query][span.start()]
                        + marginals.lasts()[query][span.end()]
                        + marginals.product(span.start(), span.end(), gates[query]);
                intervals[next++] = interval.of(span);
            }
        }
        List<float[]> logits = new ArrayList<>();
        if (all.isEmpty()) {
            spans.forEach(none -> logits.add(new float[0]));
            return new BoundaryScores(marginals, spans, logits);
        }
        Map<String, Tensor> inputs = inputs(head, marginals, queries, all);
        inputs.put(BoundaryPrograms.QUERY_INDICES, Tensor.of(owners, owners.length));
        inputs.put(BoundaryPrograms.KNOWN, Tensor.of(known, known.length, 1));
        if (head.insideEvidence()) {
            inputs.put(BoundaryPrograms.INTERVALS, Tensor.of(intervals, intervals.length, 1));
        }
        BoundaryMarginals.turn(head, head.pairWidth(), marginals.boundaries(), inputs);
        float[] scores = Row.finite(programs.run(BoundaryPrograms.PAIRS, inputs, BoundaryPrograms.SCORES)
                .toFloats());
        int from = 0;
        for (List<BoundarySpan> own : spans) {
            logits.add(Arrays.copyOfRange(scores, from, from + own.size()));
            from += own.size();
        }
        return new BoundaryScores(marginals, spans, logits);
    }

    private static BoundaryScores shared(
            BoundaryHead head, HeadPrograms programs, BoundaryMarginals marginals, Tensor queries) {
        List<BoundarySpan> pool = new BoundaryProposer(marginals).shared(head.pool());
        int count = marginals.firsts().length;
        programs.requireFew((long) pool.size() * count * head.pairWidth(), count);
        List<List<BoundarySpan>> spans = new ArrayList<>();
        List<float[]> logits = new ArrayList<>();
        float[] known = new float[pool.size() * count];
        for (int query = 0; query < count; query++) {
            spans.add(pool);
            logits.add(new float[pool.size()]);
            Interval interval = Interval.of(head, marginals, query);
            for (int i = 0; i < pool.size(); i++) {
                BoundarySpan span = pool.get(i);
                known[i * count + query] = marginals.firsts()[query][span.start()]
                        + marginals.lasts()[query][span.end()]
                        + interval.of(span);
            }
        }
        if (pool.isEmpty()) {
            return new BoundaryScores(marginals, spans, logits);
        }
        float[] priors = new float[pool.size()];
        for (int i = 0; i < priors.length; i++) {
            priors[i] = marginals.product(pool.get(i).start(), pool.get(i).end(), NO_GATE);
        }
        Map<String, Tensor> inputs = inputs(head, marginals, queries, pool);
        inputs.put(BoundaryPrograms.KNOWN, Tensor.of(known, pool.size(), count));
        inputs.put(SharedPoolProgram.PRIORS, Tensor.of(priors, priors.length, 1));
        if (head.pool().candidateLayers() > 0) {
            inputs.put(SharedPoolProgram.PLACE_INDICES, BoundaryPlace.of(pool));
        }
        float[] scores = Row.finite(programs.run(SharedPoolProgram.NAME, inputs, BoundaryPrograms.SCORES)
                .toFloats());
        for (int i = 0; i < scores.length; i++) {
            logits.get(i % count)[i / count] = scores[i];
        }
        return new BoundaryScores(marginals, spans, logits);
    }

    /** Returns the inputs of the programs of both kinds of scores. */
    private static Map<String, Tensor> inputs(
            BoundaryHead head, BoundaryMarginals marginals, Tensor queries, List<BoundarySpan> spans) {
        Map<String, Tensor> inputs = new HashMap<>();
        inputs.put(BoundaryPrograms.STATES, marginals.states());
        inputs.put(BoundaryPrograms.QUERIES, queries);
        ends(spans, inputs);
        float[] lengths = new float[spans.size() * LENGTH_FEATURES];
        for (int i = 0; i < spans.size(); i++) {
            float length = spans.get(i).length();
            lengths[i * LENGTH_FEATURES] = (float) Math.log1p(length);
            lengths[i * LENGTH_FEATURES + 1] = length / (marginals.boundaries() - 1);
            lengths[i * LENGTH_FEATURES + 2] = (float) (1 / Math.sqrt(length));
        }
        inputs.put(BoundaryPrograms.LENGTHS, Tensor.of(lengths, spans.size(), LENGTH_FEATURES));
        head.content().ifPresent(asked -> {
            BoundaryContent content = BoundaryContent.of(marginals.rows(BoundaryPrograms.VALUES), asked.softMaximum());
            inputs.put(
                    BoundaryPrograms.CONTENT,
                    States.tensor(spans.stream().map(content::of).toArray(float[][]::new)));
        });
        return inputs;
    }

    /** Adds the inputs with the boundaries of spans. */
    static void ends(List<BoundarySpan> spans, Map<String, Tensor> inputs) {
        long[] starts = spans.stream().mapToLong(BoundarySpan::start).toArray();
        long[] ends = spans.stream().mapToLong(BoundarySpan::end).toArray();
        inputs.put(BoundaryPrograms.STARTS, Tensor.of(starts, starts.length));
        inputs.put(BoundaryPrograms.ENDS, Tensor.of(ends, ends.length));
    }

    /**
     * Logits of the words of spans.
     *
     * @param sums of those before each boundary, without their mean; none if words do not count
     */
    private record Interval(float[] sums, float mean) {
        static Interval of(BoundaryHead head, BoundaryMarginals marginals, int query) {
            if (!head.insideEvidence()) {
                return new Interval(new float[0], 0);
            }
            float[] words = marginals.rows(BoundaryPrograms.INSIDE_LOGITS)[query];
            double total = 0;
            for (float word : words) {
                total += word;
            }
            float mean = (float) (total / words.length);
            float[] sums = new float[words.length + 1];
            double sum = 0;
            for (int i = 0; i < words.length; i++) {
                sum += words[i] - mean;
                sums[i + 1] = (float) sum;
            }
            return new Interval(sums, mean);
        }

        /** Returns the sum of the logits of a span's words, divided by the square root of their number. */
        float of(BoundarySpan span) {
            if (sums.length == 0) {
                return 0;
            }
            float sum = sums[span.end()] - sums[span.start()] + mean * span.length();
            return (float) (sum / Math.sqrt(span.length()));
        }
    }
}
