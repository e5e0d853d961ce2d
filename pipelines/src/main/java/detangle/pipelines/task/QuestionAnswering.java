package detangle.pipelines.task;

import detangle.models.deberta.Architecture;
import detangle.pipelines.Answer;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.Question;
import detangle.pipelines.QuestionAnswerer;
import detangle.pipelines.QuestionOptions;
import detangle.runtime.OptionValues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;

/** Answers questions by parts of texts: HuggingFace's {@code question-answering}. */
public final class QuestionAnswering extends TextTask<QuestionAnswerer> {
    private static final QuestionOptions STANDARD = QuestionOptions.DEFAULT;
    private static final Field QUESTION = Field.required("question", "the question", new Field.Text());
    private static final Field CONTEXT = Field.required("context", "the text that may answer it", new Field.Text());
    private static final Field TOP_K = Field.optional(
            "top_k",
            "how many answers at most; of more than one, the answer is a list",
            new Field.Whole(1),
            STANDARD.topK());
    private static final Field DOC_STRIDE = Field.optional(
            "doc_stride", "tokens that two windows of a long text share", new Field.Whole(0), STANDARD.docStride());
    private static final Field MAX_SEQ_LEN = Field.optional(
            "max_seq_len", "tokens of a window with the question", new Field.Whole(1), STANDARD.maxSeqLen());
    private static final Field MAX_ANSWER_LEN =
            Field.optional("max_answer_len", "tokens of an answer", new Field.Whole(1), STANDARD.maxAnswerLen());
    private static final Field MAX_QUESTION_LEN = Field.optional(
            "max_question_len",
            "tokens of a question, behind which it is cut; questions are whole by default",
            new Field.Whole(1));
    private static final Field IMPOSSIBLE = Field.optional(
            "handle_impossible_answer",
            "whether a text may have no answer, which is then an empty one",
            new Field.Flag(),
            STANDARD.handleImpossibleAnswer());
    private static final Field ALIGN = Field.optional(
            "align_to_words", "whether answers are widened to whole words", new Field.Flag(), STANDARD.alignToWords());

    QuestionAnswering() {}

    @Override
    public String name() {
        return "question-answering";
    }

    @Override
    public String description() {
        return "Answers to questions, which are parts of texts. Long texts are read in windows";
    }

    @Override
    public List<Field> inputs() {
        return List.of(QUESTION, CONTEXT);
    }

    @Override
    public List<Field> options() {
        return List.of(TOP_K, DOC_STRIDE, MAX_SEQ_LEN, MAX_ANSWER_LEN, MAX_QUESTION_LEN, IMPOSSIBLE, ALIGN, OFFSETS);
    }

    @Override
    public Column.Type answer() {
        return new Column.ObjectOf(
                Column.score("score"), Column.whole("start"), Column.whole("end"), Column.text("answer"));
    }

    @Override
    public List<Column.Type> otherAnswers() {
        return List.of(new Column.ListOf(answer()));
    }

    @Override
    public boolean suits(ModelFacts model) {
        return model.head() == Architecture.QUESTION_ANSWERING;
    }

    @Override
    public QuestionAnswerer load(Path model, PipelineOptions options) {
        return QuestionAnswerer.load(model, options);
    }

    @Override
    public List<Object> answer(
            QuestionAnswerer answerer, List<Fields> rows, Fields options, AnswerForm form, ProgressListener progress) {
        QuestionOptions whole = new QuestionOptions(
                options.whole(TOP_K.name()),
                options.whole(DOC_STRIDE.name()),
                options.whole(MAX_SEQ_LEN.name()),
                options.whole(MAX_ANSWER_LEN.name()),
                options.flag(IMPOSSIBLE.name()),
                options.flag(ALIGN.name()));
        QuestionOptions asked = OptionValues.with(
                whole, options.optionalWhole(MAX_QUESTION_LEN.name()), QuestionOptions::withMaxQuestionLen);
        List<Question> questions = rows.stream()
                .map(row -> new Question(row.text(QUESTION.name()), row.text(CONTEXT.name())))
                .toList();
        List<List<Answer>> all = answerer.answer(questions, asked, progress);
        List<Object> answers = new ArrayList<>();
        for (int i = 0; i < questions.size(); i++) {
            answers.add(json(questions.get(i).context(), all.get(i), asked.topK(), form.with(options)));
        }
        return answers;
    }

    /** Returns answers as HuggingFace's pipeline does: a single answer if one was asked for, and otherwise a list. */
    private static Object json(String context, List<Answer> answers, int topK, AnswerForm form) {
        List<SequencedMap<String, Object>> json = json(context, answers, form);
        return topK == 1 && json.size() == 1 ? json.getFirst() : json;
    }

    /** Returns each answer as HuggingFace's pipeline returns it. */
    public static List<SequencedMap<String, Object>> json(String context, List<Answer> answers, AnswerForm form) {
        AnswerForm.Places places = form.new Places(context);
        List<SequencedMap<String, Object>> json = new ArrayList<>();
        for (Answer answer : answers) {
            json.add(AnswerForm.object(
                    "score",
                    form.score().apply(answer.score()),
                    "start",
                    places.of(answer.start()),
                    "end",
                    places.of(answer.end()),
                    "answer",
                    answer.answer()));
        }
        return json;
    }
}
