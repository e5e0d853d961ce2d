import detangle.hub.Hub;
import detangle.pipelines.ZeroShotClassifier;
import detangle.pipelines.ZeroShotResult;
import java.util.List;

/** Labels of your own, without training: whether "This example is LABEL." follows from the text. */
void main(String[] args) {
    List<String> labels = List.of("money", "travel", "sport");
    try (ZeroShotClassifier classifier = ZeroShotClassifier.load(Hub.model(args[0]))) {
        ZeroShotResult result =
                classifier.classify("My card does not work in Rome.", labels, ZeroShotClassifier.TEMPLATE, false);
        for (int i = 0; i < labels.size(); i++) {
            IO.println("%s %.2f".formatted(result.labels().get(i), result.scores().get(i)));
        }
    }
}
