import detangle.hub.Hub;
import detangle.pipelines.Classification;
import detangle.pipelines.LabelClassifier;
import detangle.pipelines.LabelExample;
import detangle.pipelines.LabelOptions;
import java.util.List;

/** Labels of your own with a GLiClass model: several may be right, and an example shows what is meant. */
void main(String[] args) {
    List<String> labels = List.of("money", "travel", "sport");
    LabelOptions options = LabelOptions.DEFAULT
            .withThreshold(0)
            .withPrompt("What is it about?")
            .withExamples(List.of(new LabelExample("The match was lost.", List.of("sport"))));
    try (LabelClassifier classifier = LabelClassifier.load(Hub.model(args[0]))) {
        for (Classification label : classifier.classify("My card does not work in Rome.", labels, options)) {
            IO.println("%s %.2f".formatted(label.label(), label.score()));
        }
    }
}
