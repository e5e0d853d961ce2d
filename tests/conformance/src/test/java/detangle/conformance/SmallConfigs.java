package detangle.conformance;

import detangle.models.deberta.DebertaConfig;
import detangle.testing.SharedFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Released configurations with smaller sizes, which choose no kernel. */
final class SmallConfigs {
    private static final Map<String, Integer> SMALL = Map.of(
            "hidden_size", 32,
            "num_hidden_layers", 2,
            "num_attention_heads", 2,
            "attention_head_size", 16,
            "intermediate_size", 48,
            "pooler_hidden_size", 32,
            "vocab_size", 100);

    private SmallConfigs() {}

    /** Folders with one of each kind: v3 differs among its sizes in numbers alone. */
    static Stream<Path> released() {
        return Stream.of(
                        "deberta-base",
                        "deberta-v2-xlarge",
                        "deberta-v2-xxlarge",
                        "deberta-v3-base",
                        "mdeberta-v3-base")
                .map(name -> SharedFiles.require("configs/" + name));
    }

    /**
     * A configuration with small sizes.
     *
     * @param released the folder of a released one
     * @param folder where the small one is written
     * @param others fields with other values than the released one has
     */
    static DebertaConfig small(Path released, Path folder, Map<String, Object> others) throws IOException {
        JsonMapper mapper = new JsonMapper();
        ObjectNode fields =
                (ObjectNode) mapper.readTree(released.resolve("config.json").toFile());
        SMALL.forEach((name, value) -> {
            if (fields.has(name)) {
                fields.put(name, value);
            }
        });
        others.forEach((name, value) -> fields.putPOJO(name, value));
        Files.writeString(folder.resolve("config.json"), mapper.writeValueAsString(fields));
        return DebertaConfig.read(folder);
    }
}
