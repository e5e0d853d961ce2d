package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtException;
import detangle.export.ExportException;
import detangle.export.ModelExport;
import detangle.ir.Tensor;
import detangle.models.gliner.ExportedNames;
import detangle.models.weights.Weights;
import detangle.peer.onnxruntime.OrtModel;
import detangle.pipelines.Entity;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.ExtractionOptions;
import detangle.pipelines.GlinerInputs;
import detangle.testing.models.TinyGliner;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** GLiNER models that are exported give the numbers of gliner's own code in ONNX Runtime. */
class GlinerExportTest {
    private static final double TOLERANCE = 1e-4;

    /** Models in whose original padding takes part, so that only texts that are alone have one answer. */
    private static final Set<String> PADDED = Set.of("gliner-token-fused", "gliner-bi-token");

    private static final List<String> INPUTS = List.of(
            "input_ids",
            "attention_mask",
            ExportedNames.WORDS_MASK,
            ExportedNames.TEXT_LENGTHS,
            ExportedNames.LABEL_IDS,
            ExportedNames.LABEL_MASK);

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"gliner-token-lstm", "gliner-token-fused", "gliner-bi-span", "gliner-bi-token"})
    void givesTheLogitsOfTheOriginal(String name) throws IOException, OrtException {
        FamilyFixture fixture = FamilyFixture.named(name);
        Path model = fixture.write(folder.resolve("model"));
        int compared = 0;
        try (OrtModel exported = exported(model);
                Weights tensors = fixture.tensors()) {
            for (FamilyFixture.Case asked : fixture.cases()) {
                String prefix = asked.name() + ".";
                if (tensors.contains(prefix + "logits")
                        && !(PADDED.contains(name) && asked.texts().size() > 1)) {
                    compared += compare(exported, tensors, prefix);
                }
            }
        }
        assertTrue(compared > 200, name + ": " + compared + " logits were compared");
    }

    private static int compare(OrtModel exported, Weights tensors, String prefix) throws OrtException {
        Map<String, Tensor> inputs = new HashMap<>();
        INPUTS.stream()
                .filter(input -> exported.inputs().contains(input))
                .forEach(input -> inputs.put(input, tensors.get(prefix + input)));
        Tensor expected = tensors.get(prefix + "logits");
        long[] words = inputs.get(ExportedNames.TEXT_LENGTHS).toLongs();
        boolean ofSpans = exported.inputs().contains(ExportedNames.SPAN_IDX);
        if (ofSpans) {
            addSpans(words, expected.dim(1), expected.dim(2), inputs);
        }
        Tensor logits = exported.run(inputs).get(ExportedNames.LOGITS);
        assertArrayEquals(expected.shape(), logits.shape(), prefix);
        int compared = 0;
        for (long i = 0; i < logits.elements(); i++) {
            long third = i / logits.dim(3) % logits.dim(2);
            long word = i / logits.dim(3) / logits.dim(2) % logits.dim(1);
            long text = i / logits.dim(3) / logits.dim(2) / logits.dim(1);
            // What stands at padding is not said.
            if (word + (ofSpans ? third : 0) < words[(int) text]) {
                assertEquals(expected.getDouble(i), logits.getDouble(i), TOLERANCE, prefix + i);
                compared++;
            }
        }
        return compared;
    }

    private static void addSpans(long[] words, long most, long width, Map<String, Tensor> inputs) {
        long[] ends = new long[(int) (words.length * most * width * 2)];
        boolean[] mask = new boolean[ends.length / 2];
        for (int i = 0; i < mask.length; i++) {
            long first = i / width % most;
            long last = first + i % width;
            mask[i] = last < words[(int) (i / width / most)];
            ends[2 * i] = mask[i] ? first : 0;
            ends[2 * i + 1] = mask[i] ? last : 0;
        }
        inputs.put(ExportedNames.SPAN_IDX, Tensor.of(ends, words.length, most * width, 2));
        inputs.put(ExportedNames.SPAN_MASK, Tensor.of(mask, words.length, most * width));
    }

    /** Layers that stand where they cost least have the scores of those that stand where gliner has them. */
    @Test
    void alsoWithItsLayersInTheOrderOfTheOriginal() throws IOException, OrtException {
        FamilyFixture fixture = FamilyFixture.named("gliner-bi-span");
        Path file = folder.resolve("written.onnx");
        ModelExport.writeAsWritten(fixture.write(folder.resolve("model")), file);
        try (OrtModel exported = OrtModel.load(file, 1);
                Weights tensors = fixture.tensors()) {
            assertTrue(compare(exported, tensors, "batch.") > 200);
        }
    }

    /** A batch of texts of different lengths, made by the inputs of the pipeline, has the pipeline's scores. */
    @Test
    void spansOfABatchHaveTheScoresOfThePipeline() throws IOException, OrtException {
        Path model = TinyGliner.write(folder.resolve("model"));
        List<String> labels = List.of("person", "place", "person", "day");
        List<String> texts =
                List.of("Ada Lovelace lived in London, and worked with Charles Babbage.", "Paris", "on Monday in Rome");
        Map<String, Tensor> inputs = GlinerInputs.of(model).batch(texts, labels);
        Tensor logits;
        try (OrtModel exported = exported(model)) {
            logits = exported.run(inputs).get(ExportedNames.LOGITS);
        }
        int found = 0;
        try (EntityExtractor extractor = EntityExtractor.load(model)) {
            // All spans and labels, but for those whose probability is 0.
            ExtractionOptions all = new ExtractionOptions(0, false, true);
            for (int i = 0; i < texts.size(); i++) {
                List<MatchResult> words = Pattern.compile("\\w+|\\S")
                        .matcher(texts.get(i))
                        .results()
                        .toList();
                for (Entity entity : extractor.extract(texts.get(i), labels, all)) {
                    long first = words.stream()
                            .takeWhile(w -> w.start() < entity.start())
                            .count();
                    long last = words.stream()
                            .takeWhile(w -> w.end() < entity.end())
                            .count();
                    int label = List.of("person", "place", "day").indexOf(entity.entity());
                    long at = ((i * 12 + first) * logits.dim(2) + last - first) * 3 + label;
                    double probability = 1 / (1 + Math.exp(-logits.getDouble(at)));
                    assertEquals(entity.score(), probability, 1e-5, entity.toString());
                    found++;
                }
            }
        }
        assertArrayEquals(new long[] {3, 12, logits.dim(2), 3}, logits.shape(), "labels are distinct");
        assertTrue(found > 20, found + " entities");
    }

    /** What is not one graph is refused by the field that says so. */
    @ParameterizedTest
    @CsvSource({
        "gliner-relex-span, relations_layer is set",
        "gliner-token-spans, represent_spans is true",
    })
    void refusesWhatIsNotOneGraph(String name, String field) throws IOException {
        Path model = FamilyFixture.named(name).write(folder.resolve("model"));
        ExportException e = assertThrows(ExportException.class, () -> exported(model));
        assertTrue(e.getMessage().contains("gliner_config.json: " + field), e.getMessage());
    }

    @Test
    void refusesOptionsOfOtherModels() throws IOException {
        Path model = TinyGliner.write(folder.resolve("model"));
        ModelExport.Options torch = ModelExport.Options.of(ModelExport.Format.torchscript);
        ModelExport.Options states =
                ModelExport.Options.of(ModelExport.Format.onnx).withHiddenStates(true);
        for (ModelExport.Options options : Arrays.asList(torch, states)) {
            ExportException e = assertThrows(
                    ExportException.class, () -> ModelExport.write(model, folder.resolve("file"), options));
            assertTrue(e.getMessage().contains("GLiNER models"), e.getMessage());
        }
    }

    private OrtModel exported(Path model) throws OrtException {
        Path file = folder.resolve("model.onnx");
        ModelExport.write(model, file, ModelExport.Options.of(ModelExport.Format.onnx));
        return OrtModel.load(file, 1);
    }
}
