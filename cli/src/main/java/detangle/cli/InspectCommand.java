package detangle.cli;

import detangle.backend.Device;
import detangle.ir.OneLine;
import detangle.ir.Tensor;
import detangle.models.deberta.Architecture;
import detangle.models.deberta.Checkpoint;
import detangle.models.deberta.CheckpointHeads;
import detangle.models.deberta.DebertaConfig;
import detangle.models.deberta.HeadException;
import detangle.models.deberta.PositionTerm;
import detangle.models.files.ModelFiles;
import detangle.models.gliclass.GliclassConfig;
import detangle.models.gliner.GlinerConfig;
import detangle.models.gliner2.Gliner2Config;
import detangle.models.sentence.SentenceModules;
import detangle.models.sentence.SentenceSettings;
import detangle.models.text.Tokenizers;
import detangle.models.weights.Artifact;
import detangle.models.weights.Weights;
import detangle.runtime.Backends;
import detangle.runtime.KernelCoverage;
import detangle.runtime.MemoryEstimate;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

@Command(name = "inspect", description = "Prints what a model's folder holds.", mixinStandardHelpOptions = true)
final class InspectCommand implements Runnable {
    /** Tokens of a long label. */
    private static final long LABEL_LENGTH = 32;

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelArgument model;

    @Mixin
    private HeadOptions headOptions;

