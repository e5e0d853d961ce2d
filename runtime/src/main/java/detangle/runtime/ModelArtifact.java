package detangle.runtime;

import detangle.compiler.Compiler;
import detangle.compiler.DeviceEvaluator;
import detangle.compiler.Passes;
import detangle.ir.DType;
import detangle.ir.DetangleException;
import detangle.ir.InternalException;
import detangle.ir.Level;
import detangle.ir.Literal;
import detangle.ir.Node;
import detangle.ir.OneLine;
import detangle.ir.Program;
import detangle.ir.Tensor;
import detangle.ir.TensorOp;
import detangle.ir.TensorType;
import detangle.ir.text.Printer;
import detangle.models.adapter.AdaptedModel;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.CheckpointHeads;
import detangle.models.deberta.ConfigFields;
import detangle.models.deberta.Convention;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.DebertaModel;
import detangle.models.deberta.ModelOptions;
import detangle.models.files.ModelFiles;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.text.LabelModelFiles;
import detangle.models.weights.Artifact;
import detangle.models.weights.ArtifactException;
import detangle.models.weights.FiniteWeights;
import detangle.models.weights.Weights;
import detangle.models.weights.WeightsException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * Makes artifacts of models, and finds the programs in them. What an artifact is: {@link Artifact}, docs/ARTIFACT.md.
 */
public final class ModelArtifact {
    private static final Logger LOG = LoggerFactory.getLogger(ModelArtifact.class);

    private static final String CONFIG = "config.json";
    private static final String PACKED = "packed";
    private static final String PADDED = "padded";

    /** The version of the IR's text; a program of another one is built again from the configuration. */
    private static final int IR_VERSION = 1;

    private static final Set<Architecture> MASKED_LM = Set.of(Architecture.MASKED_LM, Architecture.MASKED_LM_EMD);

    private ModelArtifact() {}

    /**
     * The options of compiling a model.
     *
     * @param head what stands on the encoder; if empty what config.json names, or the checkpoint holds where that says
     *     nothing
     * @param convention whose reading of far distances is taken; that of the head's origin if empty
     * @param weights the file of the weights; empty for the one in the model's folder
     * @param adapter the folder of a LoRA adapter that is merged into the weights; none if empty
     * @param weightType what matrices and tables are rounded to; they stay as they are stored if empty
     * @param ignoreUnused whether tensors that no parameter takes are passed over; see {@link
     *     SessionOptions#ignoreUnused()}
     */
    public record Options(
            Optional<Architecture> head,
            Optional<Convention> convention,
            Optional<Path> weights,
            Optional<Path> adapter,
            Optional<DType> weightType,
            boolean ignoreUnused) {
        /** Everything as the model has it. */
        public static final Options DEFAULT = new Options(
                Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), false);

        public Options withHead(Architecture value) {
            return new Options(Optional.of(value), convention, weights, adapter, weightType, ignoreUnused);
        }

        public Options withConvention(Convention value) {
            return new Options(head, Optional.of(value), weights, adapter, weightType, ignoreUnused);
        }

        public Options withWeights(Path value) {
            return new Options(head, convention, Optional.of(value), adapter, weightType, ignoreUnused);
        }

        public Options withAdapter(Path value) {
            return new Options(head, convention, weights, Optional.of(value), weightType, ignoreUnused);
        }

        public Options withWeightType(DType value) {
            return new Options(head, convention, weights, adapter, Optional.of(value), ignoreUnused);
        }

