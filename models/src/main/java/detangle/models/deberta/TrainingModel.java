package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Level;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.Shape;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;

/**
 * Builds a model with its loss as one tensor-level program, ready to be differentiated.
 *
 * <p>Inputs: those of {@link DebertaModel#build(DebertaConfig, Architecture, ModelOptions)}, labels,
 * {@link InputNames#LOSS_DIVISOR} if the options ask for it, and the other inputs of the loss and the dropout, among
 * them {@link InputNames#DROPOUT_SEED}. Outputs: {@link HeadLosses#LOSS}, {@code f32[]}, and those of the head. With
 * SiFT there are the inputs and outputs of {@link SiftNames} too.
 */
public final class TrainingModel {
    private TrainingModel() {}

    /**
     * Returns a model with one of the published heads and its loss. Labels are
     * <ul>
     * <li>sequence classification: {@code labels i64[B]}, below 0 where a row does not count; {@code f32[B,L]} for
     *     regression, for several labels at once and for soft labels;
     * <li>token classification: {@code labels i64[B,S]}, -100 where a position does not count; padding never counts;
     * <li>question answering: {@code start_positions} and {@code end_positions}, {@code i64[B]};
     * <li>multiple choice: {@code labels i64[B]};
     * <li>masked LM: {@code labels i64[N]}, those of the {@code masked_rows}; without masked rows {@code i64[B,S]}. The
     *     label -100 does not count, and with the enhanced mask decoder 0 and what is below do not;
     * <li>replaced-token detection: {@code labels i64[B,S]}, the original token where one may have been replaced, and 0
     *     elsewhere.
     * </ul>
     *
     * @throws ConfigException if the configuration asks for something that cannot be built
     * @throws LossException if the head is trained for nothing, or the loss does not know what the options ask for
     */
    public static Program build(DebertaConfig config, Architecture head, TrainingModelOptions options) {
        RandomNumbers numbers = new RandomNumbers();
        return build(config, head, options, options.dropout() ? numbers.dropout() : Dropout.NONE, numbers.noise());
    }

    /**
     * Builds what {@link #build(DebertaConfig, Architecture, TrainingModelOptions)} builds, with a dropout of one's
     * own.
     */
    public static Program build(
            DebertaConfig config, Architecture head, TrainingModelOptions options, Dropout dropout) {
        return build(config, head, options, dropout, SiftNoise.random());
    }

    /**
     * Builds a model, as {@link #build(DebertaConfig, Architecture, TrainingModelOptions)} does, with the caller's
     * dropout and noise.
     */
    public static Program build(
            DebertaConfig config, Architecture head, TrainingModelOptions options, Dropout dropout, SiftNoise noise) {
        if (head == Architecture.ENCODER) {
            throw new LossException("the head encoder is trained for nothing: choose the head of a task");
        }
        Optional<SiftModel> sift = options.sift().map(asked -> new SiftModel(asked, noise, head, config));
        ModelOptions model = options.model();
        EncoderOutput encoder = EncoderOutput.of(
                dropping(config, options),
                model,
                head == Architecture.MULTIPLE_CHOICE,
                DebertaModel.hasMaskedRows(head, model),
                dropout,
                EmbeddingRules.withNormInput(
                        sum -> sift.map(s -> s.normalised(sum)).orElse(sum)));
        Builder b = encoder.builder();
        List<Output> outputs = Heads.of(head, config).outputs(encoder);
        SequencedMap<String, Node> values = byName(outputs);
        boolean perClass = head == Architecture.SEQUENCE_CLASSIFICATION
                && (options.softLabels() || config.problemType() != ProblemType.SINGLE_LABEL_CLASSIFICATION);
        SequencedMap<String, Node> labels = HeadLosses.labels(b, head, values, perClass);
        if (options.lossDivisor()) {
            labels.put(
                    InputNames.LOSS_DIVISOR, b.input(InputNames.LOSS_DIVISOR, new TensorType(DType.F32, Shape.SCALAR)));
        }
        values.putAll(labels);
        values.put(InputNames.IDS, encoder.inputIds());
        // HuggingFace's loss of answers reads padding, and that of each other head gives labels there no weight.
        if (head != Architecture.QUESTION_ANSWERING || options.answersAtTokens()) {
            values.put(InputNames.MASK, mask(encoder));
        }
        Node loss = HeadLosses.outputs(b, head, config, values, options.loss())
                .getFirst()
                .node();
        Node answers = outputs.getLast().node();
        Function<Node, Node> perturbed =
                x -> Heads.of(head, config).outputs(encoder.again(x)).getLast().node();
        List<Output> losses = sift.map(s ->
                        s.outputs(loss, answers, perturbed, Optional.ofNullable(labels.get(InputNames.LOSS_DIVISOR))))
                .orElse(List.of(new Output(HeadLosses.LOSS, loss)));
        return program(encoder, List.copyOf(labels.values()), losses, outputs);
    }

