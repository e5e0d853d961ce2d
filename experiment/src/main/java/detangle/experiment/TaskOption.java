package detangle.experiment;

/**
 * An option that a task has beside those of all tasks.
 *
 * @param name the name without dashes, such as {@code max_ngram}
 * @param otherwise the default value; empty for none
 * @param description the meaning in one line, for help
 */
public record TaskOption(String name, String otherwise, String description) {}
