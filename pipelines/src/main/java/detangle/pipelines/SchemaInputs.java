package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.deberta.InputNames;
import detangle.models.gliner2.ExportedParts;
import detangle.models.gliner2.SpanHead;
import detangle.models.text.Encoding;
import detangle.pipelines.SchemaPrompt.Group;
import detangle.pipelines.schema.Schema;
import detangle.pipelines.schema.SchemaOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A text and a schema as the inputs of an exported GLiNER2 model of the span architecture.
 *
 * <pre>{@code
 * Map<String, Tensor> inputs = SchemaInputs.of(folder).part("Ada lives in London", Schema.ofEntities("person"), 0);
 * }</pre>
 */
public final class SchemaInputs {
    private final Gliner2Folder folder;

    private SchemaInputs(Gliner2Folder folder) {
        this.folder = folder;
    }

    /**
     * Reads the tokenizer and the configuration of a folder.
     *
     * @throws detangle.ir.DetangleException of the part at fault, with one line that names the file
     */
    public static SchemaInputs of(Path folder) {
        Gliner2Folder parts = Gliner2Folder.open(folder, Optional.empty(), true);
        parts.weights().close();
        return new SchemaInputs(parts);
    }

    /**
     * Returns the inputs of one part of a schema, by the names of {@link ExportedParts} and those of the encoder. The
     * whole schema stands before the text, so the parts of a schema differ in {@link ExportedParts#SCHEMA_POSITIONS}
     * alone.
     *
     * @param part its number in {@link Schema#parts()}
     * @throws PipelineException if the model is of the boundary architecture
     */
    public Map<String, Tensor> part(String text, Schema schema, int part) {
        if (!(folder.config().head() instanceof SpanHead head)) {
            throw new PipelineException("models of the span architecture alone have inputs of spans");
        }
        SchemaPrompt prompt = SchemaPrompt.of(schema, this::tokens);
        PromptTokens ids = new PromptTokens();
        ids.add(prompt.ids());
        List<String> words = new ArrayList<>(prompt.choices());
        SchemaPiece piece =
                SchemaPiece.of(0, text, SchemaOptions.DEFAULT.withoutWindows()).getFirst();
        piece.words().forEach(word -> words.add(word.lower()));
        long[] starts = new long[words.size()];
        for (int i = 0; i < starts.length; i++) {
            starts[i] = ids.size();
            ids.add(tokens(words.get(i)));
        }
        Encoding encoding = ids.encoding();
        long[] mask = new long[encoding.length()];
        Arrays.fill(mask, 1);
        Group group = prompt.groups().get(part);
        long[] marks = IntStream.concat(IntStream.of(group.mark()), IntStream.of(group.marks()))
                .asLongStream()
                .toArray();
        return Map.of(
                InputNames.IDS,
                        Tensor.of(IntStream.of(encoding.ids()).asLongStream().toArray(), 1, mask.length),
                InputNames.MASK, Tensor.of(mask, 1, mask.length),
                ExportedParts.TEXT_POSITIONS, Tensor.of(starts, starts.length),
                ExportedParts.SCHEMA_POSITIONS, Tensor.of(marks, marks.length),
                ExportedParts.SPAN_IDX, spans(starts.length, head.maxWidth()));
    }

    private int[] tokens(String word) {
        return GlinerFolder.tokens(folder.tokenizer(), word);
    }

    private static Tensor spans(int words, int width) {
        long[] ends = new long[words * width * 2];
        for (int first = 0; first < words; first++) {
            for (int last = first; last < Math.min(words, first + width); last++) {
                int at = 2 * (first * width + last - first);
                ends[at] = first;
                ends[at + 1] = last;
            }
        }
        return Tensor.of(ends, 1, (long) words * width, 2);
    }
}
