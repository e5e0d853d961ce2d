package detangle.experiment.ner;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import detangle.experiment.EvaluationSet;
import detangle.experiment.FineTuningTask;
import detangle.experiment.SharedFixtures;
import detangle.experiment.Tasks;
import detangle.experiment.data.SegmentFeatures;
import detangle.experiment.data.TaskInput;
import detangle.models.text.Tokenizers;
import detangle.testing.models.TinyModel;
import detangle.train.data.TaggedWords;
import detangle.train.data.Target;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Packed sentences are those of the original, and those that it cannot pack are mended. */
final class NerFeaturesTest {
    private static final List<String> LABELS = List.of("O", "B-PER");

    @ParameterizedTest
    @ValueSource(strings = {"v3", "v1"})
    void areThoseOfTheOriginal(String tokenizer) {
        FineTuningTask task = (FineTuningTask) Tasks.find().named("NER");
        JsonNode expected = SharedFixtures.features("NER", "NER", tokenizer);
        TaskInput input = SharedFixtures.input(SharedFixtures.folder("NER"), task, expected, Map.of());
        JsonNode splits = expected.get("splits");
        assertEquals(
                expected.get("labels").valueStream().map(JsonNode::asString).toList(),
                task.head().labels());
        SharedFixtures.assertSame(splits.get("train"), task.training(input), "train");
        for (EvaluationSet set : task.evaluation(input)) {
            SharedFixtures.assertSame(splits.get("eval." + set.name()), set.examples(), set.name());
        }
        SharedFixtures.assertSame(
                splits.get("test.test"), task.test(input).getFirst().examples(), "test");
    }

    private static List<PackedSentences> packed(int length, List<TaggedWords> sentences) {
        SegmentFeatures features = new SegmentFeatures(Tokenizers.load(TinyModel.SHIPPED), length);
        return PackedSentences.of(List.of(sentences), LABELS, features);
    }

    private static TaggedWords sentence(List<String> words, String... tags) {
        return new TaggedWords("a sentence", words, List.of(tags));
    }

    private static int[] classes(PackedSentences packed) {
        return ((Target.TokenClasses) packed.example().target()).indices();
    }

    /** The original makes an example that is too long of such a sentence, and an empty one in front of it. */
    @Test
    void aSentenceThatIsTooLongIsDivided() {
        List<PackedSentences> packed = packed(
                8,
                List.of(
                        sentence(List.of("my", "card"), "O", "O"),
                        sentence(
                                List.of("my", "bank", "my", "card", "my", "bank", "my", "card"),
                                "B-PER",
                                "O",
                                "O",
                                "O",
                                "O",
                                "O",
                                "B-PER",
                                "O")));
        assertEquals(
                List.of(
                        List.of("my", "card"),
                        List.of("my", "bank", "my", "card", "my", "bank"),
                        List.of("my", "card")),
                packed.stream().map(PackedSentences::words).toList());
        assertArrayEquals(new int[] {-1, 0, 0, -1}, classes(packed.get(0)));
        assertArrayEquals(new int[] {-1, 1, 0, 0, 0, 0, 0, -1}, classes(packed.get(1)));
        assertArrayEquals(new int[] {-1, 1, 0, -1}, classes(packed.get(2)));
    }

    /** The original gives its tag to the token of the next word. */
    @Test
    void aWordWithoutTokensMovesNoTag() {
        PackedSentences packed = packed(16, List.of(sentence(List.of("my", "\u00A0", "card"), "O", "B-PER", "O")))
                .getFirst();
        assertArrayEquals(new int[] {1, -1, 2}, packed.firstTokens());
        assertArrayEquals(new int[] {-1, 0, 0, -1}, classes(packed));
    }
}
