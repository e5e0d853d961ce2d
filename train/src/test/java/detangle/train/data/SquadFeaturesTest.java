package detangle.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import detangle.testing.SharedFiles;
import detangle.train.data.QuestionData.Window;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The features that HuggingFace's run_qa.py makes of files of SQuAD. They were made with tokenizers 0.23.2, which
 * stops to read a context once it has as many tokens as a window, and so loses all that follows: its last window of a
 * question ends early, and others are missing. What is there has to be the same.
 */
final class SquadFeaturesTest {
    private static final Target.Span NO_ANSWER = new Target.Span(0, 0);

    @ParameterizedTest
    @CsvSource({
        "1.1,v3,128,32",
        "1.1,v3,48,16",
        "1.1,small,128,32",
        "1.1,small,48,16",
        "2.0,v3,128,32",
        "2.0,v3,48,16",
        "2.0,small,128,32",
        "2.0,small,48,16"
    })
    void windowsAndPositions(String version, String tokenizer, int length, int stride) throws IOException {
        Path folder = SharedFiles.require("goldens-training/features/SQuAD" + version);
        QuestionData data = QuestionData.read(
                SquadFile.read(folder.resolve("train.json")), "train.json", tokenizer(tokenizer), length, stride);
        JsonNode expected = JsonMapper.shared()
                .readTree(Files.readString(
                        folder.resolve("features-" + tokenizer + "-" + length + "-" + stride + ".json")))
                .get("features");
        List<Window> windows = new ArrayList<>(data.windows());
        String before = "";
        for (int i = 0; i < expected.size(); i++) {
            JsonNode feature = expected.get(i);
            String id = feature.get("example_id").asString();
            while (!id.equals(before)
                    && !data.questions().get(windows.getFirst().question()).id().equals(id)) {
                windows.removeFirst(); // Those that the library lost.
            }
            before = id;
            boolean last = i + 1 == expected.size()
                    || !expected.get(i + 1).get("example_id").asString().equals(id);
            compare(feature, windows.removeFirst(), last);
        }
    }

    /** @param last whether the library may have ended the window early */
    private static void compare(JsonNode feature, Window window, boolean last) {
        TokenIds text = window.example().texts().getFirst();
        int[] ids = ints(feature.get("input_ids"));
        boolean whole = ids.length == text.length();
        assertTrue(whole || last && ids.length < text.length(), ids.length + " tokens, not " + text.length());
        int compared = whole ? ids.length : ids.length - 1; // The separator stands where the text ends.
        assertArrayEquals(Arrays.copyOf(ids, compared), Arrays.copyOf(text.ids(), compared));
        int[] types = new int[ids.length];
        Arrays.fill(types, text.pairStart(), types.length, 1);
        assertArrayEquals(ints(feature.get("token_type_ids")), types);
        Target.Span span = new Target.Span(
                feature.get("start_position").asInt(),
                feature.get("end_position").asInt());
        Target.Span found = (Target.Span) window.example().target();
        boolean lost = !whole && span.equals(NO_ANSWER) && found.end() >= compared;
        assertEquals(span, lost ? NO_ANSWER : found);
    }

    private static Tokenizer tokenizer(String name) {
        return Tokenizers.load(SharedFiles.require("data/tokenizers/" + (name.equals("v3") ? "deberta-v3" : name)));
    }

    private static int[] ints(JsonNode node) {
        return StreamSupport.stream(node.spliterator(), false)
                .mapToInt(JsonNode::asInt)
                .toArray();
    }
}
