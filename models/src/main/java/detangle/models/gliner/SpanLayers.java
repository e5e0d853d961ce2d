package detangle.models.gliner;

import detangle.ir.Builder;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.ReduceFunction;
import detangle.ir.Shape;
import detangle.models.deberta.HiddenActivation;
import detangle.models.deberta.Layers;
import java.util.List;
import java.util.Optional;

/**
 * Makes vectors of spans from the states of their first and last words, and scores them (gliner/modeling/span_rep.py,
 * SpanMarker, SpanMarkerV0 and TokenMarker; gliner2/layers.py has SpanMarkerV0 too).
 *
 * <p>The matrix after the concatenation of both words is applied to each word alone and the results are added, as it is
 * linear: there are far more spans than words. For the same reason the last matrix is applied to the labels and not to
 * the spans.
 */
public final class SpanLayers {
    private final Layers layers;
    private final int width;
    private final SpanMode mode;

    /**
     * The layers of a scope.
     *
     * @param width of words and of spans, D
     */
    public SpanLayers(Layers layers, int width, SpanMode mode) {
        this.layers = layers;
        this.width = width;
        this.mode = mode;
    }

    /**
     * Returns what the scores and the vectors of spans are computed from.
     *
     * @param words {@code f32[R,D]}
     * @param starts rows of the first words, {@code i64[...]}
     * @param ends rows of the last words, {@code i64[...]}
     * @return {@code f32[...,I]}
     */
    public Node inner(Node words, Node starts, Node ends) {
        Builder b = layers.builder();
        Node sum = b.add(b.gather(ofFirst(words), starts), b.gather(ofLast(words), ends));
        return mode == SpanMode.MARKER_V0 ? relu(sum) : sum;
    }

    /**
     * Returns what words add to the sum in {@link #inner} of spans that they begin, {@code f32[...,I]} of {@code
     * f32[...,D]}.
     */
    Node ofFirst(Node words) {
        return ofFirst(layers, outer(), marker("project_start", words), width, innerWidth());
    }

    /** Writes what {@link #ofFirst(Node)} writes, for spans that the words end. */
    Node ofLast(Node words) {
        return ofSecond(layers, outer(), marker("project_end", words), width, innerWidth());
    }

    private Node marker(String name, Node words) {
        int wide = (mode == SpanMode.MARKER_V0 ? 4 : 2) * width;
        return relu(projection(layers.scope(name), words, width, wide, width));
    }

    /** The matrix over both words. */
    private String outer() {
        return mode == SpanMode.MARKER_V0 ? "out_project.0" : "out_project";
    }

    private long innerWidth() {
        return mode == SpanMode.MARKER_V0 ? 4L * width : width;
    }

    /**
     * {@code linear(name, [a; b])} of rows a of one table and rows b of another.
     *
     * @param width of a row of either table
     */
    static Node linearOfPairs(
            Layers layers, String name, Node as, Node rowsOfA, Node bs, Node rowsOfB, long width, long out) {
        Builder b = layers.builder();
        return b.add(
                b.gather(ofFirst(layers, name, as, width, out), rowsOfA),
                b.gather(ofSecond(layers, name, bs, width, out), rowsOfB));
    }

    /** Returns what the first halves of a concatenation add to a linear layer of it, with its bias. */
    private static Node ofFirst(Layers layers, String name, Node as, long width, long out) {
        Builder b = layers.builder();
        Node matrix = layers.param(name + ".weight", out, 2L * width);
        return b.add(b.dotTransposed(as, b.slice(matrix, 1, 0, width)), layers.param(name + ".bias", out));
    }

    private static Node ofSecond(Layers layers, String name, Node bs, long width, long out) {
        Builder b = layers.builder();
        Node matrix = layers.param(name + ".weight", out, 2L * width);
        return b.dotTransposed(bs, b.slice(matrix, 1, width, 2L * width));
    }

