package detangle.models.deberta;

import detangle.ir.Builder;
import detangle.ir.Comparison;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Level;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.Symbols;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Builds the programs of replaced-token detection (He et al. 2023; microsoft's apps/tasks/rtd_task.py). A generator,
 * which is a masked LM with the enhanced mask decoder, draws tokens for masked positions, and a discriminator says of
 * each token whether it is the original.
 *
 * <p>Parameters have the names of checkpoints behind {@code generator.} and {@code discriminator.}. Inputs are
 * {@code input_ids} with masks and {@code attention_mask}, {@code i64[B,S]}, {@code token_type_ids} where the models
 * have types, and {@code masked_rows} with their {@code labels}, the original tokens, {@code i64[N]}. Programs with
 * dropout also read {@link InputNames#DROPOUT_SEED}, and those that draw tokens {@link InputNames#SAMPLING_SEED}.
 *
 * <p>Models are trained by one program, {@link #joint}, or by two that take turns, {@link #generator} and
 * {@link #discriminator}.
 */
public final class ReplacedTokens {
    /** The first part of the names of the generator's parameters. */
    public static final String GENERATOR = "generator";

    /** The first part of the names of the discriminator's parameters. */
    public static final String DISCRIMINATOR = "discriminator";

    /** Output {@code f32[]}: the cross entropy of the masked tokens. */
    public static final String MLM_LOSS = "mlm_loss";

    /** Output {@code f32[]}: the binary cross entropy of all tokens, without its weight in the loss. */
    public static final String RTD_LOSS = "rtd_loss";

    /** Output of an evaluation, {@code f32[N]}: the cross entropy of each masked token. */
    public static final String MLM_LOSSES = "mlm_losses";

    /** Output of an evaluation, {@code i64[N]}: the generator's most probable token of each masked position. */
    public static final String PREDICTIONS = "predictions";

    /** Output of an evaluation, {@code f32[B,S]}: the binary cross entropy of each token, 0 at padding. */
    public static final String RTD_LOSSES = "rtd_losses";

    /** Output of an evaluation, {@code f32[B,S]}: above zero where the discriminator says that a token is replaced. */
    public static final String RTD_LOGITS = "rtd_logits";

    /** Output of an evaluation, {@code f32[B,S]}: 1 where a token is not the original, otherwise 0. */
    public static final String REPLACED = "replaced";

    private final ReplacedTokenConfig config;
    private final ModelOptions options =
            TrainingModelOptions.of(Architecture.MASKED_LM_EMD).model();
    private final Layers layers;
    private final ModelInputs inputs;
    private final Node labels;
    private final TokenSampler sampler;

    private ReplacedTokens(ReplacedTokenConfig config, Dropout dropout, TokenSampler sampler) {
        this.config = config;
        this.sampler = sampler;
        this.layers = Layers.of(new Builder(), dropout);
        this.inputs = ModelInputs.of(layers.builder(), config.generator(), options, false, true);
        this.labels = layers.builder().input(InputNames.LABELS, TensorType.of(DType.I64, Dim.symbol(Symbols.MASKED)));
    }

    /**
     * Builds both models with one loss, {@code mlm + weight * rtd}. Outputs: {@link HeadLosses#LOSS}, {@link #MLM_LOSS}
     * and {@link #RTD_LOSS}.
     *
     * @param weight the weight of the discriminator's loss, the original's {@code rtd_lambda}
     */
    public static Program joint(ReplacedTokenConfig config, double weight, Dropout dropout, TokenSampler sampler) {
        ReplacedTokens models = new ReplacedTokens(config, dropout, sampler);
        Builder b = models.layers.builder();
        Generated generated = models.generated();
        Node ofDiscriminator = models.discriminated(generated).loss();
        Node loss = b.add(generated.loss(), b.mul(b.constant(DType.F32, weight), ofDiscriminator));
        return models.program(List.of(
                new Output(HeadLosses.LOSS, loss),
                new Output(MLM_LOSS, generated.loss()),
                new Output(RTD_LOSS, ofDiscriminator)));
    }

    /**
     * Builds the generator with its loss. Outputs: {@link HeadLosses#LOSS}, the same as {@link #MLM_LOSS}, and
     * {@link InputNames#SAMPLED}, the tokens that it has drawn, {@code i64[N]}.
     */
    public static Program generator(ReplacedTokenConfig config, Dropout dropout, TokenSampler sampler) {
        ReplacedTokens models = new ReplacedTokens(config, dropout, sampler);
        Generated generated = models.generated();
        return models.program(List.of(
                new Output(HeadLosses.LOSS, generated.loss()),
                new Output(MLM_LOSS, generated.loss()),
                new Output(InputNames.SAMPLED, generated.sampled())));
    }

    /**
     * Builds the discriminator with its loss, {@code weight * rtd}. It has one more input, {@link InputNames#SAMPLED},
     * the tokens that the generator has drawn. Outputs: {@link HeadLosses#LOSS} and {@link #RTD_LOSS}.
     *
     * <p>Where tables are shared, it reads the generator's. This program should train no parameter of a generator that
     * its own program trains.
     *
     * @param weight the weight of the discriminator's loss, the original's {@code rtd_lambda}
     */
    public static Program discriminator(ReplacedTokenConfig config, double weight, Dropout dropout) {
        ReplacedTokens models = new ReplacedTokens(config, dropout, TokenSampler.given());
        Builder b = models.layers.builder();
        Node sampled = models.sampler.sample(b, models.labels);
        Node loss = models.discriminated(sampled, models.embeddings()).loss();
        return models.program(List.of(
                new Output(HeadLosses.LOSS, b.mul(b.constant(DType.F32, weight), loss)), new Output(RTD_LOSS, loss)));
    }

    /**
     * Builds both models without dropout. Outputs: {@link #MLM_LOSSES}, {@link #PREDICTIONS}, {@link #RTD_LOSSES},
     * {@link #RTD_LOGITS}, {@link #REPLACED}.
     */
    public static Program evaluation(ReplacedTokenConfig config, TokenSampler sampler) {
        ReplacedTokens models = new ReplacedTokens(config, Dropout.NONE, sampler);
        Builder b = models.layers.builder();
        Generated generated = models.generated();
        Discriminated discriminated = models.discriminated(generated);
        return models.program(List.of(
                new Output(MLM_LOSSES, generated.losses()),
                new Output(PREDICTIONS, largest(b, generated.logits())),
                new Output(RTD_LOSSES, discriminated.losses()),
                new Output(RTD_LOGITS, discriminated.logits()),
                new Output(REPLACED, b.convert(discriminated.replaced(), DType.F32))));
    }

    /**
     * The generator's logits of the masked positions, {@code f32[N,V]}, its losses, its tokens, and the scope of its
     * tables.
     */
    private record Generated(Node logits, Node loss, Node losses, Node sampled, Layers embeddings) {}

    private Generated generated() {
        EncoderOutput encoder =
                EncoderOutput.of(config.generator(), options, layers.scope(GENERATOR), inputs, Optional.empty());
        Node logits = Heads.of(Architecture.MASKED_LM_EMD, config.generator())
                .outputs(encoder)
                .getFirst()
                .node();
        List<Output> losses = HeadLosses.outputs(
                layers.builder(),
                Architecture.MASKED_LM_EMD,
                config.generator(),
                Map.of(OutputNames.LOGITS, logits, InputNames.LABELS, labels),
                LossOptions.DEFAULT);
        Node sampled = sampler.sample(layers.builder(), layers.builder().stopGradient(logits));
        return new Generated(
                logits,
                losses.getFirst().node(),
                losses.getLast().node(),
                sampled,
                encoder.encoder().embeddingLayers());
    }

    /** Returns the scope of the generator's tables in a program that does not run the generator. */
    private Layers embeddings() {
        return layers.scope(GENERATOR).scope("deberta").scope("embeddings");
    }

    /** The discriminator's logits of all positions, {@code f32[B,S]}, its losses, and where tokens are replaced. */
    private record Discriminated(Node logits, Node loss, Node losses, Node replaced) {}

    private Discriminated discriminated(Generated generated) {
        return discriminated(generated.sampled(), generated.embeddings());
    }

    private Discriminated discriminated(Node sampled, Layers tablesOfGenerator) {
        Builder b = layers.builder();
        Node rows = inputs.maskedRows().orElseThrow();
        Node masked = b.reshape(inputs.ids(), inputs.ids().shape().elements());
        Node ids = b.named("replaced_ids", changed(masked, rows, b.sub(sampled, b.gather(masked, rows))));
        Node nothing = b.broadcast(b.constant(DType.I64, 0), masked.shape());
        Node originals = changed(nothing, rows, b.max(labels, b.constant(DType.I64, 0)));
        Layers scope = layers.scope(DISCRIMINATOR);
        SharedTables tables = new SharedTables(
                config.sharing(), tablesOfGenerator, scope.scope("deberta").scope("embeddings"));
        EncoderOutput encoder =
                EncoderOutput.of(config.discriminator(), options, scope, inputs.withIds(ids), Optional.of(tables));
        Node logits = Heads.of(Architecture.REPLACED_TOKEN_DETECTION, config.discriminator())
                .outputs(encoder)
                .getFirst()
                .node();
        List<Output> losses = HeadLosses.outputs(
                b,
                Architecture.REPLACED_TOKEN_DETECTION,
                config.discriminator(),
                Map.of(
                        OutputNames.LOGITS, logits,
                        InputNames.LABELS, originals,
                        InputNames.IDS, ids,
                        InputNames.MASK, inputs.given().get(1)),
                LossOptions.DEFAULT);
        return new Discriminated(
                logits, losses.getFirst().node(), losses.getLast().node(), HeadLosses.isReplaced(b, originals, ids));
    }

    /**
     * Returns whole numbers {@code i64[B,S]}, some of which have changed. They are added up in single precision, in
     * which token ids are exact and for which backends have a kernel.
     *
     * @param numbers the numbers before, {@code i64[B*S]}
     * @param rows the places of those that change, {@code i64[N]}, each once
     * @param changes the differences to add there, {@code i64[N]}
     */
    private Node changed(Node numbers, Node rows, Node changes) {
        Builder b = layers.builder();
        Node sums = b.op(new TensorOp.ScatterAdd(), b.convert(numbers, DType.F32), rows, b.convert(changes, DType.F32));
        return b.reshape(b.convert(sums, DType.I64), inputs.ids().shape());
    }

    /**
     * Returns the place of the largest number of each row of {@code f32[N,V]}, {@code i64[N]}. Among equal ones it is
     * the last.
     */
    private static Node largest(Builder b, Node logits) {
        Node max = b.reduce(ReduceFunction.MAX, logits, 1);
        Node places = b.iota(TensorType.of(DType.I64, Dim.of(1), logits.type().dim(1)), 1);
        Node chosen = b.select(b.compare(Comparison.EQ, logits, max), places, b.constant(DType.I64, 0));
        return b.reshape(b.reduce(ReduceFunction.MAX, chosen, 1), logits.type().dim(0));
    }

    private Program program(List<Output> outputs) {
        List<Node> given = new ArrayList<>(inputs.given());
        given.add(labels);
        Program program = TrainingModel.program(given, outputs);
        Level.MODEL.check(program);
        return program;
    }
}
