package detangle.plug.springai;

import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.FeatureExtractor.Encoded;
import java.util.List;
import java.util.stream.IntStream;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.embedding.EmbeddingResponseMetadata;

/**
 * Computes Spring AI's embeddings with a {@link FeatureExtractor}. Any number of threads may use one. It does not close
 * the extractor. A text that is too long is refused, unless the extractor cuts texts ({@link
 * FeatureExtractor#withTruncation()}).
 */
public final class SpringEmbeddingModel implements EmbeddingModel {
    private final FeatureExtractor extractor;
    private final EmbeddingOptions options;

    /** Makes vectors of length 1, as most stores of vectors expect. */
    public SpringEmbeddingModel(FeatureExtractor extractor) {
        this(extractor, EmbeddingOptions.DEFAULT.withNormalize(true));
    }

    /** Makes vectors as the options say. */
    public SpringEmbeddingModel(FeatureExtractor extractor, EmbeddingOptions options) {
        this.extractor = extractor;
        this.options = options;
    }

    /**
     * Returns the vectors of the texts, and how many tokens they have.
     *
     * @param request of whose options the dimensions are heeded: so many of a vector's first numbers are kept
     */
    @Override
    public EmbeddingResponse call(EmbeddingRequest request) {
        Integer dimensions =
                request.getOptions() == null ? null : request.getOptions().getDimensions();
        EmbeddingOptions asked = dimensions == null ? options : options.withTruncateDim(dimensions);
        List<Encoded> encoded = extractor.encodeCounted(request.getInstructions(), asked, done -> {});
        List<Embedding> embeddings = IntStream.range(0, encoded.size())
                .mapToObj(i -> new Embedding(encoded.get(i).vector(), i))
                .toList();
        int tokens = encoded.stream().mapToInt(Encoded::tokens).sum();
        EmbeddingResponseMetadata metadata = new EmbeddingResponseMetadata();
        metadata.setUsage(new DefaultUsage(tokens, 0));
        return new EmbeddingResponse(embeddings, metadata);
    }

    /** Returns the vector of a document's text. */
    @Override
    public float[] embed(Document document) {
        return embed(getEmbeddingContent(document));
    }

    @Override
    public int dimensions() {
        return extractor.dimension(options);
    }
}
