package detangle.models.gliner;

import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Level;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Shape;
import detangle.ir.TensorType;
import detangle.models.deberta.HiddenActivation;
import detangle.models.deberta.Layers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The programs that score words and spans against labels. B texts are scored at once; W, N and C are the largest
 * numbers of words, spans and labels that one of them has. Each score depends on its own words and its own label alone,
 * so padding changes nothing.
 */
public final class GlinerPrograms {
    /** Inputs: the vectors of words {@code f32[B,W,D]}, and those of labels {@code f32[B,C,D]}. */
    public static final String WORDS = "words";

    public static final String LABELS = "labels";

    /** Inputs: the first and the last word of each span, {@code i64[B,N]}: word w of text b is b*W+w. */
    public static final String STARTS = "starts";

    public static final String ENDS = "ends";

    /**
     * Outputs of {@link #entities}: vectors of entities, and their products with each other, whose sigmoids are
     * probabilities.
     */
    public static final String ENTITIES = "entities";

    public static final String ADJACENCY = "adjacency";

    /** Inputs of {@link #pairs}: the first and the second entity of each pair. */
    public static final String HEADS = "heads";

    public static final String TAILS = "tails";

    /** Inputs and outputs of {@link #fused}. */
    public static final String WORD_MASK = "word_mask";

    public static final String LABEL_MASK = "label_mask";
    public static final String FUSED_WORDS = "fused_words";
    public static final String FUSED_LABELS = "fused_labels";

    /** Outputs of {@link #spanParts}. */
    public static final String FIRST = "first";

    public static final String LAST = "last";
    public static final String LABELS_INNER = "labels_inner";
    public static final String LABELS_CONSTANT = "labels_constant";

    /** The output: logits, {@code f32[B,N,C]} of spans, {@code f32[B,W,C,3]} of words. */
    public static final String SCORES = "scores";

    /**
     * The logits of a word and a label in {@link #tokens}: that the word is the first, the last, and any of an
     * entity's.
     */
    public static final int START = 0;

    public static final int END = 1;
    public static final int INSIDE = 2;

    private static final Dim BATCH = Dim.symbol("B");

    private GlinerPrograms() {}

    /** All that a model of this kind is scored with. */
    public static List<Program> all(GlinerConfig config) {
        List<Program> all = new ArrayList<>(
                switch (config.scoring()) {
                    case Scoring.Spans _ -> List.of(spans(config), spanParts(config));
                    case Scoring.Tokens _ -> List.of(tokens(config));
                    case Scoring.RepresentedSpans _ -> List.of(tokens(config), spans(config), spanParts(config));
                });
        config.fusion().ifPresent(fusion -> all.add(fused(config, fusion)));
        config.relations().ifPresent(relations -> {
            all.add(entities(config, relations));
            all.add(pairs(config, relations));
        });
        return all;
    }

    /** The program from {@link #WORDS}, {@link #STARTS}, {@link #ENDS} and {@link #LABELS} to the scores of spans. */
    public static Program spans(GlinerConfig config) {
        return spans(
                config,
                (layers, words, starts, ends, labels) -> layers.scores(layers.inner(words, starts, ends), labels));
    }

    /**
     * Writes {@link #spans} with each layer where the original has it. The scores are the same, for many times the
     * arithmetic; a measurement of both says what is saved.
     */
    public static Program spansAsWritten(GlinerConfig config) {
        return spans(config, SpanLayers::scoresAsWritten);
    }

    /** Computes the scores of spans. */
    @FunctionalInterface
    private interface SpanScores {
        Node of(SpanLayers layers, Node words, Node starts, Node ends, Node labels);
    }

    private static Program spans(GlinerConfig config, SpanScores scores) {
        Builder b = new Builder();
        int width = config.hiddenSize();
        Node words = words(b, width);
        Node starts = b.input(STARTS, TensorType.of(DType.I64, BATCH, Dim.symbol("N")));
        Node ends = b.input(ENDS, TensorType.of(DType.I64, BATCH, Dim.symbol("N")));
        Node labels = labels(b, width);
        Layers layers = Layers.of(b);
        SpanLayers spans = spanLayers(config, layers);
        Node all = scores.of(spans, SpanLayers.rows(b, words), starts, ends, projected(config, layers, labels));
        return program("gliner_spans", List.of(words, starts, ends, labels), List.of(new Output(SCORES, all)));
    }

