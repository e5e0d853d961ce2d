package detangle.cli;

import detangle.cli.WeightTypeOption.WeightType;
import detangle.ir.DType;
import detangle.models.deberta.Architecture;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner2.Gliner2Config;
import detangle.models.weights.Artifact;
import detangle.pipelines.EntityExtractor;
import detangle.pipelines.LabelClassifier;
import detangle.pipelines.PipelineOptions;
import detangle.pipelines.SchemaExtractor;
import detangle.runtime.ModelArtifact;
import detangle.runtime.OptionValues;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "compile",
        description = "Compiles a model into one file, which every command takes instead of a folder.",
        mixinStandardHelpOptions = true)
final class CompileCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelArgument model;

    @Mixin
    private HeadOptions headOptions;

    @Mixin
    private IgnoreUnusedOption ignoreUnused;

    @Mixin
    private WeightsOption weights;

    @Mixin
    private AdapterOption adapter;

    @Mixin
    private WeightTypeOption weightType;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE.dtl",
            description = "The file to write.")
    private Path output;

    private ModelArtifact.Options ofHead(Architecture head) {
        return ModelArtifact.Options.DEFAULT
                .withHead(head)
                .withConvention(headOptions.convention(model.folder(), head));
    }

    @Override
    public void run() {
        if (!Artifact.is(output)) {
            throw new ParameterException(spec.commandLine(), "an artifact's name ends in " + Artifact.EXTENSION);
        }
        // This command once called the type of weights --weights; every command calls it --weight-type now.
        Optional<WeightType> oldSpelling = weights.file().map(Path::toString).flatMap(WeightType::named);
        oldSpelling.ifPresent(type -> spec.commandLine()
                .getErr()
                .println("detangle: --weights " + type + " is the old spelling of --weight-type " + type));
        Optional<Path> file = weights.file().filter(f -> oldSpelling.isEmpty());
        if (GlinerConfig.isIn(model.folder())) {
            // Unused tensors are looked for when the artifact is loaded.
            if (headOptions.areGiven() || file.isPresent() || adapter.folder().isPresent() || ignoreUnused.isSet()) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--head, --convention, --weights, --adapter and --ignore-unused are not for compiling GLiNER"
                                + " models: leave them out");
            }
            Optional<DType> written = weightType.written().or(() -> oldSpelling.map(WeightType::dtype));
            EntityExtractor.compile(
                    model.folder(),
                    OptionValues.with(PipelineOptions.DEFAULT, written, PipelineOptions::withWeightType),
                    output);
            sayWritten();
            return;
        }
        if (Gliner2Config.isIn(model.folder())) {
            compileGliner2(file, weightType.written().or(() -> oldSpelling.map(WeightType::dtype)));
            sayWritten();
            return;
        }
        if (GliclassConfig.isIn(model.folder()) && headOptions.areGiven()) {
            throw new ParameterException(
                    spec.commandLine(), "--head and --convention are not for GLiClass models: leave them out");
        }
        ModelArtifact.Options asked = (GliclassConfig.isIn(model.folder())
                        ? ModelArtifact.Options.DEFAULT
                        : ofHead(headOptions.head(model.folder(), file, adapter.folder())))
                .withIgnoreUnused(ignoreUnused.isSet());
        ModelArtifact.Options adapted = OptionValues.with(asked, adapter.folder(), ModelArtifact.Options::withAdapter);
        ModelArtifact.Options read = OptionValues.with(adapted, file, ModelArtifact.Options::withWeights);
        Optional<DType> type = weightType.written().or(() -> oldSpelling.map(WeightType::dtype));
        ModelArtifact.Options options = OptionValues.with(read, type, ModelArtifact.Options::withWeightType);
        if (GliclassConfig.isIn(model.folder())) {
            LabelClassifier.compile(model.folder(), options, output);
        } else {
            ModelArtifact.write(model.folder(), output, options);
        }
        sayWritten();
    }

    private void compileGliner2(Optional<Path> file, Optional<DType> type) {
        if (headOptions.areGiven() || file.isPresent()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--head, --convention and --weights are not for GLiNER2 models: leave them out");
        }
        PipelineOptions asked = PipelineOptions.DEFAULT.withIgnoreUnused(ignoreUnused.isSet());
        PipelineOptions adapted = OptionValues.with(asked, adapter.folder(), PipelineOptions::withAdapter);
        SchemaExtractor.compile(
                model.folder(), OptionValues.with(adapted, type, PipelineOptions::withWeightType), output);
    }

    private void sayWritten() {
        spec.commandLine()
                .getErr()
                .println(String.format(Locale.ROOT, "detangle: wrote %s, %.1f MiB", output, size() / 0x1p20));
    }

    private long size() {
        try {
            return Files.size(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
