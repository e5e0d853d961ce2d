import detangle.hub.Hub;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.ExtractionOptions;
import java.util.List;

/** Entities of any kind that is named, with a GLiNER model. */
void main(String[] args) {
    List<String> labels = List.of("person", "credit card number", "date");
    try (EntityExtractor extractor = EntityExtractor.load(Hub.model(args[0]))) {
        extractor.extract("On Monday Ada paid with 4000 1234 5678 9010.", labels, ExtractionOptions.DEFAULT)
                .forEach(e -> IO.println("%s: %s %.2f".formatted(e.entity(), e.word(), e.score())));
    }
}
