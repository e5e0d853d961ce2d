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
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Which files of a repository make a model. Only names that are known here are ever asked for. */
final class RepositoryFiles {
    private static final String CONFIG = "config.json";
    private static final String GLINER_CONFIG = "gliner_config.json";
    private static final List<String> CONFIGS = List.of(CONFIG, GLINER_CONFIG);

    /** GLiNER2's model has its encoder's configuration in a folder of its own. */
    private static final List<String> ENCODER_CONFIGS = List.of("encoder_config/config.json");

    private static final List<String> TOKENIZERS =
            List.of("tokenizer.json", "spm.model", "vocab.json", "vocab.txt", "bpe_encoder.bin", "dict.txt");

    private static final List<String> BESIDE_TOKENIZERS =
            List.of("merges.txt", "vocab.bpe", "tokenizer_config.json", "added_tokens.json", "special_tokens_map.json");

    /** The files in which sentence-transformers describes inputs; it reads the first that there is. */
    private static final List<String> BESIDE_ENCODERS = List.of(
            "sentence_bert_config.json",
            "sentence_roberta_config.json",
            "sentence_distilbert_config.json",
            "sentence_camembert_config.json",
            "sentence_albert_config.json",
            "sentence_xlm-roberta_config.json",
            "sentence_xlnet_config.json");

    private static final String PROMPTS = "config_sentence_transformers.json";

    /** The best first. */
    private static final List<String> WEIGHTS = List.of("model.safetensors", "pytorch_model.bin");

    private static final String INDEX = ".index.json";
    private static final Pattern SHARD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]*\\.(?:safetensors|bin)");

    private static final int MAX_SHARD_NAME_LENGTH = 255;

    private RepositoryFiles() {}

    /** Returns the weights in a folder, or the index of their shards. */
    static Optional<String> weights(Collection<String> names, String folder) {
        return WEIGHTS.stream()
                .flatMap(w -> Stream.of(folder + w, folder + w + INDEX))
                .filter(names::contains)
                .findFirst();
    }

    static boolean isIndex(String name) {
        return name.endsWith(INDEX);
    }

    /**
     * Returns the files that are needed beside the encoder's weights. The file that makes a folder a model comes last,
     * when everything else is there.
     */
    static List<String> beside(Collection<String> names, RepositoryModules modules) {
        List<String> wanted = new ArrayList<>(List.of(PROMPTS));
        for (String folder : modules.behind()) {
            wanted.add(folder + "/" + CONFIG);
            weights(names, folder + "/").filter(w -> !isIndex(w)).ifPresent(wanted::add);
        }
        Stream.of(TOKENIZERS, BESIDE_TOKENIZERS, BESIDE_ENCODERS, ENCODER_CONFIGS, CONFIGS)
                .flatMap(List::stream)
                .forEach(name -> wanted.add(modules.encoder() + name));
        return wanted.stream().filter(names::contains).toList();
    }

    static boolean haveConfig(Collection<String> names, RepositoryModules modules) {
        return CONFIGS.stream().anyMatch(name -> names.contains(modules.encoder() + name));
    }

    /** Returns the shards that an index names. */
    static Set<String> shards(Path index) {
        JsonNode map;
        try {
            map = HubJson.read(index).path("weight_map");
        } catch (IOException e) {
            throw new HubException(index + " cannot be read: " + Hub.reason(e), e);
        } catch (JacksonException e) {
            throw new HubException(
                    index
                            + " is not an index of shards: it is not JSON, or has more values or deeper nesting than one has",
                    e);
        }
        Set<String> shards = new LinkedHashSet<>();
        for (JsonNode shard : map) {
            if (!shard.isString()
                    || shard.stringValue().length() > MAX_SHARD_NAME_LENGTH
                    || !SHARD.matcher(shard.stringValue()).matches()) {
                throw new HubException(index + " names the file " + shard + ", which is not a name of a shard");
            }
            shards.add(shard.stringValue());
        }
        if (shards.isEmpty()) {
            throw new HubException(index + " names no shards");
        }
        return shards;
    }

    /**
     * Returns whether a folder has a configuration and a tokenizer, and all weights if they are wanted. GLiNER models
     * may have the tokenizer of another.
     */
    static boolean complete(Path folder, boolean weighty) {
        RepositoryModules modules = RepositoryModules.in(folder);
        Path encoder = folder.resolve(modules.encoder());
        return !namesIn(encoder, CONFIGS).isEmpty()
                && (!namesIn(encoder, TOKENIZERS).isEmpty()
                        || !namesIn(encoder, List.of(GLINER_CONFIG)).isEmpty())
                && modules.configured().stream().allMatch(module -> Files.isRegularFile(folder.resolve(module, CONFIG)))
                && (!weighty || haveWeights(encoder));
    }

    private static boolean haveWeights(Path folder) {
        List<String> all =
                WEIGHTS.stream().flatMap(w -> Stream.of(w, w + INDEX)).toList();
        Optional<String> weights = weights(namesIn(folder, all), "");
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
}
