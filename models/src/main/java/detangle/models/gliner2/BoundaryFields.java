package detangle.models.gliner2;

import detangle.models.deberta.ConfigFields;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Reads {@code boundary_head} of config.json, with the defaults and bounds of gliner2/configuration.py:67-620. */
record BoundaryFields(ConfigFields fields) {
    private static final int MAX_WIDTH = 1 << 13;
    private static final int MAX_LAYERS = 1 << 6;
    private static final int MAX_CANDIDATES = 1 << 12;
    private static final int MAX_BOUNDARIES = 1 << 10;
    private static final int FORMAT_WITH_STRUCTURES = 3;
    private static final double MAX_MULTIPLIER = 64;

    static BoundaryHead read(ConfigFields root) {
        return new BoundaryFields(root.object("boundary_head"))
                .head(root.integer("config_version", 0) >= FORMAT_WITH_STRUCTURES);
    }

    /** @param structured whether structures and relations are found if the fields do not state it */
    private BoundaryHead head(boolean structured) {
        int width = width("boundary_dim", 128);
        int pairWidth = width("pair_dim", 128);
        OptionalDouble rotary = OptionalDouble.empty();
        if (fields.flag("enable_rotary_endpoints", false)) {
            even("boundary_dim", width);
            even("pair_dim", pairWidth);
            rotary = OptionalDouble.of(above("rotary_base", 10000));
        }
        Optional<BoundaryHead.Content> content = fields.flag("enable_span_content", false)
                ? Optional.of(
                        new BoundaryHead.Content(width("content_dim", 64), fields.flag("content_soft_max_pool", false)))
                : Optional.empty();
        int heads = fields.between(1, MAX_WIDTH, "multihead_pair_compat_heads", 8);
        divides("multihead_pair_compat_heads", heads, "pair_dim", pairWidth);
        return new BoundaryHead(
                width,
                pairWidth,
                dropout() > 0,
                states(width),
                proposals(),
                new BoundaryHead.Scoring(
                        heads,
                        fields.flag("reranker_endpoint_compat", true),
                        fields.flag("endpoint_difference_features", false),
                        fields.flag("query_conditioned_inside_weight", false)),
                pool(pairWidth),
                word("candidate_pool", CandidatePool.PER_QUERY, CandidatePool.values(), CandidatePool::text),
                fields.flag("use_inside_evidence", true),
                content,
                rotary,
                decoding(),
                fields.flag("enable_records", structured) ? Optional.of(records()) : Optional.empty(),
                fields.flag("enable_relations", structured) ? Optional.of(relations()) : Optional.empty());
    }

    private BoundaryHead.States states(int width) {
        int layers = fields.between(0, MAX_LAYERS, "boundary_attention_layers", 0);
        int heads = fields.between(1, MAX_WIDTH, "boundary_attention_heads", 4);
        if (layers > 0) {
            divides("boundary_attention_heads", heads, "boundary_dim", width);
        }
        double multiplier = above("boundary_ffn_multiplier", 2);
        if (multiplier > MAX_MULTIPLIER) {
            throw fields.fault(
                    "boundary_ffn_multiplier", "is " + multiplier + "; it must be at most " + MAX_MULTIPLIER);
        }
        return new BoundaryHead.States(
                layers,
                heads,
                fields.atLeast(0, "boundary_attention_window", 0),
                fields.between(0, MAX_LAYERS, "boundary_refinement_layers", 1),
                Math.max(1, (int) (width * multiplier)));
    }

    private BoundaryHead.Proposals proposals() {
        int starts = fields.between(1, MAX_BOUNDARIES, "start_top_k", 16);
        int ends = fields.between(1, MAX_BOUNDARIES, "end_top_k", 16);
        double alpha = atLeastZero("boundary_top_k_alpha", 0);
        int maxCandidates = fields.between(1, MAX_BOUNDARIES, "boundary_top_k_max", 128);
        if (maxCandidates < Math.max(starts, ends)) {
            throw fields.fault(
                    "boundary_top_k_max", "is " + maxCandidates + ", and start_top_k or end_top_k is greater");
        }
        return new BoundaryHead.Proposals(
                starts,
                ends,
                fields.between(1, MAX_BOUNDARIES, "ends_per_start", 8),
                fields.between(1, MAX_BOUNDARIES, "starts_per_end", 8),
                fields.between(1, MAX_CANDIDATES, "candidate_budget", 128),
                fields.flag("bidirectional_proposals", true),
                alpha,
                maxCandidates,
                fields.between(1, MAX_BOUNDARIES, "boundary_top_k_bucket", 8));
    }

