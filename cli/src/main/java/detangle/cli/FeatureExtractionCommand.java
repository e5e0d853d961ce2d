package detangle.cli;

import detangle.pipelines.EmbeddingOptions;
import detangle.pipelines.FeatureExtractor;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.ProgressListener;
import detangle.pipelines.task.Column;
import detangle.pipelines.task.Column.Scalar;
import detangle.runtime.OptionValues;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "feature-extraction",
        aliases = "embed",
        description = "Turns texts into vectors.",
        mixinStandardHelpOptions = true)
final class FeatureExtractionCommand extends PipelineCommand<FeatureExtractor> {
    @Mixin
    private VectorOptions vectors;

    @Option(names = "--normalize", description = "Make vectors of length 1.")
    private boolean normalize;

    @Option(
            names = "--prompt-name",
            paramLabel = "NAME",
            description = "The prompt of config_sentence_transformers.json that stands before each text; the folder's"
                    + " default by default.")
    private Optional<String> promptName;

    @Option(
            names = "--prompt",
            paramLabel = "TEXT",
            description = "A prompt of your own that stands before each text instead; an empty text for none.")
    private Optional<String> prompt;

    private EmbeddingOptions options() {
        EmbeddingOptions named = OptionValues.with(
                vectors.options().withNormalize(normalize), promptName, EmbeddingOptions::withPromptName);
        return OptionValues.with(named, prompt, EmbeddingOptions::withPrompt);
    }

    @Override
    void check(boolean fromFile) {
        vectors.options();
        if (promptName.isPresent() && prompt.isPresent()) {
            throw wrongUse("give either --prompt-name or --prompt");
        }
    }

    @Override
    Path defaultModel() {
        return ShippedModel.folder();
    }

    @Override
    FeatureExtractor load(Path folder, PipelineOptions options) {
        return FeatureExtractor.load(folder, options);
    }

    @Override
    List<String> columns() {
        return List.of("embedding");
    }

    @Override
    List<Column> answer() {
        return List.of(Column.listOf("embedding", Scalar.FLOAT));
    }

    @Override
    List<Result> run(FeatureExtractor extractor, List<List<String>> rows, ProgressListener progress) {
        List<String> texts = rows.stream().map(List::getFirst).toList();
        List<float[]> vectors = extractor.encode(texts, options(), progress);
        List<Result> results = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            List<Double> numbers = new ArrayList<>();
            for (float value : vectors.get(i)) {
                numbers.add(Result.rounded(value));
            }
            results.add(new Result(
                    i,
                    numbers,
                    Result.object("embedding", vectors.get(i)),
                    List.of(List.of(numbers)),
                    numbers.stream().map(String::valueOf).collect(Collectors.joining(" "))));
        }
        return results;
    }
}
