package detangle.train.data;

import java.util.List;

/**
 * What a model learns from at once.
 *
 * @param texts one, or the choices of multiple choice
 * @param target what it should say
 */
public record Example(List<TokenIds> texts, Target target) {
    public Example {
        texts = List.copyOf(texts);
    }

    /** An example of one text. */
    static Example of(TokenIds text, Target target) {
        return new Example(List.of(text), target);
    }

    /** The tokens of its longest text. */
    public int length() {
        return texts.stream().mapToInt(TokenIds::length).max().orElse(0);
    }
}
