package detangle.cli;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.ProblemType;
import detangle.models.text.Tokenizer;
import detangle.train.data.ChoiceData;
import detangle.train.data.ClassificationData;
import detangle.train.data.ClassificationData.LabelRule;
import detangle.train.data.DataColumns;
import detangle.train.data.Example;
import detangle.train.data.ExampleEncoder;
import detangle.train.data.LabelMap;
import detangle.train.data.MaskedData;
import detangle.train.data.QuestionData;
import detangle.train.data.Split;
import detangle.train.data.TaggedWords;
import detangle.train.data.TokenData;
import detangle.train.metrics.AnswerScorer;
import detangle.train.metrics.ClassScorer;
import detangle.train.metrics.GuessScorer;
import detangle.train.metrics.Scorer;
import detangle.train.metrics.TagScorer;
import detangle.train.task.Task;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The content of a file as examples of a task.
 *
 * @param task the task with the labels that were found or known
 * @param examples the examples in order
 * @param questions the questions whose windows the examples are, for question answering
 * @param notices remarks on the data for the user
 */
record LabelledData(Task task, List<Example> examples, Optional<QuestionData> questions, List<String> notices) {

    /**
     * The rules by which files are read.
     *
     * @param maxLength the most tokens of an example
     * @param cuts whether longer examples are cut and not refused
     * @param stride the number of tokens that two windows of a text share in question answering
     * @param byLine whether each text is an example of its own for a masked language model
     * @param ofModel the labels of the model, whose order is kept if the data have the same labels
     */
    record Reading(
            Tokenizer tokenizer,
            DataColumns columns,
            Optional<ProblemType> problem,
            Optional<String> labelDelimiter,
            int maxLength,
            boolean cuts,
            int stride,
            boolean byLine,
            List<String> ofModel) {
        ExampleEncoder encoder() {
            return new ExampleEncoder(tokenizer, maxLength, cuts);
        }
    }

    /** Refuses names of columns for words and tags if none of the files has columns with names. */
    static void checkColumns(Architecture head, Reading how, List<TrainingFile> files) {
        if (head == Architecture.TOKEN_CLASSIFICATION
                && !how.columns.equals(DataColumns.DEFAULT)
                && files.stream().allMatch(TrainingFile::isTagged)) {
            throw new Failures.CliException(
                    files.getFirst().name() + " has the word first and the tag last in each line: leave out"
                            + " --text-column and --label-column");
        }
    }

    /**
     * Reads a file.
     *
     * @param known the labels, and for text classification the kind of labels; empty if the data decide
     */
    static LabelledData read(TrainingFile file, Architecture head, Reading how, Optional<Task> known) {
        return switch (head) {
            case SEQUENCE_CLASSIFICATION -> classification(file, how, known);
            case TOKEN_CLASSIFICATION -> tokens(file, how, known);
            case QUESTION_ANSWERING ->
                ofQuestions(QuestionData.read(
                        file.questions().isPresent() ? file.questions().get() : QuestionData.questions(file.rows()),
                        file.name(),
                        how.tokenizer,
                        how.maxLength,
                        how.stride));
            case MULTIPLE_CHOICE -> {
                ChoiceData data = ChoiceData.read(file.rows(), file.name(), how.columns, how.encoder());
                yield of(Task.of(head), data.examples(), data.notices());
            }
            case MASKED_LM, MASKED_LM_EMD -> {
                MaskedData data = how.byLine
                        ? MaskedData.lines(file.texts(), file.name(), how.columns, how.encoder())
                        : MaskedData.blocks(file.texts(), file.name(), how.columns, how.tokenizer, how.maxLength);
                yield of(Task.of(head), data.examples(), data.notices());
            }
            case ENCODER, REPLACED_TOKEN_DETECTION ->
                throw new Failures.CliException(
                        "there is no training of the task " + head.text() + ": choose one of those that --task lists");
        };
    }

    private static LabelledData of(Task task, List<Example> examples, List<String> notices) {
        return new LabelledData(task, examples, Optional.empty(), notices);
    }

    private static LabelledData ofQuestions(QuestionData data) {
        return new LabelledData(
                Task.of(Architecture.QUESTION_ANSWERING), data.examples(), Optional.of(data), List.of());
    }

    private static LabelledData classification(TrainingFile file, Reading how, Optional<Task> known) {
        LabelRule rule = new LabelRule(
                known.flatMap(Task::problem).or(how::problem),
                known.map(task -> LabelMap.of(task.labels())),
                how.labelDelimiter,
                how.ofModel);
        ClassificationData data = ClassificationData.read(file.rows(), file.name(), how.columns, how.encoder(), rule);
        return of(Task.classification(data.problem(), data.labels().names()), data.examples(), data.notices());
    }

    private static LabelledData tokens(TrainingFile file, Reading how, Optional<Task> known) {
        Optional<List<TaggedWords>> tagged = file.sentences();
        TokenData data = TokenData.read(
                tagged.isPresent() ? tagged.get() : TokenData.sentences(file.rows(), how.columns),
                file.name(),
                how.encoder(),
                known.map(task -> LabelMap.of(task.labels())),
                how.ofModel);
        return of(Task.tokenClassification(data.labels().names()), data.examples(), data.notices());
    }

    /** The rows to learn from, and the rows to evaluate with. */
    record Parts(LabelledData training, LabelledData validation) {}

    /**
     * Divides the data into two parts, the second with a share of the rows or of the questions. The notices of the
     * first part tell of labels whose rows are all in the second.
     *
     * @param name the name of the data for these notices
     */
    Parts split(double share, String name, long seed) {
        int rows = questions.map(q -> q.questions().size()).orElse(examples.size());
        Split<Integer> parts = Split.of(IntStream.range(0, rows).boxed().toList(), share, seed);
        LabelledData training = part(parts.training());
        List<String> absent = task.problem()
                .map(problem -> ClassificationData.unused(
                        problem,
                        LabelMap.of(task.labels()),
                        training.examples,
                        name + " without the rows to validate with"))
                .orElse(List.of());
        return new Parts(
                new LabelledData(task, training.examples, training.questions, absent), part(parts.validation()));
    }

    private LabelledData part(List<Integer> rows) {
        return questions
                .map(q -> ofQuestions(q.part(rows)))
                .orElseGet(() -> of(task, rows.stream().map(examples::get).toList(), List.of()));
    }

    /** Makes the scorer that measures a model on these examples in their order. */
    Scorer scorer() {
        return switch (task.head()) {
            case SEQUENCE_CLASSIFICATION -> task.textScorer();
            case TOKEN_CLASSIFICATION -> new TagScorer(task.labels());
            case QUESTION_ANSWERING -> new AnswerScorer(questions.orElseThrow());
            case MULTIPLE_CHOICE -> ClassScorer.ofChoices();
            case MASKED_LM, MASKED_LM_EMD, ENCODER, REPLACED_TOKEN_DETECTION -> new GuessScorer();
        };
    }
}