    /**
     * The program from {@link #WORDS} and {@link #LABELS} to what the scores of all spans follow from without a
     * matrix: {@link #FIRST} and {@link #LAST} {@code f32[B,W,I]}, what a word adds to the inner vector of a span that
     * it begins or ends; {@link #LABELS_INNER} {@code f32[B,C,I]} and {@link #LABELS_CONSTANT} {@code f32[B,C]}, which
     * a label's score is the product with and the sum with; the last is absent where nothing is added.
     */
    public static Program spanParts(GlinerConfig config) {
        Builder b = new Builder();
        int width = config.hiddenSize();
        Node words = words(b, width);
        Node labels = labels(b, width);
        Layers layers = Layers.of(b);
        SpanLayers spans = spanLayers(config, layers);
        Node projected = projected(config, layers, labels);
        List<Output> outputs = new ArrayList<>(List.of(
                new Output(FIRST, spans.ofFirst(words)),
                new Output(LAST, spans.ofLast(words)),
                new Output(LABELS_INNER, spans.innerOfLabels(projected))));
        spans.constants(projected).ifPresent(constants -> outputs.add(new Output(LABELS_CONSTANT, constants)));
        return program("gliner_span_parts", List.of(words, labels), outputs);
    }

    private static SpanLayers spanLayers(GlinerConfig config, Layers top) {
        return new SpanLayers(top.scope("span_rep_layer.span_rep_layer"), config.hiddenSize(), mode(config.scoring()));
    }

    /** Returns whether the inner vector of a span has its negative numbers cut off, in {@link #spanParts}. */
    public static boolean cutsInner(GlinerConfig config) {
        return mode(config.scoring()) == SpanMode.MARKER_V0;
    }

    /** The kind of the layers that make vectors of spans. */
    private static SpanMode mode(Scoring scoring) {
        return switch (scoring) {
            case Scoring.Spans(SpanMode mode) -> mode;
            // TokenMarker has the layers of markerV0 (gliner/modeling/span_rep.py).
            case Scoring.Tokens _, Scoring.RepresentedSpans _ -> SpanMode.MARKER_V0;
        };
    }

    /**
     * Labels as they are compared with: span models and those with relations project them, other token models do not
     * (gliner/modeling/base.py).
     */
    private static Node projected(GlinerConfig config, Layers layers, Node labels) {
        int width = config.hiddenSize();
        boolean projects = switch (config.scoring()) {
            case Scoring.Spans _ -> true;
            case Scoring.Tokens _, Scoring.RepresentedSpans _ ->
                config.relations().isPresent();
        };
        return projects
                ? SpanLayers.projection(layers.scope("prompt_rep_layer"), labels, width, 4L * width, width)
                : labels;
    }

    /**
     * The program from {@link #WORDS} and {@link #LABELS} to the scores of words (gliner/modeling/scorers.py). The
     * matrix of {@code out_mlp.0} is applied to its three operands apart, as two of them are the same for many words or
     * many labels.
     */
    public static Program tokens(GlinerConfig config) {
        Builder b = new Builder();
        int width = config.hiddenSize();
        Node words = words(b, width);
        Node labels = labels(b, width);
        Layers top = Layers.of(b);
        Layers scorer = top.scope("scorer");
        Node word = scorer.linear("proj_token", words, width, 2L * width);
        Node label = scorer.linear("proj_label", projected(config, top, labels), width, 2L * width);
        long inner = 4L * width;
        Node matrix = scorer.param("out_mlp.0.weight", inner, 3L * width);
        Node ofWord = b.add(
                b.dotTransposed(b.slice(word, 2, 0, width), b.slice(matrix, 1, 0, width)),
                scorer.param("out_mlp.0.bias", inner));
        Node ofLabel = b.dotTransposed(b.slice(label, 2, 0, width), b.slice(matrix, 1, width, 2L * width));
        Node product = b.mul(
                perWord(b, b.slice(word, 2, width, 2L * width)), perLabel(b, b.slice(label, 2, width, 2L * width)));
        Node ofBoth = b.dotTransposed(product, b.slice(matrix, 1, 2L * width, 3L * width));
        Node sum = b.add(ofBoth, b.add(perWord(b, ofWord), perLabel(b, ofLabel)));
        Node scores = scorer.linear("out_mlp.3", scorer.activation(HiddenActivation.RELU, sum), inner, 3);
        return program("gliner_tokens", List.of(words, labels), List.of(new Output(SCORES, scores)));
    }

    /**
     * The program in which words and labels see each other. Inputs: {@link #WORDS} and {@link #LABELS}, and {@link
     * #WORD_MASK} {@code i64[B,W]} and {@link #LABEL_MASK} {@code i64[B,C]}, which are 1 where a text has a word or a
     * label. Outputs: {@link #FUSED_WORDS} and {@link #FUSED_LABELS}, of the same shapes; what stands at padding is not
     * said.
     */
    public static Program fused(GlinerConfig config, CrossFusion fusion) {
        Builder b = new Builder();
        int width = config.hiddenSize();
        Node words = words(b, width);
        Node labels = labels(b, width);
        Node wordMask = b.input(WORD_MASK, TensorType.of(DType.I64, BATCH, Dim.symbol("W")));
        Node labelMask = b.input(LABEL_MASK, TensorType.of(DType.I64, BATCH, Dim.symbol("C")));
        List<Node> fused = new CrossFusionLayers(fusion, Layers.of(b), width)
                .fused(
                        new CrossFusionLayers.Sequence(words, ofHeads(b, wordMask)),
                        new CrossFusionLayers.Sequence(labels, ofHeads(b, labelMask)));
        return program(
                "gliner_fused",
                List.of(words, labels, wordMask, labelMask),
                List.of(new Output(FUSED_WORDS, fused.get(0)), new Output(FUSED_LABELS, fused.get(1))));
    }

