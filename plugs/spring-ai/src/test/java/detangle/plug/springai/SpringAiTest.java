package detangle.plug.springai;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.model.Generation;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.rag.advisor.RetrievalAugmentationAdvisor;
import org.springframework.ai.rag.retrieval.search.DocumentRetriever;
import reactor.core.publisher.Flux;

/** Spring AI's own clients take the models. The programs of docs/PLUGS.md are parts of this file. */
class SpringAiTest {
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
        public ChatResponse call(Prompt prompt) {
            String text = prompt.getUserMessage().getText();
            asked.add(text);
            return new ChatResponse(List.of(new Generation(new AssistantMessage(text))));
        }

        @Override
        public Flux<ChatResponse> stream(Prompt prompt) {
            return Flux.just(call(prompt));
        }
    };

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

    @Test
    void anAdvisorKeepsAnAttackFromTheChatModel() {
        TextGuard guard = new TextGuard(classifier, WindowOptions.DEFAULT.withWatched(List.of("INJECTION")), 0.5);
        ChatClient client = ChatClient.builder(chatModel)
                .defaultAdvisors(new GuardAdvisor(guard, "I cannot answer that."))
                .build();

        assertEquals(HARMLESS, client.prompt().user(HARMLESS).call().content());
        assertEquals(
                "I cannot answer that.", client.prompt().user(ATTACK).call().content());
        assertEquals(
                "I cannot answer that.",
                client.prompt().user(ATTACK).stream().content().blockFirst());
        assertEquals(HARMLESS, client.prompt().user(HARMLESS).stream().content().blockFirst());
        assertEquals(List.of(HARMLESS, HARMLESS), asked);
    }

    @Test
    void anAdvisorReadsWhatToolsAnswer() {
        TextGuard guard = new TextGuard(classifier, WindowOptions.DEFAULT.withWatched(List.of("INJECTION")), 0.5);
        ChatClient client = ChatClient.builder(chatModel)
                .defaultAdvisors(new GuardAdvisor(guard, "I cannot answer that."))
                .build();
        ToolResponseMessage page = ToolResponseMessage.builder()
                .responses(List.of(new ToolResponseMessage.ToolResponse("1", "browse", ATTACK)))
                .build();

        Prompt prompt = new Prompt(new UserMessage(HARMLESS), page);
        assertEquals("I cannot answer that.", client.prompt(prompt).call().content());
        Prompt own = new Prompt(new SystemMessage(ATTACK), new UserMessage(HARMLESS));
        assertEquals(HARMLESS, client.prompt(own).call().content());
    }

    @Test
    void answersComeFromRankedDocuments() {
        List<String> texts =
                List.of("Exchange rates change daily.", "Cards are sent by post.", "We are open on Monday.");
        DocumentRetriever retriever = query -> texts.stream().map(Document::new).toList();

        RetrievalAugmentationAdvisor advisor = RetrievalAugmentationAdvisor.builder()
                .documentRetriever(retriever)
                .documentPostProcessors(new CrossEncoderPostProcessor(ranker.withTruncation(), 2))
                .build();
        ChatClient client =
                ChatClient.builder(chatModel).defaultAdvisors(advisor).build();

        client.prompt().user("How will I get my card?").call().content();
        String prompt = asked.getFirst();
        List<RankedDocument> expected = ranker.rank("How will I get my card?", texts);
        int first = prompt.indexOf(expected.get(0).text());
        int second = prompt.indexOf(expected.get(1).text());
        assertTrue(first > 0 && second > first, prompt);
        assertFalse(prompt.contains(expected.get(2).text()), prompt);
    }

    @Test
    void embeddingsAreThoseOfTheExtractor() {
        EmbeddingModel model = new SpringEmbeddingModel(extractor.withTruncation());
        float[] expected = extractor.encode(HARMLESS, EmbeddingOptions.DEFAULT.withNormalize(true));

        assertArrayEquals(expected, model.embed(HARMLESS), 1e-5f);
        assertArrayEquals(expected, model.embed(new Document(HARMLESS)), 1e-5f);
        assertEquals(expected.length, model.dimensions());
        EmbeddingResponse response = model.embedForResponse(List.of(HARMLESS, ATTACK));
        assertEquals(
                extractor.encodeCounted(List.of(HARMLESS, ATTACK), EmbeddingOptions.DEFAULT, done -> {}).stream()
                        .mapToInt(FeatureExtractor.Encoded::tokens)
                        .sum(),
                response.getMetadata().getUsage().getPromptTokens());
    }

    @Test
    void fewerDimensionsAreTheFirstNumbers() {
        var options = org.springframework.ai.embedding.EmbeddingOptions.builder()
                .dimensions(8)
                .build();
        EmbeddingResponse response =
                new SpringEmbeddingModel(extractor).call(new EmbeddingRequest(List.of(HARMLESS), options));
        assertEquals(8, response.getResult().getOutput().length);
    }
}
