package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.compiler.Compiler;
import detangle.compiler.PackedInputs;
import detangle.compiler.Passes;
import detangle.compiler.gradient.Gradients;
import detangle.experiment.head.EntityChoice;
import detangle.experiment.head.WordClasses;
import detangle.experiment.head.WordPair;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Dim;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.Program.Output;
import detangle.ir.ReduceFunction;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Dropout;
import detangle.models.deberta.Head;
import detangle.models.deberta.HeadLoss;
import detangle.models.deberta.HeadLosses;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.Losses;
import detangle.models.deberta.RandomWeights;
import detangle.models.deberta.TrainingModel;
import detangle.models.deberta.TrainingModelOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Training of packed tokens gives the loss and the gradients of training with padding. */
class PackedTrainingTest {
    private static final double TOLERANCE = 1e-9;

    /** The loss and the gradient of each parameter, by name. */
    private static Map<String, Tensor> gradients(
            Program model, boolean packed, Map<String, Tensor> batch, Map<String, Tensor> weights) {
        Program forward = Compiler.run(model, Passes.training(packed), (pass, p) -> {});
        assertEquals(packed, PackedInputs.of(forward).isPresent());
        SequencedSet<String> parameters = new LinkedHashSet<>();
        forward.nodes().forEach(node -> {
            if (node.op() instanceof TensorOp.Param(String name, TensorType type)) {
                parameters.add(name);
            }
        });
        List<Output> outputs = new ArrayList<>();
        outputs.add(new Output(HeadLosses.LOSS, forward.output(HeadLosses.LOSS)));
        Gradients.of(forward, HeadLosses.LOSS, parameters)
                .forEach((name, gradient) -> outputs.add(new Output(name, gradient)));
        Program program = new Program("gradients", forward.inputs(), outputs, forward.constants());
        return new Interpreter(Precision.F64)
                .run(program, TrainingFixture.inputs(program, batch), weights)
                .outputs();
    }

    private static void same(Program model, Map<String, Tensor> batch, Map<String, Tensor> weights) {
        Map<String, Tensor> padded = gradients(model, false, batch, weights);
        Map<String, Tensor> packed = gradients(model, true, batch, weights);
        assertTrue(padded.size() > 20, "gradients of all parameters");
        padded.forEach((name, expected) -> {
            for (int i = 0; i < expected.elements(); i++) {
                assertEquals(expected.getDouble(i), packed.get(name).getDouble(i), TOLERANCE, name + " at " + i);
            }
        });
    }

