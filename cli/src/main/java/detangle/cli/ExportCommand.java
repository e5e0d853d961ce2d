package detangle.cli;

import detangle.export.ModelExport;
import detangle.models.deberta.Architecture;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner2.Gliner2Config;
import detangle.runtime.OptionValues;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "export",
        description = "Writes a model for other runtimes, with its weights and for any batch and length.",
        mixinStandardHelpOptions = true)
final class ExportCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelArgument model;

    @Option(
            names = "--format",
            paramLabel = "NAME",
            description = "The format: ${COMPLETION-CANDIDATES}; onnx by default.",
            defaultValue = "onnx")
    private ModelExport.Format format;

    @Mixin
    private HeadOptions headOptions;

    @Mixin
    private IgnoreUnusedOption ignoreUnused;

    @Mixin
    private WeightsOption weights;

    @Option(names = "--hidden-states", description = "Make hidden states outputs too.")
    private boolean hiddenStates;

    @Option(
            names = "--external-data",
            description = "Write an ONNX model's weights to FILE.data. Above 2 GiB this is always done.")
    private boolean externalData;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE",
            description = "The file to write.")
    private Path output;

    @Override
    public void run() {
        OwnFiles.refuseAsOutput(output, model.folder(), weights.file(), List.of());
        ModelExport.Options asked = headed(ModelExport.Options.of(format))
                .withHiddenStates(hiddenStates)
                .withExternalData(externalData)
                .withIgnoreUnused(ignoreUnused.isSet());
        ModelExport.Options options = OptionValues.with(asked, weights.file(), ModelExport.Options::withWeights);
        for (Path file : ModelExport.write(model.folder(), output, options)) {
            spec.commandLine()
                    .getErr()
                    .println(String.format(Locale.ROOT, "detangle: wrote %s, %.1f MiB", file, size(file) / 0x1p20));
        }
    }

    /**
     * Returns the options with the head that is asked for or the model's own; models of the GLiNER family have theirs.
     */
    private ModelExport.Options headed(ModelExport.Options options) {
        Path folder = model.folder();
        if (GlinerConfig.isIn(folder) || Gliner2Config.isIn(folder) || GliclassConfig.isIn(folder)) {
            if (headOptions.areGiven()) {
                throw new ParameterException(
                        spec.commandLine(),
                        "--head and --convention are not for GLiNER, GLiNER2 and GLiClass models: leave them out");
            }
            return options;
        }
        Architecture head = headOptions.head(model.folder(), weights.file());
        return options.withHead(head).withConvention(headOptions.convention(model.folder(), head));
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
