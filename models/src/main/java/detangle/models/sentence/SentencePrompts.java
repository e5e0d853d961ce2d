package detangle.models.sentence;

import detangle.models.deberta.ConfigFields;
import detangle.models.files.ModelFiles;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * What stands before texts, as {@code config_sentence_transformers.json} says.
 *
 * @param prompts by their names
 * @param defaultName the name of the one that is used if none is asked for
 */
public record SentencePrompts(SequencedMap<String, String> prompts, Optional<String> defaultName) {
    /** What sentence-transformers says of a model as a whole. */
    public static final String FILE = "config_sentence_transformers.json";

    /** No prompts. */
    public static final SentencePrompts NONE = new SentencePrompts(new LinkedHashMap<>(), Optional.empty());

    /**
     * Those of a folder or an artifact.
     *
     * @throws detangle.models.deberta.ConfigException if the file is not what it should be, or has no prompt of the default's name
     */
    public static SentencePrompts read(Path model) {
        if (!ModelFiles.root(model).has(FILE)) {
            return NONE;
        }
        ConfigFields fields = ConfigFields.read(ModelFiles.root(model), FILE);
        SequencedMap<String, String> prompts = new LinkedHashMap<>();
        ConfigFields stated = fields.object("prompts");
        for (Map.Entry<String, ?> prompt : stated.root().properties()) {
            prompts.put(prompt.getKey(), stated.text(prompt.getKey()).orElse(""));
        }
        Optional<String> defaultName = fields.text("default_prompt_name");
        defaultName.filter(name -> !prompts.containsKey(name)).ifPresent(name -> {
            throw fields.fault("default_prompt_name", "is '" + name + "', and there is no prompt of that name");
        });
        return new SentencePrompts(prompts, defaultName);
    }
}