    private static void same(TrainingFixture fixture, Program model, Map<String, Tensor> more) {
        Map<String, Tensor> batch = new HashMap<>(fixture.inputs(0).getFirst());
        batch.putAll(more);
        same(model, batch, fixture.parameters(model));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "seqcls-v1-microsoft",
                "seqcls-v3-hf-classweights",
                "tokcls-v2conv",
                "multichoice-v3",
                "mlm-hf",
                "mlm-emd-v2"
            })
    void lossAndGradients(String name) {
        TrainingFixture fixture = TrainingFixture.named(name);
        same(fixture, fixture.program(), Map.of());
    }

    @Test
    void smoothedLabelsAndADivisor() {
        TrainingFixture fixture = TrainingFixture.named("tokcls-v2conv");
        TrainingModelOptions options = fixture.options().withLabelSmoothing(.1).withLossDivisor(true);
        same(fixture, fixture.program(options), Map.of("loss_divisor", Tensor.of(new float[] {7})));
    }

    /** Each token is told from one that a generator has put in its place. */
    @Test
    void replacedTokens() {
        TrainingFixture fixture = TrainingFixture.named("seqcls-v3-hf");
        Architecture head = Architecture.REPLACED_TOKEN_DETECTION;
        Program model = TrainingModel.build(
                fixture.config(), head, TrainingModelOptions.of(head).withDropout(false));
        Map<String, Tensor> batch = new HashMap<>(fixture.inputs(0).getFirst());
        Tensor ids = batch.get(InputNames.IDS);
        long[] originals = ids.toLongs();
        for (int i = 1; i < originals.length; i += 3) {
            originals[i] = (originals[i] + 1) % fixture.config().vocabSize();
        }
        batch.put(InputNames.LABELS, Tensor.of(originals, ids.shape()));
        same(model, batch, RandomWeights.of(model));
    }

    /** Answers are looked for at tokens alone here; HuggingFace's loss reads padding, so that it is not packed. */
    @Test
    void answers() {
        TrainingFixture fixture = TrainingFixture.named("qa-v3-padded");
        TrainingModelOptions options = fixture.options();
        Program everywhere = fixture.program(options);
        assertTrue(PackedInputs.of(Compiler.run(everywhere, Passes.training(true), (pass, p) -> {}))
                .isEmpty());
        same(fixture, fixture.program(options.withAnswersAtTokens(true)), Map.of());
    }

    /**
     * The given masks are packed as tokens are. Masks of attention's probabilities have no rows of tokens and are left
     * out.
     */
    @ParameterizedTest
    @MethodSource("detangle.conformance.TrainingFixture#withMasks")
    void underDropout(String name) {
        TrainingFixture fixture = TrainingFixture.named(name);
        Dropout masks = TrainingFixture.byMasks();
        Dropout outsideAttention =
                (b, place, rate, x) -> place.endsWith("self.dropout#0") ? x : masks.apply(b, place, rate, x);
        Program model = fixture.program(outsideAttention);
        same(fixture, model, new HashMap<>(fixture.masks()));
    }

    /** Named entities of the original's tasks: no label of padding counts. */
    @Test
    void classesOfWords() {
        TrainingFixture fixture = TrainingFixture.named("seqcls-v3-hf");
        WordClasses head = new WordClasses(9);
        Program model =
                TrainingModel.build(fixture.config(), head, head, TrainingModelOptions.DEFAULT.withDropout(false));
        Map<String, Tensor> batch = new HashMap<>(fixture.inputs(0).getFirst());
        long[] labels = batch.get(InputNames.IDS).toLongs();
        for (int i = 0; i < labels.length; i++) {
            labels[i] = i % 10 - 1;
        }
        batch.put(InputNames.LABELS, Tensor.of(labels, batch.get(InputNames.IDS).shape()));
        same(model, batch, RandomWeights.of(model));
    }

    /** Marked spans are read by positions in the padded batch, with each row of states as it stands there. */
    @Test
    void markedSpans() {
        TrainingFixture fixture = TrainingFixture.named("seqcls-v3-hf");
        Map<String, Tensor> batch = new HashMap<>(fixture.inputs(0).getFirst());
        int rows = Math.toIntExact(batch.get(InputNames.IDS).dim(0));
        long[] starts = new long[2 * rows];
        long[] ends = new long[2 * rows];
        for (int i = 0; i < starts.length; i++) {
            starts[i] = 1;
            ends[i] = 2 + i % 2;
        }
        batch.put("span_starts", Tensor.of(starts, rows, 2));
        batch.put("span_ends", Tensor.of(ends, rows, 2));
        for (Record head : List.of(new EntityChoice(), new WordPair(2))) {
            int width = head instanceof EntityChoice ? 2 : 1;
            batch.put(InputNames.LABELS, Tensor.of(new long[rows * width], rows, width));
            Program model = TrainingModel.build(
                    fixture.config(), (Head) head, (HeadLoss) head, TrainingModelOptions.DEFAULT.withDropout(false));
            same(model, batch, RandomWeights.of(model));
        }
    }

    /** The mean of a text's tokens, and how far a number is from the one that is wanted. */
    @Test
    void aHeadOfOnesOwn() {
        TrainingFixture fixture = TrainingFixture.named("seqcls-v3-hf");
        Head head = encoder -> {
            Builder b = encoder.builder();
            Node tokens = b.convert(encoder.tokenMask(), DType.F32);
            Node sum = b.reduce(ReduceFunction.SUM, encoder.zeroPadding(encoder.lastHiddenState()), 1);
            Node mean = b.div(sum, b.reduce(ReduceFunction.SUM, tokens, 1));
            int hidden = encoder.config().hiddenSize();
            return List.of(new Output("score", encoder.layers().linear("scorer", mean, hidden, 1)));
        };
        HeadLoss loss = (encoder, outputs) -> {
            Builder b = encoder.builder();
            Node wanted = b.input("wanted", TensorType.of(DType.F32, encoder.batch(), Dim.of(1), Dim.of(1)));
            return Losses.mean(b, Losses.squaredErrors(b, outputs.get("score"), wanted));
        };
        Program model =
                TrainingModel.build(fixture.config(), head, loss, TrainingModelOptions.DEFAULT.withDropout(false));
        assertEquals(
                List.of("input_ids", "attention_mask", "wanted"),
                model.inputs().stream().map(Node::name).toList());
        Map<String, Tensor> batch = new HashMap<>(fixture.inputs(0).getFirst());
        batch.put("wanted", Tensor.of(new float[] {1, -2, 3}, 3, 1, 1));
        same(model, batch, RandomWeights.of(model));
    }
}
