package detangle.testing.models;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The small GLiNER models of {@code golden/gliner.json}. */
public final class TinyGliner {
    private TinyGliner() {}

    /** Returns the first of the golden models, in a published model's layout. */
    public static Path write(Path folder) throws IOException {
        return write(folder, FormulaModel.golden("gliner.json").get("cases").get(0));
    }

    /**
     * Returns the same with relations, whose scores need no layers: the token before a relation is one that the prompt
     * has no other use for.
     */
    public static Path writeWithRelations(Path folder) throws IOException {
        ObjectNode golden = (ObjectNode)
                FormulaModel.golden("gliner.json").get("cases").get(0).deepCopy();
        ((ObjectNode) golden.get("config"))
                .put("relations_layer", "none")
                .put("triples_layer", "DistMult")
                .put("rel_token", "[FLERT]");
        return write(folder, golden);
    }

    /** Returns a model that scores words, with the encoder of the first of the golden models. */
    public static Path writeOfTokens(Path folder) throws IOException {
        ObjectNode golden = (ObjectNode)
                FormulaModel.golden("gliner.json").get("cases").get(0).deepCopy();
        ((ObjectNode) golden.get("config")).put("span_mode", "token_level");
        ObjectNode parameters = (ObjectNode) golden.get("parameters");
        List<String> ofSpans = parameters.properties().stream()
                .map(Map.Entry::getKey)
                .filter(name -> name.startsWith("span_rep_layer.") || name.startsWith("prompt_rep_layer."))
                .toList();
        parameters.remove(ofSpans);
        int width = 12;
        linear(parameters, "scorer.proj_token", 40, width, 2 * width);
        linear(parameters, "scorer.proj_label", 42, width, 2 * width);
        linear(parameters, "scorer.out_mlp.0", 44, 3 * width, 4 * width);
        linear(parameters, "scorer.out_mlp.3", 46, 4 * width, 3);
        return write(folder, golden);
    }

    private static void linear(ObjectNode parameters, String name, int formula, int in, int out) {
        parameters.putArray(name + ".weight").add(formula).add(out).add(in);
        parameters.putArray(name + ".bias").add(formula + 1).add(out);
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
