package detangle.experiment;

/**
 * An option that a task has beside those of all tasks.
 *
 * @param name the name without dashes, such as {@code max_ngram}
 * @param otherwise the value if nobody gives one; empty for none
 * @param description what it means, in one line
 */
public record TaskOption(String name, String otherwise, String description) {}
