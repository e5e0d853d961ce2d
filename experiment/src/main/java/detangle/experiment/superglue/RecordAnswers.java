package detangle.experiment.superglue;

import detangle.experiment.Measures;
import detangle.experiment.PredictionFiles;
import detangle.experiment.Predictions;
import detangle.experiment.superglue.RecordFile.Entity;
import detangle.experiment.superglue.RecordWindows.Asked;
import detangle.experiment.superglue.RecordWindows.Window;
import detangle.train.metrics.AnswerMetrics;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The entities of each question, the best one first.
 *
 * @param ranked the entities by the numbers of questions
 */
record RecordAnswers(List<Asked> questions, List<List<Scored>> ranked) {
    /**
     * An entity with its score: {@code exp(m) - 0.5}, where m is the mean, over the windows that have the entity, of
     * the logarithm of the logistic function of its logit. An entity that no window has as a whole has the lowest
     * score.
     */
    record Scored(Entity entity, double score) {}

    static RecordAnswers of(RecordWindows windows, Predictions predictions) {
        List<double[]> sums = new ArrayList<>();
        List<int[]> counts = new ArrayList<>();
        for (Asked asked : windows.questions()) {
            int entities = asked.passage().entities().size();
            sums.add(new double[entities]);
            counts.add(new int[entities]);
        }
        for (int w = 0; w < windows.windows().size(); w++) {
            Window window = windows.windows().get(w);
            float[] logits = predictions.logits(w);
            for (int i = 0; i < window.entities().length; i++) {
                int entity = window.entities()[i];
                sums.get(window.question())[entity] += logOfLogistic(logits[i]);
                counts.get(window.question())[entity]++;
            }
        }
        List<List<Scored>> ranked = new ArrayList<>();
        for (int q = 0; q < sums.size(); q++) {
            List<Entity> entities = windows.questions().get(q).passage().entities();
            List<Scored> scored = new ArrayList<>();
            for (int i = 0; i < entities.size(); i++) {
                double mean = counts.get(q)[i] == 0 ? Double.NEGATIVE_INFINITY : sums.get(q)[i] / counts.get(q)[i];
                scored.add(new Scored(entities.get(i), Math.exp(mean) - 0.5));
            }
            scored.sort(Comparator.comparingDouble(Scored::score).reversed());
            ranked.add(scored);
        }
        return new RecordAnswers(windows.questions(), ranked);
    }

    /** Returns {@code log(1 / (1 + exp(-x)))}, for great numbers too. */
    private static double logOfLogistic(double x) {
        return Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));
    }

    /** Returns the text of the best entity; the empty text where a passage has no entities. */
    private String best(int question) {
        return ranked.get(question).isEmpty()
                ? ""
                : ranked.get(question).getFirst().entity().text();
    }

    /** Returns {@code exact_match} and {@code f1} in percent. */
    SequencedMap<String, Double> measures() {
        Map<String, List<String>> answers = new LinkedHashMap<>();
        Map<String, String> predicted = new LinkedHashMap<>();
        for (int q = 0; q < questions.size(); q++) {
            String id = questions.get(q).question().id().toString();
            answers.put(id, questions.get(q).question().answers());
            predicted.put(id, best(q));
        }
        AnswerMetrics.Score score = AnswerMetrics.record(answers, predicted);
        SequencedMap<String, Double> measures = Measures.named("exact_match", score.exact());
        measures.put("f1", score.f1());
        return measures;
    }

    /**
     * Writes {@code submit-SET-PREFIX.jsonl} with the best entity of each question, and {@code
     * predictions-SET-PREFIX.jsonl} with the scores of all.
     */
    void write(PredictionFiles.Where where) throws IOException {
        SuperGlue.write(
                where.file("submit", "jsonl"), SuperGlue.lines(questions.size(), q -> line(q).put("label", best(q))));
        SuperGlue.write(where.file("predictions", "jsonl"), SuperGlue.lines(questions.size(), q -> {
            ObjectNode line = line(q);
            ArrayNode answers = line.putArray("answers");
            ranked.get(q)
                    .forEach(scored -> answers.addObject()
                            .put("start", scored.entity().start())
                            .put("end", scored.entity().end())
                            .put("text", scored.entity().text())
                            .put("score", scored.score()));
            return line;
        }));
    }

    private ObjectNode line(int question) {
        ObjectNode line = SuperGlue.object();
        line.set("idx", questions.get(question).question().id());
        return line;
    }
}
