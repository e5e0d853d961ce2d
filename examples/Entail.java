import detangle.hub.Hub;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TextPair;

/** Whether one text follows from another, with a model for natural language inference. */
void main(String[] args) {
    try (TextClassifier classifier = TextClassifier.load(Hub.model(args[0]))) {
        TextPair pair = new TextPair("The card was stolen on Monday.", "Somebody has lost a card.");
        classifier.classify(pair).forEach(c -> IO.println("%s %.2f".formatted(c.label(), c.score())));
    }
}
