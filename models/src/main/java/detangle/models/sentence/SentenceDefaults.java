package detangle.models.sentence;

import detangle.models.deberta.ConfigFields;
import detangle.models.files.ModelFiles;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;

/**
 * The way in which a model makes vectors if a call does not say otherwise, as {@code
 * config_sentence_transformers.json} says.
 *
 * @param prompts what may stand before texts, by name
 * @param promptName the name of the one that is used if none is asked for
 * @param truncateDim how many numbers of a vector are kept; empty if all are
 */
public record SentenceDefaults(
        SequencedMap<String, String> prompts, Optional<String> promptName, OptionalInt truncateDim) {
    /** The file in which sentence-transformers describes a model as a whole. */
    public static final String FILE = "config_sentence_transformers.json";

    /** No prompts, and vectors are whole. */
    public static final SentenceDefaults NONE =
            new SentenceDefaults(new LinkedHashMap<>(), Optional.empty(), OptionalInt.empty());

    /**
     * A prompt stands before every text: it is an instruction of a few sentences, and not a text as long as a model
     * takes.
     */
    private static final int MAX_PROMPT_CHARACTERS = 1 << 16;

    private static final String TRUNCATE_DIM = "truncate_dim";

    /**
     * Returns the defaults of a folder or an artifact. The library reads the file only beside {@code modules.json}, and so
     * does this.
     *
     * @throws detangle.models.deberta.ConfigException if the file is not what it should be, or has no prompt of the
     *     default's name
     */
    public static SentenceDefaults read(Path model) {
        ModelFiles files = ModelFiles.root(model);
        if (!files.has(FILE) || !files.has(SentenceModules.FILE)) {
            return NONE;
        }
        ConfigFields fields = ConfigFields.read(files, FILE);
        SequencedMap<String, String> prompts = new LinkedHashMap<>();
        ConfigFields stated = fields.object("prompts");
        for (Map.Entry<String, ?> prompt : stated.root().properties()) {
            String text = stated.text(prompt.getKey()).orElse("");
            if (text.length() > MAX_PROMPT_CHARACTERS) {
                throw stated.fault(
                        prompt.getKey(),
                        "is a prompt of " + text.length() + " characters; at most " + MAX_PROMPT_CHARACTERS
                                + " are taken");
            }
            prompts.put(prompt.getKey(), text);
        }
        Optional<String> promptName = fields.text("default_prompt_name");
        promptName.filter(name -> !prompts.containsKey(name)).ifPresent(name -> {
            throw fields.fault("default_prompt_name", "is '" + name + "', and there is no prompt of that name");
        });
        OptionalInt truncateDim = fields.find(TRUNCATE_DIM).isPresent()
                ? OptionalInt.of(fields.atLeast(1, TRUNCATE_DIM, 1))
                : OptionalInt.empty();
        return new SentenceDefaults(prompts, promptName, truncateDim);
    }
}
