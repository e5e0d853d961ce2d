package detangle.plug.langchain4j;

import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.FeatureExtractor.Encoded;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.request.EmbeddingInput;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.model.output.TokenUsage;
import java.util.List;

/**
 * Computes LangChain4j's embeddings with a {@link FeatureExtractor}. Any number of threads may use one. It does not
 * close the extractor. A text that is too long is refused, unless the extractor cuts texts ({@link
 * FeatureExtractor#withTruncation()}).
 */
public final class DetangleEmbeddingModel implements EmbeddingModel {
    private final FeatureExtractor extractor;
    private final EmbeddingOptions options;

    /** Makes vectors of length 1, as most stores of vectors expect. */
    public DetangleEmbeddingModel(FeatureExtractor extractor) {
        this(extractor, EmbeddingOptions.DEFAULT.withNormalize(true));
    }

    /** Makes vectors as the options say. */
    public DetangleEmbeddingModel(FeatureExtractor extractor, EmbeddingOptions options) {
        this.extractor = extractor;
        this.options = options;
    }

    @Override
    public int dimension() {
        return extractor.dimension(options);
    }

    /** Returns the vectors of the texts, and how many tokens they have. */
    @Override
    public EmbeddingResponse doEmbed(EmbeddingRequest request) {
        List<String> texts = request.inputs().stream().map(EmbeddingInput::text).toList();
        List<Encoded> encoded = extractor.encodeCounted(texts, options, done -> {});
        return EmbeddingResponse.builder()
                .embeddings(
                        encoded.stream().map(e -> Embedding.from(e.vector())).toList())
                .tokenUsage(new TokenUsage(
                        encoded.stream().mapToInt(Encoded::tokens).sum()))
                .build();
    }
}
