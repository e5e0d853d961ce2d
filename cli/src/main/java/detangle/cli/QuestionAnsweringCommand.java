package detangle.cli;

import detangle.models.text.WhiteSpace;
import detangle.pipelines.Answer;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.Question;
import detangle.pipelines.QuestionAnswerer;
import detangle.pipelines.QuestionOptions;
import detangle.pipelines.task.Column;
import detangle.pipelines.task.Column.ObjectOf;
import detangle.pipelines.task.QuestionAnswering;
import detangle.runtime.OptionValues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
        name = "question-answering",
        description = "Answers questions with parts of texts. Long texts are read in windows.",
        mixinStandardHelpOptions = true)
final class QuestionAnsweringCommand extends PipelineCommand<QuestionAnswerer> {
    @Option(
            names = "--question",
            paramLabel = "TEXT",
            description = "The question; by default the column question of --file.")
    private Optional<String> question;

    @Option(names = "--top-k", paramLabel = "K", description = "The number of answers to print; 1 by default.")
    private int topK = QuestionOptions.DEFAULT.topK();

    @Option(
            names = {"--stride", "--doc-stride"},
            paramLabel = "N",
            description = "The tokens that two windows share; ${DEFAULT-VALUE} by default.")
    private int docStride = QuestionOptions.DEFAULT.docStride();

    @Option(
            names = "--max-seq-len",
            paramLabel = "N",
            description = "The tokens of a window; by default those of --max-length, or else 384.")
    private Optional<Integer> maxSeqLen;

    @Option(
            names = "--max-answer-len",
            paramLabel = "N",
            description = "The most tokens of an answer; ${DEFAULT-VALUE} by default.")
    private int maxAnswerLen = QuestionOptions.DEFAULT.maxAnswerLen();

    @Option(
            names = "--max-question-len",
            paramLabel = "N",
            description = "The number of tokens to which a question is cut; questions are not cut by default.")
    private Optional<Integer> maxQuestionLen;

    @Option(
            names = "--handle-impossible-answer",
            description = "Allow that a text does not have an answer, as in SQuAD 2.0.")
    private boolean handleImpossibleAnswer;

    @Option(
            names = "--align-to-words",
            negatable = true,
            defaultValue = "true",
            fallbackValue = "true",
            description =
                    "Widen answers to whole words, as HuggingFace does; --no-align-to-words for Chinese or Japanese.")
    private boolean alignToWords;

    @Override
    QuestionAnswerer load(Path folder, PipelineOptions options) {
        return QuestionAnswerer.load(folder, options);
    }

    @Override
    String textColumn() {
        return "context";
    }

    @Override
    List<String> moreColumns() {
        return question.isPresent() ? List.of() : List.of("question");
    }

    @Override
    void check(boolean fromFile) {
        if (!fromFile && question.isEmpty()) {
            throw wrongUse("ask with --question");
        }
        question.filter(WhiteSpace::isBlank).ifPresent(asked -> {
            throw wrongUse("--question is empty");
        });
        if (topK < 1 || docStride < 0 || windowLength() < 1 || maxAnswerLen < 1 || maxQuestionLen.orElse(1) < 1) {
            throw wrongUse(
                    "--top-k, --max-seq-len, --max-answer-len and --max-question-len must be at least 1, --doc-stride at"
                            + " least 0");
        }
    }

    private int windowLength() {
        return maxSeqLen.orElseGet(() -> maxLength().orElse(QuestionOptions.DEFAULT.maxSeqLen()));
    }

    @Override
    List<String> columns() {
        return List.of("score", "start", "end", "answer");
    }

    @Override
    List<Column> asked() {
        return List.of(Column.text("question"));
    }

    @Override
    SequencedMap<String, Object> asked(List<Object> row) {
        return Result.object("question", question.map(Object.class::cast).orElseGet(() -> row.get(1)));
    }

    @Override
    List<Column> answer() {
        List<Column> one =
                List.of(Column.score("score"), Column.whole("start"), Column.whole("end"), Column.text("answer"));
        return topK == 1 ? one : List.of(Column.listOf("answers", new ObjectOf(one)));
    }

    @Override
    List<Result> run(QuestionAnswerer answerer, List<List<String>> rows, ProgressListener progress) {
        QuestionOptions whole = new QuestionOptions(
                topK, docStride, windowLength(), maxAnswerLen, handleImpossibleAnswer, alignToWords);
        QuestionOptions options = OptionValues.with(whole, maxQuestionLen, QuestionOptions::withMaxQuestionLen);
        List<Question> questions = rows.stream()
                .map(row -> new Question(question.orElseGet(() -> row.get(1)), row.getFirst()))
                .toList();
        List<List<Answer>> answers = answerer.answer(questions, options, counting(progress, windows -> 0));
        progress.done(questions.size());
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < answers.size(); i++) {
            results.add(result(i, questions.get(i).context(), answers.get(i)));
        }
        return results;
    }

    private Result result(int index, String context, List<Answer> answers) {
        List<SequencedMap<String, Object>> json = QuestionAnswering.json(context, answers, Result.FORM);
        List<String> words = answers.stream()
                .map(a -> Result.scored(a.answer().isEmpty() ? "no answer" : a.answer(), a.score()))
                .toList();
        SequencedMap<String, Object> best = json.isEmpty() ? Result.object() : json.getFirst();
        return new Result(
                index,
                topK == 1 && json.size() == 1 ? best : json,
                topK == 1 ? best : Result.object("answers", json),
                json.stream().map(answer -> Result.values(answer, columns())).toList(),
                String.join(", ", words));
    }
}
