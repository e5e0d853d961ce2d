package detangle.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Which files of a repository make a model. Only names that are known here are ever asked for. */
final class ModelFiles {
    private static final String CONFIG = "config.json";
    private static final String GLINER_CONFIG = "gliner_config.json";
    private static final List<String> CONFIGS = List.of(CONFIG, GLINER_CONFIG);

    private static final List<String> TOKENIZERS =
            List.of("tokenizer.json", "spm.model", "vocab.json", "vocab.txt", "bpe_encoder.bin", "dict.txt");

    private static final List<String> BESIDE_TOKENIZERS =
            List.of("merges.txt", "vocab.bpe", "tokenizer_config.json", "added_tokens.json", "special_tokens_map.json");

    /** The best first. */
    private static final List<String> WEIGHTS = List.of("model.safetensors", "pytorch_model.bin");

    private static final String INDEX = ".index.json";
    private static final Pattern SHARD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]*\\.(?:safetensors|bin)");

    private ModelFiles() {}

    /** The weights, or the index of their shards. */
    static Optional<String> weights(Collection<String> names) {
        return WEIGHTS.stream()
                .flatMap(w -> List.of(w, w + INDEX).stream())
                .filter(names::contains)
                .findFirst();
    }

    static boolean isIndex(String name) {
        return name.endsWith(INDEX);
    }

    /** What is needed beside the weights. What makes a folder a model comes last, when everything else is there. */
    static List<String> beside(Collection<String> names) {
        List<String> wanted = new ArrayList<>(TOKENIZERS);
        wanted.addAll(BESIDE_TOKENIZERS);
        wanted.addAll(CONFIGS);
        return wanted.stream().filter(names::contains).toList();
    }

    static boolean haveConfig(Collection<String> names) {
        return CONFIGS.stream().anyMatch(names::contains);
    }

    /** The shards that an index names. */
    static Set<String> shards(Path index) {
        JsonNode map;
        try {
            map = JsonMapper.shared().readTree(Files.readString(index)).path("weight_map");
        } catch (IOException | JacksonException e) {
            throw new HubException(index + " is no index of shards: " + firstLine(e), e);
        }
        Set<String> shards = new LinkedHashSet<>();
        for (JsonNode shard : map) {
            if (!shard.isString() || !SHARD.matcher(shard.stringValue()).matches()) {
                throw new HubException(index + " names the file " + shard + ", which is no name of a shard");
            }
            shards.add(shard.stringValue());
        }
        if (shards.isEmpty()) {
            throw new HubException(index + " names no shards");
        }
        return shards;
    }

    /**
     * Whether a folder has a configuration and a tokenizer, and all weights if they are wanted. GLiNER models may have the tokenizer of
     * another.
     */
    static boolean complete(Path folder, boolean weighty) {
        return haveConfig(namesIn(folder, CONFIGS))
                && (!namesIn(folder, TOKENIZERS).isEmpty()
                        || !namesIn(folder, List.of(GLINER_CONFIG)).isEmpty())
                && (!weighty || haveWeights(folder));
    }

    private static boolean haveWeights(Path folder) {
        List<String> all =
                WEIGHTS.stream().flatMap(w -> List.of(w, w + INDEX).stream()).toList();
        Optional<String> weights = weights(namesIn(folder, all));
        if (weights.isEmpty() || !isIndex(weights.get())) {
            return weights.isPresent();
        }
        List<String> shards = List.copyOf(shards(folder.resolve(weights.get())));
        return namesIn(folder, shards).equals(shards);
    }

    private static List<String> namesIn(Path folder, List<String> names) {
        return names.stream()
                .filter(name -> Files.isRegularFile(folder.resolve(name)))
                .toList();
    }

    private static String firstLine(Exception e) {
        return String.valueOf(e.getMessage()).lines().findFirst().orElse("");
    }
}
