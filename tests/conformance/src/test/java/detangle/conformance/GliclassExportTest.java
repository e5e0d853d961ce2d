package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtException;
import detangle.export.ExportException;
import detangle.export.ModelExport;
import detangle.export.gliner.GliclassExport;
import detangle.ir.Tensor;
import detangle.peer.onnxruntime.OrtModel;
import detangle.pipelines.Classification;
import detangle.pipelines.LabelClassifier;
import detangle.pipelines.LabelExample;
import detangle.pipelines.LabelInputs;
import detangle.pipelines.LabelOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** GLiClass models that are exported give the pipeline's scores, which are the original's, in ONNX Runtime. */
class GliclassExportTest {
    private static final List<String> TEXTS = List.of(
            "Ada Lovelace met Charles Babbage in London on 5 June 1833, and wrote notes.",
            "Oslo",
            "\u6771\u4eac \u2764");

    private static final List<List<String>> LABELS =
            List.of(List.of("person", "place of birth", "date", "other"), List.of("one"));

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "gliclass-cross-attn",
                "gliclass-hopfield-last",
                "gliclass-mlp-avg",
                "gliclass-simple",
                "gliclass-weighted-max-lstm"
            })
    void givesTheScoresOfThePipeline(String name) throws IOException, OrtException {
        Path model = FamilyFixture.named(name).write(folder.resolve("model"));
        LabelOptions plain = LabelOptions.DEFAULT.withThreshold(0);
        LabelOptions more = plain.withPrompt("Which of these?")
                .withExamples(List.of(new LabelExample("Paris is lovely.", List.of("place of birth"))));
        LabelInputs inputs = LabelInputs.of(model);
        try (OrtModel exported = exported(model);
                LabelClassifier classifier = LabelClassifier.load(model)) {
            for (LabelOptions options : List.of(plain, more)) {
                for (String text : TEXTS) {
                    for (List<String> labels : LABELS) {
                        Tensor logits =
                                exported.run(inputs.of(text, labels, options)).get(GliclassExport.LOGITS);
                        assertArrayEquals(new long[] {1, labels.size()}, logits.shape(), name);
                        List<Classification> scores = classifier.classify(text, labels, options);
                        for (int i = 0; i < labels.size(); i++) {
                            double probability = 1 / (1 + Math.exp(-logits.getDouble(i)));
                            assertEquals(scores.get(i).score(), probability, 1e-5, name + " " + text + " " + labels);
                        }
                    }
                }
            }
        }
    }

    @Test
    void refusesLabelsWithAnEncoderOfTheirOwn() throws IOException {
        Path model = FamilyFixture.named("gliclass-bi").write(folder.resolve("model"));
        ExportException e = assertThrows(ExportException.class, () -> exported(model));
        assertTrue(e.getMessage().contains("config.json: architecture_type is bi-encoder"), e.getMessage());
    }

    private OrtModel exported(Path model) throws OrtException {
        Path file = folder.resolve("model.onnx");
        ModelExport.write(model, file, ModelExport.Options.of(ModelExport.Format.onnx));
        return OrtModel.load(file, 1);
    }
}
