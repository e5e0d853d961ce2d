package detangle.models.bertscore;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Level;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.TensorType;
import detangle.ir.UnaryFunction;
import detangle.models.deberta.Head;
import java.util.List;
import java.util.Map;

/**
 * The two programs of BERTScore (bert_score/utils.py, greedy_cos_idf): states of length 1, and the most alike tokens of
 * two texts.
 */
public final class BertScoreModel {
    /** Inputs of {@link #similarity}. */
    public static final String CANDIDATE = "candidate";

    public static final String REFERENCE = "reference";

    /** Outputs of {@link #similarity}. */
    public static final String PRECISION = "precision";

    public static final String RECALL = "recall";

    private BertScoreModel() {}

    /** Returns the output of {@link #states} for a layer. */
    public static String states(int layer) {
        return "states." + layer;
    }

    /**
     * Outputs the states of each token in some layers, divided by their lengths: {@code f32[B,S,H]} for each.
     *
     * @param layers numbers of layers from 1, or 0 for the embeddings
     */
    public static Head states(List<Integer> layers) {
        return encoder -> {
            Builder b = encoder.builder();
            return layers.stream()
                    .map(layer -> {
                        Node x = encoder.hiddenStates().get(layer);
                        Node squares = b.reduce(ReduceFunction.SUM, b.mul(x, x), -1);
                        Node unit = b.div(x, b.unary(UnaryFunction.SQRT, squares));
                        return new Output(states(layer), encoder.zeroPadding(unit));
                    })
                    .toList();
        };
    }

    /**
     * Compares the tokens of two texts. Inputs: {@link #CANDIDATE} {@code f32[A,H]} and {@link #REFERENCE} {@code
     * f32[B,H]}, states of length 1. Outputs: {@link #PRECISION} {@code f32[A]}, how alike each token of the candidate
     * is to the most alike one of the reference, and {@link #RECALL} {@code f32[B]}, the reverse; a token that is
     * unlike all others has 0.
     */
    public static Program similarity(int width) {
        Builder b = new Builder();
        Dim candidates = Dim.symbol("A");
        Dim references = Dim.symbol("B");
        Node candidate = b.input(CANDIDATE, TensorType.of(DType.F32, candidates, Dim.of(width)));
        Node reference = b.input(REFERENCE, TensorType.of(DType.F32, references, Dim.of(width)));
        // The original multiplies cosines with a mask, so that a token that is like no other counts 0 beside longer
        // texts.
        Node cosines = b.max(b.dotTransposed(candidate, reference), b.constant(DType.F32, 0));
        Program program = new Program(
                "bertscore_similarity",
                List.of(candidate, reference),
                List.of(
                        new Output(PRECISION, b.reshape(b.reduce(ReduceFunction.MAX, cosines, 1), candidates)),
                        new Output(RECALL, b.reshape(b.reduce(ReduceFunction.MAX, cosines, 0), references))),
                Map.of());
        Level.MODEL.check(program);
        return program;
    }
}
