package detangle.models.text;

/** Turns text into the ids that a model was trained on. Threads may share one. */
public interface Tokenizer {

    /** {@code [CLS] text [SEP]}, of any length. */
    Encoding encode(String text);

    /** {@code [CLS] first [SEP] second [SEP]}, of any length. */
    Encoding encode(String first, String second);

    /** The id that fills a batch's shorter rows. */
    int padTokenId();

    /** One more than the greatest id. */
    int vocabSize();
}