    @Mixin
    private BackendOption backend;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "The number of sequences for the estimate of memory; 1 by default.")
    private long batch = 1;

    @Option(
            names = "--seq",
            paramLabel = "N",
            description = "The length of the sequences for the estimate; by default the one that the model was made"
                    + " for.")
    private Optional<Long> length;

    @Override
    public void run() {
        if (batch < 1 || length.filter(n -> n < 1).isPresent()) {
            throw new ParameterException(spec.commandLine(), "--batch and --seq must be at least 1");
        }
        PrintWriter out = spec.commandLine().getOut();
        if (GlinerConfig.isIn(model.folder())) {
            GlinerInspection.lines(model.folder()).forEach((name, value) -> line(out, name, value));
            line(out, "weights", weights());
            line(
                    out,
                    "tokenizer",
                    Tokenizers.exists(model.folder())
                            ? tokenizer()
                            : "that of " + GlinerConfig.modelName(model.folder()));
            GlinerInspection.encoderConfig(model.folder()).ifPresent(c -> memory(out, c, Architecture.ENCODER));
            GlinerInspection.labelEncoderConfig(model.folder()).ifPresent(c -> memoryOfLabels(out, c));
            out.flush();
            return;
        }
        if (GliclassConfig.isIn(model.folder())) {
            gliclass(out);
            return;
        }
        if (Gliner2Config.isIn(model.folder())) {
            Gliner2Inspection.lines(model.folder()).forEach((name, value) -> line(out, name, value));
            line(out, "weights", weights());
            line(out, "tokenizer", tokenizer());
            if (Gliner2Inspection.isSupported(model.folder())) {
                memory(out, Gliner2Inspection.encoder(model.folder()), Architecture.ENCODER);
            }
            out.flush();
            return;
        }
        DebertaConfig c = DebertaConfig.read(model.folder());
        Checkpoint.checkSizes(model.folder(), c);
        line(out, "model type", c.modelType().text());
        Architecture head = head(out);
        line(out, "layers", c.numHiddenLayers());
        line(out, "hidden size", c.hiddenSize());
        line(out, "heads", c.numAttentionHeads() + " of " + c.headSize());
        line(out, "intermediate size", c.intermediateSize());
        line(out, "vocabulary", c.vocabSize());
        line(out, "positions", positions(c));
        line(out, "longest input", c.maxPositionEmbeddings() + " tokens");
        SentenceSettings sentence = SentenceSettings.read(model.folder());
        sentence.maxSeqLength().ifPresent(n -> line(out, "texts are cut to", n + " tokens"));
        SentenceModules.read(model.folder()).ifPresent(m -> line(out, "modules", modules(m)));
        line(out, "labels", labels(c));
        line(out, "weights", weights());
        line(out, "tokenizer", tokenizer());
        if (Artifact.is(model.folder())) {
            Artifact.manifest(model.folder()).properties().stream()
                    .filter(p -> !p.getKey().equals("labels"))
                    .forEach(p -> line(out, p.getKey().replace('_', ' '), text(p.getValue())));
        }
        memory(out, c, head);
        interpreted(out, c, head);
        JavaRelease.warning(Runtime.version()).ifPresent(spec.commandLine().getErr()::println);
        out.flush();
    }

    private void gliclass(PrintWriter out) {
        GliclassInspection.lines(model.folder()).forEach((name, value) -> line(out, name, value));
        line(out, "weights", weights());
        line(out, "tokenizer", tokenizer());
        GliclassInspection.encoder(model.folder()).ifPresent(encoder -> memory(out, encoder, Architecture.ENCODER));
        GliclassInspection.labelEncoder(model.folder()).ifPresent(encoder -> memoryOfLabels(out, encoder));
        out.flush();
    }

    /** Returns the head that memory is estimated for; the encoder where nothing chooses among several. */
    private Architecture head(PrintWriter out) {
        try {
            Architecture head = headOptions.head(model.folder(), Optional.empty());
            line(out, "head", head.text());
            return head;
        } catch (HeadException undecided) {
            line(
                    out,
                    "head",
                    CheckpointHeads.in(model.folder()).stream()
                            .map(Architecture::text)
                            .collect(Collectors.joining(" or ", "", "; choose one with --head")));
            return Architecture.ENCODER;
        }
    }

    private void memory(PrintWriter out, DebertaConfig c, Architecture architecture) {
        memory(out, "memory", c, architecture, length.orElse((long) c.maxPositionEmbeddings()));
    }

    /** Prints the memory of an encoder that only labels go through, which are not as long as texts. */
    private void memoryOfLabels(PrintWriter out, DebertaConfig c) {
        long sequence = Math.min(length.orElse(LABEL_LENGTH), c.maxPositionEmbeddings());
        memory(out, "memory of labels", c, Architecture.ENCODER, sequence);
    }

    private void memory(PrintWriter out, String name, DebertaConfig c, Architecture architecture, long sequence) {
        MemoryEstimate estimate = MemoryEstimate.of(
                c, architecture, headOptions.convention(model.folder(), architecture), batch, sequence);
        line(
                out,
                name,
                String.format(
                        Locale.ROOT,
                        "%s for weights (%,d parameters), %s for positions, %s for activations of %s at batch %d, length %d",
                        bytes(estimate.weightBytes()),
                        estimate.parameters(),
                        bytes(estimate.positionBytes()),
                        bytes(estimate.activationBytes()),
                        architecture.text(),
                        batch,
                        sequence));
        if (estimate.largestArena() > Integer.MAX_VALUE) {
            line(
                    out,
                    "",
                    String.format(
                            Locale.ROOT,
                            "%,d numbers at once are more than an array holds: use a smaller batch",
                            estimate.largestArena()));
        }
    }

    /** Prints what the device that would run the model leaves to the interpreter. */
    private void interpreted(PrintWriter out, DebertaConfig c, Architecture architecture) {
        Device device = Backends.device(backend.name(), Set.of());
        KernelCoverage coverage =
                KernelCoverage.of(device, c, architecture, headOptions.convention(model.folder(), architecture));
        // A device beside the CPU leaves to the CPU what it has no kernel for.
        String where = device.host() == device
                ? device.name()
                : device.name() + " or " + device.host().name();
        line(
                out,
                "interpreted",
                coverage.lacking().isEmpty()
                        ? "nothing: " + where + " has a kernel for each operation"
                        : coverage.text() + ": there is no kernel for them in " + where + ", so they are slow");
    }

    private static String bytes(long bytes) {
        return bytes < 1L << 30
                ? String.format(Locale.ROOT, "%.1f MiB", bytes / (double) (1 << 20))
                : String.format(Locale.ROOT, "%.2f GiB", bytes / (double) (1 << 30));
    }

    private static void line(PrintWriter out, String name, Object value) {
        out.println(String.format(Locale.ROOT, "%-18s %s", name, OneLine.escaped(String.valueOf(value))));
    }

    private static String positions(DebertaConfig c) {
        if (!c.relativeAttention()) {
            return "absolute";
        }
        String terms = Stream.of(PositionTerm.values())
                .filter(c::has)
                .map(t -> t.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining("+"));
        return "relative, " + terms + ", "
                + (c.positionBuckets() > 0 ? c.positionBuckets() + " log buckets" : "no buckets") + ", up to "
                + c.maxRelativePositions();
    }

    private static String modules(SentenceModules modules) {
        return modules.modules().stream().map(SentenceModules.Module::name).collect(Collectors.joining(", "));
    }

    private static String labels(DebertaConfig c) {
        Optional<String> fault = c.labelNames().fault();
        if (fault.isPresent()) {
            return "not understood: " + fault.get();
        }
        int shown = Math.min(5, c.numLabels());
        return c.numLabels() + ": " + String.join(", ", c.labels().subList(0, shown))
                + (shown < c.numLabels() ? ", ..." : "");
    }

    private String weights() {
        if (!Weights.existIn(model.folder())) {
            return "none";
        }
        try (Weights weights = Weights.open(model.folder())) {
            long parameters = 0;
            Map<String, Integer> types = new TreeMap<>();
            for (String name : weights.names()) {
                parameters += weights.isReadable(name) ? Tensor.elements(weights.shape(name)) : 0;
                types.merge(weights.type(name).toLowerCase(Locale.ROOT), 1, Integer::sum);
            }
            return String.format(
                    Locale.ROOT,
                    "%,d parameters in %d tensors (%s)",
                    parameters,
                    weights.names().size(),
                    String.join(", ", types.keySet()));
        }
    }

    private String tokenizer() {
        List<String> files = Tokenizers.filesIn(ModelFiles.of(model.folder()));
        return files.isEmpty() ? "none" : String.join(", ", files);
    }

    private static String text(JsonNode value) {
        return value.isArray()
                ? value.valueStream().map(JsonNode::asString).collect(Collectors.joining(", "))
                : value.asString();
    }
}
