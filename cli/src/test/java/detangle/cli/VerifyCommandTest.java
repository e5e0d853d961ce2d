package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.InputNames;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.RandomWeights;
import detangle.models.text.Tokenizers;
import detangle.models.weights.SafetensorsWriter;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerifyCommandTest {
    private static final String TEXT = "Where is my card?";

    @TempDir
    private static Path folder;

    private static Path model;
    private static double[] logits;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void writeModel() throws IOException {
        model = folder.resolve("model");
        TinyModel.write(model, "ForSequenceClassification", List.of("yes", "no"));
        int[] ids = Tokenizers.load(model).encode(TEXT).ids();
        long[] ones = new long[ids.length];
        Arrays.fill(ones, 1);
        try (Session session =
                Session.load(model, SessionOptions.DEFAULT.withHead(Architecture.SEQUENCE_CLASSIFICATION))) {
            Tensor found = session.run(Map.of(
                            InputNames.IDS,
                            Tensor.of(Arrays.stream(ids).asLongStream().toArray(), 1, ids.length),
                            InputNames.MASK,
                            Tensor.of(ones, 1, ids.length)))
                    .get("logits");
            logits = new double[] {found.getDouble(0), found.getDouble(1)};
        }
    }

    private int verify(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "verify";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), all);
    }

    private static String values(String input, String fields, String points) {
        return """
                {"models": [{"model": "a/b", "source": "a test", "head": "sequence-classification", %s,
                  "output": "logits", "tolerance": 1e-4, %s "values": [%s]}]}
                """.formatted(input, fields, points);
    }

    private static String point(String at, double value) {
        return String.format(Locale.ROOT, "{\"at\": %s, \"value\": %.9f}", at, value);
    }

    private static String file(String text) throws IOException {
        return Files.writeString(folder.resolve("values.json"), text).toString();
    }

    @Test
    void equalValuesAgree() throws IOException {
        String file = file(values(
                "\"text\": \"" + TEXT + "\"", "", point("[0, 0]", logits[0]) + ", " + point("[0, 1]", logits[1])));

        assertEquals(0, verify(model.toString(), "--values", file), err.toString());
        assertTrue(out.toString().startsWith("a/b: 2 values of logits, largest difference "), out.toString());
        assertTrue(out.toString().endsWith(" of at most 0.00010 (a test)\n"), out.toString());
    }

    @Test
    void probabilitiesOfALabelAgree() throws IOException {
        double no = 1 / (1 + Math.exp(logits[0] - logits[1]));
        String file = file(values("\"text\": \"" + TEXT + "\"", "\"softmax\": true,", point("[0, \"no\"]", no)));

        assertEquals(0, verify(model.toString(), "--values", file), err.toString());
    }

    @Test
    void anotherValueIsAFailureThatNamesItsPlace() throws IOException {
        String file = file(values(
                "\"text\": \"" + TEXT + "\"",
                "",
                point("[0, 0]", logits[0]) + ", " + point("[0, 1]", logits[1] + 0.5)));

        assertEquals(1, verify(model.toString(), "--values", file));
        assertTrue(
                err.toString()
                        .contains(
                                "does not answer as a/b does: it differs by 0.50 at logits[0, 1], and at most 0.00010"),
                err.toString());
    }

    @Test
    void anArtifactIsCheckedAndCompared() throws IOException {
        Path artifact = folder.resolve("model.dtl");
        assertEquals(
                0,
                Main.run(
                        new PrintWriter(out),
                        new PrintWriter(err, true),
                        "compile",
                        model.toString(),
                        "-o",
                        artifact.toString()),
                err.toString());
        String file = file(values("\"text\": \"" + TEXT + "\"", "", point("[0, 0]", logits[0])));

        assertEquals(0, verify(artifact.toString(), "--values", file), err.toString());
        assertTrue(out.toString().contains("model.dtl is whole\na/b: 1 value of logits"), out.toString());
    }

    @Test
    void allPublishedValuesAreRead() {
        List<ExpectedValues> all = ExpectedValues.published();

        assertEquals(6, all.size());
        assertEquals(-0.59855896, all.getFirst().points().getFirst().value());
    }

    /**
     * Narrow models with the fields, the vocabularies and the names of tensors of the releases, whose pre-training heads
     * are in the files too: each published value has a place in the output of such a model.
     */
    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '`', textBlock = """
            microsoft/deberta-base; 50265; "model_type":"deberta","pos_att_type":"c2p|p2c"
            microsoft/deberta-v2-xlarge; 128100; "model_type":"deberta-v2","pos_att_type":"p2c|c2p","position_buckets":256,"norm_rel_ebd":"layer_norm","share_att_key":true,"conv_kernel_size":3,"conv_act":"gelu"
            microsoft/deberta-base-mnli; 50265; "model_type":"deberta","pos_att_type":"c2p|p2c","architectures":["DebertaForSequenceClassification"],"id2label":{"0":"CONTRADICTION","1":"NEUTRAL","2":"ENTAILMENT"}
            microsoft/deberta-v3-xsmall; 128100; "model_type":"deberta-v2","pos_att_type":"p2c|c2p","position_buckets":256,"norm_rel_ebd":"layer_norm","share_att_key":true
            """)
    void aModelInTheLayoutOfItsReleaseIsCompared(String name, int vocabulary, String fields) throws IOException {
        Path release = Files.createDirectories(folder.resolve(name));
        Files.writeString(release.resolve("config.json"), """
                {%s,"vocab_size":%d,"hidden_size":16,"num_hidden_layers":2,"num_attention_heads":2,
                "intermediate_size":16,"hidden_act":"gelu","max_position_embeddings":512,"type_vocab_size":0,
                "layer_norm_eps":1e-7,"relative_attention":true,"max_relative_positions":-1,"pooler_hidden_size":16,
                "position_biased_input":false,"pad_token_id":0,"pooler_hidden_act":"gelu","initializer_range":0.02}
                """.formatted(fields, vocabulary));
        DebertaConfig config = DebertaConfig.read(release);
        Architecture head = config.architecture().orElse(Architecture.ENCODER);
        SequencedMap<String, Tensor> tensors =
                new TreeMap<>(RandomWeights.of(DebertaModel.build(config, head, ModelOptions.DEFAULT)));
        if (head == Architecture.ENCODER) {
            for (String extra : List.of("lm_predictions.lm_head", "mask_predictions")) {
                tensors.put(extra + ".dense.weight", Tensor.of(new float[256], 16, 16));
                for (String vector : List.of(".dense.bias", ".LayerNorm.weight", ".LayerNorm.bias")) {
                    tensors.put(extra + vector, Tensor.of(new float[16], 16));
                }
            }
            tensors.put("lm_predictions.lm_head.bias", Tensor.of(new float[vocabulary], vocabulary));
            tensors.put("mask_predictions.classifier.weight", Tensor.of(new float[16], 1, 16));
            tensors.put("mask_predictions.classifier.bias", Tensor.of(new float[1], 1));
        }
        SafetensorsWriter.write(release.resolve("model.safetensors"), tensors, Map.of());

        assertEquals(1, verify(release.toString(), "--as", name));
        assertTrue(err.toString().contains("does not answer as " + name + " does: it differs by "), err.toString());
    }

    @Test
    void aFolderDoesNotSayWhichModelItIs() {
        assertEquals(1, verify(model.toString()));
        assertTrue(err.toString().contains("name the model that it holds by --as, of microsoft/deberta-base, "));
    }

    @Test
    void microsoftsOwnNamesAreUnderstoodAndOthersAreRefused() {
        assertEquals(1, verify(model.toString(), "--as", "nobody/nothing"));
        assertTrue(err.toString().contains("no values of nobody/nothing are published"), err.toString());
        // The tiny model has another size, so that the values of the base model cannot be compared with it.
        assertEquals(1, verify(model.toString(), "--as", "base"));
        assertTrue(err.toString().contains("microsoft/deberta-base"), err.toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', quoteCharacter = '`', textBlock = """
                    {} ; there is no list "models" with entries
                    {"models": [7]} ; entry 1: it is not an object
                    {"models": [{"modle": "a"}]} ; entry 1: there is no field 'modle'
                    {"models": [{"head": "hat"}]} ; 'hat' is not a head
                    {"models": [{"head": "encoder", "tolerance": 0}]} ; tolerance is not above 0
                    {"models": [{"head": "encoder", "tolerance": 1}]} ; values is not a list with entries
                    {"models": [{"head": "encoder", "tolerance": 1, "values": [{}]}]} ; no list "at"
                    {"models": [{"head": "encoder", "tolerance": 1, "values": [{"at": ["a", 1]}]}]} ; whole numbers
                    """)
    void aFileThatIsNotOneOfValuesIsRefused(String text, String message) throws IOException {
        assertEquals(1, verify(model.toString(), "--values", file(text)));
        assertTrue(err.toString().contains(message), err.toString());
        assertEquals(1, err.toString().lines().count(), err.toString());
    }

    @Test
    void placesThatTheOutputDoesNotHaveAreRefused() throws IOException {
        for (String at : List.of("[0]", "[0, 2]", "[0, \"maybe\"]", "[1, 0]")) {
            assertEquals(
                    1,
                    verify(model.toString(), "--values", file(values("\"text\": \"" + TEXT + "\"", "", point(at, 0)))));
        }
        assertEquals(4, err.toString().lines().count(), err.toString());
        assertTrue(err.toString().contains("has the shape [1, 2] and no place [0, 2]"), err.toString());
    }
}
