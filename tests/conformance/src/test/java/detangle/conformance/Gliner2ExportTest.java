package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OrtException;
import detangle.export.ExportException;
import detangle.export.ModelExport;
import detangle.ir.Tensor;
import detangle.models.gliner2.CountingLayer;
import detangle.models.gliner2.ExportedParts;
import detangle.models.weights.Weights;
import detangle.peer.onnxruntime.OrtModel;
import detangle.pipelines.SchemaExtractor;
import detangle.pipelines.SchemaInputs;
import detangle.pipelines.schema.EntityMention;
import detangle.pipelines.schema.Mention;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaAnswer;
import detangle.pipelines.schema.SchemaOptions;
import detangle.pipelines.schema.SchemaReader;
import detangle.testing.models.TinyGliner2;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.json.JsonMapper;

/** GLiNER2 models that are exported give the numbers of the original's code, and the pipeline's, in ONNX Runtime. */
class Gliner2ExportTest {
    private static final double TOLERANCE = 1e-4;

    @TempDir
    private Path folder;

    /**
     * Every instance of every span has the original's logits; entities, relations and structures with choices.
     *
     * @param asWritten whether the layers of spans stand where the original has them
     */
    @ParameterizedTest
    @CsvSource({"gliner2-span, false", "gliner2-span, true", "gliner2-span-v2, false"})
    void givesTheScoresOfTheOriginal(String name, boolean asWritten) throws IOException, OrtException {
        FamilyFixture fixture = FamilyFixture.named(name);
        Path model = fixture.write(folder.resolve("model"));
        SchemaInputs inputs = SchemaInputs.of(model);
        int compared = 0;
        try (OrtModel exported = asWritten ? asWritten(model) : exported(model);
                Weights tensors = fixture.tensors()) {
            for (FamilyFixture.Case asked : fixture.cases()) {
                String prefix = asked.name() + ".span_logits.";
                if (!tensors.contains(prefix + 0)) {
                    continue;
                }
                Schema schema = SchemaReader.of(asked.input().get("schema"));
                // The tensors are those of the groups of the first text, then of the second.
                int group = 0;
                for (String text : asked.texts()) {
                    for (int part = 0; part < schema.parts().size(); part++) {
                        Map<String, Tensor> given = inputs.part(text, schema, part);
                        compared += compare(exported.run(given), given, tensors.get(prefix + group), prefix + group);
                        group++;
                    }
                }
            }
        }
        assertTrue(compared > 1000, name + ": " + compared + " scores were compared");
    }

    private static int compare(Map<String, Tensor> outputs, Map<String, Tensor> given, Tensor expected, String what) {
        Tensor scores = outputs.get(ExportedParts.INSTANCE_SCORES);
        long words = given.get(ExportedParts.TEXT_POSITIONS).elements();
        long width = scores.dim(3);
        assertEquals(expected.dim(0), greatest(outputs.get(ExportedParts.COUNT_LOGITS)), what);
        assertArrayEquals(
                new long[] {expected.dim(1), words, width}, new long[] {scores.dim(1), scores.dim(2), width}, what);
        int compared = 0;
        for (long i = 0; i < expected.elements(); i++) {
            long word = i / width % words;
            if (word + i % width < words) {
                double probability = 1 / (1 + Math.exp(-expected.getDouble(i)));
                assertEquals(probability, scores.getDouble(i), TOLERANCE, what + " " + i);
                compared++;
            }
        }
        return compared;
    }

    private static int greatest(Tensor logits) {
        int greatest = 0;
        for (int i = 1; i < logits.elements(); i++) {
            greatest = logits.getDouble(i) > logits.getDouble(greatest) ? i : greatest;
        }
        return greatest;
    }

    /**
     * The other ways of counting, entities and labels, as the pipeline finds them. The small transformer of
     * count_lstm_v2 makes logits of hundreds of random weights, which no two runtimes round alike; a fixture has it.
     */
    @ParameterizedTest
    @EnumSource(names = {"COUNT_LSTM", "COUNT_LSTM_MOE"})
    void findsWhatThePipelineFinds(CountingLayer counting) throws IOException, OrtException {
        Path model = TinyGliner2.write(folder.resolve("model"), counting);
        Schema schema = SchemaReader.of(JsonMapper.shared().readTree("""
            [{"do": "entities", "types": ["person", "city", "day"]},
            {"do": "classification", "task": "topic", "labels": ["science", "sport"]}]
            """));
        String text = "On Monday Ada Lovelace met Charles in London.";
        List<MatchResult> words =
                Pattern.compile("\\w+|\\S").matcher(text).results().toList();
        SchemaInputs inputs = SchemaInputs.of(model);
        Map<String, Tensor> entities;
        Map<String, Tensor> classes;
        try (OrtModel exported = exported(model)) {
            entities = exported.run(inputs.part(text, schema, 0));
            classes = exported.run(inputs.part(text, schema, 1));
        }
        SchemaAnswer answer;
        try (SchemaExtractor extractor = SchemaExtractor.load(model)) {
            answer = extractor.extract(text, schema, SchemaOptions.DEFAULT.withThreshold(0.01));
        }
        Tensor scores = entities.get(ExportedParts.SPAN_SCORES);
        int found = 0;
        for (int kind = 0; kind < 3; kind++) {
            for (EntityMention entity :
                    answer.entities().get(List.of("person", "city", "day").get(kind))) {
                Mention mention = entity.mention();
                long first = words.stream()
                        .takeWhile(w -> w.start() < mention.start())
                        .count();
                long last =
                        words.stream().takeWhile(w -> w.end() < mention.end()).count();
                long at = (kind * scores.dim(2) + first) * scores.dim(3) + last - first;
                assertEquals(mention.confidence(), scores.getDouble(at), 1e-5, mention.toString());
                found++;
            }
        }
        boolean any = greatest(entities.get(ExportedParts.COUNT_LOGITS)) > 0;
        assertEquals(any, found > 0, counting + " finds " + found);
        Tensor logits = classes.get(ExportedParts.LABEL_LOGITS);
        double first = 1 / (1 + Math.exp(logits.getDouble(1) - logits.getDouble(0)));
        assertEquals(
                Math.max(first, 1 - first),
                answer.classifications().get("topic").getFirst().confidence(),
                1e-5);
    }

    /** What is not one graph is refused by the field that says so. */
    @Test
    void refusesWhatIsNotOneGraph() throws IOException {
        Path model = TinyGliner2.writeBoundary(folder.resolve("model"), "");
        ExportException e = assertThrows(ExportException.class, () -> exported(model));
        assertTrue(e.getMessage().contains("config.json: architecture is boundary"), e.getMessage());
    }

    private OrtModel asWritten(Path model) throws OrtException {
        Path file = folder.resolve("written.onnx");
        ModelExport.writeAsWritten(model, file);
        return OrtModel.load(file, 1);
    }

    private OrtModel exported(Path model) throws OrtException {
        Path file = folder.resolve("model.onnx");
        ModelExport.write(model, file, ModelExport.Options.of(ModelExport.Format.onnx));
        return OrtModel.load(file, 1);
    }
}
