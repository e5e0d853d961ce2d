package detangle.pipelines;

import detangle.ir.Tensor;
import detangle.models.gliner.CrossFusion;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner.GlinerPrograms;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/** Fuses the vectors of a window's words and labels: attention lets each kind read the other. */
final class CrossFuser {
    private final SecondPrograms.Loaded program;
    private final int heads;

    CrossFuser(GlinerConfig config, CrossFusion fusion, SecondPrograms programs) {
        this.program = programs.load(GlinerPrograms.fused(config, fusion));
        this.heads = fusion.heads();
    }

    List<WordVectors> fused(List<WordVectors> windows) {
        List<WordVectors> all = new ArrayList<>();
        for (List<WordVectors> group : Groups.of(windows, this::scores)) {
            Map<String, Tensor> outputs = program.run(Map.of(
                    GlinerPrograms.WORDS,
                    WordVectors.padded(group.stream().map(WordVectors::words).toList()),
                    GlinerPrograms.LABELS,
                    WordVectors.padded(group.stream().map(WordVectors::labels).toList()),
                    GlinerPrograms.WORD_MASK,
                    mask(group, window -> window.words().length),
                    GlinerPrograms.LABEL_MASK,
                    mask(group, window -> window.labels().length)));
            for (int i = 0; i < group.size(); i++) {
                WordVectors window = group.get(i);
                all.add(new WordVectors(
                        new Row(outputs, i, window.words().length).floats(GlinerPrograms.FUSED_WORDS),
                        new Row(outputs, i, window.labels().length).floats(GlinerPrograms.FUSED_LABELS),
                        window.threshold(),
                        window.given()));
            }
        }
        return all;
    }

    /** Returns how many numbers the scores of attention have for a window. */
    private long scores(WordVectors window) {
        long longest = Math.max(window.words().length, window.labels().length);
        return heads * longest * longest;
    }

    private static Tensor mask(List<WordVectors> group, ToIntFunction<WordVectors> count) {
        int longest = group.stream().mapToInt(count).max().orElse(0);
        long[] mask = new long[group.size() * longest];
        for (int i = 0; i < group.size(); i++) {
            Arrays.fill(mask, i * longest, i * longest + count.applyAsInt(group.get(i)), 1);
        }
        return Tensor.of(mask, group.size(), longest);
    }
}
