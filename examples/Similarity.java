import detangle.hub.Hub;
import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.FeatureExtractor;
import java.util.List;

/** Texts as vectors, and how alike they are. */
void main(String[] args) {
    String model = args.length > 0 ? args[0] : "models/pretrained/banking77-small";
    List<String> texts = List.of("Where is my card?", "My card has not come yet.", "What is the exchange rate?");
    try (FeatureExtractor extractor = FeatureExtractor.load(Hub.model(model))) {
        List<float[]> vectors = extractor.encode(texts, EmbeddingOptions.DEFAULT.withNormalize(true));
        for (int i = 1; i < texts.size(); i++) {
            double cosine = 0;
            for (int j = 0; j < extractor.dimension(); j++) {
                cosine += vectors.get(0)[j] * vectors.get(i)[j];
            }
            IO.println("%.2f %s".formatted(cosine, texts.get(i)));
        }
    }
}
