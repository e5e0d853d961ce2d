package detangle.pipelines;

import java.util.OptionalInt;

/**
 * The options by which answers are looked for; the names and the numbers of {@link #DEFAULT} are HuggingFace's.
 *
 * @param topK the most answers
 * @param docStride the tokens that two windows of a long text share, at most half a window
 * @param maxSeqLen the most tokens of a window with the question, at most as many as the model takes
 * @param maxAnswerLen the most tokens of an answer
 * @param handleImpossibleAnswer whether "no answer" may be the answer, as in SQuAD 2.0: it wins if it scores higher
 * @param alignToWords whether an answer that begins or ends inside a word is widened to the whole word. Use it for
 *     languages with spaces between words, and not for others, such as Chinese and Japanese
 * @param maxQuestionLen the number of tokens to which a question is cut; if empty, questions are not cut
 */
public record QuestionOptions(
        int topK,
        int docStride,
        int maxSeqLen,
        int maxAnswerLen,
        boolean handleImpossibleAnswer,
        boolean alignToWords,
        OptionalInt maxQuestionLen) {
    /**
     * The default options: the best answer, windows of 384 tokens that share 128, answers of at most 15 tokens in whole
     * words, and always an answer.
     */
    public static final QuestionOptions DEFAULT = new QuestionOptions(1, 128, 384, 15, false, true);

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if the stride is negative, or another number is less than 1
     */
    public QuestionOptions {
        if (topK < 1
                || docStride < 0
                || maxSeqLen < 1
                || maxAnswerLen < 1
                || maxQuestionLen.isPresent() && maxQuestionLen.getAsInt() < 1) {
            throw new IllegalArgumentException(
                    "topK, maxSeqLen, maxAnswerLen and maxQuestionLen must be at least 1, docStride at least 0");
        }
    }

    /** Makes options without a limit for questions. */
    public QuestionOptions(
            int topK,
            int docStride,
            int maxSeqLen,
            int maxAnswerLen,
            boolean handleImpossibleAnswer,
            boolean alignToWords) {
        this(topK, docStride, maxSeqLen, maxAnswerLen, handleImpossibleAnswer, alignToWords, OptionalInt.empty());
    }

    public QuestionOptions withTopK(int value) {
        return new QuestionOptions(
                value, docStride, maxSeqLen, maxAnswerLen, handleImpossibleAnswer, alignToWords, maxQuestionLen);
    }

    public QuestionOptions withDocStride(int value) {
        return new QuestionOptions(
                topK, value, maxSeqLen, maxAnswerLen, handleImpossibleAnswer, alignToWords, maxQuestionLen);
    }

    public QuestionOptions withMaxSeqLen(int value) {
        return new QuestionOptions(
                topK, docStride, value, maxAnswerLen, handleImpossibleAnswer, alignToWords, maxQuestionLen);
    }

    public QuestionOptions withMaxAnswerLen(int value) {
        return new QuestionOptions(
                topK, docStride, maxSeqLen, value, handleImpossibleAnswer, alignToWords, maxQuestionLen);
    }

    public QuestionOptions withHandleImpossibleAnswer(boolean value) {
        return new QuestionOptions(topK, docStride, maxSeqLen, maxAnswerLen, value, alignToWords, maxQuestionLen);
    }

    public QuestionOptions withAlignToWords(boolean value) {
        return new QuestionOptions(
                topK, docStride, maxSeqLen, maxAnswerLen, handleImpossibleAnswer, value, maxQuestionLen);
    }

    public QuestionOptions withMaxQuestionLen(int value) {
        return new QuestionOptions(
                topK, docStride, maxSeqLen, maxAnswerLen, handleImpossibleAnswer, alignToWords, OptionalInt.of(value));
    }
}
