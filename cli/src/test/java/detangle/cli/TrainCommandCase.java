package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Runs trainings of a few updates of a small model with random weights: files go in, and folders come out. */
abstract class TrainCommandCase {
    static final String ROWS = "text,label\nthe sky is blue,blue\nmy shirt is red,red\nthe sea,blue\na rose,red\n";

    final StringWriter out = new StringWriter();
    final StringWriter err = new StringWriter();

    @TempDir
    Path folder;

    Path model;
    Path output;

    @BeforeEach
    void makeModel() throws IOException {
        model = TinyModel.write(folder.resolve("model"), "ForSequenceClassification", List.of("a", "b", "c"));
        output = folder.resolve("out");
    }

    Path file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    int run(String... arguments) {
        return Main.run(new PrintWriter(out), new PrintWriter(err, true), arguments);
    }

    /** Returns the arguments of a training of the model into the output folder. */
    List<String> arguments(Path file, String... more) {
        List<String> arguments = new ArrayList<>(
                List.of("train", model.toString(), "--train-file", file.toString(), "--output-dir", output.toString()));
        arguments.add("--ignore-mismatched-sizes"); // The model has three labels, and the rows have two or more.
        arguments.addAll(List.of(more));
        return arguments;
    }

    int train(Path file, String... more) {
        return run(arguments(file, more).toArray(String[]::new));
    }

    String fault(Path file, String... more) {
        err.getBuffer().setLength(0);
        assertTrue(train(file, more) > 0, err.toString());
        return err.toString().lines().toList().getLast();
    }

    static JsonNode json(Path file) {
        return JsonMapper.shared().readTree(file.toFile());
    }
}
