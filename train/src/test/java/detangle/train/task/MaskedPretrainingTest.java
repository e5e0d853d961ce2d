package detangle.train.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.CheckpointHeads;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.models.weights.Weights;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import detangle.train.BatchPlan;
import detangle.train.Moment;
import detangle.train.SavingOptions;
import detangle.train.Trainer;
import detangle.train.TrainingCallback;
import detangle.train.TrainingException;
import detangle.train.TrainingOptions;
import detangle.train.data.Collator;
import detangle.train.data.Corpus;
import detangle.train.data.CorpusBatches;
import detangle.train.data.CorpusWriter;
import detangle.train.data.NGramMasking;
import detangle.train.data.WordParts;
import detangle.train.metrics.GuessScorer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trains masked language models with the enhanced mask decoder from a corpus on the disk. */
final class MaskedPretrainingTest {
    private static final Path SHIPPED = Path.of(System.getProperty("detangle.home", ".."))
            .toAbsolutePath()
            .resolve("models/pretrained/banking77-small");
    private static final Tokenizer TOKENIZER = Tokenizers.load(SHIPPED);
    private static final int LENGTH = 24;
    private static final String CONFIG = """
            {"model_type": "deberta-v2", "vocab_size": 4001, "hidden_size": 16, "num_hidden_layers": 2,
             "num_attention_heads": 2, "intermediate_size": 32, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
             "attention_probs_dropout_prob": 0.1, "max_position_embeddings": 64, "type_vocab_size": 0,
             "initializer_range": 0.02, "layer_norm_eps": 1e-7, "relative_attention": true,
             "max_relative_positions": -1, "pad_token_id": 0, "position_biased_input": false,
             "pos_att_type": "p2c|c2p", "position_buckets": 8, "share_att_key": true, "norm_rel_ebd": "layer_norm"}
            """;

    @TempDir
    private Path folder;

    private Path config;
    private Corpus corpus;

    @BeforeEach
    void makeFiles() throws IOException {
        config = Files.writeString(folder.resolve("tiny.json"), CONFIG);
        corpus = corpus("corpus.txt", 60);
    }

    private Corpus corpus(String name, int sentences) {
        Path file = folder.resolve(name);
        try (CorpusWriter writer = new CorpusWriter(file, TOKENIZER, LENGTH)) {
            writer.add(IntStream.range(0, sentences)
                    .mapToObj(i -> "I have lost my card, and where is my card?")
                    .toList());
            writer.finish();
        }
        return Corpus.open(file, TOKENIZER);
    }

    private static Collator collator() {
        NGramMasking masking = NGramMasking.of(
                TOKENIZER.maskTokenId().orElseThrow(),
                TOKENIZER.vocabSize(),
                WordParts.of(TOKENIZER),
                3,
                NGramMasking.PROBABILITY,
                LENGTH,
                1234);
        return Collator.of(TOKENIZER.padTokenId(), false).withMasking(masking);
    }

    private TaskModel model() {
        return TaskModel.fresh(
                config, SHIPPED, Task.of(Architecture.MASKED_LM_EMD), TaskModelOptions.of(Architecture.MASKED_LM_EMD));
    }

    private static TrainingOptions options(int steps) {
        return TrainingOptions.MICROSOFT
                .withMaxSteps(steps)
                .withPerDeviceTrainBatchSize(8)
                .with(TrainingOptions.MICROSOFT.optimizer().withLearningRate(3e-3));
    }

    private static CorpusBatches batches(Corpus corpus, TrainingOptions options) {
        BatchPlan plan = new BatchPlan(
                options.recipe(),
                Math.toIntExact(options.maxSteps() * options.perDeviceTrainBatchSize()),
                options.perDeviceTrainBatchSize(),
                1);
        return new CorpusBatches(corpus, collator(), LENGTH, plan, options.orderSeed());
    }

    private TrainingOptions saving(String name) {
        return options(4).with(SavingOptions.in(folder.resolve(name)).withStrategy(Moment.STEPS, 2));
    }