    /**
     * The products of spans and labels, with each layer where the original has it: over the concatenation of both
     * words, and on each span.
     *
     * @param words {@code f32[R,D]}
     * @param starts rows of the first words, {@code i64[...,N]}
     * @param ends rows of the last words, {@code i64[...,N]}
     * @param labels {@code f32[...,C,D]}
     * @return {@code f32[...,N,C]}
     */
    public Node scoresAsWritten(Node words, Node starts, Node ends, Node labels) {
        Builder b = layers.builder();
        Node both = b.concat(
                starts.type().rank(),
                List.of(
                        b.gather(marker("project_start", words), starts),
                        b.gather(marker("project_end", words), ends)));
        Node inner = layers.linear(outer(), both, 2L * width, innerWidth());
        return b.dotTransposed(vectors(mode == SpanMode.MARKER_V0 ? relu(inner) : inner), labels);
    }

    /** The vectors of spans, {@code f32[...,D]} of {@code f32[...,I]}. */
    Node vectors(Node inner) {
        return mode == SpanMode.MARKER_V0 ? layers.linear("out_project.3", inner, 4L * width, width) : inner;
    }

    /**
     * The products of spans and labels.
     *
     * @param inner {@code f32[...,N,I]}, as {@link #inner} makes it
     * @param labels {@code f32[...,C,D]}
     * @return {@code f32[...,N,C]}
     */
    public Node scores(Node inner, Node labels) {
        return mode == SpanMode.MARKER_V0
                ? productOfLinear(layers, "out_project.3", inner, 4L * width, width, labels)
                : layers.builder().dotTransposed(inner, labels);
    }

    /** Returns what the inner vectors of spans are multiplied with for the score of each label, {@code f32[B,C,I]}. */
    Node innerOfLabels(Node labels) {
        return mode == SpanMode.MARKER_V0
                ? layers.builder().dot(labels, layers.param("out_project.3.weight", width, 4L * width))
                : labels;
    }

    /** Returns what is added to the score of each label, {@code f32[B,C]}; nothing if it is empty. */
    Optional<Node> constants(Node labels) {
        if (mode == SpanMode.MARKER) {
            return Optional.empty();
        }
        Builder b = layers.builder();
        Node products = b.mul(labels, layers.param("out_project.3.bias", width));
        return Optional.of(b.reshape(
                b.reduce(ReduceFunction.SUM, products, -1), labels.shape().sub(0, 2)));
    }

    /**
     * The products of {@code linear(name, x)} and other vectors, where the matrix is applied to the others.
     *
     * @param x {@code f32[...,N,in]}
     * @param others {@code f32[...,C,out]}
     * @return {@code f32[...,N,C]}
     */
    static Node productOfLinear(Layers layers, String name, Node x, long in, long out, Node others) {
        Builder b = layers.builder();
        Node product = b.dotTransposed(x, b.dot(others, layers.param(name + ".weight", out, in)));
        Node constant = b.reduce(ReduceFunction.SUM, b.mul(others, layers.param(name + ".bias", out)), -1);
        int outer = others.type().rank() - 2;
        Shape asRow = others.shape()
                .sub(0, outer)
                .concat(Shape.of(Dim.of(1), others.type().dim(outer)));
        return b.add(product, b.reshape(constant, asRow));
    }

    /** Two matrices with a ReLU between them, as create_projection_layer of gliner/modeling/layers.py makes them. */
    static Node projection(Layers layers, Node x, long in, long inner, long out) {
        Node wide = layers.activation(HiddenActivation.RELU, layers.linear("0", x, in, inner));
        return layers.linear("3", wide, inner, out);
    }

    private Node relu(Node x) {
        return layers.activation(HiddenActivation.RELU, x);
    }

    /** {@code [B,W,D]} as {@code [B*W,D]}. */
    static Node rows(Builder b, Node words) {
        List<Dim> dims = words.shape().dims();
        return b.reshape(words, Shape.of(dims.get(0).times(dims.get(1)), dims.get(2)));
    }
}
