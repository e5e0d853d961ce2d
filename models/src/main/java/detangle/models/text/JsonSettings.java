package detangle.models.text;

import detangle.models.text.encoder.Model;
import detangle.models.text.encoder.Normalizer;
import detangle.models.text.encoder.PostProcessor;
import detangle.models.text.encoder.PreTokenizer;
import detangle.models.text.encoder.PreTokenizer.PrependScheme;
import detangle.models.text.encoder.TokenizerDescription;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A tokenizer.json as the settings beside it change it. Which settings those are depends on the class of transformers
 * that they are for: DeBERTa's and BERT's build their tokenizers out of them, and the classes without a model of their
 * own take the tokenizer.json as it is.
 */
final class JsonSettings {
    private static final Logger LOG = LoggerFactory.getLogger(JsonSettings.class);

    private JsonSettings() {}

    /** Throws a {@link TokenizerException} if a token is named that cannot be there. */
    static TokenizerDescription applied(TokenizerDescription description, TokenizerSettings settings) {
        TokenizerDescription applied = byteLevel(description, settings);
        boolean bert = isOf(settings, c -> c.contains("Bert") || c.contains("Electra"));
        boolean deberta = isOf(settings, c -> c.startsWith("Deberta"));
        boolean unigram = description.model() instanceof Model.Unigram;
        if (bert && description.normalizer().orElse(null) instanceof Normalizer.Bert normalizer) {
            applied = applied.withNormalizer(new Normalizer.Bert(
                    normalizer.cleanText(),
                    settings.tokenizeChineseChars().orElse(normalizer.chineseCharacters()),
                    settings.stripAccents().or(normalizer::stripAccents),
                    settings.doLowerCase().orElse(normalizer.lowercase())));
        } else if (deberta && unigram) {
            applied = lowerCase(applied, settings.doLowerCase());
        } else {
            ignored(settings.doLowerCase(), "do_lower_case");
        }
        if (deberta && unigram) {
            applied = prefixSpace(splitByPunct(applied, settings.splitByPunct()), settings.addPrefixSpace());
        } else {
            ignored(settings.splitByPunct(), "split_by_punct");
        }
        return bert || deberta ? framed(SettingsApplied.withTokens(applied, settings), settings) : applied;
    }

    /** Says of a setting that it means nothing to this tokenizer. */
    static void ignored(Optional<Boolean> setting, String name) {
        if (setting.orElse(false)) {
            LOG.warn(
                    "{} in {} is ignored: the class of this tokenizer does not have it",
                    name,
                    TokenizerSettings.CONFIG);
        }
    }

    /** Returns whether a tokenizer is of a kind. If no class is named, the tokenizer itself says its kind. */
    private static boolean isOf(TokenizerSettings settings, Predicate<String> kind) {
        return settings.tokenizerClass().map(kind::test).orElse(true);
    }

    private static TokenizerDescription byteLevel(TokenizerDescription description, TokenizerSettings settings) {
        if (description.preTokenizer().orElse(null) instanceof PreTokenizer.ByteLevel byteLevel) {
            boolean space = settings.addPrefixSpace().orElse(byteLevel.addPrefixSpace());
            return description.withPreTokenizer(new PreTokenizer.ByteLevel(space, byteLevel.useRegex()));
        }
        return description;
    }

    /** A step in front that lowers the case is put there, or taken away. */
    private static TokenizerDescription lowerCase(TokenizerDescription description, Optional<Boolean> stated) {
        List<Normalizer> steps = description.normalizer().stream()
                .flatMap(n -> n instanceof Normalizer.Sequence s ? s.steps().stream() : List.of(n).stream())
                .toList();
        boolean first = !steps.isEmpty() && steps.getFirst() instanceof Normalizer.Lowercase;
        if (stated.isEmpty() || stated.get() == first || stated.get() && lowersCase(steps)) {
            return description;
        }
        return description.withNormalizer(new Normalizer.Sequence(
                first ? steps.subList(1, steps.size()) : prepended(new Normalizer.Lowercase(), steps)));
    }

