import detangle.hub.Hub;
import detangle.pipelines.Classification;
import detangle.pipelines.TextClassifier;

/** Labels of a text: intents, topics, sentiments, prompt injections. */
void main(String[] args) {
    String model = args.length > 0 ? args[0] : "models/pretrained/banking77-small";
    try (TextClassifier classifier = TextClassifier.load(Hub.model(model))) {
        Classification best = classifier.classify("Where is my card?").getFirst();
        IO.println("%s %.2f".formatted(best.label(), best.score()));
    }
}
