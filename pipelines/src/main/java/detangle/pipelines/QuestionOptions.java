package detangle.pipelines;

import java.util.OptionalInt;

/**
 * The options by which answers are looked for; the names and the numbers of {@link #DEFAULT} are HuggingFace's.
 *
 * @param topK how many answers at most
 * @param docStride tokens that two windows of a long text share, at most half a window
 * @param maxSeqLen tokens of a window with the question, at most what the model takes
 * @param maxAnswerLen tokens of an answer
 * @param handleImpossibleAnswer whether "no answer" is one, as in SQuAD 2.0: it wins where it scores higher
 * @param alignToWords whether an answer that begins or ends inside a word is widened to the whole word. It helps where
 *     spaces stand between words, and does harm where they do not, as in Chinese and Japanese
 * @param maxQuestionLen tokens of a question, behind which it is cut; questions are whole if empty
 */
public record QuestionOptions(
        int topK,
        int docStride,
        int maxSeqLen,
        int maxAnswerLen,
        boolean handleImpossibleAnswer,
        boolean alignToWords,
        OptionalInt maxQuestionLen) {
    /** The best answer, windows of 384 tokens that share 128, answers of 15 tokens in whole words, always one. */
    public static final QuestionOptions DEFAULT = new QuestionOptions(1, 128, 384, 15, false, true);

    /** Refuses numbers that make no sense. */
    public QuestionOptions {
        if (topK < 1
                || docStride < 0
                || maxSeqLen < 1
                || maxAnswerLen < 1
                || maxQuestionLen.isPresent() && maxQuestionLen.getAsInt() < 1) {
            throw new IllegalArgumentException(
                    "topK, maxSeqLen, maxAnswerLen and maxQuestionLen are at least 1, docStride at least 0");
        }
    }

    /** The same with whole questions. */
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
