import detangle.hub.Hub;
import detangle.ir.Builder;
import detangle.ir.DType;
import detangle.ir.Node;
import detangle.ir.Program;
import detangle.ir.ReduceFunction;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.models.deberta.Convention;
import detangle.models.deberta.Head;
import detangle.models.deberta.HeadLoss;
import detangle.models.deberta.InitialWeights;
import detangle.models.deberta.Losses;
import detangle.models.deberta.ModelFolderWriter;
import detangle.models.deberta.StartingWeights;
import detangle.models.deberta.TrainingModel;
import detangle.models.deberta.TrainingModelOptions;
import detangle.models.text.Encoding;
import detangle.models.text.PaddedBatch;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.models.weights.Weights;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import detangle.train.Batch;
import detangle.train.Batches;
import detangle.train.OptimizerOptions;
import detangle.train.TrainableModel;
import detangle.train.Trainer;
import detangle.train.TrainingOptions;
import detangle.train.TrainingResult;

/** How urgent a text is: a head and a loss of one's own on DeBERTa, trained on a few texts. */
void main(String[] args) throws IOException {
    Path model = Hub.model(args.length > 0 ? args[0] : "models/pretrained/banking77-small");
    List<String> texts = List.of(
            "My card was stolen",
            "Somebody took money from my account",
            "What are your opening hours?",
            "Which currencies are there?");
    float[] wanted = {1, 1, 0, 0};

    // The mean of the tokens' states, some of which training drops, through a matrix: a number for each text.
    Head head = encoder -> {
        Builder b = encoder.builder();
        Node tokens = b.convert(encoder.tokenMask(), DType.F32);
        Node sum = b.reduce(ReduceFunction.SUM, encoder.zeroPadding(encoder.lastHiddenState()), 1);
        Node mean = b.div(sum, b.reduce(ReduceFunction.SUM, tokens, 1));
        Node kept = encoder.layers().dropout("urgency_dropout", 0.1, mean);
        Node score = encoder.layers().linear("urgency", kept, encoder.config().hiddenSize(), 1);
        return List.of(new Program.Output("urgency", b.reshape(score, encoder.batch())));
    };
    HeadLoss squares = (encoder, outputs) -> {
        Builder b = encoder.builder();
        Node right = b.input("wanted", TensorType.of(DType.F32, encoder.batch()));
        return Losses.mean(b, Losses.squaredErrors(b, outputs.get("urgency"), right));
    };

    ModelFolderWriter writer = ModelFolderWriter.like(model);
    Program program = TrainingModel.build(writer.config(), head, squares, TrainingModelOptions.DEFAULT);
    InitialWeights initial = new InitialWeights(writer.config(), Convention.HUGGINGFACE, 1);
    StartingWeights start;
    try (Weights weights = Weights.open(model)) {
        start = StartingWeights.of(weights, program, Optional.empty(), initial, false);
    }
    TrainingOptions options = TrainingOptions.DEFAULT
            .withNumTrainEpochs(15)
            .with(OptimizerOptions.HUGGINGFACE.withLearningRate(1e-3));
    TrainableModel trainable =
            TrainableModel.of(program, start.parameters(), writer.config().numHiddenLayers());
    Map<String, Tensor> inputs = new HashMap<>(inputs(Tokenizers.load(model), texts));
    inputs.put("wanted", Tensor.of(wanted, wanted.length));
    TrainingResult result = new Trainer(trainable, new OneBatch(inputs, wanted.length), options).train();

    // An ordinary model's folder, whose checkpoint holds the head.
    Path folder = Files.createTempDirectory("urgency").resolve("model");
    writer.write(folder, result.parameters());
    try (Session session = Session.builder()
            .folder(folder)
            .head(head, Map.of())
            .options(SessionOptions.DEFAULT.withHiddenStates(false))
            .load()) {
        Tensor urgency = session.run(inputs(Tokenizers.load(folder), texts)).get("urgency");
        for (int i = 0; i < texts.size(); i++) {
            IO.println((urgency.getDouble(i) > 0.5 ? "at once: " : "can wait: ") + texts.get(i));
        }
    }
}

Map<String, Tensor> inputs(Tokenizer tokenizer, List<String> texts) {
    List<Encoding> rows = texts.stream().map(tokenizer::encode).toList();
    PaddedBatch batch = PaddedBatch.of(rows, tokenizer.padTokenId(), PaddedBatch.Side.RIGHT, 1);
    return Map.of("input_ids", batch.inputIds(), "attention_mask", batch.attentionMask());
}

/** All rows in one batch, in each epoch. */
record OneBatch(Map<String, Tensor> inputs, int size) implements Batches {
    public int updates() {
        return 1;
    }

    public List<Batch> update(int epoch, int update) {
        return List.of(new Batch(inputs, size, size));
    }

    public long rows() {
        return size;
    }
}