        public Options withIgnoreUnused(boolean value) {
            return new Options(head, convention, weights, adapter, weightType, value);
        }
    }

    /**
     * Makes an artifact of a folder with config.json, weights and perhaps a tokenizer. The file appears whole or not
     * at all; the same folder makes the same bytes. A GLiClass model is put into it without programs: they are built
     * when it is loaded.
     *
     * @throws DetangleException of the part at fault, with one line that names the file and what to do
     */
    public static void write(Path folder, Path output, Options options) {
        if (GliclassConfig.isIn(folder)) {
            Optional<ModelFiles> labelModel = GliclassConfig.read(folder)
                    .labels()
                    .flatMap(labels -> LabelModelFiles.near(folder, labels.model()));
            GliclassArtifact.write(folder, labelModel, output, options);
            return;
        }
        DebertaConfig config = DebertaConfig.read(folder);
        try (Weights weights = Weights.open(options.weights().orElse(folder))) {
            AdaptedModel model = AdaptedModel.of(config, weights, options.adapter());
            model.weights().reading(() -> write(folder, model, output, options));
        }
    }

    /**
     * Makes an artifact of a model that has several programs of its own, such as a GLiNER2 model: its files and
     * weights. Its programs follow from them and are compiled when it is loaded.
     *
     * @param folder has the files
     * @param kind what the manifest calls the model
     * @param weights of the model, which stay open
     * @param weightType what matrices and tables are rounded to; they stay as they are stored if empty
     * @throws DetangleException of the part at fault, with one line that names the file and what to do
     */
    public static void write(Path folder, String kind, Weights weights, Optional<DType> weightType, Path output) {
        SequencedMap<String, byte[]> sections = ArtifactFiles.sections(ArtifactFiles.of(folder), Optional.empty());
        writeWithoutPrograms(Map.of("model_type", kind), sections, weights, weightType, output);
    }

    /**
     * Makes an artifact of files and weights alone.
     *
     * @param kind what the manifest says of the model
     */
    static void writeWithoutPrograms(
            Map<String, String> kind,
            SequencedMap<String, byte[]> sections,
            Weights weights,
            Optional<DType> weightType,
            Path output) {
        weights.reading(() -> {
            TreeMap<String, Tensor> tensors = new TreeMap<>();
            weights.names().stream()
                    .filter(name -> weights.isReadable(name) && weights.isFloat(name))
                    .forEach(name -> tensors.put(name, weights.get(name)));
            FiniteWeights.check(weights, tensors);
            weightType.ifPresent(type -> narrow(weights, tensors, type));
            Map<String, Object> manifest = new LinkedHashMap<>();
            manifest.put("detangle", DetangleVersion.number());
            manifest.putAll(new TreeMap<>(kind));
            manifest.put("weight_type", weightType.map(DType::text).orElse("stored"));
            manifest.put("sections", List.copyOf(sections.sequencedKeySet()));
            Artifact.write(output, tensors, sections, manifest);
            return output;
        });
    }

    private static Path write(Path folder, AdaptedModel adapted, Path output, Options options) {
        DebertaConfig config = adapted.config();
        Weights weights = adapted.weights();
        Checkpoint.checkSizes(weights, config);
        Architecture head = options.head().orElseGet(() -> CheckpointHeads.choose(weights, config));
        ModelOptions model =
                modelOptions(head, options.convention().orElseGet(() -> Convention.of(folder, Optional.of(head))));
        Program program = DebertaModel.build(config, head, model);
        TreeMap<String, Tensor> tensors = new TreeMap<>(
                Checkpoint.parameters(weights, config, program, Optional.of(head), options.ignoreUnused()));
        FiniteWeights.check(weights, tensors);
        options.weightType().ifPresent(type -> narrow(weights, tensors, type));
        SequencedMap<String, byte[]> sections = new LinkedHashMap<>();
        ArtifactFiles.of(folder).forEach((name, content) -> sections.put(Artifact.FILES + name, content));
        if (options.adapter().isPresent()) {
            ConfigFields labelled = adapted.withLabels(ConfigFields.read(folder, CONFIG));
            sections.put(Artifact.FILES + CONFIG, labelled.root().toString().getBytes(StandardCharsets.UTF_8));
        }
        DeviceEvaluator evaluator =
                new DeviceEvaluator(Backends.device(Optional.empty(), Set.of()).host());
        Map<String, Tensor> parameters = Map.copyOf(tensors);
        for (String form : List.of(PACKED, PADDED)) {
            var passes = form.equals(PACKED) ? Passes.packedInference(parameters) : Passes.inference(parameters);
            Program compiled = Compiler.run(program, Passes.withEvaluator(passes, evaluator), (pass, p) -> {});
            Level.STORED.check(compiled);
            sections.put(Artifact.PROGRAMS + form, Printer.print(compiled).getBytes(StandardCharsets.UTF_8));
            constants(compiled).forEach((name, type) -> {
                Tensor tensor = compiled.constants().get(name);
                add(tensors, name, inType(tensor, type.dtype()));
            });
        }
        Artifact.write(output, tensors, sections, manifest(config, head, model, options, sections));
        return output;
    }

    private static ModelOptions modelOptions(Architecture head, Convention convention) {
        return ModelOptions.DEFAULT.with(convention).withHiddenStates(false).withMaskedRows(MASKED_LM.contains(head));
    }

    private static Map<String, Object> manifest(
            DebertaConfig config,
            Architecture head,
            ModelOptions model,
            Options options,
            SequencedMap<String, byte[]> sections) {
        Map<String, Object> manifest = new LinkedHashMap<>();
        manifest.put("detangle", DetangleVersion.number());
        manifest.put("ir_version", IR_VERSION);
        manifest.put("model_type", config.modelType().text());
        manifest.put("head", head.text());
        manifest.put("convention", model.convention().text());
        manifest.put("masked_rows", model.maskedRows());
        manifest.put("weight_type", options.weightType().map(DType::text).orElse("stored"));
        // Only a head that has labels needs them understood.
        manifest.put("labels", config.labelNames().names());
        manifest.put("sections", List.copyOf(sections.sequencedKeySet()));
        return manifest;
    }

    /** Gives matrices and tables another type, which must be able to hold them; vectors stay as they are. */
    private static void narrow(Weights weights, Map<String, Tensor> tensors, DType type) {
        tensors.replaceAll((name, tensor) -> {
            if (tensor.rank() < 2) {
                return tensor; // Vectors are few, and added and multiplied in single precision.
            }
            FiniteWeights.overflow(name, tensor, type).ifPresent(fault -> {
                throw new WeightsException(weights.origin(), fault);
            });
            return inType(tensor, type);
        });
    }

    /** Some of what is folded is kept in double precision until a device packs it. */
    private static Tensor inType(Tensor tensor, DType type) {
        if (tensor.dtype() == type) {
            return tensor;
        }
        if (type == DType.F32) {
            return Tensor.of(tensor.toFloats(), tensor.shape());
        }
        short[] bits = new short[Math.toIntExact(tensor.elements())];
        tensor.copyTo(0, type, bits, 0, bits.length);
        return new Tensor(type, tensor.shape(), MemorySegment.ofArray(bits));
    }

    /** Both forms of the program fold the same; were that not so, one would get the other's constants. */
    private static void add(Map<String, Tensor> tensors, String name, Tensor tensor) {
        Tensor other = tensors.putIfAbsent(name, tensor);
        if (other != null && other != tensor && other.data().mismatch(tensor.data()) >= 0) {
            throw new InternalException("two constants are called " + name);
        }
    }

    private static Map<String, TensorType> constants(Program program) {
        Map<String, TensorType> types = new TreeMap<>();
        for (Node node : program.nodes()) {
            if (node.op() instanceof TensorOp.Constant(Literal.Named(String name), TensorType type)) {
                types.put(name, type);
            }
        }
        return types;
    }

    /**
     * Returns the compiled program in an artifact, if it holds one for these options. It is read from the file that
     * was opened for the weights, whatever has its name by now.
     *
     * @param weights the artifact's
     * @param packed whether it is to be the one for packed batches
     * @throws ArtifactException if it is not a program of the model
     */
    static Optional<Program> program(
            DebertaConfig config, Weights weights, Architecture head, ModelOptions options, boolean packed) {
        Path file = weights.origin();
        JsonNode manifest = weights.manifest()
                .orElseThrow(() -> new InternalException("the weights of " + file + " are not those of an artifact"));
        boolean fits = manifest.path("head").asString("").equals(head.text())
                && Convention.named(manifest.path("convention").asString(""))
                        .filter(c -> modelOptions(head, c).equals(options))
                        .isPresent();
        if (!fits) {
            return Optional.empty();
        }
        if (manifest.path("ir_version").asInt(0) != IR_VERSION) {
            LOG.info(
                    "{} was compiled by Detangle {}: its program is built again",
                    file,
                    OneLine.of(manifest.path("detangle").toString()));
            return Optional.empty();
        }
        String section = Artifact.PROGRAMS + (packed ? PACKED : PADDED);
        return weights.section(section)
                .map(text -> new StoredProgram(file, section, weights, DebertaModel.build(config, head, options))
                        .read(text));
    }
}
