package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.deberta.InputNames;
import detangle.models.gliner.ExportedNames;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner.Scoring;
import detangle.models.text.Encoding;
import detangle.models.text.PaddedBatch;
import detangle.pipelines.ExtractionWindows.Window;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Texts and labels as the inputs of an exported GLiNER model, batched and padded as gliner's own code does it
 * (gliner/data_processing/processor.py). As there, a text that is longer than the model takes is cut.
 *
 * <pre>{@code
 * Map<String, Tensor> inputs = GlinerInputs.of(folder).batch(texts, List.of("person", "city"));
 * }</pre>
 */
public final class GlinerInputs {
    private final GlinerFolder folder;
    private final ExtractionWindows windows;

    private GlinerInputs(GlinerFolder folder) {
        this.folder = folder;
        this.windows = new ExtractionWindows(folder, folder.config().maxWords());
    }

    /**
     * Reads the tokenizer and the configuration of a folder.
     *
     * @throws detangle.ir.DetangleException if a file is at fault, with one line that names it
     */
    public static GlinerInputs of(Path folder) {
        GlinerFolder parts = GlinerFolder.open(folder, true);
        parts.labels().ifPresent(labels -> labels.weights().close());
        parts.weights().close();
        return new GlinerInputs(parts);
    }

    /**
     * Returns the inputs for a batch, by the names of {@link ExportedNames} and those of the encoder.
     *
     * @param texts the texts, each with at least one word
     * @param labels the labels, the same for all texts
     * @throws PipelineException if a text has no words, or there are no labels
     */
    public Map<String, Tensor> batch(List<String> texts, List<String> labels) {
        if (labels.isEmpty()) {
            throw new PipelineException("there are no labels to look for");
        }
        Map<String, int[]> labelTokens = new HashMap<>();
        labels.forEach(label -> labelTokens.put(label, windows.tokens(label)));
        ExtractionOptions options = ExtractionOptions.DEFAULT.withLongTexts(LongTexts.CUT);
        List<Window> all = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            ExtractionText text = windows.text(ExtractionRequest.of(texts.get(i), labels, options));
            if (text.words().isEmpty()) {
                throw new PipelineException("text " + i + " has no words, and gliner leaves such texts out of batches");
            }
            all.addAll(windows.of(i, text, labelTokens));
        }
        Map<String, Tensor> inputs = new HashMap<>();
        PaddedBatch tokens = padded(
                all.stream().map(Window::encoding).toList(), folder.tokenizer().padTokenId());
        inputs.put(InputNames.IDS, tokens.inputIds());
        inputs.put(InputNames.MASK, tokens.attentionMask());
        addWords(all, tokens.inputIds().shape(), inputs);
        if (folder.config().scoring() instanceof Scoring.Spans) {
            addSpans(all, inputs);
        }
        folder.labels().ifPresent(own -> {
            List<Encoding> encodings =
                    labels.stream().distinct().map(own.tokenizer()::encode).toList();
            PaddedBatch asked = padded(encodings, own.tokenizer().padTokenId());
            inputs.put(ExportedNames.LABEL_IDS, asked.inputIds());
            inputs.put(ExportedNames.LABEL_MASK, asked.attentionMask());
        });
        return inputs;
    }

    private static PaddedBatch padded(List<Encoding> encodings, int padding) {
        return PaddedBatch.of(encodings, padding, PaddedBatch.Side.RIGHT, 1);
    }

    private static void addWords(List<Window> windows, long[] shape, Map<String, Tensor> inputs) {
        long[] mask = new long[Math.toIntExact(shape[0] * shape[1])];
        long[] lengths = new long[windows.size()];
        for (int i = 0; i < lengths.length; i++) {
            int[] tokens = windows.get(i).wordTokens();
            lengths[i] = tokens.length;
            for (int word = 0; word < tokens.length; word++) {
                mask[Math.toIntExact(i * shape[1] + tokens[word])] = word + 1L;
            }
        }
        inputs.put(ExportedNames.WORDS_MASK, Tensor.of(mask, shape));
        inputs.put(ExportedNames.TEXT_LENGTHS, Tensor.of(lengths, lengths.length, 1));
    }

    /** Adds all spans of up to max_width words from each word on; spans that pass the end of a text are masked. */
    private void addSpans(List<Window> windows, Map<String, Tensor> inputs) {
        GlinerConfig config = folder.config();
        int words = windows.stream().mapToInt(w -> w.wordTokens().length).max().orElse(0);
        int spans = Math.multiplyExact(words, config.maxWidth());
        long[] ends = new long[Math.multiplyExact(Math.multiplyExact(windows.size(), spans), 2)];
        boolean[] mask = new boolean[windows.size() * spans];
        for (int i = 0; i < windows.size(); i++) {
            int own = windows.get(i).wordTokens().length;
            for (int first = 0; first < own; first++) {
                for (int last = first; last < Math.min(own, first + config.maxWidth()); last++) {
                    int span = i * spans + first * config.maxWidth() + last - first;
                    mask[span] = true;
                    ends[2 * span] = first;
                    ends[2 * span + 1] = last;
                }
            }
        }
        inputs.put(ExportedNames.SPAN_IDX, Tensor.of(ends, windows.size(), spans, 2));
        inputs.put(ExportedNames.SPAN_MASK, Tensor.of(mask, windows.size(), spans));
    }
}
