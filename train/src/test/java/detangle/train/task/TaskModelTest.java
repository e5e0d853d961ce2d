package detangle.train.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.DType;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DropoutChange;
import detangle.models.deberta.DropoutRates;
import detangle.models.deberta.HeadException;
import detangle.models.deberta.LossException;
import detangle.models.deberta.ProblemType;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.runtime.Session;
import detangle.train.EvaluationOptions;
import detangle.train.OptimizerOptions;
import detangle.train.Trainer;
import detangle.train.TrainingCallback;
import detangle.train.TrainingOptions;
import detangle.train.TrainingResult;
import detangle.train.data.Collator;
import detangle.train.data.EpochBatches;
import detangle.train.data.Example;
import detangle.train.data.Order;
import detangle.train.data.Target;
import detangle.train.data.TokenIds;
import detangle.train.lora.LoraOptions;
import detangle.train.metrics.ClassScorer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TaskModelTest {
    private static final Path SHIPPED = Path.of(System.getProperty("detangle.home", ".."))
            .toAbsolutePath()
            .resolve("models/pretrained/banking77-small");
    private static final TaskModelOptions OPTIONS = TaskModelOptions.of(Architecture.SEQUENCE_CLASSIFICATION);
    private static final TaskModelOptions NEW_HEAD = OPTIONS.withIgnoreMismatchedSizes(true);

    @TempDir
    private Path folder;

    private static Task colours() {
        return Task.classification(ProblemType.SINGLE_LABEL_CLASSIFICATION, List.of("blue", "red"));
    }

    @Test
    void aHeadForOtherLabelsBeginsAtRandom() {
        TaskModel model = TaskModel.read(SHIPPED, colours(), NEW_HEAD);
        assertTrue(
                model.notices().getFirst().contains("classifier.weight of shape [77,192] in the place of [2,192]"),
                model.notices().getFirst());
        Tensor weight = model.model().parameters().get("classifier.weight");
        assertArrayEquals(new long[] {2, 192}, weight.shape());
        assertArrayEquals(
                weight.toFloats(),
                TaskModel.read(SHIPPED, colours(), NEW_HEAD)
                        .model()
                        .parameters()
                        .get("classifier.weight")
                        .toFloats());
    }

    @Test
    void aHeadForOtherLabelsIsRefusedUnlessItIsToBeNew() {
        HeadException e = assertThrows(HeadException.class, () -> TaskModel.read(SHIPPED, colours(), OPTIONS));
        assertTrue(
                e.getMessage()
                        .endsWith(
                                "has classifier.weight of shape [77,192], and this training needs [2,192]: its head was trained"
                                        + " for other labels; pass --ignore-mismatched-sizes to begin with a new one"),
                e.getMessage());
    }

    /** The program drops so much, and whoever reads the folder does, too. */
    @Test
    void ratesOfDropoutAreTheOptions() throws IOException {
        DropoutChange change =
                DropoutChange.NONE.withHidden(0.3).withAttention(0).withPooler(0.2);
        TaskModel model = TaskModel.fresh(SHIPPED, SHIPPED, colours(), OPTIONS.with(change));
        DropoutRates rates = new DropoutRates(0.3, 0, 0.2, 0.3);
        assertEquals(rates, model.config().dropout());
        model.files().writeConfiguration(folder);
        assertEquals(rates, DebertaConfig.read(folder).dropout());
        TaskModel plain = TaskModel.fresh(SHIPPED, SHIPPED, colours(), OPTIONS);
        assertEquals(0.1, plain.config().dropout().attention());
        assertTrue(randomNumbers(model) < randomNumbers(plain), "probabilities of attention are still dropped");
        LossException e = assertThrows(LossException.class, () -> change.withClassifier(1));
        assertEquals("cls_dropout is 1.0: it must be at least 0 and below 1", e.getMessage());
    }

    private static long randomNumbers(TaskModel model) {
        return model.model().training().nodes().stream()
                .filter(node -> node.op() instanceof TensorOp.RandomUniform)
                .count();
    }

    /** The head has the right shape, and its classes have another meaning. */
    @Test
    void aHeadForAsManyOtherLabelsIsTold() {
        List<String> labels = DebertaConfig.read(SHIPPED).labels().reversed();
        TaskModel model =
                TaskModel.read(SHIPPED, Task.classification(ProblemType.SINGLE_LABEL_CLASSIFICATION, labels), OPTIONS);
        assertEquals(1, model.notices().size(), model.notices().toString());
        String notice = model.notices().getFirst();
        assertTrue(notice.startsWith("the classifier of " + SHIPPED + " was trained for the labels "), notice);
        assertTrue(notice.contains(", and begins with these weights for " + labels.getFirst() + ", "), notice);
    }

    @Test
    void aHeadForTheSameLabelsIsTheCheckpoints() {
        List<String> labels = DebertaConfig.read(SHIPPED).labels();
        TaskModel model =
                TaskModel.read(SHIPPED, Task.classification(ProblemType.SINGLE_LABEL_CLASSIFICATION, labels), OPTIONS);
        assertEquals(List.of(), model.notices());
    }

    /** The program is that of docs/TRAINING.md. */
    @Test
    void aModelThatIsTrainedAndWrittenIsLoadedAsAnyOther() throws IOException {
        Path start = SHIPPED;
        Path output = folder;
        List<String> texts = Stream.of("sky", "sea", "water", "cold", "jeans", "ink")
                .flatMap(thing -> Stream.of("the " + thing + " is blue", "the " + thing + " is red"))
                .toList();

        Task task = Task.classification(ProblemType.SINGLE_LABEL_CLASSIFICATION, List.of("blue", "red"));
        TaskModelOptions modelOptions =
                TaskModelOptions.of(Architecture.SEQUENCE_CLASSIFICATION).withIgnoreMismatchedSizes(true);
        TaskModel model = TaskModel.read(start, task, modelOptions);

        Tokenizer tokenizer = Tokenizers.load(start);
        List<Example> examples = new ArrayList<>();
        for (String text : texts) {
            int label = text.endsWith("blue") ? 0 : 1;
            examples.add(Example.of(TokenIds.of(tokenizer.encode(text)), new Target.OneClass(label)));
        }

        TrainingOptions options = TrainingOptions.DEFAULT
                .withNumTrainEpochs(6)
                .withPerDeviceTrainBatchSize(6)
                .with(OptimizerOptions.HUGGINGFACE.withLearningRate(2e-3))
                .with(EvaluationOptions.everyEpoch());
        Collator collator = Collator.of(tokenizer.padTokenId(), false);
        EpochBatches batches = new EpochBatches(
                examples, collator, options.batchPlan(examples.size(), 1), Order.SHUFFLED, options.orderSeed());
        TaskEvaluator evaluator = new TaskEvaluator(
                examples, collator, 8, () -> ClassScorer.ofClasses(2), Architecture.SEQUENCE_CLASSIFICATION);
        TrainingResult result = new Trainer(model.model(), batches, options)
                .with(evaluator)
                .with(new TrainingCallback() {
                    @Override
                    public void onEvaluate(Evaluation evaluation) {
                        System.out.println(evaluation.metrics());
                    }
                })
                .train();
        model.model().writer().orElseThrow().write(output, result.parameters());

        try (Session session = Session.load(output)) {
            for (int i = 0; i < examples.size(); i++) {
                Map<String, Tensor> inputs = new HashMap<>(collator.batch(examples, new int[] {i}, 0));
                inputs.remove("labels");
                float[] logits = session.run(inputs).get("logits").toFloats();
                assertEquals(i % 2 == 1, logits[1] > logits[0], texts.get(i));
            }
        }
        assertTrue(Files.exists(output.resolve("tokenizer.json")));
        DebertaConfig config = DebertaConfig.read(output);
        assertEquals(List.of("blue", "red"), config.labels());
        assertEquals(Architecture.SEQUENCE_CLASSIFICATION, config.architecture().orElseThrow());
    }

    /** The program is that of docs/TRAINING.md. */
    @Test
    void anAdapterIsTrainedInPlaceOfTheModel() {
        TaskModel model = TaskModel.read(SHIPPED, colours(), NEW_HEAD);

        LoraOptions adapter =
                LoraOptions.DEFAULT.withRank(16).withAlpha(32).withDropout(0.1).withFrozenType(DType.BF16);
        TaskModel adapted = model.withAdapter(adapter, "microsoft/deberta-v3-base", 42);

        Map<String, Tensor> trained = adapted.model().parameters();
        assertTrue(trained.containsKey("classifier.weight"), trained.keySet().toString());
        assertFalse(
                trained.containsKey("deberta.embeddings.word_embeddings.weight"),
                trained.keySet().toString());
        assertEquals(
                8,
                trained.keySet().stream().filter(n -> n.contains("lora_A")).count(),
                trained.keySet().toString());
    }

    @Test
    void aModelOfAConfigurationHasAllParameters() {
        TaskModel model = TaskModel.fresh(SHIPPED, SHIPPED, colours(), OPTIONS.withSeed(7));
        Map<String, Tensor> parameters = model.model().parameters();
        float[] scales = parameters.get("deberta.embeddings.LayerNorm.weight").toFloats();
        assertEquals(1, scales[0]);
        assertEquals(0, parameters.get("classifier.bias").getDouble(1));
        float[] words =
                parameters.get("deberta.embeddings.word_embeddings.weight").toFloats();
        double squares = 0;
        for (float value : words) {
            squares += value * value;
        }
        assertEquals(0.02, Math.sqrt(squares / words.length), 1e-4);
    }
}
