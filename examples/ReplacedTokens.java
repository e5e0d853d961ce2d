import detangle.hub.Hub;
import detangle.pipelines.ReplacedTokenDetector;

/** Which words do not belong, with what DeBERTa-v3 learned before it was fine-tuned. */
void main(String[] args) {
    try (ReplacedTokenDetector detector = ReplacedTokenDetector.load(Hub.model(args[0]))) {
        detector.detect("The capital of Italy is banana.")
                .forEach(t -> IO.println("%s %.2f".formatted(t.word(), t.score())));
    }
}
