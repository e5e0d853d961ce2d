package detangle.models.gliner2;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Shape;
import detangle.models.deberta.HiddenActivation;
import detangle.models.deberta.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * Scores candidates that all queries share (gliner2/models/boundary/pool.py:373-583). Candidates attend to one another
 * with a bias by their relative places, and queries attend to candidates. Its inputs and output are those of {@link
 * BoundaryPrograms}, with P for the width of candidates.
 */
public final class SharedPoolProgram {
    /** The program's name. */
    public static final String NAME = "gliner2_boundary_pool";

    /** Products of the vectors of both ends, {@code f32[K,1]}. */
    public static final String PRIORS = "priors";

    /** The place of each candidate relative to each other one, {@code i64[K,K]}, below {@link #RELATIVE_PLACES}. */
    public static final String PLACE_INDICES = "place_indices";

    /** The number of relative places of two candidates. */
    public static final int RELATIVE_PLACES = 8;

    private static final int FILM_WIDTH = 64;

    private SharedPoolProgram() {}

    /**
     * Returns the program from {@link BoundaryPrograms#STATES}, {@link BoundaryPrograms#QUERIES}, {@link
     * BoundaryPrograms#STARTS}, {@link BoundaryPrograms#ENDS}, {@link BoundaryPrograms#KNOWN}, {@link
     * BoundaryPrograms#LENGTHS} and {@link #PRIORS}, and, if the configuration has them, {@link
     * BoundaryPrograms#CONTENT} and {@link #PLACE_INDICES}, to {@link BoundaryPrograms#SCORES}.
     */
    public static Program of(Gliner2Config config, BoundaryHead head) {
        Builder b = new Builder();
        long hidden = config.encoder().hiddenSize();
        long width = head.pairWidth();
        Node states = BoundaryPrograms.input(b, BoundaryPrograms.STATES, "N", head.width());
        Node queries = BoundaryPrograms.input(b, BoundaryPrograms.QUERIES, "Q", hidden);
        Node starts = BoundaryPrograms.indices(b, BoundaryPrograms.STARTS, "K");
        Node ends = BoundaryPrograms.indices(b, BoundaryPrograms.ENDS, "K");
        Node known = BoundaryPrograms.input(b, BoundaryPrograms.KNOWN, "K", "Q");
        Node lengths = BoundaryPrograms.input(b, BoundaryPrograms.LENGTHS, "K", 3);
        Node priors = BoundaryPrograms.input(b, PRIORS, "K", 1);
        List<Node> inputs = new ArrayList<>(List.of(states, queries, starts, ends, known, lengths, priors));
        Layers layers = BoundaryPrograms.layers(b).scope("shared_pool_scorer");
        Node first = b.gather(layers.linear("start_projection", states, head.width(), width), starts);
        Node last = b.gather(layers.linear("end_projection", states, head.width(), width), ends);
        Node candidates = b.add(first, last);
        candidates = b.add(candidates, layers.linear("length_projection", lengths, 3, width));
        candidates = b.add(candidates, layers.linear("prior_projection", priors, 1, width));
        if (head.content().isPresent()) {
            long size = head.content().get().spanWidth();
            Node content = BoundaryPrograms.content(layers, b, size, inputs);
            candidates = b.add(candidates, layers.linear("content_projection", content, size, width));
        }
        candidates = layers.layerNorm("candidate_norm", candidates, width, BoundaryPrograms.EPSILON);
        BoundaryHead.Pool pool = head.pool();
        if (pool.candidateLayers() > 0) {
            Node places = BoundaryPrograms.indices(b, PLACE_INDICES, "K", "K");
            inputs.add(places);
            for (int i = 0; i < pool.candidateLayers(); i++) {
                candidates = attending(layers.scope("candidate_layers." + i), candidates, places, width, pool.heads());
            }
        }
        Node asked = layers.linear("query_projection", queries, hidden, width);
        for (int i = 0; i < pool.queryLayers(); i++) {
            asked = informed(layers.scope("query_layers." + i), asked, candidates, width, pool.heads());
        }
        Node scores = b.mul(b.dotTransposed(candidates, asked), b.constant(DType.F32, 1 / Math.sqrt(width)));
        scores = b.add(b.add(scores, conditioned(layers, candidates, asked, width)), known);
        return Gliner2Programs.program(NAME, inputs, List.of(new Output(BoundaryPrograms.SCORES, scores)));
    }

