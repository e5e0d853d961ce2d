package detangle.server;

import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.testing.models.TinyGliclass;
import detangle.testing.models.TinyGliner;
import detangle.testing.models.TinyGliner2;
import detangle.testing.models.TinyModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import tools.jackson.databind.JsonNode;

/** A server of small models, each of which lies in the folder of its name and is for what its name says. */
final class TinyServer implements AutoCloseable {
    static final List<String> TAGS = List.of("O", "B-PER", "I-PER", "B-LOC", "I-LOC");

    private final InferenceServer server;

    private TinyServer(InferenceServer server) {
        this.server = server;
    }

    /** @param names of models, perhaps with an organisation before them: {@code org/mask} */
    static TinyServer start(Path folder, String... names) throws IOException {
        SequencedMap<String, Path> models = new LinkedHashMap<>();
        for (String name : names) {
            String own = name.substring(name.indexOf('/') + 1);
            models.put(name, write(own, folder.resolve(own)));
        }
        return new TinyServer(InferenceServer.start(models, ServerTest.options()));
    }

    /** Writes the small model of a name into a folder. */
    static Path write(String name, Path folder) throws IOException {
        return switch (name) {
            case "tags" -> TinyModel.write(folder, "ForTokenClassification", TAGS);
            case "nli" ->
                TinyModel.write(folder, "ForSequenceClassification", List.of("contradiction", "neutral", "entailment"));
            case "qa" -> TinyModel.write(folder, "ForQuestionAnswering", List.of("LABEL_0"));
            case "mask" -> TinyModel.write(folder, "ForMaskedLM", List.of("LABEL_0"));
            case "choice" -> TinyModel.write(folder, "ForMultipleChoice", List.of("LABEL_0"));
            case "encoder" -> TinyModel.write(folder, "Model", List.of("LABEL_0"));
            case "ranker" -> TinyModel.write(folder, "ForSequenceClassification", List.of("LABEL_0"));
            case "gliner" -> TinyGliner.write(folder);
            case "relations" -> TinyGliner.writeWithRelations(folder);
            case "words" -> TinyGliner.writeOfTokens(folder);
            case "gliner2" -> TinyGliner2.write(folder);
            case "gliclass" -> TinyGliclass.write(folder);
            default -> throw new AssertionError("there is no small model for " + name);
        };
    }

    InferenceServer server() {
        return server;
    }

    /** The answer to a request that is right. */
    JsonNode answered(String path, Object body) {
        ServerTest.Answer answer = ServerTest.post(server, path, body);
        assertEquals(200, answer.status(), answer.body());
        return answer.json();
    }

    /** @param part of the error's text */
    void refused(int status, String part, String path, Object body) {
        ServerTest.refused(status, part, ServerTest.post(server, path, body));
    }

    @Override
    public void close() {
        server.close();
    }
}
