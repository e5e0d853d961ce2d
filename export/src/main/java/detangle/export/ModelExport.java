package detangle.export;

import detangle.compiler.Compiler;
import detangle.compiler.Passes;
import detangle.export.gliner.GliclassExport;
import detangle.export.gliner.Gliner2Export;
import detangle.export.gliner.GlinerExport;
import detangle.export.onnx.OnnxExporter;
import detangle.export.torchscript.TorchScriptExporter;
import detangle.ir.DetangleException;
import detangle.ir.Program;
import detangle.ir.Symbols;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.CheckpointHeads;
import detangle.models.deberta.Convention;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner2.Gliner2Config;
import detangle.models.weights.FiniteWeights;
import detangle.models.weights.Weights;
import detangle.runtime.DetangleVersion;
import detangle.runtime.SessionOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes models for other runtimes. */
public final class ModelExport {
    /** The names that exports of HuggingFace's optimum give to the sizes. */
    private static final Map<String, String> SYMBOLS =
            Map.of(Symbols.BATCH, "batch_size", Symbols.LENGTH, "sequence_length", Symbols.CHOICES, "num_choices");

    private ModelExport() {}

    /** The formats of files; each constant is the word by which users name it. */
    public enum Format {
        /** The format that ONNX Runtime, OpenVINO and TensorRT load; inputs and outputs by name. */
        onnx,
        /** The format that PyTorch, libtorch and DJL load; inputs in the order in which they are named below. */
        torchscript
    }

    /**
     * The options of an export.
     *
     * @param format of the file
     * @param head what stands on the encoder; empty for what config.json says, or the checkpoint holds where that says
     *     nothing
     * @param convention whose reading of far distances is taken; empty for that of the head's origin
     * @param weights the file of the weights; empty for the one in the model's folder
     * @param hiddenStates whether the outputs include the hidden states
     * @param externalData whether an ONNX model's data stands beside it even where it would fit into it
     * @param ignoreUnused whether tensors that no parameter takes are passed over; see
     *     {@link SessionOptions#ignoreUnused()}
     */
    public record Options(
            Format format,
            Optional<Architecture> head,
            Optional<Convention> convention,
            Optional<Path> weights,
            boolean hiddenStates,
            boolean externalData,
            boolean ignoreUnused) {
        /** The head of config.json and its outputs alone. */
        public static Options of(Format format) {
            return new Options(format, Optional.empty(), Optional.empty(), Optional.empty(), false, false, false);
        }

        public Options withFormat(Format value) {
            return new Options(value, head, convention, weights, hiddenStates, externalData, ignoreUnused);
        }

        public Options withHead(Architecture value) {
            return new Options(
                    format, Optional.of(value), convention, weights, hiddenStates, externalData, ignoreUnused);
        }

        public Options withConvention(Convention value) {
            return new Options(format, head, Optional.of(value), weights, hiddenStates, externalData, ignoreUnused);
        }

        public Options withWeights(Path value) {
            return new Options(format, head, convention, Optional.of(value), hiddenStates, externalData, ignoreUnused);
        }

        public Options withHiddenStates(boolean value) {
            return new Options(format, head, convention, weights, value, externalData, ignoreUnused);
        }

        public Options withExternalData(boolean value) {
            return new Options(format, head, convention, weights, hiddenStates, value, ignoreUnused);
        }

        public Options withIgnoreUnused(boolean value) {
            return new Options(format, head, convention, weights, hiddenStates, externalData, value);
        }
    }

    /**
     * Writes the model of a folder: inputs {@code input_ids}, {@code attention_mask} and, where the model has token
     * types, {@code token_type_ids}, all {@code int64[batch_size, sequence_length]}; outputs are those of the head. A
     * GLiNER model has the inputs and the output of {@link detangle.models.gliner.ExportedNames}, a GLiNER2 model those
     * of {@link detangle.models.gliner2.ExportedParts}, and a GLiClass model the output {@code logits}.
     *
     * @return the files written, the model first
     * @throws DetangleException of the part at fault, with one line that names the file and what to do
     */
    public static List<Path> write(Path folder, Path file, Options options) {
        if (GlinerConfig.isIn(folder)) {
            checkOptions("GLiNER", options);
            return GlinerExport.write(folder, file, options.ignoreUnused(), false, onnx(options));
        }
        if (Gliner2Config.isIn(folder)) {
            checkOptions("GLiNER2", options);
            return Gliner2Export.write(folder, file, options.ignoreUnused(), false, onnx(options));
        }
        if (GliclassConfig.isIn(folder)) {
            checkOptions("GLiClass", options);
            return GliclassExport.write(folder, file, options.ignoreUnused(), onnx(options));
        }
        DebertaConfig config = DebertaConfig.read(folder);
        try (Weights weights = Weights.open(options.weights().orElse(folder))) {
            return weights.reading(() -> write(folder, config, weights, file, options));
        }
    }

    /**
     * Writes a GLiNER or GLiNER2 model with each layer of spans where the original has it, as gliner's own exports have
     * them, to compare with.
     *
     * @return the files written, the model first
     * @throws DetangleException of the part at fault, with one line that names the file and what to do
     */
    public static List<Path> writeAsWritten(Path folder, Path file) {
        OnnxExporter exporter = onnx(Options.of(Format.onnx));
        return GlinerConfig.isIn(folder)
                ? GlinerExport.write(folder, file, false, true, exporter)
                : Gliner2Export.write(folder, file, false, true, exporter);
    }

    /** Models with a head of their own have one file, and are one program in ONNX alone. */
    private static void checkOptions(String kind, Options options) {
        if (options.format() != Format.onnx) {
            throw new ExportException(kind + " models are exported as onnx, and not as " + options.format());
        }
        if (options.head().isPresent()
                || options.convention().isPresent()
                || options.weights().isPresent()
                || options.hiddenStates()) {
            throw new ExportException(
                    "a head, a convention, a file of weights and hidden states are not for exports of " + kind
                            + " models: leave them out");
        }
    }

    private static OnnxExporter onnx(Options options) {
        return new OnnxExporter(DetangleVersion.number(), SYMBOLS, options.externalData());
    }

    private static List<Path> write(Path folder, DebertaConfig config, Weights weights, Path file, Options options) {
        if (options.format() == Format.torchscript && options.externalData()) {
            throw new ExportException("external data is for onnx: leave it out for torchscript");
        }
        Checkpoint.checkSizes(weights, config);
        Architecture head = options.head().orElseGet(() -> CheckpointHeads.choose(weights, config));
        ModelOptions model = ModelOptions.DEFAULT
                .with(options.convention().orElseGet(() -> Convention.of(folder, Optional.of(head))))
                .withHiddenStates(options.hiddenStates());
        Program program = DebertaModel.build(config, head, model);
        Map<String, Tensor> parameters =
                Checkpoint.parameters(weights, config, program, Optional.of(head), options.ignoreUnused());
        FiniteWeights.check(weights, parameters);
        Program lowered = Compiler.run(program, Passes.export(parameters), (pass, p) -> {});
        return switch (options.format()) {
            case onnx -> onnx(options).write(lowered, file);
            case torchscript -> {
                TorchScriptExporter.write(lowered, file);
                yield List.of(file);
            }
        };
    }
}