    private static boolean lowersCase(List<Normalizer> steps) {
        return steps.stream().anyMatch(step -> switch (step) {
            case Normalizer.Lowercase _ -> true;
            case Normalizer.Bert bert -> bert.lowercase();
            case Normalizer.Sequence sequence -> lowersCase(sequence.steps());
            default -> false;
        });
    }

    /** A step in front that divides at punctuation is put there, or taken away. */
    private static TokenizerDescription splitByPunct(TokenizerDescription description, Optional<Boolean> stated) {
        List<PreTokenizer> steps = steps(description);
        boolean first = !steps.isEmpty() && steps.getFirst() instanceof PreTokenizer.Punctuation;
        if (stated.isEmpty() || stated.get() == first || stated.get() && dividesPunctuation(steps)) {
            return description;
        }
        return description.withPreTokenizer(new PreTokenizer.Sequence(
                first
                        ? steps.subList(1, steps.size())
                        : prepended(new PreTokenizer.Punctuation(PreTokenizer.Behavior.ISOLATED), steps)));
    }

    private static boolean dividesPunctuation(List<PreTokenizer> steps) {
        return steps.stream().anyMatch(step -> switch (step) {
            case PreTokenizer.Punctuation _, PreTokenizer.Bert _ -> true;
            case PreTokenizer.Sequence sequence -> dividesPunctuation(sequence.steps());
            default -> false;
        });
    }

    /** The mark of a space goes before every part of a text, or only before its beginning. */
    private static TokenizerDescription prefixSpace(TokenizerDescription description, Optional<Boolean> stated) {
        List<PreTokenizer> steps = steps(description);
        if (stated.isEmpty() || steps.isEmpty() || !(steps.getLast() instanceof PreTokenizer.Metaspace metaspace)) {
            return description;
        }
        PrependScheme scheme = stated.get() ? PrependScheme.ALWAYS : PrependScheme.FIRST;
        boolean agrees = stated.get() == (metaspace.prependScheme() == PrependScheme.ALWAYS);
        if (agrees) {
            return description;
        }
        PreTokenizer other = new PreTokenizer.Metaspace(metaspace.replacement(), scheme, metaspace.split());
        return description.withPreTokenizer(
                new PreTokenizer.Sequence(appended(steps.subList(0, steps.size() - 1), other)));
    }

    private static <T> List<T> prepended(T step, List<T> steps) {
        List<T> all = new ArrayList<>(List.of(step));
        all.addAll(steps);
        return all;
    }

    private static <T> List<T> appended(List<T> steps, T step) {
        List<T> all = new ArrayList<>(steps);
        all.add(step);
        return all;
    }

    private static List<PreTokenizer> steps(TokenizerDescription description) {
        return description.preTokenizer().stream()
                .flatMap(p -> p instanceof PreTokenizer.Sequence s ? s.steps().stream() : List.of(p).stream())
                .toList();
    }

    /** Returns the tokens that begin and end a text, where the settings name others than the frame has. */
    private static TokenizerDescription framed(TokenizerDescription description, TokenizerSettings settings) {
        PostProcessor frame = description.postProcessor();
        if (!(frame.single().getFirst() instanceof PostProcessor.Piece.Special cls)
                || !(frame.single().getLast() instanceof PostProcessor.Piece.Special sep)
                || frame.single().size() != 3) {
            return description;
        }
        String first = settings.role("cls_token", cls.token());
        String last = settings.role("sep_token", sep.token());
        if (first.equals(cls.token()) && last.equals(sep.token())) {
            return description;
        }
        return description.withPostProcessor(frame.renamed(
                first,
                description.find(first).orElse(cls.id()),
                last,
                description.find(last).orElse(sep.id())));
    }
}
