import detangle.hub.Hub;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.TextClassifier;
import java.util.List;

/** Many texts at once: those of like length run together, and long ones are cut with a warning. */
void main(String[] args) {
    String model = args.length > 0 ? args[0] : "models/pretrained/banking77-small";
    PipelineOptions options = PipelineOptions.DEFAULT.withBatchSize(16).withTruncation(true);
    List<String> texts = List.of("Where is my card?", "I was charged twice.", "How do I get cash abroad? ".repeat(200));
    try (TextClassifier classifier = TextClassifier.load(Hub.model(model), options)) {
        classifier.classify(texts, done -> IO.println(done + " of " + texts.size()))
                .forEach(labels -> IO.println(labels.getFirst().label()));
    }
}