    /** Writes one layer of attention of candidates to one another, with a bias by their relative places. */
    private static Node attending(Layers layers, Node states, Node places, long width, long heads) {
        Builder b = layers.builder();
        long size = width / heads;
        Node normal = layers.layerNorm("norm1", states, width, BoundaryPrograms.EPSILON);
        Node all = layers.linear("qkv", normal, width, 3 * width);
        Node[] parts = new Node[3];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = b.transpose(layers.splitHeads(SmallAttention.part(b, all, i, width), heads, size), 1, 0, 2);
        }
        Node scores = b.mul(b.dotTransposed(parts[0], parts[1]), b.constant(DType.F32, 1 / Math.sqrt(size)));
        Node bias = b.transpose(b.gather(layers.param("relative_bias", RELATIVE_PLACES, heads), places), 2, 0, 1);
        Node context = b.transpose(b.dot(SmallAttention.softmax(b, b.add(scores, bias)), parts[2]), 1, 0, 2);
        Node attended = b.add(states, layers.linear("output", b.reshape(context, states.shape()), width, width));
        return fed(layers, attended, width);
    }

    private static Node fed(Layers layers, Node states, long width) {
        Node normal = layers.layerNorm("norm2", states, width, BoundaryPrograms.EPSILON);
        Node inner = layers.activation(HiddenActivation.GELU, layers.linear("ffn.0", normal, width, 4 * width));
        return layers.builder().add(states, layers.linear("ffn.3", inner, 4 * width, width));
    }

    /** Returns queries that have attended to candidates and to one another. */
    private static Node informed(Layers layers, Node queries, Node candidates, long width, long heads) {
        Builder b = layers.builder();
        Node weights = SmallAttention.softmax(b, b.dotTransposed(queries, candidates));
        Node evidence = layers.linear("evidence_in", b.dot(weights, candidates), width, width);
        Node states = b.add(layers.linear("query_in", queries, width, width), evidence);
        Node normal = layers.layerNorm("norm1", states, width, BoundaryPrograms.EPSILON);
        Shape one = Shape.of(Dim.of(1)).concat(states.shape());
        Node attended = SmallAttention.of(layers.scope("attention"), b.reshape(normal, one), width, heads);
        return fed(layers, b.add(states, b.reshape(attended, states.shape())), width);
    }

    /** Returns scores of candidates that each query scales and shifts: {@code [K,Q]}. */
    private static Node conditioned(Layers layers, Node candidates, Node queries, long width) {
        Builder b = layers.builder();
        Dim count = candidates.type().dim(0);
        Dim asked = queries.type().dim(0);
        Node film = layers.linear("film", queries, width, 2 * width);
        Node scale = b.add(SmallAttention.part(b, film, 0, width), b.constant(DType.F32, 1));
        Node shift = SmallAttention.part(b, film, 1, width);
        Node each = b.reshape(candidates, count, Dim.of(1), Dim.of(width));
        Node scaled = b.mul(each, b.reshape(scale, Dim.of(1), asked, Dim.of(width)));
        Node moved = b.add(scaled, b.reshape(shift, Dim.of(1), asked, Dim.of(width)));
        Node inner = layers.activation(HiddenActivation.GELU, layers.linear("film_output.0", moved, width, FILM_WIDTH));
        return b.reshape(layers.linear("film_output.3", inner, FILM_WIDTH, 1), count, asked);
    }
}
