package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.pipelines.MultipleChoice;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MultipleChoiceCommandTest {
    @TempDir
    private Path folder;

    /** The choices of several rows run together, and each row is answered as it is alone. */
    @Test
    void choicesOfRowsAreOneBatch() throws IOException {
        Path model = TinyModel.write(folder, "ForMultipleChoice", List.of("LABEL_0"));
        List<List<String>> rows = List.of(
                List.of("I lost my card.", "I block it.", "I eat it."),
                List.of("It rains.", "I take an umbrella.", "I swim."),
                List.of("I am late.", "I run.", "I sleep."));
        MultipleChoiceCommand command = new MultipleChoiceCommand();
        try (MultipleChoice chooser = MultipleChoice.load(model)) {
            List<Integer> done = new ArrayList<>();
            List<Result> together = command.run(chooser, rows, done::add);
            assertEquals(List.of(3), done);
            for (int i = 0; i < rows.size(); i++) {
                Result alone =
                        command.run(chooser, List.of(rows.get(i)), row -> {}).getFirst();
                assertEquals(likeliest(alone), likeliest(together.get(i)));
            }
        }
    }

    private static Object likeliest(Result result) {
        return result.records().getFirst().getFirst();
    }
}
