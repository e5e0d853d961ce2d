package detangle.models.adapter;

import detangle.models.deberta.Architecture;
import detangle.models.deberta.ConfigException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * The content of an adapter_config.json of HuggingFace's PEFT: a LoRA adapter, which turns the weight {@code W} of a
 * linear layer into {@code W + scale * B * A}.
 *
 * @param file where it was read from, or is to be written, for messages
 * @param rank rows of A and columns of B, PEFT's {@code r}
 * @param alpha the scale is alpha / rank, or alpha / sqrt(rank) where {@code rankStabilized}
 * @param dropout the rate of dropping elements of what A multiplies; training only
 * @param rankStabilized PEFT's {@code use_rslora}
 * @param dora whether rows are then scaled to the norms that the adapter states (DoRA, arXiv 2402.09353)
 * @param rankPattern other ranks, by regular expressions that the end of a module's name is matched with
 * @param alphaPattern other alphas, in the same way
 * @param targets which modules are changed
 * @param modulesToSave modules that the adapter replaces as a whole: heads, mostly
 * @param head what the adapter was trained for; empty where it does not say
 * @param baseModel the model that it was trained from, as its author called it
 */
public record AdapterConfig(
        Path file,
        int rank,
        double alpha,
        double dropout,
        boolean rankStabilized,
        boolean dora,
        SequencedMap<String, Double> rankPattern,
        SequencedMap<String, Double> alphaPattern,
        TargetModules targets,
        List<String> modulesToSave,
        Optional<Architecture> head,
        Optional<String> baseModel) {
    /** The name that PEFT gives the file. */
    public static final String NAME = "adapter_config.json";

    /** Keeps copies. */
    public AdapterConfig {
        rankPattern = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(rankPattern));
        alphaPattern = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(alphaPattern));
        modulesToSave = List.copyOf(modulesToSave);
    }

    /**
     * Reads that of an adapter's folder.
     *
     * @throws ConfigException that names the file and the field, if the adapter is of a kind that is not supported
     */
    public static AdapterConfig read(Path folder) {
        return AdapterConfigReader.read(folder.resolve(NAME));
    }

    /** Returns what B * A is multiplied by, of a module of this rank and alpha. */
    public double scale(int rankOfModule, double alphaOfModule) {
        return alphaOfModule / (rankStabilized ? Math.sqrt(rankOfModule) : rankOfModule);
    }

    /** Returns whether a module, or one that it stands in, is replaced as a whole. */
    public boolean isSaved(String module) {
        for (int end = module.length(); end > 0; end = module.lastIndexOf('.', end - 1)) {
            String outer = module.substring(0, end);
            if (modulesToSave.stream().anyMatch(saved -> outer.equals(saved) || outer.endsWith("." + saved))) {
                return true;
            }
        }
        return false;
    }
}
