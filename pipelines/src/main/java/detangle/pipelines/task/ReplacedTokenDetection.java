package detangle.pipelines.task;

import detangle.models.deberta.Architecture;
import detangle.models.text.Truncation;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.ReplacedTokenDetector;
import detangle.pipelines.TokenScore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;

/** Finds the tokens of a text that do not belong there: {@code replaced-token-detection}. */
public final class ReplacedTokenDetection extends TextTask<ReplacedTokenDetector> {
    ReplacedTokenDetection() {}

    @Override
    public String name() {
        return "replaced-token-detection";
    }

    @Override
    public String description() {
        return "How likely it is of each token of a text that something else stood there";
    }

    @Override
    public List<Field> inputs() {
        return List.of(TEXT);
    }

    @Override
    public List<Field> options() {
        return List.of(OFFSETS, TRUNCATE, TRUNCATED_AT_THE_END);
    }

    @Override
    public Column.Type answer() {
        return new Column.ListOf(new Column.ObjectOf(
                Column.score("score"), Column.text("word"), Column.whole("start"), Column.whole("end")));
    }

    @Override
    public boolean suits(ModelFacts model) {
        return model.head() == Architecture.REPLACED_TOKEN_DETECTION;
    }

    @Override
    public ReplacedTokenDetector load(Path model, PipelineOptions options) {
        return ReplacedTokenDetector.load(model, options);
    }

    @Override
    public ReplacedTokenDetector withTruncation(ReplacedTokenDetector detector, Truncation.Side side) {
        return detector.withTruncation();
    }

    @Override
    public List<Object> answer(
            ReplacedTokenDetector detector,
            List<Fields> rows,
            Fields options,
            AnswerForm form,
            ProgressListener progress) {
        List<String> texts = texts(rows);
        List<List<TokenScore>> all = detector.detect(texts, progress);
        List<Object> answers = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            answers.add(json(texts.get(i), all.get(i), form.with(options)));
        }
        return answers;
    }

    /** Returns tokens in order. */
    public static List<SequencedMap<String, Object>> json(String text, List<TokenScore> tokens, AnswerForm form) {
        AnswerForm.Places places = form.new Places(text);
        List<SequencedMap<String, Object>> json = new ArrayList<>();
        for (TokenScore token : tokens) {
            json.add(AnswerForm.object(
                    "score",
                    form.score().apply(token.score()),
                    "word",
                    token.word(),
                    "start",
                    places.of(token.start()),
                    "end",
                    places.of(token.end())));
        }
        return json;
    }
}
