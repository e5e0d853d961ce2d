package detangle.experiment.superglue;

import detangle.experiment.EvaluationSet;
import detangle.experiment.Measures;
import detangle.experiment.PredictionFiles;
import detangle.experiment.Predictions;
import detangle.experiment.TaskHead;
import detangle.experiment.data.JsonRow;
import detangle.experiment.data.SegmentFeatures;
import detangle.train.data.Example;
import detangle.train.metrics.Logits;
import detangle.train.metrics.QuestionGroups;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * MultiRC: each answer of each question to a passage is an example with two classes, wrong and right. The second
 * segment is the question and the answer.
 */
final class MultiRcTask implements SuperGlueTask {
    private static final List<String> LABELS = List.of("0", "1");

    /**
     * An answer of a set.
     *
     * @param passage the number of its passage in the file
     * @param question the id of its question
     * @param id its id
     */
    private record Answer(int passage, JsonNode question, JsonNode id) {}

    @Override
    public String name() {
        return "multirc";
    }

    @Override
    public String description() {
        return "which of several answers to a question about a passage are right";
    }

    @Override
    public TaskHead head() {
        return TaskHead.classes(LABELS);
    }

    @Override
    public List<Example> examples(List<JsonRow> rows, SegmentFeatures features) {
        return examples(rows, features, new ArrayList<>());
    }

    @Override
    public EvaluationSet set(String name, List<JsonRow> rows, SegmentFeatures features) {
        List<Answer> answers = new ArrayList<>();
        List<Example> examples = examples(rows, features, answers);
        return new EvaluationSet(name, examples, measures(answers), submission(answers)).withCritical("f1");
    }

    /** Makes the examples of rows, and adds an {@link Answer} for each to a list. */
    private static List<Example> examples(List<JsonRow> rows, SegmentFeatures features, List<Answer> answers) {
        List<Example> examples = new ArrayList<>();
        for (int number = 0; number < rows.size(); number++) {
            JsonRow passage = rows.get(number).row("passage");
            int[] text = features.tokens(SuperGlue.text(passage, "text"));
            for (JsonRow question : passage.rows("questions")) {
                int[] asked = features.tokens(SuperGlue.text(question, "question"));
                for (JsonRow answer : question.rows("answers")) {
                    int[] given = features.tokens(SuperGlue.text(answer, "text"));
                    int[] both = IntStream.concat(IntStream.of(asked), IntStream.of(given))
                            .toArray();
                    examples.add(Example.of(
                            features.joined(List.of(text, both), examples.size()), SuperGlue.target(answer, LABELS)));
                    answers.add(new Answer(number, question.id("idx"), answer.id("idx")));
                }
            }
        }
        return examples;
    }

    private static int predicted(Predictions predictions, int example) {
        return Logits.argmax(predictions.logits(example));
    }

    /** Returns {@code em}, the share of questions with no wrong decision, and {@code f1} of the right answers. */
    private static Measures measures(List<Answer> answers) {
        Map<JsonNode, Integer> numbers = new LinkedHashMap<>();
        int[] questions = answers.stream()
                .mapToInt(answer -> numbers.computeIfAbsent(answer.question, q -> numbers.size()))
                .toArray();
        return predictions -> {
            int[] labels = Measures.labels(predictions);
            int[] known = IntStream.range(0, labels.length)
                    .filter(i -> labels[i] >= 0)
                    .toArray();
            QuestionGroups groups = QuestionGroups.of(
                    IntStream.of(known).map(i -> questions[i]).toArray(),
                    IntStream.of(known).map(i -> labels[i]).toArray(),
                    IntStream.of(known).map(i -> predicted(predictions, i)).toArray());
            SequencedMap<String, Double> measures = Measures.named("em", groups.exact());
            measures.put("f1", groups.f1());
            return measures;
        };
    }

    /**
     * Writes {@code submit-SET-PREFIX.jsonl}: a line for each passage, with its questions and the labels of their
     * answers.
     */
    private static PredictionFiles submission(List<Answer> answers) {
        return (predictions, where) -> {
            SequencedMap<Integer, ObjectNode> passages = new LinkedHashMap<>();
            SequencedMap<JsonNode, ArrayNode> questions = new LinkedHashMap<>();
            for (int i = 0; i < answers.size(); i++) {
                Answer answer = answers.get(i);
                ObjectNode passage = passages.computeIfAbsent(answer.passage, number -> {
                    ObjectNode line = SuperGlue.object().put("idx", number);
                    line.putObject("passage").putArray("questions");
                    return line;
                });
                ArrayNode ofQuestion = questions.computeIfAbsent(answer.question, id -> {
                    ObjectNode question = ((ArrayNode) passage.get("passage").get("questions")).addObject();
                    question.set("idx", id);
                    return question.putArray("answers");
                });
                ObjectNode line = ofQuestion.addObject();
                line.set("idx", answer.id);
                line.put("label", predicted(predictions, i));
            }
            SuperGlue.write(where.file("submit", "jsonl"), List.copyOf(passages.values()));
        };
    }
}
