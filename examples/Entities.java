import detangle.hub.Hub;
import detangle.pipelines.AggregationStrategy;
import detangle.pipelines.TokenClassifier;

/** Names, places, personal data: parts of a text with a label. */
void main(String[] args) {
    try (TokenClassifier classifier = TokenClassifier.load(Hub.model(args[0]))) {
        classifier.classify("Ada Lovelace lived in London.", AggregationStrategy.SIMPLE)
                .forEach(e -> IO.println(
                        "%s %s %.2f at %d".formatted(e.word(), e.entity(), e.score(), e.start())));
    }
}