    /** Training from a stream goes on bit for bit, and not with another corpus. */
    @Test
    void anInterruptedTrainingIsTheSame() throws IOException {
        new Trainer(model().model(), batches(corpus, saving("whole")), saving("whole")).train();
        TrainingOptions cut = saving("cut");
        new Trainer(model().model(), batches(corpus, cut), cut)
                .with(new TrainingCallback() {
                    private long done;

                    @Override
                    public void onStep(Step step) {
                        done = step.done();
                    }

                    @Override
                    public boolean stops() {
                        return done == 3;
                    }
                })
                .train();
        TrainingOptions rest = cut.with(cut.saving().withResume(true));
        Corpus other = corpus("other.txt", 61);
        TrainingException e = assertThrows(
                TrainingException.class, () -> new Trainer(model().model(), batches(other, rest), rest).train());
        assertTrue(e.getMessage().contains("whose rows_checksum is"), e.getMessage());
        new Trainer(model().model(), batches(Corpus.open(folder.resolve("corpus.txt"), TOKENIZER), rest), rest).train();
        for (String file : List.of("model.safetensors", "optimizer.safetensors", "trainer_state.json")) {
            assertEquals(
                    -1,
                    Files.mismatch(
                            folder.resolve("whole/checkpoint-4/" + file), folder.resolve("cut/checkpoint-4/" + file)),
                    file);
        }
    }

    /**
     * The model soon knows the one sentence by heart, and its folder has the original's names and the decoder's
     * positions.
     */
    @Test
    void aModelLearnsAndIsRead() throws IOException {
        TrainingOptions options = options(30);
        TaskModel model = model();
        TaskEvaluator evaluator = new TaskEvaluator(
                CorpusBatches.inOrder(corpus, collator(), LENGTH, 16),
                corpus.lines(),
                GuessScorer::new,
                Architecture.MASKED_LM_EMD);
        List<SequencedMap<String, Double>> evaluations = new ArrayList<>();
        Map<String, Tensor> parameters = new Trainer(
                        model.model(),
                        batches(corpus, options),
                        options.with(TrainingOptions.MICROSOFT.evaluation().withStrategy(Moment.STEPS, 30)))
                .with(evaluator)
                .with(new TrainingCallback() {
                    @Override
                    public void onEvaluate(Evaluation evaluation) {
                        evaluations.add(evaluation.metrics());
                    }
                })
                .train()
                .parameters();
        double loss = evaluations.getLast().get("loss");
        // The loss begins with 8.29, the logarithm of the vocabulary.
        assertTrue(loss < 4, evaluations.toString());
        assertEquals(Math.exp(loss), evaluations.getLast().get("perplexity"));
        assertTrue(evaluations.getLast().get("accuracy") > 0.1, evaluations.toString());

        Path written = Files.createDirectory(folder.resolve("written"));
        model.model().writer().orElseThrow().write(written, parameters);
        assertTrue(parameters.containsKey("lm_predictions.lm_head.dense.weight"));
        try (Weights weights = Weights.open(written)) {
            assertTrue(
                    weights.contains("cls.predictions.transform.dense.weight"),
                    weights.names().toString());
            assertTrue(weights.contains("cls.predictions.bias"), weights.names().toString());
        }
        assertTrue(Checkpoint.hasMaskDecoder(written));
        assertEquals(Set.of(Architecture.MASKED_LM_EMD), CheckpointHeads.in(written));
        SessionOptions run =
                SessionOptions.DEFAULT.withHead(Architecture.MASKED_LM_EMD).withMaskedRows(true);
        try (Session session = Session.load(written, run)) {
            Map<String, Tensor> inputs = new HashMap<>(CorpusBatches.inOrder(corpus, collator(), LENGTH, 1)
                    .iterator()
                    .next()
                    .inputs());
            Tensor labels = inputs.remove("labels");
            assertEquals(labels.elements(), session.run(inputs).get("logits").dim(0));
        }
    }
}
