package detangle.bench;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorType;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.RandomWeights;
import detangle.models.gliner2.Gliner2Config;
import detangle.models.gliner2.Gliner2Programs;
import detangle.models.gliner2.Gliner2Weights;
import detangle.models.gliner2.SpanPrograms;
import detangle.models.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** GLiNER2 models of the span architecture with random weights. */
final class RandomGliner2 {
    /** The tokens that GLiNER2 adds to the tokenizer of its encoder (gliner2/processor.py:292-306). */
    private static final List<String> TOKENS = List.of(
            "[SEP_STRUCT]", "[SEP_TEXT]", "[P]", "[C]", "[E]", "[R]", "[L]", "[EXAMPLE]", "[OUTPUT]", "[DESCRIPTION]");

    /** The tokens of microsoft's v3 models and those ten. */
    private static final int ROWS = 128_011;

    /** The settings of fastino/gliner2-base-v1. */
    private static final String CONFIG = """
            {"model_type": "extractor", "max_width": 8, "counting_layer": "count_lstm_v2", "token_pooling": "first"}
            """;

    private static final float CERTAIN = 10;

    private RandomGliner2() {}

    /**
     * Makes a model in a folder.
     *
     * @param encoder a config.json that describes its encoder
     */
    static void write(Path folder, Path encoder) throws IOException {
        Files.writeString(folder.resolve(Gliner2Config.FILE), CONFIG);
        Path described = folder.resolve(Gliner2Config.ENCODER_FILE);
        Files.createDirectories(described.getParent());
        Files.writeString(described, Files.readString(encoder));
        Files.writeString(folder.resolve("tokenizer.json"), SyllableTexts.tokenizer(TOKENS));
        SequencedMap<String, TensorType> types = types(Gliner2Config.read(folder, ROWS));
        SafetensorsWriter.writeEach(folder.resolve("model.safetensors"), types, name -> tensor(name, types.get(name)));
    }

    private static SequencedMap<String, TensorType> types(Gliner2Config config) {
        SequencedMap<String, TensorType> types = new LinkedHashMap<>();
        Program encoder = DebertaModel.build(
                config.encoder(), Gliner2Programs.encoder(), ModelOptions.DEFAULT.withHiddenStates(false));
        RandomWeights.types(encoder)
                .forEach((name, type) -> types.put(name.replaceFirst("^deberta\\.", Gliner2Weights.ENCODER), type));
        Gliner2Programs.whole(config).forEach(program -> types.putAll(RandomWeights.types(program)));
        return types;
    }

    /** A trained model finds one instance of entities; random numbers of instances would say nothing of its time. */
    private static Tensor tensor(String name, TensorType type) {
        if (!name.equals(SpanPrograms.COUNT_BIAS)) {
            return RandomWeights.of(name, type);
        }
        float[] values = new float[SpanPrograms.INSTANCE_COUNTS];
        values[1] = CERTAIN;
        return Tensor.of(values, values.length);
    }
}
