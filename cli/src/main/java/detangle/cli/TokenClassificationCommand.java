package detangle.cli;

import detangle.pipelines.AggregationStrategy;
import detangle.pipelines.Entity;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.TokenClassificationOptions;
import detangle.pipelines.TokenClassifier;
import detangle.pipelines.task.Column;
import detangle.pipelines.task.TokenClassification;
import detangle.runtime.OptionValues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "token-classification",
        aliases = "ner",
        description = "Finds entities in texts. Long texts are read in windows.",
        mixinStandardHelpOptions = true)
final class TokenClassificationCommand extends PipelineCommand<TokenClassifier> {
    /** The words of {@code --aggregation-strategy}. */
    static final class Strategies extends NamedValues<AggregationStrategy> {
        Strategies() {
            super(all(AggregationStrategy.class), NamedValues::lowerCase);
        }
    }

    @Option(
            names = "--aggregation-strategy",
            paramLabel = "NAME",
            converter = Strategies.class,
            completionCandidates = Strategies.class,
            description = "The way in which tokens become entities: ${COMPLETION-CANDIDATES}; simple by default.")
    private AggregationStrategy strategy = AggregationStrategy.SIMPLE;

    @Option(names = "--stride", paramLabel = "N", description = "The tokens that two windows share; 128 by default.")
    private Optional<Integer> stride;

    @Mixin
    private OffsetsOption offsets;

    @Override
    TokenClassifier load(Path folder, PipelineOptions options) {
        return TokenClassifier.load(folder, options);
    }

    @Override
    List<Column> answer() {
        return EntityResults.columns(label());
    }

    @Override
    boolean marksTexts() {
        return true;
    }

    @Override
    List<String> columns() {
        return EntityResults.names(label());
    }

    @Override
    List<Result> run(TokenClassifier classifier, List<List<String>> rows, ProgressListener progress) {
        List<String> texts = rows.stream().map(List::getFirst).toList();
        TokenClassificationOptions options = OptionValues.with(
                TokenClassificationOptions.DEFAULT.withStrategy(strategy),
                stride,
                TokenClassificationOptions::withStride);
        List<List<Entity>> all = classifier.classify(texts, options, counting(progress, windows -> 0));
        progress.done(texts.size());
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            results.add(EntityResults.of(i, texts.get(i), all.get(i), label(), offsets.form()));
        }
        return results;
    }

    private String label() {
        return TokenClassification.label(strategy);
    }
}
