package detangle.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.testing.models.TinyModel;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --max-length} of the commands. */
class LengthOptionTest {
    @TempDir
    private Path folder;

    private record Result(int status, String out, String err) {}

    private static Result run(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
        return new Result(status, out.toString(), err.toString());
    }

    @Test
    void aLengthHasAToken() {
        for (String command : List.of("classify", "serve")) {
            Result result = run(command, "--max-length=0", "text");
            assertEquals(2, result.status(), result.err());
            assertTrue(result.err().contains("--max-length must be at least 1"), result.err());
        }
    }

    @Test
    void windowsOfQuestionsAreAsLongAsItSays() throws Exception {
        Path model = TinyModel.write(folder.resolve("qa"), "ForQuestionAnswering", List.of("LABEL_0", "LABEL_1"));
        String context = "My card is new and it was sent within two days by post. ".repeat(8);
        assertEquals(
                answer(model, context, "--max-length=60", "--max-seq-len=20"),
                answer(model, context, "--max-length=20"));
        assertEquals(
                answer(model, context, "--max-length=60", "--max-seq-len=60"),
                answer(model, context, "--max-length=60"));
        assertNotEquals(answer(model, context, "--max-length=20"), answer(model, context, "--max-length=60"));
    }

    private static String answer(Path model, String context, String... options) {
        List<String> arguments = new ArrayList<>(List.of(
                "question-answering", "--model", model.toString(), "--question", "Where is it?", "--format", "json"));
        arguments.addAll(List.of(options));
        arguments.add(context);
        Result result = run(arguments.toArray(String[]::new));
        assertEquals(0, result.status(), result.err());
        return result.out();
    }
}
