package detangle.hub;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * A model's name on a hub.
 *
 * @param repository {@code microsoft/deberta-v3-base}
 * @param revision a branch, tag or commit
 */
public record ModelId(String repository, String revision) {
    private static final String MAIN = "main";

    // What huggingface.co allows: no name begins or ends with a dot or dash, none has two of them in a row.
    private static final String NAME = "[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*(?:--?[A-Za-z0-9_]+)*";

    /**
     * The greatest length of a name and of a revision. A longer one is not a path, and a pattern would take long to say
     * so.
     */
    private static final int MAX_LENGTH = 255;

    private static final Pattern REPOSITORY = Pattern.compile(NAME + "/" + NAME);
    private static final Pattern REVISION =
            Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*");

    /** The names of microsoft's own releases (README of microsoft/DeBERTa), as they are called on the hub. */
    private static final Map<String, String> ALIASES = aliases();

    private static Map<String, String> aliases() {
        Map<String, String> aliases = new TreeMap<>();
        for (String v1 : new String[] {"base", "large", "xlarge", "base-mnli", "large-mnli", "xlarge-mnli"}) {
            aliases.put(v1, "microsoft/deberta-" + v1);
        }
        for (String size : new String[] {"xlarge", "xxlarge"}) {
            aliases.put(size + "-v2", "microsoft/deberta-v2-" + size);
            aliases.put(size + "-v2-mnli", "microsoft/deberta-v2-" + size + "-mnli");
        }
        for (String v3 :
                new String[] {"deberta-v3-xsmall", "deberta-v3-small", "deberta-v3-base", "deberta-v3-large"}) {
            aliases.put(v3, "microsoft/" + v3);
        }
        aliases.put("mdeberta-v3-base", "microsoft/mdeberta-v3-base");
        return aliases;
    }

    /** Refuses names that no hub has. */
    public ModelId {
        if (!isRepository(repository)) {
            throw new HubException("'" + repository + "' is not a name of a model such as microsoft/deberta-v3-base");
        }
        if (!isRevision(revision)) {
            throw new HubException("'" + revision + "' is not a name of a revision");
        }
    }

    /**
     * Returns the model that {@code organisation/name}, {@code organisation/name@revision} or one of microsoft's own
     * names ({@code base}, {@code xxlarge-v2-mnli}, {@code deberta-v3-small}) stands for; empty if the text is none of
     * these.
     */
    public static Optional<ModelId> parse(String text) {
        int at = text.indexOf('@');
        String name = at < 0 ? text : text.substring(0, at);
        String repository = ALIASES.getOrDefault(name, name);
        String revision = at < 0 ? MAIN : text.substring(at + 1);
        return isRepository(repository) && isRevision(revision)
                ? Optional.of(new ModelId(repository, revision))
                : Optional.empty();
    }

    private static boolean isRepository(String name) {
        return name.length() <= MAX_LENGTH && REPOSITORY.matcher(name).matches();
    }

    private static boolean isRevision(String name) {
        return name.length() <= MAX_LENGTH && REVISION.matcher(name).matches();
    }

    @Override
    public String toString() {
        return revision.equals(MAIN) ? repository : repository + "@" + revision;
    }
}
