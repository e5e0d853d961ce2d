package detangle.models.gliner2;

import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import detangle.models.deberta.HiddenActivation;
import detangle.models.deberta.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * The programs of GLiNER2's boundary architecture (gliner2/models/boundary) that propose and score spans. {@link
 * #marginals} makes states of the boundaries between words, and scores them as first and last boundaries of the spans
 * of each query. Candidates are chosen from these scores outside of programs; {@link #pairs} scores candidates of
 * single queries, {@link SharedPoolProgram} those that all queries share. A text has W words and N = W+1 boundaries; H
 * is the encoder's width, D that of boundaries, and Q is the number of queries. {@link StructurePrograms} makes
 * structures and relations of candidates.
 */
public final class BoundaryPrograms {
    /** The name of the program {@link #marginals}. */
    public static final String MARGINALS = "gliner2_boundary_marginals";

    /** The name of the program {@link #pairs}. */
    public static final String PAIRS = "gliner2_boundary_pairs";

    /** States of words, {@code f32[W,H]}. */
    public static final String WORDS = "words";

    /** States of the tokens that mark the queries, {@code f32[Q,H]}. */
    public static final String QUERIES = "queries";

    /** States of boundaries, {@code f32[N,D]}. */
    public static final String STATES = "states";

    /** Logits of first boundaries, {@code f32[Q,N]}. */
    public static final String FIRST_LOGITS = "first_logits";

    /** Logits of last boundaries, {@code f32[Q,N]}. */
    public static final String LAST_LOGITS = "last_logits";

    /** Logits of words, {@code f32[Q,W]}. */
    public static final String INSIDE_LOGITS = "inside_logits";

    /** Logits of finding nothing, {@code f32[Q,1]}. */
    public static final String NULL_LOGITS = "null_logits";

    /** Logarithms of the numbers of spans, {@code f32[Q,1]}. */
    public static final String COUNTS = "counts";

    /** Vectors of boundaries as first ones of a pair, {@code f32[N,D]}. */
    public static final String FIRST_VECTORS = "first_vectors";

    /** Vectors of boundaries as last ones of a pair, {@code f32[N,D]}. */
    public static final String LAST_VECTORS = "last_vectors";

    /** The weights of each query for the products of those vectors, {@code f32[Q,D]}. */
    public static final String GATES = "gates";

    /** Vectors of the content of words, {@code f32[W,V]}. */
    public static final String VALUES = "values";

    /**
     * Cosines of the angles by which pairs of numbers are turned, {@code f32[N,D/2]}, D being the width of what is
     * turned.
     */
    public static final String COSINES = "cosines";

    /** Sines of the same angles, {@code f32[N,D/2]}. */
    public static final String SINES = "sines";

    /** The first boundary of each candidate, {@code i64[K]}. */
    public static final String STARTS = "starts";

    /** The last boundary of each candidate, {@code i64[K]}. */
    public static final String ENDS = "ends";

    /** The query of each candidate, {@code i64[K]}. */
    public static final String QUERY_INDICES = "query_indices";

    /** The known part of the score: {@code f32[K,1]} of {@link #pairs}, {@code f32[K,Q]} of the shared pool. */
    public static final String KNOWN = "known";

    /** Sums of the words' logits by the root of their number, {@code f32[K,1]}. */
    public static final String INTERVALS = "intervals";

    /** Features of the length of each candidate, {@code f32[K,3]}. */
    public static final String LENGTHS = "lengths";

    /** Vectors of the content of each candidate, {@code f32[K,V]} or {@code f32[K,2*V]}. */
    public static final String CONTENT = "content";

    /** Logits of candidates: {@code f32[K,1]} of {@link #pairs}, {@code f32[K,Q]} of the shared pool. */
    public static final String SCORES = "scores";

    static final double EPSILON = 1e-5;
    private static final String HEAD = "boundary_head";
    private static final String POOLER = "content_pooler";

    private BoundaryPrograms() {}

    /** Returns all programs of the architecture. */
    static List<Program> all(Gliner2Config config, BoundaryHead head) {
        List<Program> all = new ArrayList<>();
        all.add(marginals(config, head));
        all.add(
                switch (head.candidates()) {
                    case PER_QUERY -> pairs(config, head);
                    case SHARED -> SharedPoolProgram.of(config, head);
                });
        all.addAll(StructurePrograms.all(config, head));
        return all;
    }

    /** Returns layers under the name of the boundary head in checkpoints. */
    static Layers layers(Builder b) {
        return Layers.of(b).scope(HEAD);
    }

    static Node input(Builder b, String name, Object... dims) {
        return b.input(name, new TensorType(DType.F32, shape(dims)));
    }

    static Node indices(Builder b, String name, Object... dims) {
        return b.input(name, new TensorType(DType.I64, shape(dims)));
    }

    private static Shape shape(Object... dims) {
        Dim[] sizes = new Dim[dims.length];
        for (int i = 0; i < dims.length; i++) {
            sizes[i] = switch (dims[i]) {
                case String symbol -> Dim.symbol(symbol);
                case Number size -> Dim.of(size.longValue());
                default -> (Dim) dims[i];
            };
        }
        return Shape.of(sizes);
    }

    /**
     * Returns the program from {@link #WORDS} and {@link #QUERIES}, and from {@link #COSINES} and {@link #SINES} if
     * boundaries are turned, to {@link #STATES}, {@link #FIRST_LOGITS}, {@link #LAST_LOGITS}, {@link #FIRST_VECTORS}
     * and {@link #LAST_VECTORS}; and, if the configuration has them, {@link #GATES}, {@link #INSIDE_LOGITS}, {@link
     * #NULL_LOGITS}, {@link #COUNTS} and {@link #VALUES}.
     */
    public static Program marginals(Gliner2Config config, BoundaryHead head) {
        Builder b = new Builder();
        long hidden = config.encoder().hiddenSize();
        long width = head.width();
        Node words = input(b, WORDS, "W", hidden);
        Node queries = input(b, QUERIES, "Q", hidden);
        List<Node> inputs = new ArrayList<>(List.of(words, queries));
        Layers layers = layers(b);
        Node states = states(layers.scope("boundary_encoder"), words, hidden, head);
        Layers marginal = layers.scope("boundary_query_head");
        List<Output> outputs = new ArrayList<>(List.of(
                new Output(STATES, states),
                new Output(FIRST_LOGITS, logits(marginal, "start", "boundary", states, width, queries, hidden, width)),
                new Output(LAST_LOGITS, logits(marginal, "end", "boundary", states, width, queries, hidden, width))));
        if (head.insideEvidence()) {
            outputs.add(new Output(
                    INSIDE_LOGITS, logits(marginal, "inside", "text", words, hidden, queries, hidden, width)));
        }
        if (head.decoding().abstention().isPresent()) {
            outputs.add(new Output(NULL_LOGITS, layers.linear("null_projection", queries, hidden, 1)));
        }
        if (head.decoding().adaptive()) {
            outputs.add(new Output(COUNTS, layers.linear("count_head", queries, hidden, 1)));
        }
        head.content()
                .ifPresent(content -> outputs.add(new Output(
                        VALUES,
                        layers.scope(scorer(head))
                                .scope(POOLER)
                                .linear("value_projection", words, hidden, content.width()))));
        switch (head.candidates()) {
            case PER_QUERY -> {
                Layers proposer = layers.scope("boundary_proposer");
                Turn turn = Turn.of(head, width, states.type().dim(0), b, inputs);
                Node first = proposer.linear("start_pair_projection", states, width, width);
                Node last = proposer.linear("end_key_projection", states, width, width);
                outputs.add(new Output(FIRST_VECTORS, turn.turned(first)));
                outputs.add(new Output(LAST_VECTORS, turn.turned(last)));
                outputs.add(new Output(GATES, turn.gate(proposer, "start_query_projection", queries, hidden)));
            }
            case SHARED -> {
                Layers pool = layers.scope("shared_pool_builder");
                outputs.add(new Output(FIRST_VECTORS, pool.linear("start_projection", states, width, width)));
                outputs.add(new Output(LAST_VECTORS, pool.linear("end_projection", states, width, width)));
            }
        }
        return Gliner2Programs.program(MARGINALS, inputs, outputs);
    }

    private static String scorer(BoundaryHead head) {
        return switch (head.candidates()) {
            case PER_QUERY -> "pair_scorer";
            case SHARED -> "shared_pool_scorer";
        };
    }

    /** Returns the products of projected queries with projected boundaries or words: {@code [Q,N]} or {@code [Q,W]}. */
    private static Node logits(
            Layers layers, String name, String of, Node x, long in, Node queries, long hidden, long width) {
        Builder b = layers.builder();
        Node query = layers.linear(name + "_query_projection", queries, hidden, width);
        Node other = layers.linear(name + "_" + of + "_projection", x, in, width);
        return b.mul(b.dotTransposed(query, other), b.constant(DType.F32, 1 / Math.sqrt(width)));
    }

    /** Writes the states of the words on both sides of each boundary (encoding.py:144-206). */
    private static Node states(Layers layers, Node words, long hidden, BoundaryHead head) {
        Builder b = layers.builder();
        long width = head.width();
        Node before = b.reshape(layers.param("bos_state", hidden), Dim.of(1), Dim.of(hidden));
        Node after = b.reshape(layers.param("eos_state", hidden), Dim.of(1), Dim.of(hidden));
        Node left = layers.linear("left_projection", b.concat(0, List.of(before, words)), hidden, width);
        Node right = layers.linear("right_projection", b.concat(0, List.of(words, after)), hidden, width);
        Node both = layers.linear("output_projection", b.concat(1, List.of(left, right)), 2 * width, width);
        Node states = layers.layerNorm("layer_norm", both, width, EPSILON);
        BoundaryHead.States asked = head.states();
        for (int i = 0; i < asked.attentionLayers(); i++) {
            states = b.add(states, attention(layers.scope("attention_blocks." + i), states, width, asked));
        }
        for (int i = 0; i < asked.refinementLayers(); i++) {
            Layers block = layers.scope("refinement_blocks." + i);
            long inner = asked.refinementWidth();
            Node normal = block.layerNorm("norm", states, width, EPSILON);
            Node wide = block.linear("input_projection", normal, width, 2 * inner);
            Node gate = block.activation(HiddenActivation.SILU, SmallAttention.part(b, wide, 1, inner));
            Node update = b.mul(SmallAttention.part(b, wide, 0, inner), gate);
            states = b.add(states, block.linear("output_projection", update, inner, width));
        }
        return states;
    }

    private static Node attention(Layers layers, Node states, long width, BoundaryHead.States asked) {
        Builder b = layers.builder();
        Node normal = layers.layerNorm("norm", states, width, EPSILON);
        Node all = layers.linear("qkv_projection", normal, width, 3 * width);
        long heads = asked.attentionHeads();
        Node[] parts = new Node[3];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = b.transpose(
                    layers.splitHeads(SmallAttention.part(b, all, i, width), heads, width / heads), 1, 0, 2);
        }
        Node scores = b.mul(
                b.dotTransposed(parts[0], parts[1]), b.constant(DType.F32, 1 / Math.sqrt((double) width / heads)));
        if (asked.attentionWindow() > 0) {
            scores = b.add(scores, window(b, states.type().dim(0), asked.attentionWindow()));
        }
        Node context = b.transpose(b.dot(SmallAttention.softmax(b, scores), parts[2]), 1, 0, 2);
        return layers.linear("output_projection", b.reshape(context, states.shape()), width, width);
    }

    /**
     * Returns zero where two boundaries attend to each other, and elsewhere a number far below all scores: {@code
     * [N,N]}.
     */
    private static Node window(Builder b, Dim boundaries, int window) {
        TensorType square = TensorType.of(DType.I64, boundaries, boundaries);
        Node distance = b.unary(UnaryFunction.ABS, b.sub(b.iota(square, 0), b.iota(square, 1)));
        Node seen = b.compare(Comparison.LE, distance, b.constant(DType.I64, window));
        return b.mul(b.sub(b.constant(DType.F32, 1), b.convert(seen, DType.F32)), b.constant(DType.F32, -1e30));
    }

    /**
     * Returns the program from {@link #STATES}, {@link #QUERIES}, {@link #STARTS}, {@link #ENDS}, {@link
     * #QUERY_INDICES}, {@link #KNOWN} and {@link #LENGTHS}, and, if the configuration has them, {@link #INTERVALS},
     * {@link #CONTENT}, {@link #COSINES} and {@link #SINES}, to {@link #SCORES} (scoring.py:174-266).
     */
    public static Program pairs(Gliner2Config config, BoundaryHead head) {
        Builder b = new Builder();
        long hidden = config.encoder().hiddenSize();
        long width = head.pairWidth();
        Node states = input(b, STATES, "N", head.width());
        Node queries = input(b, QUERIES, "Q", hidden);
        Node starts = indices(b, STARTS, "K");
        Node ends = indices(b, ENDS, "K");
        Node query = indices(b, QUERY_INDICES, "K");
        Node known = input(b, KNOWN, "K", 1);
        Node lengths = input(b, LENGTHS, "K", 3);
        List<Node> inputs = new ArrayList<>(List.of(states, queries, starts, ends, query, known, lengths));
        Layers layers = layers(b).scope("pair_scorer");
        Turn turn = Turn.of(head, width, states.type().dim(0), b, inputs);
        BoundaryHead.Scoring scoring = head.scoring();
        Node score = known;
        if (scoring.compatibility() || scoring.differences()) {
            Node first = turn.turned(layers.linear("start_endpoint_projection", states, head.width(), width));
            Node last = turn.turned(layers.linear("end_endpoint_projection", states, head.width(), width));
            first = b.gather(first, starts);
            last = b.gather(last, ends);
            if (scoring.compatibility()) {
                Node gate = b.gather(turn.gate(layers, "query_gate", queries, hidden), query);
                Node product =
                        layers.splitHeads(b.mul(b.mul(first, gate), last), scoring.heads(), width / scoring.heads());
                Node byHead = b.reshape(
                        b.reduce(ReduceFunction.SUM, product, -1), starts.type().dim(0), Dim.of(scoring.heads()));
                Node mixed = layers.linear("compat_mix", byHead, scoring.heads(), 1);
                score = b.add(score, b.mul(mixed, b.constant(DType.F32, 1 / Math.sqrt(width))));
            }
            if (scoring.differences()) {
                Node difference = b.sub(first, last);
                Node both = b.concat(1, List.of(difference, b.unary(UnaryFunction.ABS, difference)));
                score = b.add(score, layers.linear("endpoint_difference_projection", both, 2 * width, 1));
            }
        }
        if (head.content().isPresent()) {
            long size = head.content().get().spanWidth();
            Node content = content(layers, b, size, inputs);
            Node weights = b.gather(layers.linear("content_query_projection", queries, hidden, size), query);
            score = b.add(score, b.mul(sum(b, content, weights), b.constant(DType.F32, 1 / Math.sqrt(size))));
            score = b.add(score, layers.linear("content_bias", content, size, 1));
        }
        if (head.insideEvidence()) {
            Node intervals = input(b, INTERVALS, "K", 1);
            inputs.add(intervals);
            Node weight = scoring.insideByQuery()
                    ? b.gather(layers.linear("inside_weight", queries, hidden, 1), query)
                    : layers.param("inside_weight");
            score = b.add(score, b.mul(intervals, weight));
        }
        Node weights = b.gather(layers.linear("length_query_projection", queries, hidden, 3), query);
        score = b.add(score, sum(b, lengths, weights));
        return Gliner2Programs.program(PAIRS, inputs, List.of(new Output(SCORES, score)));
    }

    private static Node sum(Builder b, Node x, Node weights) {
        return b.reduce(ReduceFunction.SUM, b.mul(x, weights), -1);
    }

    /** Returns the input {@link #CONTENT}, normalised. */
    static Node content(Layers scorer, Builder b, long size, List<Node> inputs) {
        Node content = input(b, CONTENT, "K", size);
        inputs.add(content);
        return scorer.scope(POOLER).layerNorm("layer_norm", content, size, EPSILON);
    }

    /**
     * Turns pairs of numbers by the index of a boundary (rotary.py).
     *
     * @param cosines the cosines of the angles, {@code [N,width/2,1]}; null if nothing is turned
     */
    private record Turn(Builder b, Node cosines, Node sines, long width) {
        static Turn of(BoundaryHead head, long width, Dim boundaries, Builder b, List<Node> inputs) {
            if (head.rotaryBase().isEmpty()) {
                return new Turn(b, null, null, width);
            }
            Node cosines = input(b, COSINES, boundaries, width / 2);
            Node sines = input(b, SINES, boundaries, width / 2);
            inputs.add(cosines);
            inputs.add(sines);
            return new Turn(b, column(b, cosines), column(b, sines), width);
        }

        private static Node column(Builder b, Node x) {
            return b.reshape(x, x.shape().concat(Shape.of(Dim.of(1))));
        }

        Node turned(Node x) {
            if (cosines == null) {
                return x;
            }
            Node pairs = b.reshape(x, x.type().dim(0), Dim.of(width / 2), Dim.of(2));
            Node even = b.slice(pairs, 2, 0, 1);
            Node odd = b.slice(pairs, 2, 1, 2);
            Node first = b.sub(b.mul(even, cosines), b.mul(odd, sines));
            Node second = b.add(b.mul(even, sines), b.mul(odd, cosines));
            return b.reshape(b.concat(2, List.of(first, second)), x.shape());
        }

        /** Returns the weights of products by query; both numbers of a pair have the same weight. */
        Node gate(Layers layers, String name, Node queries, long hidden) {
            if (cosines == null) {
                return layers.activation(HiddenActivation.SIGMOID, layers.linear(name, queries, hidden, width));
            }
            Node half = layers.activation(HiddenActivation.SIGMOID, layers.linear(name, queries, hidden, width / 2));
            Node one = column(b, half);
            return b.reshape(b.concat(2, List.of(one, one)), queries.type().dim(0), Dim.of(width));
        }
    }
}