    private BoundaryHead.Pool pool(int pairWidth) {
        int candidateLayers = fields.between(0, MAX_LAYERS, "candidate_attention_layers", 2);
        int heads = fields.between(1, MAX_WIDTH, "candidate_attention_heads", 4);
        int queryLayers = fields.between(0, MAX_LAYERS, "query_attention_layers", 1);
        if (candidateLayers > 0 || queryLayers > 0) {
            divides("candidate_attention_heads", heads, "pair_dim", pairWidth);
        }
        int size = fields.between(1, MAX_CANDIDATES, "pool_size", 384);
        return new BoundaryHead.Pool(
                fields.between(1, MAX_BOUNDARIES, "pool_boundary_top_k", 64),
                size,
                fields.between(0, size, "min_pool_per_query", 8),
                candidateLayers,
                heads,
                queryLayers);
    }

    private BoundaryHead.Decoding decoding() {
        boolean counts = fields.flag("enable_count_head", true);
        boolean adaptive = fields.flag("adaptive_threshold", false);
        if (adaptive && !counts) {
            throw fields.fault(
                    "adaptive_threshold", "is true, and enable_count_head is false: nothing tells the count");
        }
        return new BoundaryHead.Decoding(
                word("overlap_policy", OverlapPolicy.FLAT, OverlapPolicy.values(), OverlapPolicy::text),
                fields.flag("enable_abstention", true)
                        ? OptionalDouble.of(fields.probability("abstention_threshold", 0.5))
                        : OptionalDouble.empty(),
                counts,
                adaptive,
                above("pair_temperature", 1),
                above("classification_temperature", 1));
    }

    private BoundaryHead.Records records() {
        return new BoundaryHead.Records(
                width("record_dim", 128),
                fields.between(1, MAX_CANDIDATES, "record_instance_queries", 32),
                fields.probability("record_anchor_threshold", 0.5),
                fields.probability("record_field_threshold", 0.5),
                above("record_temperature", 1));
    }

    private BoundaryHead.Relations relations() {
        return new BoundaryHead.Relations(
                fields.between(1, MAX_BOUNDARIES, "relation_heads_per_type", 32),
                fields.between(1, MAX_BOUNDARIES, "relation_tails_per_type", 32),
                fields.between(1, MAX_CANDIDATES, "relation_pair_cap", 128),
                fields.probability("relation_argument_proposal_threshold", 0),
                above("relation_temperature", 1),
                fields.flag("directional_relation_states", false),
                fields.flag("relation_biaffine_content", false));
    }

    private int width(String field, int otherwise) {
        return fields.between(1, MAX_WIDTH, field, otherwise);
    }

    private double dropout() {
        double value = atLeastZero("dropout", 0.1);
        if (value >= 1) {
            throw fields.fault("dropout", "is " + value + "; it must be below 1");
        }
        return value;
    }

    private double above(String field, double otherwise) {
        double value = fields.number(field, otherwise);
        // Scores are divided by this number in single precision.
        if ((float) value <= 0) {
            throw fields.fault(field, "is " + value + "; it must be above 0");
        }
        return value;
    }

    private double atLeastZero(String field, double otherwise) {
        double value = fields.number(field, otherwise);
        if (value < 0) {
            throw fields.fault(field, "is " + value + "; it must be at least 0");
        }
        return value;
    }

    private void even(String field, int value) {
        if (value % 2 != 0) {
            throw fields.fault(field, "is " + value + ", and enable_rotary_endpoints needs an even number");
        }
    }

    private void divides(String field, int value, String whole, int size) {
        if (size % value != 0) {
            throw fields.fault(
                    field, "is " + value + ", and " + whole + ", which is " + size + ", is not a multiple of it");
        }
    }

    private <T> T word(String field, T otherwise, T[] all, Function<T, String> text) {
        return word(fields, field, otherwise, all, text);
    }

    /** Reads one of some words. */
    static <T> T word(ConfigFields fields, String field, T otherwise, T[] all, Function<T, String> text) {
        return fields.text(field)
                .map(word -> Arrays.stream(all)
                        .filter(value -> text.apply(value).equals(word))
                        .findFirst()
                        .orElseThrow(() -> fields.fault(
                                field,
                                "is '" + word + "'; supported are "
                                        + Arrays.stream(all).map(text).collect(Collectors.joining(", ")))))
                .orElse(otherwise);
    }
}
