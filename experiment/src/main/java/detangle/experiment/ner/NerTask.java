package detangle.experiment.ner;

import detangle.experiment.EvaluationSet;
import detangle.experiment.FineTuningTask;
import detangle.experiment.Measures;
import detangle.experiment.PredictionFiles;
import detangle.experiment.Predictions;
import detangle.experiment.TaskHead;
import detangle.experiment.data.TaskInput;
import detangle.experiment.head.WordClasses;
import detangle.train.data.ConllFile;
import detangle.train.data.Example;
import detangle.train.data.Target;
import detangle.train.metrics.EntityMetrics;
import detangle.train.metrics.Logits;
import java.io.BufferedWriter;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SequencedMap;

/** Named entities in the files of CoNLL 2003: train.txt, valid.txt and test.txt. */
final class NerTask implements FineTuningTask {
    private static final String OUTSIDE = "O";
    private static final List<String> LABELS =
            List.of(OUTSIDE, "B-MISC", "I-MISC", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC");

    @Override
    public String name() {
        return "ner";
    }

    @Override
    public String description() {
        return "named entities of four kinds, CoNLL 2003";
    }

    @Override
    public String origin() {
        return "https://www.clips.uantwerpen.be/conll2003/ner";
    }

    @Override
    public TaskHead head() {
        WordClasses head = new WordClasses(LABELS.size());
        return new TaskHead.Own(head, head, LABELS);
    }

    @Override
    public List<Example> training(TaskInput input) {
        return examples(packed(input, "train.txt"));
    }

    /** Both sets decide on the best model, as in the original. */
    @Override
    public List<EvaluationSet> evaluation(TaskInput input) {
        return List.of(set("dev", packed(input, "valid.txt")), set("test", packed(input, "test.txt")));
    }

    @Override
    public List<EvaluationSet> test(TaskInput input) {
        return List.of(set("test", packed(input, "test.txt")));
    }

    private static List<PackedSentences> packed(TaskInput input, String file) {
        return PackedSentences.of(ConllFile.documents(input.folder().file(file)), LABELS, input.features());
    }

    private static List<Example> examples(List<PackedSentences> packed) {
        return packed.stream().map(PackedSentences::example).toList();
    }

    private static EvaluationSet set(String name, List<PackedSentences> packed) {
        return new EvaluationSet(name, examples(packed), NerTask::measures, files(packed)).withCritical("f1");
    }

    /** Returns the label that is predicted for a token. */
    private static String predicted(Predictions predictions, int example, int token) {
        int first = token * LABELS.size();
        return LABELS.get(Logits.argmax(Arrays.copyOfRange(predictions.logits(example), first, first + LABELS.size())));
    }

    private static SequencedMap<String, Double> measures(Predictions predictions) {
        List<List<String>> labels = new ArrayList<>();
        List<List<String>> found = new ArrayList<>();
        for (int i = 0; i < predictions.size(); i++) {
            int[] classes = predictions.target(i, Target.TokenClasses.class).indices();
            labels.add(new ArrayList<>());
            found.add(new ArrayList<>());
            for (int token = 0; token < classes.length; token++) {
                if (classes[token] >= 0) {
                    labels.getLast().add(LABELS.get(classes[token]));
                    found.getLast().add(predicted(predictions, i, token));
                }
            }
        }
        EntityMetrics metrics = EntityMetrics.of(labels, found);
        SequencedMap<String, Double> measures = Measures.named("accuracy", metrics.accuracy());
        measures.put("f1", metrics.overall().f1());
        measures.put("precision", metrics.overall().precision());
        measures.put("recall", metrics.overall().recall());
        return measures;
    }

    /**
     * Writes {@code submit-SET-PREFIX.tsv}: the original's header, and a line with each word and its tag; a blank line
     * ends an example. The original writes the tag of the token before a word, and mixes up words where sentences meet.
     */
    private static PredictionFiles files(List<PackedSentences> packed) {
        return (predictions, where) -> {
            try (BufferedWriter writer = Files.newBufferedWriter(where.file("submit", "tsv"))) {
                writer.write("index\tpredictions\n");
                for (int i = 0; i < packed.size(); i++) {
                    PackedSentences sentences = packed.get(i);
                    for (int w = 0; w < sentences.words().size(); w++) {
                        int token = sentences.firstTokens()[w];
                        String tag = token < 0 ? OUTSIDE : predicted(predictions, i, token);
                        writer.write(sentences.words().get(w) + " " + tag + "\n");
                    }
                    writer.write("\n");
                }
            }
        };
    }
}
