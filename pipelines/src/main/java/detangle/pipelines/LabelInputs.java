package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.deberta.InputNames;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.text.Encoding;
import detangle.models.text.Tokenizer;
import detangle.models.text.Tokenizers;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A text and labels as the inputs of an exported GLiClass model.
 *
 * <pre>{@code
 * Map<String, Tensor> inputs = LabelInputs.of(folder).of(text, List.of("banking", "sport"), LabelOptions.DEFAULT);
 * }</pre>
 */
public final class LabelInputs {
    private final GliclassConfig config;
    private final Tokenizer tokenizer;

    private LabelInputs(GliclassConfig config, Tokenizer tokenizer) {
        this.config = config;
        this.tokenizer = tokenizer;
    }

    /**
     * Reads the tokenizer and the configuration of a folder.
     *
     * @throws detangle.ir.DetangleException of the part at fault, with one line that names the file
     */
    public static LabelInputs of(Path folder) {
        return new LabelInputs(GliclassConfig.read(folder), Tokenizers.load(folder));
    }

    /**
     * Returns the inputs {@code input_ids} and {@code attention_mask}, {@code i64[1,S]}. Nothing is cut.
     *
     * @param options of which the prompt and the examples are heeded
     */
    public Map<String, Tensor> of(String text, List<String> labels, LabelOptions options) {
        Encoding encoding =
                tokenizer.encode(LabelPrompt.of(config, text, labels, options).string());
        long[] ids = IntStream.of(encoding.ids()).asLongStream().toArray();
        long[] mask = new long[ids.length];
        Arrays.fill(mask, 1);
        return Map.of(InputNames.IDS, Tensor.of(ids, 1, ids.length), InputNames.MASK, Tensor.of(mask, 1, ids.length));
    }
}
