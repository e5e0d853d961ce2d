package detangle.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.interpreter.Interpreter;
import detangle.ir.interpreter.Precision;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Convention;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.InitialWeights;
import detangle.models.deberta.ModelFolderWriter;
import detangle.models.deberta.ModelOptions;
import detangle.models.deberta.StartingWeights;
import detangle.models.deberta.TrainingModel;
import detangle.models.deberta.TrainingModelOptions;
import detangle.models.weights.Weights;
import detangle.pipelines.TextClassifier;
import detangle.runtime.Session;
import detangle.runtime.SessionOptions;
import detangle.testing.models.TinyModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model that is written is read as any other: a new head on the shipped encoder. */
class WrittenModelTest {
    @TempDir
    Path folder;

    @Test
    void aNewHeadOnAnEncoder() {
        Architecture head = Architecture.SEQUENCE_CLASSIFICATION;
        ModelFolderWriter writer =
                ModelFolderWriter.like(TinyModel.SHIPPED).withHead(head).withLabels(List.of("bad", "fair", "good"));
        Program program = TrainingModel.build(writer.config(), head, TrainingModelOptions.of(head));
        StartingWeights start;
        try (Weights weights = Weights.open(TinyModel.SHIPPED)) {
            start = StartingWeights.of(
                    weights,
                    program,
                    Optional.of(head),
                    new InitialWeights(writer.config(), Convention.HUGGINGFACE, 1),
                    true);
        }
        assertEquals(
                List.of("classifier.weight", "classifier.bias"),
                List.copyOf(start.replaced().keySet()));
        Path written = folder.resolve("written");
        writer.write(written, start.parameters());
        Map<String, Tensor> inputs = Map.of(
                "input_ids", Tensor.of(new long[] {1, 50, 60, 2, 1, 70, 2, 0}, 2, 4),
                "attention_mask", Tensor.of(new long[] {1, 1, 1, 1, 1, 1, 1, 0}, 2, 4));
        Program model = DebertaModel.build(writer.config(), head, ModelOptions.DEFAULT.withHiddenStates(false));
        Tensor expected = new Interpreter(Precision.F64)
                .run(model, inputs, start.parameters())
                .outputs()
                .get("logits");
        try (Session session = Session.load(written, SessionOptions.DEFAULT)) {
            assertTrue(Exact.difference(expected, session.run(inputs).get("logits")) <= Fixture.LOGITS);
        }
        try (TextClassifier classifier = TextClassifier.load(written)) {
            String label = classifier.classify("My card is lost").getFirst().label();
            assertTrue(List.of("bad", "fair", "good").contains(label), label);
        }
    }
}