    /** {@code i64[B,N]} as {@code i1[B,1,1,N]}. */
    private static Node ofHeads(Builder b, Node mask) {
        Node truths = b.compare(Comparison.NE, mask, b.constant(DType.I64, 0));
        return b.reshape(truths, BATCH, Dim.of(1), Dim.of(1), mask.type().dim(1));
    }

    /**
     * The program that makes vectors of a text's entities. Inputs: {@link #WORDS} {@code f32[W,D]}, {@link #STARTS} and
     * {@link #ENDS} {@code i64[E]}. Outputs: {@link #ENTITIES} {@code f32[E,D]}, and {@link #ADJACENCY} {@code
     * f32[E,E]} if the model tells by their products which of them are related.
     */
    public static Program entities(GlinerConfig config, Relations relations) {
        Builder b = new Builder();
        int width = config.hiddenSize();
        Dim count = Dim.symbol("E");
        Node words = b.input(WORDS, TensorType.of(DType.F32, Dim.symbol("W"), Dim.of(width)));
        Node starts = b.input(STARTS, TensorType.of(DType.I64, count));
        Node ends = b.input(ENDS, TensorType.of(DType.I64, count));
        SpanLayers spans = spanLayers(config, Layers.of(b));
        Node entities = spans.vectors(spans.inner(words, starts, ends));
        List<Output> outputs = new ArrayList<>(List.of(new Output(ENTITIES, entities)));
        switch (relations.pairs()) {
            case ALL -> {}
            case DOT -> outputs.add(new Output(ADJACENCY, b.dotTransposed(entities, entities)));
        }
        return program("gliner_entities", List.of(words, starts, ends), outputs);
    }

    /**
     * The program that scores pairs of entities against relations. Inputs: {@link #ENTITIES} {@code f32[E,D]}, {@link
     * #HEADS} and {@link #TAILS} {@code i64[P]}, the entities of each pair, and {@link #LABELS} {@code f32[R,D]}, the
     * vectors of relations. Output: {@link #SCORES} {@code f32[P,R]}.
     */
    public static Program pairs(GlinerConfig config, Relations relations) {
        Builder b = new Builder();
        int width = config.hiddenSize();
        Dim count = Dim.symbol("P");
        Node entities = b.input(ENTITIES, TensorType.of(DType.F32, Dim.symbol("E"), Dim.of(width)));
        Node heads = b.input(HEADS, TensorType.of(DType.I64, count));
        Node tails = b.input(TAILS, TensorType.of(DType.I64, count));
        Node labels = b.input(LABELS, TensorType.of(DType.F32, Dim.symbol("R"), Dim.of(width)));
        Node scores = switch (relations.scoring()) {
            case CONCATENATION -> {
                Layers pair = Layers.of(b).scope("pair_rep_layer");
                long inner = 4L * width;
                Node both = SpanLayers.linearOfPairs(pair, "0", entities, heads, entities, tails, width, inner);
                Node wide = pair.activation(HiddenActivation.RELU, both);
                yield SpanLayers.productOfLinear(pair, "3", wide, inner, width, labels);
            }
            case DIST_MULT -> b.dotTransposed(b.mul(b.gather(entities, heads), b.gather(entities, tails)), labels);
        };
        return program("gliner_pairs", List.of(entities, heads, tails, labels), List.of(new Output(SCORES, scores)));
    }

    /** {@code [B,W,X]} as {@code [B,W,1,X]}. */
    private static Node perWord(Builder b, Node x) {
        return b.reshape(x, new Shape(with(x.shape().dims(), 2)));
    }

    /** {@code [B,C,X]} as {@code [B,1,C,X]}. */
    private static Node perLabel(Builder b, Node x) {
        return b.reshape(x, new Shape(with(x.shape().dims(), 1)));
    }

    private static List<Dim> with(List<Dim> dims, int axis) {
        List<Dim> all = new ArrayList<>(dims);
        all.add(axis, Dim.of(1));
        return all;
    }

    private static Node words(Builder b, int width) {
        return b.input(WORDS, TensorType.of(DType.F32, BATCH, Dim.symbol("W"), Dim.of(width)));
    }

    private static Node labels(Builder b, int width) {
        return b.input(LABELS, TensorType.of(DType.F32, BATCH, Dim.symbol("C"), Dim.of(width)));
    }

    private static Program program(String name, List<Node> inputs, List<Output> outputs) {
        Program program = new Program(name, inputs, outputs, Map.of());
        Level.MODEL.check(program);
        return program;
    }
}