    /**
     * Builds a model with a head and a loss that the caller has written. Options of losses do not apply.
     *
     * @throws detangle.ir.IrException if head or loss are not written in primitives
     * @throws LossException if the loss is not {@code f32[]}, or the options ask for SiFT
     */
    public static Program build(DebertaConfig config, Head head, HeadLoss loss, TrainingModelOptions options) {
        if (options.sift().isPresent()) {
            throw new LossException("SiFT (vat_lambda) is for the published heads of texts, and this model has a loss"
                    + " of its own: leave it out");
        }
        EncoderOutput encoder = EncoderOutput.of(
                dropping(config, options),
                options.model(),
                false,
                options.model().maskedRows(),
                options.dropout() ? Dropout.random() : Dropout.NONE,
                EmbeddingRules.of(head));
        List<Output> outputs = head.outputs(encoder);
        Node ofBatch = loss.loss(encoder, byName(outputs));
        return program(encoder, List.of(), List.of(new Output(HeadLosses.LOSS, ofBatch)), outputs);
    }

    private static DebertaConfig dropping(DebertaConfig config, TrainingModelOptions options) {
        DropoutRates rates = options.dropoutRates().orElse(config.dropout());
        for (double rate : new double[] {rates.hidden(), rates.attention(), rates.pooler(), rates.classifier()}) {
            if (!(rate >= 0 && rate < 1)) {
                throw new LossException("a rate of dropout is " + rate + "; it must be at least 0 and below 1");
            }
        }
        return config.withDropout(rates);
    }

    /** {@code i64[B,S]}, 0 at padding. */
    private static Node mask(EncoderOutput encoder) {
        ModelInputs inputs = encoder.inputs();
        Node given = inputs.given().get(1);
        Shape tokens = Shape.of(inputs.batch(), inputs.length());
        Builder b = encoder.builder();
        return given.shape().equals(tokens) ? given : b.convert(b.reshape(inputs.rowMask(), tokens), DType.I64);
    }

    private static SequencedMap<String, Node> byName(List<Output> outputs) {
        SequencedMap<String, Node> nodes = new LinkedHashMap<>();
        outputs.forEach(output -> nodes.put(output.name(), output.node()));
        return nodes;
    }

    private static Program program(EncoderOutput encoder, List<Node> labels, List<Output> losses, List<Output> ofHead) {
        Node loss = losses.getFirst().node();
        if (!loss.type().equals(new TensorType(DType.F32, Shape.SCALAR))) {
            throw new LossException("the loss is " + loss.type() + "; it must be one number, f32[]");
        }
        List<Output> outputs = new ArrayList<>(losses);
        outputs.addAll(ofHead);
        List<Node> inputs = new ArrayList<>(encoder.inputs().given());
        inputs.addAll(labels);
        return program(inputs, outputs);
    }

    /**
     * Makes a program of a model's inputs and outputs, with or without a loss.
     *
     * @param given the inputs that come first; those that a caller's head or loss has made, those of the dropout and
     *     those of SiFT follow
     */
    static Program program(List<Node> given, List<Output> outputs) {
        List<Node> inputs = new ArrayList<>(given);
        for (Node node : new Program("deberta", inputs, outputs, Map.of()).nodes()) {
            if (node.op() instanceof TensorOp.Input && inputs.stream().noneMatch(input -> input == node)) {
                inputs.add(node);
            }
        }
        Program program = new Program("deberta", inputs, outputs, Map.of());
        Level.MODEL.check(program);
        return program;
    }
}
