package detangle.cli;

import detangle.ir.DType;
import detangle.models.deberta.Architecture;
import detangle.models.weights.Artifact;
import detangle.runtime.ModelArtifact;
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
        description = "Puts a model into one file, compiled, which every command takes in a folder's place.",
        mixinStandardHelpOptions = true)
final class CompileCommand implements Runnable {
    /** Names as trtexec has them. */
    enum Weights {
        fp32(DType.F32),
        fp16(DType.F16),
        bf16(DType.BF16);

        private final DType dtype;

        Weights(DType dtype) {
            this.dtype = dtype;
        }
    }

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelArgument model;

    @Mixin
    private HeadOptions headOptions;

    @Mixin
    private IgnoreUnusedOption ignoreUnused;

    @Option(
            names = "--weights",
            paramLabel = "TYPE",
            description = "${COMPLETION-CANDIDATES}: what matrices and tables are rounded to; as they are by default.")
    private Optional<Weights> weights;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE.dtl",
            description = "The file to write.")
    private Path output;

    @Override
    public void run() {
        if (!Artifact.is(output)) {
            throw new ParameterException(spec.commandLine(), "an artifact's name ends in " + Artifact.EXTENSION);
        }
        Architecture head = headOptions.head(model.folder(), Optional.empty());
        ModelArtifact.write(
                model.folder(),
                output,
                new ModelArtifact.Options(
                        Optional.of(head),
                        Optional.of(headOptions.convention(head)),
                        weights.map(w -> w.dtype),
                        ignoreUnused.isSet()));
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
