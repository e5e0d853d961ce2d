import detangle.hub.Hub;
import detangle.pipelines.Classification;
import detangle.pipelines.LabelChunks;
import detangle.pipelines.LabelClassifier;
import detangle.pipelines.LabelOptions;
import detangle.pipelines.LabelTree;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** Labels in groups, and texts and labels in parts, with a GLiClass model. */
void main(String[] args) {
    SequencedMap<String, LabelTree> groups = new LinkedHashMap<>();
    groups.put("topic", new LabelTree.Labels(List.of("money", "travel", "sport")));
    groups.put("tone", new LabelTree.Labels(List.of("glad", "sad")));
    LabelTree tree = new LabelTree.Groups(groups);
    List<String> texts = List.of("My card does not work in Rome.");
    LabelOptions all = LabelOptions.DEFAULT.withThreshold(0);
    try (LabelClassifier classifier = LabelClassifier.load(Hub.model(args[0]))) {
        List<Classification> scores =
                classifier.scores(texts, List.of(tree.paths()), all, done -> {}).getFirst();
        IO.println(tree.nested(scores)); // {topic={money=..., travel=..., sport=...}, tone={glad=..., sad=...}}

        // Two labels at a time, and 20 characters that share 4 with the next ones.
        LabelChunks chunks = new LabelChunks(20, 4, 2);
        for (Classification label :
                classifier.classifyInChunks(texts, tree.paths(), chunks, all, done -> {}).getFirst()) {
            IO.println("%s %.2f".formatted(label.label(), label.score()));
        }
    }
}
