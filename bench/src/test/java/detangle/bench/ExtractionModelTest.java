package detangle.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.bench.worker.InputFile;
import detangle.ir.Tensor;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.pipelines.SchemaExtractor;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the files that the suite of extracting models gives to the processes that it measures. */
class ExtractionModelTest {
    @TempDir
    private Path folder;

    @Test
    void inputsAreReadAsTheyWereWritten() throws IOException {
        Path file = folder.resolve("inputs");
        Tensor ids = Tensor.of(new long[] {1, 2, 3, 4, 5, 6}, 2, 3);
        Tensor mask = Tensor.of(new boolean[] {true, false, true}, 3);
        InputFile.write(file, List.of(Map.of("ids", ids, "mask", mask), Map.of("ids", ids)));

        List<Map<String, Tensor>> read = InputFile.read(file);

        assertEquals(2, read.size());
        assertEquals(ids.type(), read.getFirst().get("ids").type());
        assertEquals(6, read.getLast().get("ids").getLong(5));
        assertEquals(mask.type(), read.getFirst().get("mask").type());
        assertEquals(1, read.getFirst().get("mask").getLong(2));
    }

    /** English texts have 1.3 tokens a word, or nearly so. */
    @Test
    void aWordHasOneTokenOrTwo() throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), SyllableTexts.tokenizer(List.of("[P]")));
        Tokenizer tokenizer = Tokenizers.load(folder);
        int words = 1000;
        String text = SyllableTexts.text(new Random(1), words);

        assertEquals(words, text.split(" ").length);
        double tokens = tokenizer.encode(text).length() - 2;
        assertTrue(tokens / words > 1.25 && tokens / words < 1.35, tokens + " tokens");
        assertEquals(3, tokenizer.encode("[P]").length());
        assertEquals(text, SyllableTexts.text(new Random(1), words));
    }

    /** A GLiNER2 model whose random weights counted no instance would score no spans, and the bench would time less. */
    @Test
    void aGliner2ModelFindsEntities() throws IOException {
        Path encoder = Files.writeString(folder.resolve("encoder.json"), """
                {"model_type": "deberta-v2", "vocab_size": 128100, "hidden_size": 16, "num_hidden_layers": 1,
                "num_attention_heads": 2, "intermediate_size": 16, "hidden_act": "gelu", "relative_attention": true,
                "max_position_embeddings": 512, "position_buckets": 256, "norm_rel_ebd": "layer_norm",
                "share_att_key": true, "pos_att_type": "p2c|c2p", "position_biased_input": false,
                "type_vocab_size": 0, "layer_norm_eps": 1e-7}
                """);
        Path model = Files.createDirectories(folder.resolve("model"));
        RandomGliner2.write(model, encoder);
        String text = SyllableTexts.text(new Random(1), 20);
        List<String> labels = SyllableTexts.labels(2);

        Map<String, Tensor> inputs = ExtractionModel.GLINER2_BASE.inputs(model).of(List.of(text), labels);
        SchemaAnswer answer;
        try (SchemaExtractor extractor = SchemaExtractor.load(model)) {
            Schema schema = Schema.ofEntities(labels.toArray(String[]::new));
            answer = extractor.extract(text, schema, SchemaOptions.DEFAULT.withThreshold(0.01));
        }

        // 20 words and the full stop.
        assertEquals(21, inputs.get("text_positions").elements());
        assertEquals(labels, List.copyOf(answer.entities().sequencedKeySet()));
    }
}
