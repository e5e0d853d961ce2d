package detangle.models.gliner2;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.models.deberta.HiddenActivation;
import detangle.models.deberta.Layers;
import java.util.ArrayList;
import java.util.List;

/**
 * The programs of GLiNER2's boundary architecture that make structures and relations of candidates
 * (gliner2/models/boundary/records.py and relations.py). Sizes are those of {@link BoundaryPrograms}; K is the number
 * of candidates, I that of instances, F that of fields, and D the width of the vectors that are compared.
 */
public final class StructurePrograms {
    /** The name of the program {@link #candidates}. */
    public static final String CANDIDATE_STATES = "gliner2_boundary_candidates";

    /** The name of the program {@link #seeds}. */
    public static final String SEEDS = "gliner2_record_seeds";

    /** The name of the program {@link #instances}. */
    public static final String INSTANCES = "gliner2_record_instances";

    /** The name of the program {@link #fields}. */
    public static final String FIELDS = "gliner2_record_fields";

    /** The name of the program {@link #relations}. */
    public static final String RELATIONS = "gliner2_relations";

    /** States of candidates or of instances, {@code f32[K,H]}. */
    public static final String ROWS = "rows";

    /** States of the tokens that mark fields, {@code f32[F,H]}. */
    public static final String MARKS = "marks";

    /** States of candidates, {@code f32[K,H]}. */
    public static final String CANDIDATES = "candidates";

    /** Logits, {@code f32[K,1]}. */
    public static final String LOGITS = "logits";

    /** Vectors of instances, {@code f32[I,D]}. */
    public static final String INSTANCE_VECTORS = "instance_vectors";

    /** Vectors of fields, {@code f32[F,D]}. */
    public static final String FIELD_VECTORS = "field_vectors";

    /** Vectors of candidates, {@code f32[K,D]}. */
    public static final String CANDIDATE_VECTORS = "candidate_vectors";

    /** The number that an instance adds to the logit that a field has no value, {@code f32[I,1]}. */
    public static final String INSTANCE_NULLS = "instance_nulls";

    /** The number that a field adds to the same logit, {@code f32[F,1]}. */
    public static final String FIELD_NULLS = "field_nulls";

    /** First and last words of the head and the tail of each pair, {@code i64[K]} each. */
    public static final List<String> ENDS = List.of("head_first", "head_last", "tail_first", "tail_last");

    /** Vectors of relations, {@code f32[R,H]} or {@code f32[R,2*H]}. */
    public static final String RELATION_VECTORS = "relation_vectors";

    /** The relation of each pair, {@code i64[K]}. */
    public static final String RELATION_INDICES = "relation_indices";

    /** The order of head and tail, and their distance as a part of the text, {@code f32[K,2]}. */
    public static final String ORDERS = "orders";

    /** Means of the words of each head, {@code f32[K,H]}. */
    public static final String HEAD_CONTENT = "head_content";

    /** Means of the words of each tail, {@code f32[K,H]}. */
    public static final String TAIL_CONTENT = "tail_content";

    private static final String RECORD = "record_decoder";

    private StructurePrograms() {}

    static List<Program> all(Gliner2Config config, BoundaryHead head) {
        List<Program> all = new ArrayList<>();
        long hidden = config.encoder().hiddenSize();
        head.records().ifPresent(records -> {
            all.add(candidates(hidden, head));
            all.add(seeds(hidden));
            all.add(instances(hidden, records));
            all.add(fields(hidden, records));
        });
        head.relations().ifPresent(relations -> all.add(relations(hidden, relations)));
        return all;
    }

    /**
     * Returns the program from {@link BoundaryPrograms#STATES}, {@link BoundaryPrograms#STARTS} and {@link
     * BoundaryPrograms#ENDS} to {@link #ROWS}.
     */
    private static Program candidates(long hidden, BoundaryHead head) {
        Builder b = new Builder();
        Node states = BoundaryPrograms.input(b, BoundaryPrograms.STATES, "N", head.width());
        Node starts = BoundaryPrograms.indices(b, BoundaryPrograms.STARTS, "K");
        Node ends = BoundaryPrograms.indices(b, BoundaryPrograms.ENDS, "K");
        Node both = b.concat(1, List.of(b.gather(states, starts), b.gather(states, ends)));
        Node rows = BoundaryPrograms.layers(b).linear("candidate_encoder", both, 2L * head.width(), hidden);
        return Gliner2Programs.program(
                CANDIDATE_STATES, List.of(states, starts, ends), List.of(new Output(ROWS, rows)));
    }

    /** Returns the program from {@link #ROWS} of candidates to the {@link #LOGITS} of standing for an instance. */
    private static Program seeds(long hidden) {
        Builder b = new Builder();
        Node rows = BoundaryPrograms.input(b, ROWS, "K", hidden);
        Node logits = Layers.of(b).scope(RECORD).linear("latent_seed_head", rows, hidden, 1);
        return Gliner2Programs.program(SEEDS, List.of(rows), List.of(new Output(LOGITS, logits)));
    }

