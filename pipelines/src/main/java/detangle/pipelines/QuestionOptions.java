package detangle.pipelines;

/**
 * How answers are looked for; the names and the numbers of {@link #DEFAULT} are HuggingFace's.
 *
 * @param topK how many answers at most
 * @param docStride tokens that two windows of a long text share, at most half a window
 * @param maxSeqLen tokens of a window with the question, at most what the model takes
 * @param maxAnswerLen tokens of an answer
 * @param handleImpossibleAnswer whether "no answer" is one, as in SQuAD 2.0: it wins where it scores higher
 */
public record QuestionOptions(
        int topK, int docStride, int maxSeqLen, int maxAnswerLen, boolean handleImpossibleAnswer) {
    /** The best answer, windows of 384 tokens that share 128, answers of 15 tokens, always one. */
    public static final QuestionOptions DEFAULT = new QuestionOptions(1, 128, 384, 15, false);

    /** Refuses numbers that make no sense. */
    public QuestionOptions {
        if (topK < 1 || docStride < 0 || maxSeqLen < 1 || maxAnswerLen < 1) {
            throw new IllegalArgumentException("topK, maxSeqLen and maxAnswerLen are at least 1, docStride at least 0");
        }
    }

    public QuestionOptions withTopK(int value) {
        return new QuestionOptions(value, docStride, maxSeqLen, maxAnswerLen, handleImpossibleAnswer);
    }

    public QuestionOptions withDocStride(int value) {
        return new QuestionOptions(topK, value, maxSeqLen, maxAnswerLen, handleImpossibleAnswer);
    }

    public QuestionOptions withMaxSeqLen(int value) {
        return new QuestionOptions(topK, docStride, value, maxAnswerLen, handleImpossibleAnswer);
    }

    public QuestionOptions withMaxAnswerLen(int value) {
        return new QuestionOptions(topK, docStride, maxSeqLen, value, handleImpossibleAnswer);
    }

    public QuestionOptions withHandleImpossibleAnswer(boolean value) {
        return new QuestionOptions(topK, docStride, maxSeqLen, maxAnswerLen, value);
    }
}
