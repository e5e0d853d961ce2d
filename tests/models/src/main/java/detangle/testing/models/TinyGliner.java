package detangle.testing.models;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The small GLiNER models of {@code golden/gliner.json}. */
public final class TinyGliner {
    private TinyGliner() {}

    /** The first of the golden models, in a published model's layout. */
    public static Path write(Path folder) throws IOException {
        return write(folder, FormulaModel.golden("gliner.json").get("cases").get(0));
    }

    public static Path write(Path folder, JsonNode golden) throws IOException {
        FormulaModel.write(folder, golden, "gliner_config.json");
        ObjectNode tokenizer = (ObjectNode)
                JsonMapper.shared().readTree(Files.readString(TinyModel.SHIPPED.resolve("tokenizer.json")));
        int id = 4001;
        for (String token : List.of("[FLERT]", "<<ENT>>", "<<SEP>>")) {
            ((ArrayNode) tokenizer.get("added_tokens"))
                    .addObject()
                    .put("id", id++)
                    .put("content", token)
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", true);
        }
        Files.writeString(folder.resolve("tokenizer.json"), tokenizer.toString());
        return folder;
    }
}