    /**
     * Returns the program from {@link #CANDIDATES} to {@link #ROWS} of instances that stand for no part of the text,
     * and to their {@link #LOGITS}.
     */
    private static Program instances(long hidden, BoundaryHead.Records records) {
        Builder b = new Builder();
        Node candidates = BoundaryPrograms.input(b, CANDIDATES, "K", hidden);
        Layers layers = Layers.of(b).scope(RECORD);
        long width = records.width();
        Node embedded = layers.param("instance_embed", records.instances(), hidden);
        Node queries = layers.linear("q_proj", embedded, hidden, width);
        Node keys = layers.linear("k_proj", candidates, hidden, width);
        Node values = layers.linear("v_proj", candidates, hidden, hidden);
        Node scores = b.mul(b.dotTransposed(queries, keys), b.constant(DType.F32, 1 / Math.sqrt(width)));
        Node rows = b.add(embedded, b.dot(SmallAttention.softmax(b, scores), values));
        Node logits = layers.linear("object_head", rows, hidden, 1);
        return Gliner2Programs.program(
                INSTANCES, List.of(candidates), List.of(new Output(ROWS, rows), new Output(LOGITS, logits)));
    }

    /**
     * Returns the program from {@link #ROWS} of instances, {@link #MARKS} and {@link #CANDIDATES} to {@link
     * #INSTANCE_VECTORS}, {@link #FIELD_VECTORS}, {@link #CANDIDATE_VECTORS}, {@link #INSTANCE_NULLS} and {@link
     * #FIELD_NULLS}. The logit of a candidate as the value of a field of an instance is its product with the sum of the
     * other two vectors.
     */
    private static Program fields(long hidden, BoundaryHead.Records records) {
        Builder b = new Builder();
        Node rows = BoundaryPrograms.input(b, ROWS, "I", hidden);
        Node marks = BoundaryPrograms.input(b, MARKS, "F", hidden);
        Node candidates = BoundaryPrograms.input(b, CANDIDATES, "K", hidden);
        Layers layers = Layers.of(b).scope(RECORD);
        long width = records.width();
        Node instance = layers.linear("inst_proj", rows, hidden, width);
        Node field = layers.linear("field_proj", marks, hidden, width);
        Node candidate = layers.linear("cand_proj", candidates, hidden, width);
        Node nothing = layers.param("null_embed", width);
        return Gliner2Programs.program(
                FIELDS,
                List.of(rows, marks, candidates),
                List.of(
                        new Output(INSTANCE_VECTORS, instance),
                        new Output(FIELD_VECTORS, field),
                        new Output(CANDIDATE_VECTORS, candidate),
                        new Output(INSTANCE_NULLS, b.reduce(ReduceFunction.SUM, b.mul(instance, nothing), -1)),
                        new Output(FIELD_NULLS, b.reduce(ReduceFunction.SUM, b.mul(field, nothing), -1))));
    }

    /**
     * Returns the program from {@link BoundaryPrograms#WORDS}, {@link #ENDS}, {@link #RELATION_VECTORS}, {@link
     * #RELATION_INDICES} and {@link #ORDERS}, and, if the configuration has them, {@link #HEAD_CONTENT} and {@link
     * #TAIL_CONTENT}, to {@link #LOGITS} of pairs (relations.py:285-384).
     */
    private static Program relations(long hidden, BoundaryHead.Relations asked) {
        Builder b = new Builder();
        long vector = asked.vectorWidth(hidden);
        Node words = BoundaryPrograms.input(b, BoundaryPrograms.WORDS, "W", hidden);
        List<Node> inputs = new ArrayList<>(List.of(words));
        List<Node> features = new ArrayList<>();
        for (String end : ENDS) {
            Node indices = BoundaryPrograms.indices(b, end, "K");
            inputs.add(indices);
            features.add(b.gather(words, indices));
        }
        Node vectors = BoundaryPrograms.input(b, RELATION_VECTORS, "R", vector);
        Node indices = BoundaryPrograms.indices(b, RELATION_INDICES, "K");
        Node orders = BoundaryPrograms.input(b, ORDERS, "K", 2);
        inputs.addAll(List.of(vectors, indices, orders));
        Node relation = b.gather(vectors, indices);
        features.addAll(List.of(relation, orders));
        Layers layers = Layers.of(b).scope("relation_scorer");
        Layers mlp = layers.scope("mlp");
        Node wide = mlp.linear("0", b.concat(1, features), 4 * hidden + vector + 2, hidden);
        Node logits = mlp.linear("3", mlp.activation(HiddenActivation.GELU, wide), hidden, 1);
        if (asked.content()) {
            Node head = BoundaryPrograms.input(b, HEAD_CONTENT, "K", hidden);
            Node tail = BoundaryPrograms.input(b, TAIL_CONTENT, "K", hidden);
            inputs.addAll(List.of(head, tail));
            Node heads = layers.linear("head_content_projection", head, hidden, hidden);
            Node tails = layers.linear("tail_content_projection", tail, hidden, hidden);
            Node gate = layers.activation(
                    HiddenActivation.SIGMOID, layers.linear("relation_content_gate", relation, vector, hidden));
            Node product = b.reduce(ReduceFunction.SUM, b.mul(b.mul(heads, gate), tails), -1);
            logits = b.add(logits, b.mul(product, b.constant(DType.F32, 1 / Math.sqrt(hidden))));
            Node both = b.concat(1, List.of(heads, tails, relation));
            logits = b.add(logits, layers.linear("content_linear", both, 2 * hidden + vector, 1));
        }
        return Gliner2Programs.program(RELATIONS, inputs, List.of(new Output(LOGITS, logits)));
    }
}
