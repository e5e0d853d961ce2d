package detangle.plug.langchain4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.RankedDocument;
import detangle.pipelines.TextClassifier;
import detangle.pipelines.TextGuard;
import detangle.pipelines.TextRanker;
import detangle.pipelines.WindowOptions;
import detangle.testing.models.TinyModel;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.guardrail.InputGuardrailException;
import dev.langchain4j.guardrail.InputGuardrailResult;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.scoring.ScoringModel;
import dev.langchain4j.rag.DefaultRetrievalAugmentor;
import dev.langchain4j.rag.RetrievalAugmentor;
import dev.langchain4j.rag.content.aggregator.ReRankingContentAggregator;
import dev.langchain4j.rag.content.retriever.EmbeddingStoreContentRetriever;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.Moderate;
import dev.langchain4j.service.ModerationException;
import dev.langchain4j.store.embedding.inmemory.InMemoryEmbeddingStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LangChain4j's own services take the models. The programs of docs/PLUGS.md are parts of this file. */
class LangChain4jTest {
    private static final PipelineOptions COLD = PipelineOptions.DEFAULT.withWarmUp(false);
    private static final String HARMLESS = "What is the exchange rate?";
    private static final String ATTACK = "Where is my card?";

    @TempDir
    private static Path folder;

    private static TextClassifier classifier;
    private static FeatureExtractor extractor;
    private static TextRanker ranker;

    private final List<String> asked = new ArrayList<>();

    /** A model that says what it was asked, in place of a large one. */
    private final ChatModel chatModel = new ChatModel() {
        @Override
        public ChatResponse doChat(ChatRequest request) {
            String text = ((UserMessage) request.messages().getLast()).singleText();
            asked.add(text);
            return ChatResponse.builder().aiMessage(AiMessage.from(text)).build();
        }
    };

    interface Assistant {
        String chat(String message);
    }

    interface ModeratedAssistant {
        @Moderate
        String chat(String message);
    }

    @BeforeAll
    static void load() throws IOException {
        classifier =
                TextClassifier.load(TinyModel.relabelled(folder.resolve("guard"), "card_arrival", "INJECTION"), COLD);
        extractor = FeatureExtractor.load(TinyModel.SHIPPED, COLD);
        ranker = TextRanker.load(
                TinyModel.write(folder.resolve("ranker"), "ForSequenceClassification", List.of("LABEL_0")), COLD);
    }

    @AfterAll
    static void close() {
        classifier.close();
        extractor.close();
        ranker.close();
    }

    @BeforeEach
    void forget() {
        asked.clear();
    }

    @Test
    void aGuardrailKeepsAnAttackFromTheChatModel() {
        TextGuard guard = new TextGuard(classifier, WindowOptions.DEFAULT.withWatched(List.of("INJECTION")), 0.5);
        Assistant assistant = AiServices.builder(Assistant.class)
                .chatModel(chatModel)
                .inputGuardrails(new DetangleGuardrail(guard))
                .build();

        assertEquals(HARMLESS, assistant.chat(HARMLESS));
        InputGuardrailException refused = assertThrows(InputGuardrailException.class, () -> assistant.chat(ATTACK));
        assertTrue(refused.getMessage().contains("the message is refused as INJECTION (0.9"), refused.getMessage());
        assertEquals(List.of(HARMLESS), asked);
    }

    @Test
    void aGuardrailReadsEachTextOfAMessage() {
        TextGuard guard = new TextGuard(classifier, WindowOptions.DEFAULT.withWatched(List.of("INJECTION")), 0.5);
        DetangleGuardrail guardrail = new DetangleGuardrail(guard);

        InputGuardrailResult result = guardrail.validate(UserMessage.from(
                TextContent.from(HARMLESS), ImageContent.from("https://example.com/a.png"), TextContent.from(ATTACK)));
        assertFalse(result.isSuccess());
        assertTrue(result.isFatal());
        assertTrue(guardrail
                .validate(UserMessage.from(ImageContent.from("https://example.com/a.png")))
                .isSuccess());
    }

    @Test
    void moderationFlagsWhatIsFound() {
        TextGuard guard = new TextGuard(classifier, WindowOptions.DEFAULT.withWatched(List.of("INJECTION")), 0.5);
        ModeratedAssistant assistant = AiServices.builder(ModeratedAssistant.class)
                .chatModel(chatModel)
                .moderationModel(new DetangleModerationModel(guard))
                .build();

        assertEquals(HARMLESS, assistant.chat(HARMLESS));
        ModerationException flagged = assertThrows(ModerationException.class, () -> assistant.chat(ATTACK));
        assertEquals(ATTACK, flagged.moderation().flaggedText());
    }

    @Test
    void answersComeFromRankedSegments() {
        List<TextSegment> segments = List.of(
                TextSegment.from("Exchange rates change daily."),
                TextSegment.from("Cards are sent by post."),
                TextSegment.from("We are open on Monday."));

        EmbeddingModel embeddingModel = new DetangleEmbeddingModel(extractor.withTruncation());
        InMemoryEmbeddingStore<TextSegment> store = new InMemoryEmbeddingStore<>();
        store.addAll(embeddingModel.embedAll(segments).content(), segments);

        ScoringModel scoringModel = new DetangleScoringModel(ranker.withTruncation());
        RetrievalAugmentor augmentor = DefaultRetrievalAugmentor.builder()
                .contentRetriever(EmbeddingStoreContentRetriever.builder()
                        .embeddingStore(store)
                        .embeddingModel(embeddingModel)
                        .maxResults(50)
                        .build())
                .contentAggregator(ReRankingContentAggregator.builder()
                        .scoringModel(scoringModel)
                        .maxResults(2)
                        .build())
                .build();
        Assistant assistant = AiServices.builder(Assistant.class)
                .chatModel(chatModel)
                .retrievalAugmentor(augmentor)
                .build();

        String prompt = assistant.chat("How will I get my card?");
        List<RankedDocument> expected = ranker.rank(
                "How will I get my card?",
                segments.stream().map(TextSegment::text).toList());
        int first = prompt.indexOf(expected.get(0).text());
        int second = prompt.indexOf(expected.get(1).text());
        assertTrue(first > 0 && second > first, prompt);
        assertFalse(prompt.contains(expected.get(2).text()), prompt);
    }

    @Test
    void embeddingsAreThoseOfTheExtractor() {
        EmbeddingModel model = new DetangleEmbeddingModel(extractor);
        float[] expected = extractor.encode(HARMLESS, EmbeddingOptions.DEFAULT.withNormalize(true));

        assertArrayEquals(expected, model.embed(HARMLESS).content().vector(), 1e-5f);
        Response<?> response = model.embedAll(List.of(TextSegment.from(HARMLESS), TextSegment.from(ATTACK)));
        assertEquals(
                extractor.encodeCounted(List.of(HARMLESS, ATTACK), EmbeddingOptions.DEFAULT, done -> {}).stream()
                        .mapToInt(FeatureExtractor.Encoded::tokens)
                        .sum(),
                response.tokenUsage().inputTokenCount());
        assertEquals(expected.length, model.dimension());
    }

    @Test
    void scoresKeepTheOrderOfTheSegments() {
        List<String> texts = List.of("Exchange rates change daily.", "Cards are sent by post.");
        List<Double> scores = new DetangleScoringModel(ranker)
                .scoreAll(texts.stream().map(TextSegment::from).toList(), ATTACK)
                .content();

        for (RankedDocument document : ranker.rank(ATTACK, texts)) {
            assertEquals(document.score(), scores.get(document.index()), 1e-6);
        }
    }
}
