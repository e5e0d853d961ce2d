package detangle.models.deberta;

import detangle.ir.OneLine;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the prefix of the encoder's tensors in a checkpoint: {@code "deberta."}, {@code ""}, {@code "model.deberta."}.
 * A file may hold several, such as the average of a training's weights beside the weights themselves; then the names
 * that transformers gives come first, and a copy by its name never comes before an encoder that is not one.
 */
final class EncoderPrefix {
    /** The name of DebertaModel inside transformers' classes with a head. */
    static final String PUBLISHED = "deberta.";

    private static final String WORDS = "embeddings.word_embeddings.weight";

    /**
     * The known prefixes, in this order: with a head, without one, and in the wrappers of PyTorch and of common
     * training code.
     */
    private static final List<String> KNOWN = List.of(
            PUBLISHED, "", "module." + PUBLISHED, "module.", "model." + PUBLISHED, "model.", "_orig_mod." + PUBLISHED);

    /**
     * Words in the names of the copies that training code keeps beside a model: {@code model_ema.}, {@code
     * teacher.encoder.}.
     */
    private static final Set<String> COPIES =
            Set.of("ema", "teacher", "swa", "averaged", "average", "momentum", "shadow", "target");

    private static final Logger LOG = LoggerFactory.getLogger(EncoderPrefix.class);
    private static final Pattern LAYER = Pattern.compile("(?:^|\\.)encoder\\.layer\\.\\d");
    private static final Pattern NUMBER = Pattern.compile("(\\d{1,6})(?:\\.|\\z)");

    private EncoderPrefix() {}

    /**
     * Returns what the names of the encoder's tensors begin with.
     *
     * @throws WeightsException if the file has two encoders and nothing says which one is the model's
     */
    static String of(Weights weights) {
        List<String> found = new ArrayList<>();
        for (String name : weights.names()) {
            if (name.equals(WORDS) || name.endsWith("." + WORDS)) {
                found.add(name.substring(0, name.length() - WORDS.length()));
            }
        }
        if (found.isEmpty()) {
            return PUBLISHED;
        }
        if (found.size() == 1) {
            return found.getFirst();
        }
        Optional<String> known = KNOWN.stream().filter(found::contains).findFirst();
        if (known.isPresent()) {
            return known.get();
        }
        List<String> originals =
                found.stream().filter(prefix -> !isCopy(prefix)).toList();
        if (originals.size() == 1) {
            return originals.getFirst();
        }
        throw new WeightsException(
                weights.origin(),
                "holds " + found.size() + " encoders, whose tensors begin with "
                        + String.join(
                                " and ", found.stream().map(p -> "'" + p + "'").toList())
                        + ", and nothing says which of them is the model: keep one of them in the file");
    }

    /**
     * Returns what the names of heads begin with, which stand beside the encoder: {@code model.deberta.} goes with
     * {@code model.classifier.}.
     */
    static String ofHeads(String encoder) {
        return encoder.isEmpty() ? "" : encoder.substring(0, encoder.lastIndexOf('.', encoder.length() - 2) + 1);
    }

    /**
     * Says in one line that a file holds layers of an encoder under another name than the model's, as nothing of them
     * is used. Copies that training code keeps are known to be no part of the model.
     */
    static void warnOfOthers(Weights weights) {
        String prefix = of(weights);
        List<String> others = weights.names().stream()
                .filter(name -> !name.startsWith(prefix) && LAYER.matcher(name).find() && !isCopy(name))
                .toList();
        if (!others.isEmpty()) {
            String warning = OneLine.of(weights.origin() + ": holds " + others.getFirst()
                    + (others.size() == 1 ? "" : " and " + (others.size() - 1) + " more tensors")
                    + " of layers of an encoder, and the model's begin with '" + prefix + "': they are not used");
            LOG.warn("{}", warning);
        }
    }

    /** Returns how many layers tensors of these names make. */
    static int layers(String prefix, Collection<String> names) {
        String layer = prefix + "encoder.layer.";
        return names.stream()
                .filter(name -> name.startsWith(layer))
                .map(name -> NUMBER.matcher(name).region(layer.length(), name.length()))
                .filter(Matcher::lookingAt)
                .mapToInt(number -> Integer.parseInt(number.group(1)) + 1)
                .max()
                .orElse(0);
    }

    /** Returns whether a name, or what names begin with, is of a copy. */
    static boolean isCopy(String prefix) {
        return Arrays.stream(prefix.split("[._]")).anyMatch(COPIES::contains);
    }
}
