package detangle.models.gliner2;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Level;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.TensorType;
import detangle.models.deberta.Head;
import detangle.models.deberta.HiddenActivation;
import detangle.models.deberta.Layers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The programs of a GLiNER2 model. The encoder gives states of tokens; {@link #classes} scores those that mark the
 * labels of a classification. {@link SpanPrograms} and {@link BoundaryPrograms} do the rest. H is the encoder's width.
 */
public final class Gliner2Programs {
    /** The output of {@link #encoder}: states of tokens, {@code f32[B,S,H]}. */
    public static final String TOKENS = "tokens";

    /** States of the tokens that mark groups or labels, {@code f32[N,H]}. */
    public static final String MARKS = "marks";

    /** Logits of labels, {@code f32[N,1]}, or of the numbers of instances, {@code f32[N,20]}. */
    public static final String LOGITS = "logits";

    /** The name of the program {@link #classes}. */
    public static final String CLASSES = "gliner2_classes";

    private Gliner2Programs() {}

    /** Returns the head on the encoder, whose only output is the last states. */
    public static Head encoder() {
        return encoder -> List.of(new Output(TOKENS, encoder.zeroPadding(encoder.lastHiddenState())));
    }

    /** Returns all programs behind the encoder. */
    public static List<Program> all(Gliner2Config config) {
        List<Program> all = new ArrayList<>(List.of(classes(config)));
        all.addAll(
                switch (config.head()) {
                    case SpanHead head -> SpanPrograms.all(config, head);
                    case BoundaryHead head -> BoundaryPrograms.all(config, head);
                });
        return all;
    }

    /** Returns programs with all parameters of a checkpoint, also those on which no answer depends. */
    public static List<Program> whole(Gliner2Config config) {
        List<Program> whole = new ArrayList<>(all(config));
        if (config.head() instanceof BoundaryHead head) {
            for (CandidatePool pool : CandidatePool.values()) {
                whole.addAll(BoundaryPrograms.all(config, head.whole(pool)));
            }
        }
        return whole;
    }

    /** Returns the program from the {@link #MARKS} of a classification's labels to their {@link #LOGITS}. */
    public static Program classes(Gliner2Config config) {
        return logits(CLASSES, "classifier", config, config.head().classifierOutput(), 1);
    }

    static Program logits(String name, String scope, Gliner2Config config, int last, long outputs) {
        Builder b = new Builder();
        long width = config.encoder().hiddenSize();
        Node marks = b.input(MARKS, TensorType.of(DType.F32, Dim.symbol("N"), Dim.of(width)));
        Node logits = mlp(Layers.of(b).scope(scope), marks, width, 2 * width, last, outputs);
        return program(name, List.of(marks), List.of(new Output(LOGITS, logits)));
    }

    /** @param last the number of the second matrix; the first one has the number 0 */
    static Node mlp(Layers layers, Node x, long in, long inner, int last, long out) {
        Node hidden = layers.activation(HiddenActivation.RELU, layers.linear("0", x, in, inner));
        return layers.linear(Integer.toString(last), hidden, inner, out);
    }

    static Program program(String name, List<Node> inputs, List<Output> outputs) {
        Program program = new Program(name, inputs, outputs, Map.of());
        Level.MODEL.check(program);
        return program;
    }
}
