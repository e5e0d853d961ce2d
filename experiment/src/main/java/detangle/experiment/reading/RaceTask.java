package detangle.experiment.reading;

import detangle.experiment.EvaluationSet;
import detangle.experiment.FineTuningTask;
import detangle.experiment.Measures;
import detangle.experiment.SubmissionFiles;
import detangle.experiment.TaskHead;
import detangle.experiment.data.JsonLines;
import detangle.experiment.data.JsonRow;
import detangle.experiment.data.SegmentFeatures;
import detangle.experiment.data.TaskInput;
import detangle.models.deberta.Architecture;
import detangle.train.data.DataException;
import detangle.train.data.Example;
import detangle.train.data.Target;
import detangle.train.data.TokenIds;
import detangle.train.task.Task;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * RACE asks questions about an article with four options each. An option is the pair of the article and of the question
 * followed by the option. The original evaluates with the test files, and shares the tokens of an article between
 * options, so that later options read what the first ones have cut; here each option cuts its own copy.
 *
 * @param name the name; the original registers the task a second time as MyRACE
 */
record RaceTask(String name) implements FineTuningTask {
    private static final List<String> LABELS = List.of("A", "B", "C", "D");
    private static final int MAX_OPTION_CHARACTERS = 160;
    private static final Pattern ENDS = Pattern.compile("^[\\t \\r\\n_]+|[\\t \\r\\n_]+$");
    private static final Pattern SPACES = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

    @Override
    public String description() {
        return "questions of examinations about articles, with four options each";
    }

    @Override
    public String origin() {
        return "https://www.cs.cmu.edu/~glai1/data/race; each .txt file of train/high is a line of train_high.jsonl,"
                + " and so on";
    }

    @Override
    public TaskHead head() {
        return TaskHead.of(Task.of(Architecture.MULTIPLE_CHOICE));
    }

    @Override
    public List<Example> training(TaskInput input) {
        return examples(input, "train_middle.jsonl", "train_high.jsonl");
    }

    @Override
    public List<EvaluationSet> evaluation(TaskInput input) {
        return List.of(
                set(input, "test-high", "test_high.jsonl").withoutDecision(),
                set(input, "test-middle", "test_middle.jsonl").withoutDecision(),
                set(input, "test", "test_middle.jsonl", "test_high.jsonl"));
    }

    @Override
    public List<EvaluationSet> test(TaskInput input) {
        return List.of(set(input, "high", "test_high.jsonl"), set(input, "middle", "test_middle.jsonl"));
    }

    private static EvaluationSet set(TaskInput input, String name, String... files) {
        return new EvaluationSet(name, examples(input, files), Measures.ACCURACY, SubmissionFiles.labels(LABELS));
    }

    private static List<Example> examples(TaskInput input, String... files) {
        List<Example> examples = new ArrayList<>();
        for (String file : files) {
            JsonLines.read(input.folder().file(file)).forEach(row -> add(row, input.features(), examples));
        }
        return examples;
    }

    private static void add(JsonRow row, SegmentFeatures features, List<Example> examples) {
        int[] article = features.tokens(plain(row.text("article")));
        List<String> questions = row.texts("questions");
        List<String> answers = row.texts("answers");
        List<List<String>> options = row.lists("options");
        if (questions.size() != answers.size() || questions.size() != options.size()) {
            throw new DataException(row.where() + " has " + questions.size() + " questions, " + answers.size()
                    + " answers and " + options.size() + " lists of options");
        }
        for (int q = 0; q < questions.size(); q++) {
            if (options.get(q).size() != LABELS.size()) {
                throw new DataException(
                        row.where() + ": a question has " + options.get(q).size() + " options, not " + LABELS.size());
            }
            List<TokenIds> texts = new ArrayList<>();
            for (String option : options.get(q)) {
                int[] tokens = features.tokens(plain(questions.get(q) + " " + option));
                int[] cut = Arrays.copyOf(tokens, Math.min(tokens.length, MAX_OPTION_CHARACTERS));
                texts.add(features.joined(List.of(article, cut), examples.size()));
            }
            examples.add(new Example(texts, new Target.OneClass(LABELS.indexOf(answers.get(q)))));
        }
    }

    /** Returns a text without lines and underscores at its ends, and with one space wherever there is white space. */
    private static String plain(String text) {
        return SPACES.matcher(ENDS.matcher(text).replaceAll("")).replaceAll(" ").strip();
    }
}
