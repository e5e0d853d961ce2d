package detangle.pipelines;

/**
 * One of several choices, with the probability that it is the right one.
 *
 * @param index its place in the list
 * @param score its probability; those of all choices are 1 together
 * @param choice the text
 */
public record Choice(int index, double score, String choice) {}
